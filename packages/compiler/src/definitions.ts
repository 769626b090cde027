/** What definitions do, at top level (global cells) and in bodies (local variables). */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import { type Cell, NIL, type Value } from "@sorbus/vm";
import type { LocalDefinition } from "./body.ts";
import type { Core, Local } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { formHash } from "./hash.ts";
import { MISSING } from "./macros.ts";
import { type Binding, noteSignature, type Signature } from "./module.ts";
import { type ParamList, parseParamForm, parseParams, signatureOf } from "./params.ts";
import { destructure, patternNames, type Step, wrapSteps } from "./patterns.ts";
import { recordDefinitions } from "./records.ts";
import { AliasScope } from "./scope.ts";
import { headName, isParen, need, needCount, needSymbol, symbolAt, syntaxError } from "./syntax.ts";
import { makeUnit } from "./units.ts";
import { quoted } from "./values.ts";

/** A top-level definition, expanded. */
export interface TopDefinition {
  /** The name that its unit gets. */
  readonly name: string;
  readonly core: Core;
  /** What its users depend on. */
  readonly interface: string;
}

/** One name of a definition form and how its value is made. The name is in scope when `make` runs. */
export interface NamedDefinition {
  readonly symbol: SymbolForm;
  readonly signature: Signature | undefined;
  readonly make: () => Core;
}

export interface Definer {
  readonly top: (x: Expansion, form: ListForm) => TopDefinition;
  /** Absent: the form belongs at top level. */
  readonly local?: (x: Expansion, form: ListForm) => LocalDefinition[];
}

/** The global cell that a top-level definition of `symbol` fills. */
export function defineGlobal(x: Expansion, symbol: SymbolForm): Extract<Binding, { kind: "cell" }> {
  const { alias } = symbol;
  let { name } = symbol;
  x.checkBinder(symbol, undefined);
  if (x.module !== x.core && name.startsWith("%") && name.length > 1) {
    syntaxError(symbol, `a program cannot define ${name}: names that begin with % are the core's own`);
  }
  if (x.core.lookup(name)?.kind === "special") {
    syntaxError(symbol, `${name} is a special form and cannot be redefined`);
  }
  if (!(alias instanceof AliasScope)) return x.module.defineBinding(name);
  const known = alias.defined?.get(name);
  if (known !== undefined) return { kind: "cell", cell: known };
  // `x#` in a template is a new name for each expansion; any other name is the one that was written.
  if (name.length > 1 && name.endsWith("#")) name = `${name}${x.module.next()}`;
  const binding = x.module.defineBinding(name);
  alias.defined ??= new Map();
  alias.defined.set(symbol.name, binding.cell);
  return binding;
}

function describe(signature: Signature | undefined, name: string): string {
  if (signature === undefined) return `value ${name}`;
  const { kind, min, max, keys, fields } = signature;
  return `${kind} ${name} ${min} ${max} ${keys.map((k) => `${k.name}${k.required ? "!" : ""}`).join(",")} ${fields?.join(",") ?? ""}`;
}

/** A definer of one name, which is known from the form alone. */
function definer(part: (x: Expansion, form: ListForm) => NamedDefinition): Definer {
  return {
    top(x, form) {
      const { symbol, signature, make } = part(x, form);
      const { cell } = defineGlobal(x, symbol);
      noteSignature(cell, signature);
      const core: Core = { op: "define", form, cell, value: make() };
      return { name: cell.name, core, interface: describe(signature, symbol.name) };
    },
    local(x, form) {
      const { symbol, make } = part(x, form);
      x.checkBinder(symbol, undefined);
      return [{ local: x.scope.bind(symbol), make }];
    },
  };
}

const defineRecordType: Definer = {
  top(x, form) {
    const type = x.scope.fresh("type");
    type.captured = true;
    const definitions = recordDefinitions(x, form, (place) => x.local(place, type));
    const cells = definitions.map(({ symbol, signature }) => {
      const { cell } = defineGlobal(x, symbol);
      noteSignature(cell, signature);
      return cell;
    });
    const [made, ...rest] = definitions.map(({ make }) => make()) as [Core, ...Core[]];
    const values = [x.local(form, type), ...rest];
    const core = x.seq(
      form,
      values.map((value, i): Core => ({ op: "define", form, cell: cells[i] as Cell, value })),
    );
    return {
      name: cells[0]?.name ?? "",
      core: x.let1(form, type, made, core),
      interface: definitions.map((d) => describe(d.signature, d.symbol.name)).join("; "),
    };
  },
  local(x, form) {
    const type = needSymbol(form, 1, "a name");
    return recordDefinitions(x, form, () => x.reference(type)).map(({ symbol, signature, make }) => {
      x.checkBinder(symbol, undefined);
      const local = x.scope.bind(symbol);
      if (signature?.fields !== undefined) {
        x.localRecords ??= new Map();
        x.localRecords.set(local, signature.fields);
      }
      return { local, make };
    });
  },
};

/** `(define (f param…) body…)` and `(define name value)` as a named definition. */
function namedDefine(x: Expansion, form: ListForm): NamedDefinition {
  const target = need(form, 1, "a name and a value");
  if (isParen(target)) {
    const symbol = target.items[0];
    if (symbol?.type !== "symbol") syntaxError(target, "define needs a name in front of the parameters");
    const params = parseParams(target, target.items, 1);
    needBody(form, 2);
    return {
      symbol,
      signature: signatureOf("function", symbol.name, params),
      make: () => x.lambda(form, symbol.name, "function", params, form.items, 2),
    };
  }
  if (target.type !== "symbol") syntaxError(target, "define needs a name, a [pattern] or (name parameter…)");
  needCount(form, 2, 2, "(define name value) or (define (name parameter…) body…)");
  const value = form.items[2] as Form;
  return {
    symbol: target,
    signature: lambdaSignature(x, value, target.name),
    make: () => x.expandNamed(value, target.name),
  };
}

/** The signature of a value that is written as a function. */
function lambdaSignature(x: Expansion, value: Form, name: string): Signature | undefined {
  if (!x.isSpecial(value, "fn") && !x.isSpecial(value, "lambda")) return undefined;
  return signatureOf("function", name, parseParamForm(value, value.items[1]));
}

export function needBody(form: ListForm, from: number): void {
  if (form.items.length <= from) syntaxError(form, `${headName(form)} has no body`);
}

const simpleDefine = definer(namedDefine);

function isPattern(form: Form | undefined): form is Form {
  return form?.type === "dict" || (form?.type === "list" && form.bracket === "[");
}

const define: Definer = {
  top(x, form) {
    const pattern = form.items[1];
    if (!isPattern(pattern)) return simpleDefine.top(x, form);
    needCount(form, 2, 2, "(define pattern value)");
    const names = patternNames(pattern);
    const bindings = names.map((symbol) => defineGlobal(x, symbol));
    for (const { cell } of bindings) noteSignature(cell, undefined);
    const value = x.expand(form.items[2] as Form);
    const mark = x.scope.mark();
    const steps: Step[] = [];
    destructure(x, pattern, value, steps);
    const body = bindings.map(({ cell }, i): Core => {
      const name = names[i] as SymbolForm;
      return { op: "define", form, cell, value: x.reference(name) };
    });
    x.scope.release(mark);
    return {
      name: names[0]?.name ?? "",
      core: wrapSteps(form, steps, x.seq(form, [...body, x.nil(form)])),
      interface: names.map((n) => `value ${n.name}`).join("; "),
    };
  },
  local(x, form) {
    const pattern = form.items[1];
    if (!isPattern(pattern)) return simpleDefine.local?.(x, form) ?? [];
    needCount(form, 2, 2, "(define pattern value)");
    const whole = x.scope.fresh("");
    const steps: Step[] = [];
    destructure(x, pattern, x.local(pattern, whole), steps);
    return [
      { local: whole, make: () => x.expand(form.items[2] as Form) },
      ...steps.map(({ local, init }) => ({ local, make: () => init })),
    ];
  },
};

const defcomp: Definer = definer((x, form) => {
  const symbol = needSymbol(form, 1, "a name such as ~card, a parameter list and a body");
  if (!symbol.name.startsWith("~")) syntaxError(symbol, `a component's name begins with ~: ~${symbol.name}`);
  const params = parseParamForm(form, form.items[2]);
  needBody(form, 3);
  return {
    symbol,
    signature: signatureOf("component", symbol.name, params),
    make: () => x.lambda(form, symbol.name, "component", params, form.items, 3),
  };
});

/**
 * `(defonce name value)`: evaluates `value` only if the name has none, so that a reload keeps it. With `:on-reload f`,
 * who reloads calls `f` with the old value and its shape when a new `value` has another shape; see `previews.ts`.
 */
const defonce: Definer = {
  top(x, form) {
    const usage = "(defonce name value) or (defonce name value :on-reload function)";
    const option = form.items[3];
    needCount(form, 2, option === undefined ? 2 : 4, usage);
    const symbol = needSymbol(form, 1, "a name and a value");
    const { cell } = defineGlobal(x, symbol);
    noteSignature(cell, undefined);
    let hook: Core | undefined;
    if (option !== undefined) {
      const value = form.items[4];
      if (option.type !== "keyword" || option.name !== "on-reload" || value === undefined)
        syntaxError(option, usage);
      hook = x.expandNamed(value, `on-reload ${symbol.name}`);
    }
    const value = x.expandNamed(form.items[2] as Form, symbol.name);
    const once: Core = x.choose(form, x.coreCall(form, "%defined?", [x.constant(form, cell)]), x.nil(form), {
      op: "define",
      form,
      cell,
      value,
    });
    let core = once;
    if (hook !== undefined && x.live !== undefined) {
      const { cell: hookCell } = x.module.defineBinding(`on-reload ${cell.name}`);
      core = x.seq(form, [{ op: "define", form, cell: hookCell, value: hook }, once]);
    }
    return { name: cell.name, core, interface: `value ${symbol.name}` };
  },
};

/** `(defeffect :mail/send (to subject) :returns boolean :idempotent true)` declares an op to the host. */
const defeffect: Definer = {
  top(x, form) {
    const op = need(form, 1, "an op such as :mail/send");
    if (op.type !== "keyword" && op.type !== "string")
      syntaxError(op, "defeffect needs an op such as :mail/send");
    const name = op.type === "keyword" ? op.name : op.value;
    const params = parseParamForm(form, form.items[2]);
    const args: Core[] = [];
    const entry = (key: string, value: Value): void => {
      args.push(x.constant(form, key), x.constant(form, value));
    };
    entry("op", name);
    entry("params", quoted(params.form));
    for (let i = 3; i < form.items.length; i += 2) {
      const key = form.items[i] as Form;
      const value = form.items[i + 1];
      if (key.type !== "keyword") syntaxError(key, "options of defeffect are written :name value");
      if (value === undefined) syntaxError(key, `:${key.name} has no value`);
      if (["op", "params"].includes(key.name)) syntaxError(key, `:${key.name} is no option of defeffect`);
      entry(key.name, value.type === "symbol" ? value.name : quoted(value));
    }
    return {
      name: `effect ${name}`,
      core: x.coreCall(form, "%declare-effect", [x.coreCall(form, "dict", args)]),
      interface: `effect ${name}`,
    };
  },
};

const defmacro: Definer = {
  top(x, form) {
    const symbol = needSymbol(form, 1, "a name, a parameter list and a body");
    const params = parseParamForm(form, form.items[2]);
    needBody(form, 3);
    if (x.core.lookup(symbol.name)?.kind === "special") {
      syntaxError(symbol, `${symbol.name} is a special form and cannot be redefined`);
    }
    const core = macroLambda(x, form, symbol.name, params);
    const text = formHash(form);
    const unit = makeUnit(x, `${x.module.id}/${symbol.name}`, form, core, text);
    const fn = x.expander.options.evaluate(unit);
    x.module.defineMacro(symbol.name, {
      name: symbol.name,
      fn,
      params,
      module: x.module,
      interfaceHash: text,
    });
    return { name: symbol.name, core: x.constant(form, NIL), interface: `macro ${text}` };
  },
};

/** A macro's function: the expansion, then one required parameter for each in the list. */
function macroLambda(x: Expansion, form: ListForm, name: string, params: ParamList): Core {
  const { scope } = x;
  const mark = scope.mark();
  scope.depth += 1;
  const macroScope = symbolAt(form, "%scope");
  x.macroScope = macroScope;
  const required: Local[] = [scope.bind(macroScope)];
  const late: [Form, Local][] = [];
  const parameter = (target: Form): void => {
    const local = target.type === "symbol" ? scope.bind(target) : scope.fresh("");
    if (target.type !== "symbol") late.push([target, local]);
    required.push(local);
  };
  const maybe: { target: Form; raw: Local; fallback: Form | undefined }[] = [];
  const absent = (target: Form, fallback: Form | undefined): void => {
    const raw = scope.fresh("");
    required.push(raw);
    maybe.push({ target, raw, fallback });
  };
  for (const p of params.required) parameter(p.target);
  for (const p of params.optional) absent(p.target, p.fallback);
  if (params.rest !== undefined) parameter(params.rest);
  for (const p of params.keys) absent(p.target, p.fallback);
  const steps: Step[] = [];
  for (const { target, raw, fallback } of maybe) {
    const value: Core = x.choose(
      target,
      x.coreCall(target, "eq?", [x.local(target, raw), x.constant(target, MISSING)]),
      fallback === undefined ? x.nil(target) : x.expand(fallback),
      x.local(target, raw),
    );
    destructure(x, target, value, steps);
  }
  for (const [pattern, local] of late) destructure(x, pattern, x.local(pattern, local), steps);
  const body = wrapSteps(form, steps, x.body(form, 3));
  x.macroScope = undefined;
  scope.depth -= 1;
  scope.release(mark);
  return {
    op: "lambda",
    form,
    name,
    kind: "function",
    required,
    optional: [],
    rest: undefined,
    keys: [],
    body,
  };
}

/** All forms that define names, by the name of the special form. */
export const definers: ReadonlyMap<string, Definer> = new Map([
  ["define", define],
  ["defcomp", defcomp],
  ["defonce", defonce],
  ["defeffect", defeffect],
  ["defmacro", defmacro],
  ["define-record-type", defineRecordType],
]);
