/**
 * Quasiquote. In the body of a `defmacro` a template becomes one call of `%expansion`, which builds
 * the form with the aliases of the present expansion; elsewhere it becomes calls of `list` and `append`.
 */
import type { DictForm, Form, ListForm, SymbolForm } from "@sorbus/reader";
import { dictFrom, fromArray, intern, isList, Primitive, raise, Sym, toArray, type Value } from "@sorbus/vm";
import type { Core, Local } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { CompilerConstant, formHash, type Hasher } from "./hash.ts";
import { MacroExpansion } from "./macros.ts";
import { isSymbol, symbolAt, syntaxError } from "./syntax.ts";
import { formToValue, originOf, quoted, remember, valueToForm } from "./values.ts";

/** A part of a template. `hole` and `splice` are filled with the values of the unquoted expressions, in order. */
type Part =
  | { readonly type: "form"; readonly form: Form }
  | { readonly type: "symbol"; readonly form: SymbolForm }
  | { readonly type: "hole"; readonly index: number }
  | { readonly type: "splice"; readonly index: number }
  | { readonly type: "list"; readonly form: ListForm; readonly parts: readonly Part[] }
  | { readonly type: "dict"; readonly form: DictForm; readonly parts: readonly Part[] };

/** A macro's template as a constant of its function. */
export class Template extends CompilerConstant {
  readonly root: Part;
  private readonly form: Form;
  constructor(root: Part, form: Form) {
    super();
    this.root = root;
    this.form = form;
  }
  override hashInto(hasher: Hasher): void {
    hasher.string(formHash(this.form));
  }
}

/** `(name argument)`, written or by its reader prefix. */
function prefixed(form: Form, name: string): Form | undefined {
  if (form.type !== "list" || form.items.length !== 2 || !isSymbol(form.items[0], name)) return undefined;
  return form.items[1];
}

/** Reads a template; `holes` collects the unquoted expressions. */
function parse(form: Form, level: number, holes: Form[]): Part {
  const unquoted = prefixed(form, "unquote");
  if (unquoted !== undefined && level === 1) {
    holes.push(unquoted);
    return { type: "hole", index: holes.length - 1 };
  }
  const spliced = prefixed(form, "unquote-splicing");
  if (spliced !== undefined && level === 1) {
    holes.push(spliced);
    return { type: "splice", index: holes.length - 1 };
  }
  switch (form.type) {
    case "symbol":
      return { type: "symbol", form };
    case "list":
    case "dict": {
      let inner = level;
      if (unquoted !== undefined || spliced !== undefined) inner -= 1;
      else if (prefixed(form, "quasiquote") !== undefined) inner += 1;
      const parts = form.items.map((item) => parse(item, inner, holes));
      return form.type === "list" ? { type: "list", form, parts } : { type: "dict", form, parts };
    }
    default:
      return { type: "form", form };
  }
}

export function expandQuasiquote(x: Expansion, form: ListForm): Core {
  const template = form.items[1];
  if (template === undefined || form.items.length !== 2) syntaxError(form, "quasiquote takes one template");
  const holes: Form[] = [];
  const root = parse(template, 1, holes);
  if (root.type === "splice") syntaxError(template, "there is no list here that ,@ could splice into");
  const { macroScope } = x;
  if (macroScope !== undefined) {
    if (root.type === "hole") return x.expand(holes[0] as Form);
    return x.coreCall(form, "%expansion", [
      x.reference(macroScope),
      x.constant(form, new Template(root, template)),
      ...holes.map((hole) => x.expand(hole)),
    ]);
  }
  // `name#` is one new symbol for each evaluation of the template.
  const generated = new Map<string, Local>();
  const core = build(x, root, holes, generated);
  if (generated.size === 0) return core;
  const names = [...generated];
  return {
    op: "let",
    form,
    locals: names.map(([, local]) => local),
    inits: names.map(([name]) => x.coreCall(form, "gensym", [x.constant(form, name.slice(0, -1))])),
    body: core,
  };
}

function isConstant(part: Part): boolean {
  switch (part.type) {
    case "form":
      return true;
    case "symbol":
      return !isGenerated(part.form);
    case "list":
    case "dict":
      return part.parts.every(isConstant);
    default:
      return false;
  }
}

function isGenerated(symbol: SymbolForm): boolean {
  return symbol.name.length > 1 && symbol.name.endsWith("#");
}

/** A template outside macros, as ordinary calls. */
function build(x: Expansion, part: Part, holes: readonly Form[], generated: Map<string, Local>): Core {
  switch (part.type) {
    case "hole":
    case "splice":
      return x.expand(holes[part.index] as Form);
    case "form":
      return x.constant(part.form, quoted(part.form));
    case "symbol": {
      if (!isGenerated(part.form)) return x.constant(part.form, intern(part.form.name));
      let local = generated.get(part.form.name);
      if (local === undefined) {
        local = x.scope.fresh(part.form.name);
        generated.set(part.form.name, local);
      }
      return x.local(part.form, local);
    }
    default: {
      if (isConstant(part)) return x.constant(part.form, quoted(part.form));
      const { form } = part;
      if (!part.parts.some((p) => p.type === "splice")) {
        return x.coreCall(
          form,
          part.type,
          part.parts.map((p) => build(x, p, holes, generated)),
        );
      }
      const segments: Core[] = [];
      let run: Core[] = [];
      const flush = (): void => {
        if (run.length > 0) segments.push(x.coreCall(form, "list", run));
        run = [];
      };
      for (const p of part.parts) {
        if (p.type === "splice") {
          flush();
          segments.push(build(x, p, holes, generated));
        } else run.push(build(x, p, holes, generated));
      }
      flush();
      const list = x.coreCall(form, "append", segments);
      return part.type === "list" ? list : x.coreCall(form, "apply", [x.coreRef(form, "dict"), list]);
    }
  }
}

interface Made {
  readonly value: Value;
  readonly form: Form;
}

/** Fills a template: the value for the macro's own use, and the form that it stands for. */
function fill(part: Part, expansion: MacroExpansion, values: readonly Value[], into: Made[]): void {
  const { place, scope } = expansion;
  switch (part.type) {
    case "form": {
      // A template's own text has its place at the macro's call.
      const { origin, start, end } = place.form;
      into.push({ value: quoted(part.form), form: { ...part.form, origin, start, end } });
      return;
    }
    case "symbol": {
      const alias = scope.over(part.form.alias);
      into.push({ value: new Sym(part.form.name, alias), form: symbolAt(place.form, part.form.name, alias) });
      return;
    }
    case "hole": {
      const value = values[part.index] as Value;
      into.push({ value, form: valueToForm(value, place) });
      return;
    }
    case "splice": {
      const value = values[part.index] as Value;
      if (!isList(value)) raise("type", ",@ in a macro's template needs a list", value);
      const items = toArray(value);
      const form = originOf(value);
      const forms = form?.type === "list" && form.items.length === items.length ? form.items : undefined;
      items.forEach((item, i) => {
        into.push({ value: item, form: forms?.[i] ?? valueToForm(item, place) });
      });
      return;
    }
    case "list":
    case "dict": {
      const made: Made[] = [];
      for (const p of part.parts) fill(p, expansion, values, made);
      const items = made.map((m) => m.form);
      const { origin, start, end } = place.form;
      if (part.type === "list") {
        const { bracket, prefix } = part.form;
        const plain = { type: "list", origin, start, end, items, bracket } as const;
        const form: Form = prefix === undefined ? plain : { ...plain, prefix };
        into.push({ value: remember(fromArray(made.map((m) => m.value)), form), form });
      } else {
        const form: Form = { type: "dict", origin, start, end, items };
        into.push({ value: dictValue(form, made), form });
      }
    }
  }
}

function dictValue(form: Form & { type: "dict" }, made: readonly Made[]): Value {
  if (made.length % 2 !== 0) raise("syntax", "a dict in a macro's template needs keys and values in pairs");
  const entries: [string, Value][] = [];
  for (let i = 0; i < made.length; i += 2) {
    const key = made[i]?.value;
    if (typeof key !== "string") return formToValue(form);
    entries.push([key, (made[i + 1] as Made).value]);
  }
  return remember(dictFrom(entries), form);
}

/** `(%expansion scope template value…)`: what a quasiquote in a macro's body calls. */
export const expansionPrimitive: Primitive = new Primitive(
  "%expansion",
  "scope template &rest values",
  "allocates",
  "Fills a macro's template with the values of its unquoted expressions.",
  (expansion, template, ...values) => {
    if (!(expansion instanceof MacroExpansion) || !(template instanceof Template)) {
      return raise("type", "%expansion outside of a macro's expansion");
    }
    const made: Made[] = [];
    fill(template.root, expansion, values, made);
    return (made[0] as Made).value;
  },
  { min: 2, max: Number.POSITIVE_INFINITY },
);
