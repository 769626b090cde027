/** What instructions do when their operands are not the common case: the primitives' own functions. */
import { FALSE, isList, TRUE, cons, first, rest } from "../heap/index.ts";
import type { Cell, Value } from "../heap/value.ts";
import { primitives } from "../primitives/index.ts";
import type { Machine } from "./machine.ts";

function primitive(name: string): (...args: Value[]) => Value {
  const found = primitives.get(name);
  if (found === undefined) throw new RangeError(`the machine needs a primitive ${name}`);
  return found.fn;
}

/** Arithmetic on anything but two numbers: bigints, and the type errors. */
type Operation = (a: Value, b: Value) => Value;

export const arithmetic: Readonly<
  Record<"add" | "sub" | "mul" | "less" | "lessEqual" | "greater" | "greaterEqual", Operation>
> = {
  add: primitive("+"),
  sub: primitive("-"),
  mul: primitive("*"),
  less: primitive("<"),
  lessEqual: primitive("<="),
  greater: primitive(">"),
  greaterEqual: primitive(">="),
};

const slowFirst = primitive("first");
const slowRest = primitive("rest");
const slowCons = primitive("cons");
const slowEmpty = primitive("empty?");

export const lists: {
  readonly first: (v: Value) => Value;
  readonly rest: (v: Value) => Value;
  readonly cons: (a: Value, b: Value) => Value;
} = {
  first: (v: Value): Value => (isList(v) ? first(v) : slowFirst(v)),
  rest: (v: Value): Value => (isList(v) ? rest(v) : slowRest(v)),
  cons: (a: Value, b: Value): Value => (isList(b) ? cons(a, b) : slowCons(a, b)),
};

/** `(empty? v)`, of any kind of collection. */
export function empty(v: Value): boolean {
  const answer = slowEmpty(v);
  return answer !== FALSE && answer === TRUE;
}

/** Raises "unbound" for a cell, or for a lexical variable before its initialisation. */
export function unbound(machine: Machine, what: Cell | string): never {
  if (typeof what === "string") machine.raiseUninitialised(what);
  machine.raiseUnbound(what);
}
