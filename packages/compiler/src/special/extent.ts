/**
 * Forms that run a body in some dynamic extent: conditions, parameters, context, control, effects,
 * concurrency. Each is a call of a prelude function with the body as a thunk (docs/control.md).
 */

import { type Form, type ListForm, printForm } from "@sorbus/reader";
import { FALSE, TRUE } from "@sorbus/vm";
import type { Core } from "../core.ts";
import { needBody } from "../definitions.ts";
import type { Expansion, SpecialForm } from "../expansion.ts";
import { expandPreview } from "../previews.ts";
import { isParen, need, needCount, syntaxError } from "../syntax.ts";
import { parseBindings } from "./binding.ts";
import { clauses } from "./control.ts";

/** The body from index `from` on as a function without parameters. */
function bodyThunk(x: Expansion, form: ListForm, from: number): Core {
  needBody(form, from);
  return x.thunk(form, () => x.body(form, from));
}

/** `(guard (e (test expr…) … (else …)) body…)`, as in R7RS. */
export const guard: SpecialForm = (x, form) => {
  const head = need(form, 1, "(name clause…) and a body");
  if (!isParen(head) || head.items[0]?.type !== "symbol") {
    syntaxError(head, "guard is written (guard (name (test expr…)… (else expr…)) body…)");
  }
  const [name, ...list] = head.items;
  for (const clause of list) {
    if (!isParen(clause)) syntaxError(clause, "a clause of guard is written (test expr…)");
  }
  const last = list[list.length - 1];
  const hasElse = last !== undefined && isParen(last) && x.isElse(last.items[0]);
  const thunk = bodyThunk(x, form, 2);
  const mark = x.scope.mark();
  const error = x.scope.fresh(name?.type === "symbol" ? name.name : "");
  const reraise = x.scope.fresh("reraise");
  const handler = x.lambdaOf(head, "guard", [error, reraise], () => {
    if (name?.type === "symbol") {
      x.checkBinder(name, undefined);
      x.scope.bind(name, error);
    }
    const core = clauses(x, form, list as ListForm[], () => ({
      op: "call",
      form: head,
      fn: x.local(head, reraise),
      args: [],
    }));
    x.scope.release(mark);
    return core;
  });
  return x.coreCall(form, "%guard", [thunk, handler, x.constant(form, hasElse ? TRUE : FALSE)]);
};

export const handlerBind: SpecialForm = (x, form) => {
  const handler = x.expand(need(form, 1, "a function and a body"));
  return x.coreCall(form, "%handler-bind", [handler, bodyThunk(x, form, 2)]);
};

export const parameterize: SpecialForm = (x, form) => {
  const pairs = parseBindings(form, need(form, 1, "((parameter value) …) and a body"));
  const items = pairs.flatMap(({ target, value }) => [x.expand(target), x.expand(value)]);
  return x.coreCall(form, "%parameterize", [x.listCall(form, items), bodyThunk(x, form, 2)]);
};

/** `(assert expr)` and `(assert expr message)`. */
export const assertForm: SpecialForm = (x, form) => {
  needCount(form, 1, 2, "(assert expression) or (assert expression message)");
  const expression = form.items[1] as Form;
  const message = form.items[2];
  const text = message === undefined ? x.constant(form, printForm(expression)) : x.expand(message);
  const test = x.expand(expression);
  return x.choose(form, test, x.nil(form), x.coreCall(form, "%assert-failure", [text]));
};

export const reset: SpecialForm = (x, form) => x.coreCall(form, "%reset", [bodyThunk(x, form, 1)]);

/** `(shift k body…)` */
export const shift: SpecialForm = (x, form) => {
  const name = need(form, 1, "a name for the continuation and a body");
  if (name.type !== "symbol") syntaxError(name, "shift is written (shift name body…)");
  needBody(form, 2);
  x.checkBinder(name, undefined);
  const mark = x.scope.mark();
  const k = x.scope.fresh(name.name);
  const fn = x.lambdaOf(form, "shift", [k], () => {
    x.scope.bind(name, k);
    const body = x.body(form, 2);
    x.scope.release(mark);
    return body;
  });
  return x.coreCall(form, "%shift", [fn]);
};

export const withEffects: SpecialForm = (x, form) => {
  const handlers = x.expand(need(form, 1, "a dict of handlers and a body"));
  return x.coreCall(form, "%with-effects", [handlers, bodyThunk(x, form, 2)]);
};

export const provide: SpecialForm = (x, form) => {
  const name = x.fixed(need(form, 1, "a name, a value and a body"));
  const value = x.expand(need(form, 2, "a value and a body"));
  return x.coreCall(form, "%provide", [name, value, bodyThunk(x, form, 3)]);
};

export const scopeForm: SpecialForm = (x, form) => {
  const name = x.fixed(need(form, 1, "a name and a body"));
  return x.coreCall(form, "%scope", [name, bodyThunk(x, form, 2)]);
};

function thunks(x: Expansion, form: ListForm): Core {
  return x.listCall(
    form,
    form.items.slice(1).map((item) => x.thunk(item, () => x.expand(item))),
  );
}

export const allForm: SpecialForm = (x, form) => x.coreCall(form, "%all", [thunks(x, form)]);

export const race: SpecialForm = (x, form) => {
  need(form, 1, "an expression");
  return x.coreCall(form, "%race", [thunks(x, form)]);
};

/** `(timeout ms body…)` */
export const timeout: SpecialForm = (x, form) => {
  const ms = x.expand(need(form, 1, "milliseconds and a body"));
  return x.coreCall(form, "%timeout", [ms, bodyThunk(x, form, 2)]);
};

/** `(defer markup…)`: a part that is evaluated when the rest has been sent. */
export const defer: SpecialForm = (x, form) => x.coreCall(form, "%defer", [bodyThunk(x, form, 1)]);

/** `(preview "Name" markup…)` at top level is for tools (see `previews.ts`); a running program skips it. */
export const preview: SpecialForm = (x, form) => {
  const name = need(form, 1, "a name and markup");
  if (name.type !== "string") syntaxError(name, 'a preview has a name: (preview "Card" …)');
  if (!x.scope.isTop) syntaxError(form, "preview belongs at top level");
  return expandPreview(x, form, name.value);
};
