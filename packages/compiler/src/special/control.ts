/** if, when, unless, cond, case, and, or, do, while, dotimes, and the threading forms. */
import type { Form, ListForm } from "@sorbus/reader";
import { FALSE, TRUE } from "@sorbus/vm";
import type { Core } from "../core.ts";
import { needBody } from "../definitions.ts";
import type { Expansion, SpecialForm } from "../expansion.ts";
import { signatureOfCell } from "../module.ts";
import { headName, isParen, isSymbol, listAt, need, needCount, syntaxError } from "../syntax.ts";
import { quoted } from "../values.ts";

/**
 * A test, of which only the truth is used. `and` and `or` in it become `if`s of constants, so that
 * no value has to be kept.
 */
export function expandTest(x: Expansion, form: Form): Core {
  if (form.type !== "list" || form.items.length < 3) return x.expand(form);
  const isAnd = x.isSpecial(form, "and");
  if (!isAnd && !x.isSpecial(form, "or")) return x.expand(form);
  return x.enter(form, () => {
    const { items } = form;
    let core = expandTest(x, items[items.length - 1] as Form);
    const tests = items.slice(1, -1).map((item) => expandTest(x, item));
    for (let i = tests.length - 1; i >= 0; i -= 1) {
      const test = tests[i] as Core;
      core = isAnd
        ? x.choose(form, test, core, x.constant(form, FALSE))
        : x.choose(form, test, x.constant(form, TRUE), core);
    }
    return core;
  });
}

export const ifForm: SpecialForm = (x, form) => {
  needCount(form, 2, 3, "(if test then else)");
  const test = expandTest(x, form.items[1] as Form);
  const then = x.expand(form.items[2] as Form);
  const otherwise = form.items[3];
  return x.choose(form, test, then, otherwise === undefined ? x.nil(form) : x.expand(otherwise));
};

export const when: SpecialForm = (x, form) => {
  const test = expandTest(x, need(form, 1, "a test and a body"));
  return x.choose(form, test, x.body(form, 2), x.nil(form));
};

export const unless: SpecialForm = (x, form) => {
  const test = expandTest(x, need(form, 1, "a test and a body"));
  return x.choose(form, test, x.nil(form), x.body(form, 2));
};

export const doForm: SpecialForm = (x, form) => x.body(form, 1);

export const and: SpecialForm = (x, form) => {
  const { items } = form;
  if (items.length === 1) return x.constant(form, TRUE);
  return chain(x, form, (value, rest, again) => x.choose(form, value, rest, again));
};

export const or: SpecialForm = (x, form) => {
  const { items } = form;
  if (items.length === 1) return x.nil(form);
  return chain(x, form, (value, rest, again) => x.choose(form, value, again, rest));
};

/** Each operand's value is kept for as long as it may be the result. */
function chain(x: Expansion, form: ListForm, link: (value: Core, rest: Core, again: Core) => Core): Core {
  const operands = form.items.slice(1).map((item) => x.expand(item));
  let core = operands[operands.length - 1] as Core;
  for (let i = operands.length - 2; i >= 0; i -= 1) {
    const operand = operands[i] as Core;
    if (operand.op === "local" && !operand.local.assigned) {
      core = link(operand, core, operand);
      continue;
    }
    const local = x.scope.fresh("");
    core = x.let1(form, local, operand, link(x.local(form, local), core, x.local(form, local)));
  }
  return core;
}

/** Whether every clause is a parenthesised list: then they are clause lists, else flat pairs. */
export function isClauseCond(form: ListForm): boolean {
  return form.items.length > 1 && form.items.slice(1).every(isParen);
}

/** Whether clause lists could be pairs of calls: `(cond (zero? n) (first xs) (one? n) (second xs))`. */
function looksFlat(x: Expansion, form: ListForm): boolean {
  const count = form.items.length - 1;
  return (
    x.expander.options.diagnose === true &&
    count % 2 === 0 &&
    form.items.every((clause, i) => i % 2 === 0 || isCall(x, clause))
  );
}

/** Whether a list form reads as a call of something global. */
function isCall(x: Expansion, form: Form): boolean {
  if (!isParen(form) || x.isElse(form.items[0])) return false;
  const binding = x.headBinding(form);
  if (binding?.kind !== "cell") return binding !== undefined;
  return binding.cell.module === "core" || signatureOfCell(binding.cell) !== undefined;
}

export const cond: SpecialForm = (x, form) => {
  if (isClauseCond(form)) {
    if (looksFlat(x, form)) {
      x.expander.warn(
        x.module,
        form,
        "flat-cond",
        "every argument of this cond is a list, so each is a clause (test value…); were pairs of test and value meant?",
      );
    }
    return clauses(x, form, form.items.slice(1) as ListForm[], () => x.nil(form));
  }
  const { items } = form;
  if (items.length % 2 === 0)
    syntaxError(form, "cond needs pairs of a test and a value, or clauses (test value…)");
  let count = items.length - 1;
  for (let i = 1; i < items.length; i += 2) {
    if (x.isElse(items[i]) && i !== items.length - 2)
      syntaxError(items[i] as Form, "else is the last test of a cond");
  }
  let core = x.nil(form);
  const parts: [test: Core | undefined, value: Core][] = [];
  for (let i = 1; i < count; i += 2) {
    const test = items[i] as Form;
    parts.push([x.isElse(test) ? undefined : expandTest(x, test), x.expand(items[i + 1] as Form)]);
  }
  count = parts.length;
  for (let i = count - 1; i >= 0; i -= 1) {
    const [test, value] = parts[i] as [Core | undefined, Core];
    core = test === undefined ? value : x.choose(form, test, value, core);
  }
  return core;
};

/** Clause lists, shared with `guard`. `fallback` makes what stands for no match; `else` replaces it. */
export function clauses(x: Expansion, form: ListForm, list: readonly ListForm[], fallback: () => Core): Core {
  const made = list.map((clause, i): ((rest: Core) => Core) => {
    const [test, second] = clause.items;
    if (test === undefined) syntaxError(clause, `an empty clause of ${headName(form)}`);
    if (x.isElse(test)) {
      if (i !== list.length - 1) syntaxError(clause, `else is the last clause of ${headName(form)}`);
      const body = x.body(clause, 1);
      return () => body;
    }
    if (isSymbol(second, "=>")) {
      if (clause.items.length !== 3) syntaxError(clause, "=> is followed by one function");
      const local = x.scope.fresh("");
      const value = x.expand(test);
      const fn = x.expand(clause.items[2] as Form);
      const call: Core = { op: "call", form: clause, fn, args: [x.local(clause, local)] };
      return (rest) => x.let1(clause, local, value, x.choose(clause, x.local(clause, local), call, rest));
    }
    if (clause.items.length === 1) {
      const local = x.scope.fresh("");
      const value = x.expand(test);
      const again = x.local(clause, local);
      return (rest) => x.let1(clause, local, value, x.choose(clause, again, again, rest));
    }
    const condition = expandTest(x, test);
    const body = x.body(clause, 1);
    return (rest) => x.choose(clause, condition, body, rest);
  });
  const last = list[list.length - 1];
  let core = last !== undefined && x.isElse(last.items[0]) ? x.nil(form) : fallback();
  for (let i = made.length - 1; i >= 0; i -= 1) core = (made[i] as (rest: Core) => Core)(core);
  return core;
}

/** `(case x (1 "one") ((2 3) "few") (else "many"))`; the data are not evaluated. */
export const caseForm: SpecialForm = (x, form) => {
  const subject = x.expand(need(form, 1, "a value and clauses"));
  const local = x.scope.fresh("");
  let core: Core = x.nil(form);
  const made: ((rest: Core) => Core)[] = [];
  const list = form.items.slice(2);
  list.forEach((clause, i) => {
    if (!isParen(clause) || clause.items.length < 2)
      syntaxError(clause, "a clause of case is written (value result…)");
    const head = clause.items[0] as Form;
    const body = x.body(clause, 1);
    if (x.isElse(head)) {
      if (i !== list.length - 1) syntaxError(clause, "else is the last clause of case");
      made.push(() => body);
      return;
    }
    const data = isParen(head) ? head.items : [head];
    let test: Core = x.constant(clause, FALSE);
    for (let d = data.length - 1; d >= 0; d -= 1) {
      const datum = data[d] as Form;
      const equal = x.coreCall(datum, "=", [x.local(datum, local), x.constant(datum, quoted(datum))]);
      test = d === data.length - 1 ? equal : x.choose(clause, equal, x.constant(clause, TRUE), test);
    }
    made.push((rest) => x.choose(clause, test, body, rest));
  });
  for (let i = made.length - 1; i >= 0; i -= 1) core = (made[i] as (rest: Core) => Core)(core);
  return x.let1(form, local, subject, core);
};

/** A local function that is called at once and calls itself: every loop. */
function loop(x: Expansion, form: ListForm, name: string, make: (again: Core) => Core): Core {
  const self = x.scope.fresh(name);
  const lambda = x.lambdaOf(form, name, [], () => {
    self.captured = true;
    return make({ op: "call", form, fn: x.local(form, self), args: [] });
  });
  return {
    op: "letrec",
    form,
    locals: [self],
    inits: [lambda],
    body: { op: "call", form, fn: x.local(form, self), args: [] },
  };
}

export const whileForm: SpecialForm = (x, form) => {
  need(form, 1, "a test and a body");
  return loop(x, form, "while", (again) => {
    const test = expandTest(x, form.items[1] as Form);
    const body = x.body(form, 2);
    return x.choose(form, test, { op: "seq", form, body: [body, again] }, x.nil(form));
  });
};

/** `(dotimes (i n) body…)`: `i` from 0 to n − 1; nil. */
export const dotimes: SpecialForm = (x, form) => {
  const head = need(form, 1, "(name count) and a body");
  if (head.type !== "list" || head.items.length !== 2)
    syntaxError(head, "dotimes is written (dotimes (name count) body…)");
  const [name, count] = head.items as [Form, Form];
  if (name.type !== "symbol") syntaxError(name, "dotimes binds a name");
  needBody(form, 2);
  const limit = x.scope.fresh("");
  const self = x.scope.fresh("dotimes");
  const limitInit = x.expand(count);
  const index = x.scope.fresh(name.name);
  const lambda = x.lambdaOf(form, "dotimes", [index], () => {
    self.captured = true;
    limit.captured = true;
    // The body gets a variable of its own, so that assigning it does not disturb the count.
    const mark = x.scope.mark();
    const own = x.scope.bind(name);
    const body = x.body(form, 2);
    x.scope.release(mark);
    const next = x.coreCall(form, "+", [x.local(form, index), x.constant(form, 1)]);
    const again: Core = { op: "call", form, fn: x.local(form, self), args: [next] };
    return x.choose(
      form,
      x.coreCall(form, "<", [x.local(form, index), x.local(form, limit)]),
      { op: "seq", form, body: [x.let1(form, own, x.local(form, index), body), again] },
      x.nil(form),
    );
  });
  const start: Core = { op: "call", form, fn: x.local(form, self), args: [x.constant(form, 0)] };
  return x.let1(form, limit, limitInit, { op: "letrec", form, locals: [self], inits: [lambda], body: start });
};

/** `(-> x (f a) g)` is `(g (f x a))`; `->>` puts the value last. */
function thread(last: boolean): SpecialForm {
  return (x, form) => {
    let value = need(form, 1, "a value");
    for (const step of form.items.slice(2)) {
      if (!isParen(step)) value = listAt(step, [step, value]);
      else if (step.items.length === 0) syntaxError(step, "an empty step");
      else if (last) value = { ...step, items: [...step.items, value] };
      else value = { ...step, items: [step.items[0] as Form, value, ...step.items.slice(1)] };
    }
    return x.expand(value);
  };
}

export const threadFirst: SpecialForm = thread(false);
export const threadLast: SpecialForm = thread(true);
