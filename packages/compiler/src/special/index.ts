/** All special forms, by name. */
import { definers } from "../definitions.ts";
import type { SpecialForm } from "../expansion.ts";
import { expandQuasiquote } from "../quasi.ts";
import { headName, needCount, syntaxError } from "../syntax.ts";
import { quoted } from "../values.ts";
import * as binding from "./binding.ts";
import * as control from "./control.ts";
import * as extent from "./extent.ts";
import { forForm } from "./loops.ts";
import { match } from "./match.ts";

const quote: SpecialForm = (x, form) => {
  needCount(form, 1, 1, "(quote datum)");
  return x.constant(form, quoted(form.items[1] ?? form));
};

/** Modules are put together by the loader, which takes these forms before the expander sees them. */
const moduleForm: SpecialForm = (_x, form) =>
  syntaxError(form, `${headName(form)} belongs at the top level of a file`);

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
  ["match", match],
  ["for", forForm],
  ["guard", extent.guard],
  ["handler-bind", extent.handlerBind],
  ["parameterize", extent.parameterize],
  ["assert", extent.assertForm],
  ["reset", extent.reset],
  ["shift", extent.shift],
  ["with-effects", extent.withEffects],
  ["provide", extent.provide],
  ["scope", extent.scopeForm],
  ["all", extent.allForm],
  ["race", extent.race],
  ["timeout", extent.timeout],
  ["defer", extent.defer],
  ["preview", extent.preview],
  ["->", control.threadFirst],
  ["->>", control.threadLast],
  ["quote", quote],
  ["quasiquote", expandQuasiquote],
  ["unquote", outside],
  ["unquote-splicing", outside],
  ["import", moduleForm],
  ["export", moduleForm],
]);
