/** The one place that words a wrong number of arguments or wrong named arguments, for every tier. */

import { condition } from "../heap/index.ts";
import { type Condition, type ConditionSpan, Raise, type Value } from "../heap/value.ts";

/** What a function accepts, as far as counting goes. */
export interface Arity {
  readonly name: string;
  readonly min: number;
  /** `Infinity` with `&rest`. */
  readonly max: number;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** "f expects 2 arguments, got 3" — with ranges where there are optional or rest parameters. */
export function arityMessage(arity: Arity, given: number): string {
  const { min, max } = arity;
  const name = arity.name === "" ? "an anonymous function" : arity.name;
  const expected =
    max === min
      ? count(min, "argument")
      : max === Number.POSITIVE_INFINITY
        ? `at least ${count(min, "argument")}`
        : `${min} to ${count(max, "argument")}`;
  return `${name} expects ${expected}, got ${given}`;
}

export function arityCondition(arity: Arity, given: number): Condition {
  return condition("arity", arityMessage(arity, given));
}

export function missingKey(name: string, key: string): Condition {
  return condition("arity", `${name || "an anonymous function"} needs the named argument :${key}`);
}

export function unknownKey(name: string, key: string, known: readonly string[]): Condition {
  const list = known.length === 0 ? "it takes none" : `it takes ${known.map((k) => `:${k}`).join(" ")}`;
  return condition("arity", `${name || "an anonymous function"} has no named argument :${key} (${list})`);
}

export function duplicateKey(name: string, key: string): Condition {
  return condition("arity", `${name || "an anonymous function"} was given :${key} twice`);
}

export function keyWithoutValue(name: string, key: string): Condition {
  return condition("arity", `${name || "an anonymous function"}: the named argument :${key} has no value`);
}

/** Raised when what stands in operator position is not a function. */
export function notAFunction(shown: string): Condition {
  return condition("type", `not a function: ${shown}`);
}

/** Throws what the functions above make, with a place if there is one. */
export function throwCondition(c: Condition, span?: ConditionSpan): never {
  if (span !== undefined && c.span === undefined) c.span = span;
  throw new Raise(c as Value);
}
