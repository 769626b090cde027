/** fn, let, let*, letrec, named let, set!. */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import type { Core, Local } from "../core.ts";
import { needBody } from "../definitions.ts";
import type { Expansion, SpecialForm } from "../expansion.ts";
import { parseParamForm } from "../params.ts";
import { destructure, type Step, wrapSteps } from "../patterns.ts";
import { headName, isBracket, isParen, need, needCount, syntaxError } from "../syntax.ts";

export const fn: SpecialForm = (x, form) => {
  const params = parseParamForm(form, form.items[1]);
  needBody(form, 2);
  return x.lambda(form, "", "function", params, form.items, 2);
};

export interface Pair {
  readonly target: Form;
  readonly value: Form;
}

/** `[a 1 b 2]`, or `((a 1) (b 2))`. */
export function parseBindings(form: ListForm, bindings: Form): Pair[] {
  if (bindings.type !== "list") {
    syntaxError(form, `${headName(form)} needs bindings: ((name value) …) or [name value …]`);
  }
  const { items } = bindings;
  if (isBracket(bindings)) {
    if (items.length % 2 !== 0)
      syntaxError(form, `the bindings [name value …] of ${headName(form)} are not in pairs`);
    const pairs: Pair[] = [];
    for (let i = 0; i < items.length; i += 2)
      pairs.push({ target: items[i] as Form, value: items[i + 1] as Form });
    return pairs;
  }
  return items.map((item) => {
    if (!isParen(item) || item.items.length !== 2) {
      syntaxError(form, `a binding of ${headName(form)} is written (name value)`);
    }
    return { target: item.items[0] as Form, value: item.items[1] as Form };
  });
}

function bindingName(target: Form): string {
  return target.type === "symbol" ? target.name : "";
}

/** One binding after the other, each in the scope of those before. */
function sequential(x: Expansion, form: ListForm, pairs: readonly Pair[], from: number): Core {
  const mark = x.scope.mark();
  const steps: Step[] = [];
  for (const { target, value } of pairs) {
    destructure(x, target, x.expandNamed(value, bindingName(target)), steps);
  }
  const body = x.body(form, from);
  x.scope.release(mark);
  return wrapSteps(form, steps, body);
}

/** All inits in the outer scope. */
function parallel(x: Expansion, form: ListForm, pairs: readonly Pair[], from: number): Core {
  if (pairs.length === 0) return emptyScope(x, form, from);
  const inits = pairs.map(({ target, value }) => x.expandNamed(value, bindingName(target)));
  const mark = x.scope.mark();
  const seen = pairs.length > 1 ? new Set<string>() : undefined;
  const late: [Form, Local][] = [];
  const locals = pairs.map(({ target }) => {
    if (target.type === "symbol") {
      x.checkBinder(target, seen);
      return x.scope.bind(target);
    }
    const local = x.scope.fresh("");
    late.push([target, local]);
    return local;
  });
  const steps: Step[] = [];
  for (const [pattern, local] of late) destructure(x, pattern, x.local(pattern, local), steps, seen);
  const body = wrapSteps(form, steps, x.body(form, from));
  x.scope.release(mark);
  return { op: "let", form, locals, inits, body };
}

/** A body without bindings is a scope of its own: what it defines stays inside. */
function emptyScope(x: Expansion, form: ListForm, from: number): Core {
  const mark = x.scope.mark();
  x.scope.open();
  const body = x.body(form, from);
  x.scope.release(mark);
  return body;
}

export const letForm: SpecialForm = (x, form) => {
  const bindings = need(form, 1, "bindings and a body");
  if (bindings.type === "symbol") return namedLet(x, form, bindings);
  needBody(form, 2);
  const pairs = parseBindings(form, bindings);
  return isBracket(bindings) && pairs.length > 0
    ? sequential(x, form, pairs, 2)
    : parallel(x, form, pairs, 2);
};

export const letStar: SpecialForm = (x, form) => {
  const pairs = parseBindings(form, need(form, 1, "bindings and a body"));
  needBody(form, 2);
  return pairs.length === 0 ? emptyScope(x, form, 2) : sequential(x, form, pairs, 2);
};

/** `(let loop ((i 0)) body…)`: a function that the body may call, called with the inits. */
function namedLet(x: Expansion, form: ListForm, name: SymbolForm): Core {
  const bindings = need(form, 2, "bindings");
  needBody(form, 3);
  const pairs = parseBindings(form, bindings);
  x.checkBinder(name, undefined);
  // The inits stand outside: they see neither the function nor, as in any function call, each other.
  const args = pairs.map(({ target, value }) => x.expandNamed(value, bindingName(target)));
  const mark = x.scope.mark();
  const loop = x.scope.bind(name);
  const params = {
    form: bindings,
    required: pairs.map(({ target }) => ({ target, type: undefined, fallback: undefined })),
    optional: [],
    rest: undefined,
    keys: [],
  };
  const lambda = x.lambda(form, name.name, "function", params, form.items, 3);
  x.scope.release(mark);
  return {
    op: "letrec",
    form,
    locals: [loop],
    inits: [lambda],
    body: { op: "call", form, fn: x.local(name, loop), args },
  };
}

export const letrec: SpecialForm = (x, form) => {
  const pairs = parseBindings(form, need(form, 1, "bindings and a body"));
  needBody(form, 2);
  if (pairs.length === 0) return emptyScope(x, form, 2);
  const mark = x.scope.mark();
  const seen = new Set<string>();
  const locals = pairs.map(({ target }) => {
    if (target.type !== "symbol") syntaxError(target, `${headName(form)} binds names, not patterns`);
    x.checkBinder(target, seen);
    return x.scope.bind(target);
  });
  const inits = pairs.map(({ target, value }) => x.expandNamed(value, bindingName(target)));
  const body = x.body(form, 2);
  x.scope.release(mark);
  return { op: "letrec", form, locals, inits, body };
};

export const setForm: SpecialForm = (x, form) => {
  needCount(form, 2, 2, "(set! name value)");
  const target = form.items[1] as Form;
  if (target.type !== "symbol") syntaxError(target, "set! assigns a name");
  const resolution = x.resolve(target);
  if (resolution?.kind === "local") {
    resolution.local.assigned = true;
    return { op: "set-local", form, local: resolution.local, value: x.expand(form.items[2] as Form) };
  }
  if (resolution !== undefined && resolution.kind !== "cell") {
    syntaxError(target, `${target.name} is ${kindNoun(resolution.kind)} and cannot be assigned`);
  }
  if (resolution !== undefined && resolution.cell.module === "core" && x.module !== x.core) {
    syntaxError(
      target,
      `${target.name} belongs to the core and cannot be assigned; (define ${target.name} …) makes one of this module's own`,
    );
  }
  const cell = resolution === undefined ? x.unknown(target) : resolution.cell;
  return { op: "set-global", form, cell, value: x.expand(form.items[2] as Form) };
};

function kindNoun(kind: "special" | "macro" | "pending" | "element" | "ambiguous"): string {
  switch (kind) {
    case "ambiguous":
      return "a name that two imports bring";
    case "special":
      return "a special form";
    case "element":
      return "an element";
    default:
      return "a macro";
  }
}
