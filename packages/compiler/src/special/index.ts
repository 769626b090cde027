/** All special forms, by name. */
import { definers } from "../definitions.ts";
import type { SpecialForm } from "../expansion.ts";
import { expandQuasiquote } from "../quasi.ts";
import { needCount, syntaxError } from "../syntax.ts";
import { quoted } from "../values.ts";
import * as binding from "./binding.ts";
import * as control from "./control.ts";

const quote: SpecialForm = (x, form) => {
  needCount(form, 1, 1, "(quote datum)");
  return x.constant(form, quoted(form.items[1] ?? form));
};

const outside: SpecialForm = (_x, form) => syntaxError(form, "unquote belongs inside a quasiquote");

/** A definition in the place of an expression: allowed at top level only, where it defines a global. */
function definition(name: string): SpecialForm {
  return (x, form) => {
    if (!x.scope.isTop) syntaxError(form, `${name} belongs at top level or directly in a body`);
    const definer = definers.get(name);
    if (definer === undefined) throw new RangeError(`no definer ${name}`);
    return definer.top(x, form).core;
  };
}

export const specialForms: ReadonlyMap<string, SpecialForm> = new Map<string, SpecialForm>([
  ...[...definers.keys()].map((name): [string, SpecialForm] => [name, definition(name)]),
  ["fn", binding.fn],
  ["lambda", binding.fn],
  ["let", binding.letForm],
  ["let*", binding.letStar],
  ["letrec", binding.letrec],
  ["letrec*", binding.letrec],
  ["set!", binding.setForm],
  ["if", control.ifForm],
  ["when", control.when],
  ["unless", control.unless],
  ["cond", control.cond],
  ["case", control.caseForm],
  ["and", control.and],
  ["or", control.or],
  ["do", control.doForm],
  ["begin", control.doForm],
  ["while", control.whileForm],
  ["dotimes", control.dotimes],
  ["->", control.threadFirst],
  ["->>", control.threadLast],
  ["quote", quote],
  ["quasiquote", expandQuasiquote],
  ["unquote", outside],
  ["unquote-splicing", outside],
]);
