/** The primitive that stands for an element of HTML or SVG. */
import type { Value } from "../heap/value.ts";
import { SVG_ELEMENTS, VOID_ELEMENTS } from "../markup/elements.ts";
import { element } from "../markup/template.ts";
import { Primitive } from "./primitive.ts";

/** The function of an element. Called positionally, all arguments are children; a machine passes named ones to `call`. */
export class ElementPrimitive extends Primitive {
  readonly element: string;
  constructor(name: string) {
    const kind = SVG_ELEMENTS.includes(name) ? "SVG" : "HTML";
    const isVoid = VOID_ELEMENTS.has(name);
    super(
      name,
      isVoid ? "" : "&rest children",
      "reads",
      `The ${kind} element \`${name}\`: keyword arguments are its attributes${isVoid ? "; it has no children" : ", the others its children"}.`,
      (...children) => element(name, [], children),
      // A void element with children is told apart from a wrong count of arguments.
      { min: 0, max: Number.POSITIVE_INFINITY },
    );
    this.element = name;
  }
  call(named: readonly [string, Value][], children: readonly Value[]): Value {
    return element(this.element, named, children);
  }
}
