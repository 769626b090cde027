/** Calls of macros: arguments to values, the call, and the result to a form again. */
import { type Form, type ListForm, spanOf } from "@sorbus/reader";
import { Condition, fromArray, Raise, type Value } from "@sorbus/vm";
import type { Expansion } from "./expansion.ts";
import type { Macro } from "./module.ts";
import { AliasScope } from "./scope.ts";
import { listAt, syntaxError } from "./syntax.ts";
import { formToValue, placeOfCall, remember, valueToForm } from "./values.ts";

/** Results of macro calls in one top-level form, so that a suspended expansion goes on where it was. */
export class MacroCache {
  results: Map<Form, Form> | undefined;
  /** The macros that were called, as `module/name`. */
  macros: Set<string> | undefined;
  /** How many units of the form have been handed out already. */
  done: number = 0;
}

/**
 * Thrown by an evaluator whose macro waits for an effect. Whoever drives the expansion runs the
 * fiber to its end, calls `complete` with the macro's result, and expands the same form again.
 */
export class MacroSuspended extends Error {
  /** The evaluator's own: what is to be run on. */
  readonly fiber: unknown;
  /** Set by the expander before the exception leaves it. */
  complete: (result: Value) => void;
  constructor(fiber: unknown) {
    super("a macro waits for an effect");
    this.name = "MacroSuspended";
    this.fiber = fiber;
    this.complete = () => {
      throw new Error("complete() before the expander saw the suspension");
    };
  }
}

/** Given to a macro's function for an optional or named parameter that the call leaves out. */
export const MISSING: Value = Object.freeze({ missing: true });

/** What a macro's function gets as its first argument: the expansion that is going on. */
export class MacroExpansion {
  readonly scope: AliasScope;
  readonly place: ReturnType<typeof placeOfCall>;
  constructor(scope: AliasScope, call: ListForm) {
    this.scope = scope;
    this.place = placeOfCall(call);
  }
}

/** More expansions in one top-level form are taken for endless. */
const maxExpansions = 100_000;

/** The form that a macro call stands for. @throws MacroSuspended */
export function expandMacro(x: Expansion, form: ListForm, macro: Macro): Form {
  x.live?.consumed.add(form);
  const { cache } = x;
  cache.results ??= new Map();
  cache.macros ??= new Set();
  cache.macros.add(`${macro.module.id}/${macro.name}`);
  const { results } = cache;
  const cached = results.get(form);
  if (cached !== undefined) return cached;
  if (results.size >= maxExpansions)
    syntaxError(form, `the expansion of the macro ${macro.name} does not end`);
  const expansion = new MacroExpansion(new AliasScope(macro.module), form);
  const finish = (value: Value): Form => {
    const result = valueToForm(value, expansion.place);
    results.set(form, result);
    return result;
  };
  const args = macroArguments(form, macro);
  try {
    return finish(x.expander.options.evaluator.call(macro.fn, [expansion, ...args]));
  } catch (error) {
    if (error instanceof MacroSuspended) error.complete = finish;
    else if (error instanceof Raise && error.payload instanceof Condition) {
      // To the program's author the mistake is at the call, not inside the macro.
      error.payload.span = spanOf(form);
    }
    throw error;
  }
}

/** One value for each parameter, in the order required, optional, rest, keys. */
function macroArguments(form: ListForm, macro: Macro): Value[] {
  const { params, name } = macro;
  const named = new Map<string, Form>();
  const positional: Form[] = [];
  const { items } = form;
  for (let i = 1; i < items.length; i += 1) {
    const item = items[i] as Form;
    if (item.type !== "keyword" || params.keys.length === 0) {
      positional.push(item);
      continue;
    }
    if (!params.keys.some((k) => k.target.name === item.name)) {
      const known = params.keys.map((k) => `:${k.target.name}`).join(" ");
      syntaxError(item, `the macro ${name} has no named argument :${item.name} (it takes ${known})`);
    }
    if (named.has(item.name)) syntaxError(item, `the macro ${name} was given :${item.name} twice`);
    const value = items[i + 1];
    if (value === undefined)
      syntaxError(item, `the macro ${name}: the named argument :${item.name} has no value`);
    named.set(item.name, value);
    i += 1;
  }
  const min = params.required.length;
  const max = params.rest === undefined ? min + params.optional.length : Number.POSITIVE_INFINITY;
  if (positional.length < min || positional.length > max) {
    const expected =
      max === min ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
    syntaxError(
      form,
      `the macro ${name} expects ${expected} argument${expected === "1" || expected === "at least 1" ? "" : "s"}, got ${positional.length}`,
    );
  }
  const values: Value[] = [];
  const fixed = min + params.optional.length;
  for (let i = 0; i < fixed; i += 1) {
    const item = positional[i];
    values.push(item === undefined ? MISSING : formToValue(item));
  }
  if (params.rest !== undefined) {
    const rest = positional.slice(fixed);
    values.push(remember(fromArray(rest.map(formToValue)), listAt(form, rest)));
  }
  for (const key of params.keys) {
    const item = named.get(key.target.name);
    if (item === undefined && key.fallback === undefined) {
      syntaxError(form, `the macro ${name} needs the named argument :${key.target.name}`);
    }
    values.push(item === undefined ? MISSING : formToValue(item));
  }
  return values;
}
