/** `for` comprehensions. */
import type { Form } from "@sorbus/reader";
import { EMPTY } from "@sorbus/vm";
import type { Core } from "../core.ts";
import { needBody } from "../definitions.ts";
import type { Expansion, SpecialForm } from "../expansion.ts";
import { parseParams } from "../params.ts";
import { destructure, type Step, wrapSteps } from "../patterns.ts";
import { isBracket, need, syntaxError } from "../syntax.ts";
import { expandTest } from "./control.ts";

type Clause =
  | { readonly type: "each"; readonly target: Form; readonly source: Form }
  | { readonly type: "when"; readonly test: Form }
  | { readonly type: "let"; readonly bindings: readonly Form[] };

function parseClauses(form: Form): Clause[] {
  if (!isBracket(form)) syntaxError(form, "for is written (for [name list …] body…)");
  const { items } = form;
  const clauses: Clause[] = [];
  for (let i = 0; i < items.length; i += 2) {
    const item = items[i] as Form;
    const value = items[i + 1];
    if (value === undefined) syntaxError(item, "the clauses of for are not in pairs");
    if (item.type !== "keyword") clauses.push({ type: "each", target: item, source: value });
    else if (item.name === "when") clauses.push({ type: "when", test: value });
    else if (item.name === "let" && isBracket(value) && value.items.length % 2 === 0) {
      clauses.push({ type: "let", bindings: value.items });
    } else syntaxError(item, `for has the clauses :when test and :let [name value …], not :${item.name}`);
  }
  if (clauses[0]?.type !== "each") syntaxError(form, "for begins with a name and a list");
  return clauses;
}

/**
 * `(for [x xs y ys :when (< x y)] body…)`: a list of the body's values. The last list is walked with
 * `%for-map` when nothing can drop a value, all others with `%for-flat-map`, whose function gives lists.
 */
export const forForm: SpecialForm = (x, form) => {
  const clauses = parseClauses(need(form, 1, "clauses and a body"));
  needBody(form, 2);
  let lastEach = 0;
  clauses.forEach((clause, i) => {
    if (clause.type === "each") lastEach = i;
  });
  const dropsAfter = clauses.slice(lastEach).some((clause) => clause.type === "when");

  const walk = (index: number): Core => {
    const clause = clauses[index];
    if (clause === undefined) {
      const body = x.body(form, 2);
      return dropsAfter ? x.listCall(form, [body]) : body;
    }
    switch (clause.type) {
      case "when":
        return x.choose(
          clause.test,
          expandTest(x, clause.test),
          walk(index + 1),
          x.constant(clause.test, EMPTY),
        );
      case "let":
        return letClause(x, clause.bindings, () => walk(index + 1));
      case "each": {
        const source = x.expand(clause.source);
        const flat = index !== lastEach || dropsAfter;
        const fn = each(x, clause.target, () => walk(index + 1));
        return x.coreCall(form, flat ? "%for-flat-map" : "%for-map", [fn, source]);
      }
    }
  };
  return walk(0);
};

function letClause(x: Expansion, bindings: readonly Form[], make: () => Core): Core {
  const mark = x.scope.mark();
  const steps: Step[] = [];
  for (let i = 0; i < bindings.length; i += 2) {
    destructure(x, bindings[i] as Form, x.expand(bindings[i + 1] as Form), steps);
  }
  const body = make();
  x.scope.release(mark);
  return wrapSteps(bindings[0] as Form, steps, body);
}

/** A function of one element, which `target` names or takes apart. */
function each(x: Expansion, target: Form, make: () => Core): Core {
  if (target.type !== "symbol" && target.type !== "dict" && !isBracket(target)) {
    syntaxError(target, "for binds a name, a [pattern] or a {:dict pattern}");
  }
  return x.lambdaWith(target, "for", parseParams(target, [target], 0), make);
}
