/** What instructions do when their operands are not the common case: the primitives' own functions. */
import { TRUE } from "../heap/index.ts";
import { heap, put } from "../heap/instance.ts";
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
  first: (v) => (heap.first(v) as Value | null) ?? slowFirst(v),
  rest: (v) => (heap.rest(v) as Value | null) ?? slowRest(v),
  cons: (a, b) => (heap.cons(put(a), b) as Value | null) ?? slowCons(a, b),
};

/** `(empty? v)`, of any kind of collection. */
export function empty(v: Value): boolean {
  const n = heap.len(v);
  return n < 0 ? slowEmpty(v) === TRUE : n === 0;
}

/** Raises "unbound" for a cell, or for a lexical variable before its initialisation. */
export function unbound(machine: Machine, what: Cell | string): never {
  if (typeof what === "string") machine.raiseUninitialised(what);
  machine.raiseUnbound(what);
}
