/**
 * Dicts: immutable, string keys, insertion order. A small one is a row of values and a Shape that says
 * which key is where, shared by all dicts made the same way; a large one is a persistent hash map.
 */

import { type Keys, PersistentMap } from "./hamt.ts";
import { hashString } from "./hash.ts";
import { expected, heap, put } from "./instance.ts";
import { EMPTY_SHAPE, MAX_SMALL, Shape } from "./shape.ts";
import type { Value } from "./value.ts";

/** A large dict that has shrunk to this becomes small again: well under MAX_SMALL, so that it does not flip. */
const SMALL_AGAIN = 8;

const STRINGS: Keys<string> = { hash: hashString, same: (a, b) => a === b };

type Large = PersistentMap<string>;
const large = (map: Large): Value => heap.dict(map, 0);

export const EMPTY_DICT: Value = heap.dict(EMPTY_SHAPE, 0);

export function isDict(v: Value): boolean {
  return heap.dictShape(v) !== null;
}

/** Raises "type" when `d` is no dict. */
function shapeOf(d: Value): Shape | Large {
  return (heap.dictShape(d) as Shape | Large | null) ?? expected("a dict", d);
}

/** The key's value; undefined without one. O(1). Raises "type". */
export function dictGet(d: Value, key: string): Value | undefined {
  const shape = shapeOf(d);
  if (shape instanceof Shape) {
    const i = shape.indexOf(key);
    return i < 0 ? undefined : (heap.dictRef(d, i) as Value);
  }
  return shape.get(key);
}

export function dictHas(d: Value, key: string): boolean {
  const shape = shapeOf(d);
  return shape instanceof Shape ? shape.indexOf(key) >= 0 : shape.find(key) !== undefined;
}

/** With the key's value changed or, as the last, added. O(log n), and shares all else. Raises "type". */
export function dictSet(d: Value, key: string, v: Value): Value {
  const shape = shapeOf(d);
  if (!(shape instanceof Shape)) return large(shape.set(key, v));
  const i = shape.indexOf(key);
  if (i >= 0) return heap.dictWith(d, i, put(v));
  if (shape.keys.length < MAX_SMALL) return heap.dictExtend(d, shape.add(key), put(v));
  const entries = shape.keys.map((k, at): [string, Value] => [k, heap.dictRef(d, at) as Value]);
  entries.push([key, v]);
  return large(PersistentMap.from(STRINGS, entries));
}

/** Without the key; itself when the key is not there. Raises "type". */
export function dictDelete(d: Value, key: string): Value {
  const shape = shapeOf(d);
  if (!(shape instanceof Shape)) {
    const map = shape.delete(key);
    if (map === shape) return d;
    return map.size > SMALL_AGAIN ? large(map) : small(map.entries().map((e) => [e.key, e.value]));
  }
  const i = shape.indexOf(key);
  if (i < 0) return d;
  if (shape.keys.length === 1) return EMPTY_DICT;
  return heap.dictWithout(d, shape.without(i), i);
}

export function dictCount(d: Value): number {
  const shape = shapeOf(d);
  return shape instanceof Shape ? shape.keys.length : shape.size;
}

/** The keys in order, in a fresh array. */
export function dictKeys(d: Value): string[] {
  const shape = shapeOf(d);
  return shape instanceof Shape ? shape.keys.slice() : shape.entries().map((e) => e.key);
}

/** Calls `f` with each key and value, in order. */
export function dictEach(d: Value, f: (key: string, v: Value) => void): void {
  const shape = shapeOf(d);
  if (shape instanceof Shape) {
    for (let i = 0; i < shape.keys.length; i++) f(shape.keys[i] as string, heap.dictRef(d, i) as Value);
  } else {
    for (const { key, value } of shape.entries()) f(key, value);
  }
}

/** A dict of the entries; of two with the same key the first gives the place and the last the value. O(n). */
export function dictFrom(entries: Iterable<readonly [string, Value]>): Value {
  const all = new Map<string, Value>(entries);
  return all.size <= MAX_SMALL ? small([...all]) : large(PersistentMap.from(STRINGS, all));
}

/**
 * A dict of keys that come from outside, such as names of headers: it does not look for a shape that is shared, so
 * that who chooses the keys cannot fill the table of those. The keys are different and become the dict's. O(n).
 */
export function dictOfForeign(keys: readonly string[], values: readonly Value[]): Value {
  return keys.length <= MAX_SMALL && keys.length > 0
    ? ofShape(new Shape(keys, false), values)
    : dictFrom(keys.map((key, i): [string, Value] => [key, values[i] as Value]));
}

/** Makes dicts with these keys, which are different, in this order and at most sixteen. O(n) each. */
export function dictMaker(keys: readonly string[]): (values: readonly Value[]) => Value {
  if (keys.length === 0 || keys.length > MAX_SMALL) throw new RangeError("a dict maker has 1 to 16 keys");
  const shape = keys.reduce((known, key) => known.add(key), EMPTY_SHAPE);
  return (values) => ofShape(shape, values);
}

function ofShape(shape: Shape, values: readonly Value[]): Value {
  const { length } = shape.keys;
  const d = heap.dict(shape, length);
  for (let i = 0; i < length; i++) heap.dictInit(d, i, put(values[i] as Value));
  return d;
}

/** Keys are different and at most MAX_SMALL. */
function small(entries: readonly (readonly [string, Value])[]): Value {
  if (entries.length === 0) return EMPTY_DICT;
  let shape = EMPTY_SHAPE;
  for (const [key] of entries) shape = shape.add(key);
  const d = heap.dict(shape, entries.length);
  entries.forEach(([, v], i) => {
    heap.dictInit(d, i, put(v));
  });
  return d;
}
