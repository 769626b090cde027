/**
 * Vectors: mutable and indexable. Inside they hold references or f64s, which no program can tell: one
 * that starts with floats only keeps them unboxed until something else is stored.
 */
import { expected, fail, heap, put } from "./instance.ts";
import type { Value } from "./value.ts";

/** What engines let an array have, with a margin. */
const MAX_LENGTH = 2 ** 26;

export function isVector(v: Value): boolean {
  return heap.vectorLength(v) >= 0;
}

/** A vector of the items. O(n). */
export function vector(items: readonly Value[]): Value {
  const n = items.length;
  if (n > 0 && items.every((v) => typeof v === "number") && !items.every(Number.isInteger)) {
    const made = heap.floats(n, 0);
    for (let i = 0; i < n; i++) heap.vectorSetNumber(made, i, items[i] as number);
    return made;
  }
  const made = heap.vector(n, null);
  for (let i = 0; i < n; i++) heap.vectorSet(made, i, put(items[i] as Value));
  return made;
}

/** A vector of `n` times `fill`. Raises "range" unless n is an integer in [0, 2^26]. */
export function makeVector(n: number, fill: Value): Value {
  if (!(Number.isInteger(n) && n >= 0 && n <= MAX_LENGTH)) fail("range", `not a length of a vector: ${n}`);
  return typeof fill === "number" && n > 0 ? heap.floats(n, fill) : heap.vector(n, put(fill));
}

export function vectorLength(v: Value): number {
  const n = heap.vectorLength(v);
  return n < 0 ? expected("a vector", v) : n;
}

/** Element `i`; undefined out of range. Raises "type" when `v` is no vector. */
export function vectorRef(v: Value, i: number): Value | undefined {
  if ((i | 0) === i) {
    const x = heap.vectorRef(v, i);
    if (x !== null) return x as Value;
  }
  vectorLength(v);
  return undefined;
}

/** Stores `x` at `i`; false out of range. Raises "type" when `v` is no vector. */
export function vectorSet(v: Value, i: number, x: Value): boolean {
  if ((i | 0) !== i) {
    vectorLength(v);
    return false;
  }
  const done = typeof x === "number" ? heap.vectorSetNumber(v, i, x) : heap.vectorSet(v, i, x);
  return done < 0 ? expected("a vector", v) : done === 1;
}

/** Adds `x` at the end. O(1) amortised. Raises "type". */
export function vectorPush(v: Value, x: Value): void {
  const done = typeof x === "number" ? heap.vectorPushNumber(v, x) : heap.vectorPush(v, x);
  if (done < 0) expected("a vector", v);
}

/** Takes the last element off and gives it; undefined of an empty vector. Raises "type". */
export function vectorPop(v: Value): Value | undefined {
  const x = heap.vectorPop(v);
  if (x !== null) return x as Value;
  vectorLength(v);
  return undefined;
}

/** The elements in a fresh JavaScript array. O(n). Raises "type". */
export function vectorItems(v: Value): Value[] {
  const n = vectorLength(v);
  const out = new Array<Value>(n);
  for (let i = 0; i < n; i++) out[i] = heap.vectorRef(v, i) as Value;
  return out;
}
