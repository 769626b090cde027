/** Destructuring: `[a b &rest r]` of lists, `{:title t}` and `{:keys (title tags)}` of dicts. */
import type { DictForm, Form, ListForm, SymbolForm } from "@sorbus/reader";
import type { Core, Local } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { isSymbol, syntaxError } from "./syntax.ts";

/** One variable of a destructuring and what it starts with; each may refer to those before it. */
export interface Step {
  readonly local: Local;
  readonly init: Core;
}

export interface ListPattern {
  readonly items: readonly Form[];
  readonly rest: Form | undefined;
}

/** The parts of a bracket pattern. */
export function parseListPattern(form: ListForm): ListPattern {
  const at = form.items.findIndex((item) => isSymbol(item, "&rest"));
  if (at < 0) return { items: form.items, rest: undefined };
  const rest = form.items[at + 1];
  if (rest === undefined || form.items.length !== at + 2) {
    syntaxError(form, "&rest in a pattern is followed by one name, at the end");
  }
  return { items: form.items.slice(0, at), rest };
}

/** The entries of a dict pattern: key → pattern. */
export function parseDictPattern(form: DictForm): [key: string, pattern: Form][] {
  const entries: [string, Form][] = [];
  for (let i = 0; i < form.items.length; i += 2) {
    const key = form.items[i] as Form;
    const pattern = form.items[i + 1] as Form;
    if (key.type !== "keyword" && key.type !== "string") {
      syntaxError(key, "a key of a dict pattern is a keyword or a string: {:title t}");
    }
    if (key.type === "keyword" && key.name === "keys" && pattern.type === "list") {
      for (const name of pattern.items) {
        if (name.type !== "symbol") syntaxError(name, ":keys lists names");
        entries.push([name.name, name]);
      }
    } else entries.push([key.type === "keyword" ? key.name : key.value, pattern]);
  }
  return entries;
}

/** All names that a pattern binds, in order. */
export function patternNames(pattern: Form, into: SymbolForm[] = []): SymbolForm[] {
  if (pattern.type === "symbol") into.push(pattern);
  else if (pattern.type === "list") {
    const { items, rest } = parseListPattern(pattern);
    for (const item of items) patternNames(item, into);
    if (rest !== undefined) patternNames(rest, into);
  } else if (pattern.type === "dict") {
    for (const [, item] of parseDictPattern(pattern)) patternNames(item, into);
  }
  return into;
}

/**
 * Binds the names of `pattern` in the present scope. `value` is evaluated once if it is not a
 * variable already; the steps are appended to `steps`.
 */
export function destructure(
  x: Expansion,
  pattern: Form,
  value: Core,
  steps: Step[],
  seen: Set<string> = new Set(),
): void {
  if (pattern.type === "symbol") {
    if (pattern.name !== "_") x.checkBinder(pattern, seen);
    steps.push({ init: value, local: x.scope.bind(pattern) });
    return;
  }
  if (pattern.type === "list" && pattern.bracket === "(") {
    syntaxError(pattern, "a list pattern is written with brackets: [a b]");
  }
  if (pattern.type !== "list" && pattern.type !== "dict") {
    syntaxError(pattern, "a name, a [list pattern] or a {:dict pattern} belongs here");
  }
  if (pattern.type === "list") {
    const { items, rest } = parseListPattern(pattern);
    const counts = [items.length, rest === undefined ? items.length : -1];
    const whole = x.scope.fresh("");
    // The check gives its argument back, so that it cannot be left out or moved.
    const checked = x.coreCall(pattern, "%check-list", [value, ...counts.map((n) => x.constant(pattern, n))]);
    steps.push({ local: whole, init: checked });
    items.forEach((item, i) => {
      if (isSymbol(item, "_")) return;
      destructure(x, item, part(x, item, "nth", whole, i), steps, seen);
    });
    if (rest !== undefined) destructure(x, rest, part(x, rest, "drop", whole, items.length), steps, seen);
    return;
  }
  const whole = x.scope.fresh("");
  steps.push({ local: whole, init: x.coreCall(pattern, "%check-dict", [value]) });
  for (const [key, item] of parseDictPattern(pattern)) {
    const got = x.coreCall(item, "get", [x.local(item, whole), x.constant(item, key)]);
    destructure(x, item, got, steps, seen);
  }
}

function part(x: Expansion, form: Form, fn: string, whole: Local, index: number): Core {
  return x.coreCall(form, fn, [x.local(form, whole), x.constant(form, index)]);
}

/** `body` inside the variables of `steps`. */
export function wrapSteps(form: Form, steps: readonly Step[], body: Core): Core {
  let core = body;
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const { local, init } = steps[i] as Step;
    core = { op: "let", form, locals: [local], inits: [init], body: core };
  }
  return core;
}
