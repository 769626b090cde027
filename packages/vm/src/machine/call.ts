/**
 * What a call comes down to, found out before anything is changed: so that an error in how something is
 * called is raised where it is called.
 */
import type { Code } from "../bytecode/code.ts";
import { ControlBuiltin } from "../control/builtins.ts";
import { closureCode, condition, dictEach, inspect, isDict, isList, NIL, toArray } from "../heap/index.ts";
import { Applicable, type Value } from "../heap/value.ts";
import { ElementPrimitive } from "../markup/index.ts";
import { Primitive } from "../primitives/primitive.ts";
import { arityCondition, notAFunction, throwCondition, unknownKey } from "./arity.ts";
import { bindArguments, bindSplit, splitNamed } from "./bind.ts";

export type ResolvedCall =
  /** A primitive, which has been called already. */
  | { readonly type: "value"; readonly value: Value }
  /** A function: its frame and the first registers of it. */
  | {
      readonly type: "frame";
      readonly code: Code;
      readonly closure: Value;
      readonly registers: readonly unknown[];
    }
  /** Any other control builtin than `apply` and `call-with-keys`, with the right number of arguments. */
  | { readonly type: "control"; readonly builtin: ControlBuiltin; readonly args: readonly Value[] };

/**
 * @param named the indexes of literal keywords in `args`
 * @throws Raise for what is no function, wrong arguments, and what a primitive raises
 */
export function resolveCall(
  f: Value,
  args: readonly Value[],
  named: readonly number[] | undefined,
): ResolvedCall {
  let callee = f;
  let given = args;
  let keywords = named;
  for (;;) {
    if (callee instanceof Applicable) callee = callee.procedure;
    else if (callee instanceof Primitive)
      return { type: "value", value: callPrimitive(callee, given, keywords) };
    else if (callee instanceof ControlBuiltin) {
      if (given.length < callee.min || given.length > callee.max) {
        throwCondition(arityCondition(callee, given.length));
      }
      if (callee.name === "call-with-keys") return withKeys(given);
      if (callee.name !== "apply") return { type: "control", builtin: callee, args: given };
      const [target, ...rest] = given as [Value, ...Value[]];
      callee = target;
      given = [...rest.slice(0, -1), ...lastList(rest[rest.length - 1] as Value)];
      keywords = undefined;
    } else {
      const code = closureCode(callee) as Code | null;
      if (code === null) throwCondition(notAFunction(inspect(callee)));
      return { type: "frame", code, closure: callee, registers: bindArguments(code, given, keywords) };
    }
  }
}

function callPrimitive(f: Primitive, args: readonly Value[], named: readonly number[] | undefined): Value {
  if (named !== undefined && f instanceof ElementPrimitive) {
    const split = splitNamed(f.name, args, named);
    return f.call(split.named, split.positional);
  }
  if (args.length < f.min || args.length > f.max) throwCondition(arityCondition(f, args.length));
  return f.fn(...args);
}

function lastList(value: Value): readonly Value[] {
  if (value === NIL) return [];
  if (!isList(value)) {
    throwCondition(
      condition("type", `apply: expected a list as the last argument, got ${inspect(value)}`, value),
    );
  }
  return toArray(value);
}

/** `(call-with-keys f dict x…)`. */
function withKeys([f, keys, ...positional]: readonly Value[]): ResolvedCall {
  if (keys === undefined || !isDict(keys)) {
    const shown = inspect(keys ?? NIL);
    throwCondition(condition("type", `call-with-keys: expected a dict as keys, got ${shown}`, keys ?? NIL));
  }
  const named: [string, Value][] = [];
  dictEach(keys, (key, value) => named.push([key, value]));
  let callee = f ?? NIL;
  while (callee instanceof Applicable) callee = callee.procedure;
  if (named.length === 0) return resolveCall(callee, positional, undefined);
  if (callee instanceof ElementPrimitive) return { type: "value", value: callee.call(named, positional) };
  const code = closureCode(callee) as Code | null;
  if (code !== null) {
    return { type: "frame", code, closure: callee, registers: bindSplit(code, positional, named) };
  }
  if (callee instanceof Primitive || callee instanceof ControlBuiltin) {
    throwCondition(unknownKey(callee.name, (named[0] as [string, Value])[0], []));
  }
  throwCondition(notAFunction(inspect(callee)));
}
