/** Puts the core module together: values, special forms, elements, and the compiler's own primitives. */

import { type Form, type ListForm, read } from "@sorbus/reader";
import { Cell, FALSE, Primitive, raise, renderTemplate, TRUE, type Value } from "@sorbus/vm";
import { FoldedTemplate } from "./markup.ts";
import { CoreModule, type Signature } from "./module.ts";
import { parseParams, signatureOf } from "./params.ts";
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
export const compilerPrimitives: readonly Primitive[] = [
  expansionPrimitive,
  definedPrimitive,
  templatePrimitive,
];

export interface CoreModuleOptions {
  /** Called once for a name whose value is undefined, when a program first refers to it: the place to compile it. */
  readonly resolve?: (name: string) => void;
  /** Parameters of functions whose value is made on demand, as in `"f xs &rest more"`; for `check`. */
  readonly parameters?: (name: string) => string | undefined;
  /** Element name → the function that makes it. `html/NAME` is bound for all, NAME where no core function has it. */
  readonly elements?: Iterable<readonly [string, Value]>;
}

/** What `options.parameters` tells of a function. */
function describe(name: string, { parameters }: CoreModuleOptions): Signature | undefined {
  const text = parameters?.(name);
  if (text === undefined) return undefined;
  const { forms } = read(`(${text})`);
  return signatureOf("function", name, parseParams(forms[0] as Form, (forms[0] as ListForm).items, 0));
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
  for (const [name, value] of values) core.bindValue(name, value, describe(name, options));
  for (const primitive of compilerPrimitives) {
    core.bindValue(primitive.name, primitive);
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
