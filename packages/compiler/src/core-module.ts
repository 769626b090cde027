/** Puts the core module together: values, special forms, elements, and the compiler's own primitives. */
import { Cell, Primitive, raise, renderTemplate, TRUE, FALSE, type Value } from "@sorbus/vm";
import { FoldedTemplate } from "./markup.ts";
import { CoreModule } from "./module.ts";
import { expansionPrimitive } from "./quasi.ts";
import { specialForms } from "./special/index.ts";

/** `(%defined? cell)`: whether a global has a value; for `defonce`. */
const definedPrimitive = new Primitive(
  "%defined?",
  "cell",
  "reads",
  "Whether the global has a value.",
  (cell) => {
    if (!(cell instanceof Cell)) return raise("type", "%defined? needs a cell");
    return cell.value === undefined ? FALSE : TRUE;
  },
  { min: 1, max: 1 },
);

/** `(%template template value…)`: the markup of a folded template. */
const templatePrimitive = new Primitive(
  "%template",
  "template &rest values",
  "reads",
  "The markup of a template with these values in its slots.",
  (template, ...values) => {
    if (!(template instanceof FoldedTemplate)) return raise("type", "%template needs a template");
    return renderTemplate(template, values);
  },
  { min: 1, max: Number.POSITIVE_INFINITY },
);

/** Primitives that expansions call and that only the compiler can give. */
export const compilerPrimitives: readonly Primitive[] = [expansionPrimitive, definedPrimitive, templatePrimitive];

export interface CoreModuleOptions {
  /** Called once for a name whose value is undefined, when a program first refers to it: the place to compile it. */
  readonly resolve?: (name: string) => void;
  /** Element name → the function that makes it. `html/NAME` is bound for all, NAME where no core function has it. */
  readonly elements?: Iterable<readonly [string, Value]>;
}

/**
 * A core module of the given values. A value that is undefined is made on demand by `options.resolve`,
 * which is expected to fill the cell.
 */
export function coreModule(
  values: Iterable<readonly [string, Value | undefined]>,
  options: CoreModuleOptions = {},
): CoreModule {
  const core = new CoreModule(options.resolve);
  for (const [name, value] of values) core.bind(name, { kind: "cell", cell: new Cell("core", name, value) });
  for (const primitive of compilerPrimitives) {
    core.bind(primitive.name, { kind: "cell", cell: new Cell("core", primitive.name, primitive) });
  }
  for (const [name, expand] of specialForms) core.bind(name, { kind: "special", name, expand });
  for (const [name, value] of options.elements ?? []) {
    const element = name.startsWith("html/") ? name.slice("html/".length) : name;
    const cell = new Cell("core", `html/${element}`, value);
    for (const bound of [element, `html/${element}`]) {
      if (core.lookupOwn(bound) === undefined) core.bind(bound, { kind: "element", name: element, cell });
    }
  }
  return core;
}
