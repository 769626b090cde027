/** What works on lists and vectors, and often on strings, alike. */
import {
  bool,
  dictGet,
  dictHas,
  EMPTY,
  equal,
  first,
  fromArray,
  HashTable,
  isDict,
  isList,
  len,
  NIL,
  nth,
  raise,
  rest,
  reverse,
  SxSet,
  sublist,
  toArray,
  vector,
  vectorItems,
  vectorLength,
  vectorRef,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

/** A JavaScript array of the items of a list, vector or set. */
export function itemsOf(xs: Value): Value[] {
  if (isList(xs)) return toArray(xs);
  return xs instanceof SxSet ? xs.items() : vectorItems(xs);
}

export function sizeOf(xs: Value): number {
  return isList(xs) ? len(xs) : vectorLength(xs);
}

export function itemAt(xs: Value, i: number): Value | undefined {
  return isList(xs) ? nth(xs, i) : vectorRef(xs, i);
}

/** What a negative index counted from the end means, and one beyond either end. */
function clamp(i: number, size: number): number {
  return i < 0 ? Math.max(0, size + i) : Math.min(i, size);
}

/** Part of a list, or of a vector as a list. */
function part(xs: Value, from: number, to: number): Value {
  if (from >= to) return EMPTY;
  return isList(xs) ? sublist(xs, from, to) : fromArray(vectorItems(xs).slice(from, to));
}

function slice(x: Value, from: number, to: number | undefined): Value {
  if (typeof x === "string") return x.slice(from, to);
  if (x instanceof Uint8Array) return x.slice(from, to);
  const size = sizeOf(x);
  const start = clamp(from, size);
  const end = to === undefined ? size : clamp(to, size);
  if (isList(x)) return part(x, start, end);
  return vector(start < end ? vectorItems(x).slice(start, end) : []);
}

function indexOf(x: Value, item: Value, from: number): Value {
  if (typeof x === "string") {
    if (typeof item !== "string") return typeError("index-of", "string", "item", item);
    const i = x.indexOf(item, from);
    return i < 0 ? NIL : i;
  }
  const items = itemsOf(x);
  for (let i = from; i < items.length; i++) {
    if (equal(items[i] ?? NIL, item)) return i;
  }
  return NIL;
}

function lastIndexOf(x: Value, item: Value): Value {
  if (typeof x === "string") {
    if (typeof item !== "string") return typeError("last-index-of", "string", "item", item);
    const i = x.lastIndexOf(item);
    return i < 0 ? NIL : i;
  }
  const items = itemsOf(x);
  for (let i = items.length - 1; i >= 0; i--) {
    if (equal(items[i] ?? NIL, item)) return i;
  }
  return NIL;
}

function contains(x: Value, item: Value): boolean {
  if (typeof x === "string")
    return typeof item === "string" ? x.includes(item) : typeError("contains?", "string", "item", item);
  if (x instanceof SxSet || x instanceof HashTable) return x.has(item);
  if (isDict(x))
    return typeof item === "string" ? dictHas(x, item) : typeError("contains?", "string", "item", item);
  return itemsOf(x).some((y) => equal(y, item));
}

/** `get` without a default: undefined where there is nothing. */
export function lookup(name: string, c: Value, k: Value): Value | undefined {
  if (isDict(c)) return typeof k === "string" ? dictGet(c, k) : typeError(name, "string", "key", k);
  if (c instanceof HashTable) return c.get(k);
  if (typeof k !== "number" || !Number.isInteger(k)) return typeError(name, "int", "key", k);
  if (typeof c === "string") return c[k];
  return c instanceof Uint8Array ? c[k] : itemAt(c, k);
}

export const sequences: readonly Primitive[] = [
  declare("first", "xs:sequence", "reads", "The first item, or nil when there is none.", (xs) =>
    isList(xs) ? first(xs) : (vectorRef(xs, 0) ?? NIL),
  ),
  declare("second", "xs:sequence", "reads", "The second item, or nil.", (xs) => itemAt(xs, 1) ?? NIL),
  declare("third", "xs:sequence", "reads", "The third item, or nil.", (xs) => itemAt(xs, 2) ?? NIL),
  declare(
    "last",
    "xs:sequence",
    "reads",
    "The last item, or nil.",
    (xs) => itemAt(xs, sizeOf(xs) - 1) ?? NIL,
  ),
  declare("rest", "xs:sequence", "reads", "A list of all items but the first; of `()`, `()`.", (xs) =>
    isList(xs) ? rest(xs) : part(xs, 1, sizeOf(xs)),
  ),
  declare("butlast", "xs:sequence", "reads", "A list of all items but the last; of `()`, `()`.", (xs) =>
    part(xs, 0, sizeOf(xs) - 1),
  ),
  declare(
    "nth",
    "xs:sequence i:int &optional default",
    "reads",
    'The item at index `i`, from 0. Out of range it is `default`; without one, "range" is raised.',
    (xs, i, fallback) => {
      const item = itemAt(xs, i) ?? fallback;
      if (item !== undefined) return item;
      const kind = isList(xs) ? "list" : "vector";
      return raise("range", `nth: index ${i} is out of range for a ${kind} of ${sizeOf(xs)} items`, xs, i);
    },
  ),
  declare(
    "get",
    "c:dict|list|vector|hash-table|string|bytes key &optional default",
    "reads",
    "What `c` has under `key`, else `default`, else nil. A dict takes a string, a hash-table anything, the others an index. " +
      "A key that is present with nil gives nil, not the default.",
    (c, key, fallback = NIL) => lookup("get", c, key) ?? fallback,
  ),
  declare(
    "take",
    "xs:sequence n:int",
    "reads",
    "A list of the first `n` items, or of all when there are fewer.",
    (xs, n) => part(xs, 0, Math.min(n, sizeOf(xs))),
  ),
  declare(
    "drop",
    "xs:sequence n:int",
    "reads",
    "A list of the items after the first `n`; `()` when there are fewer.",
    (xs, n) => part(xs, Math.max(0, n), sizeOf(xs)),
  ),
  declare(
    "slice",
    "x:string|list|vector|bytes from:int &optional to:int",
    "reads",
    "The part of `x` from index `from` up to and without `to` (the end when not given), of the same kind as `x`. A negative " +
      "index counts from the end as in JavaScript, and one beyond an end means that end. Strings count UTF-16 units. " +
      '`(slice "abcd" 1 3)` is `"bc"`, `(slice "abcd" -2)` is `"cd"`.',
    slice,
  ),
  declare("reverse", "xs:sequence", "reads", "A list of the items from the last to the first.", (xs) =>
    isList(xs) ? reverse(xs) : fromArray(vectorItems(xs).toReversed()),
  ),
  declare(
    "index-of",
    "x:string|list|vector item &optional from:nat",
    "reads",
    "The index of the first `item` in `x` at or after `from`, or nil: a part of a string, or an item by `=`. " +
      '`(index-of "hello" "l")` is `2`.',
    (x, item, from = 0) => indexOf(x, item, from),
  ),
  declare(
    "last-index-of",
    "x:string|list|vector item",
    "reads",
    "As `index-of`, of the last one.",
    lastIndexOf,
  ),
  declare(
    "contains?",
    "x:string|list|vector|set|dict|hash-table item",
    "reads",
    "Whether a string has `item` as a part, a list, vector or set has an item equal to it, or a dict or hash-table has it as a key.",
    (x, item) => bool(contains(x, item)),
  ),
];

/** Joins any number of sequences to one list. */
export function concatenate(parts: readonly Value[], joinLists: (a: Value, b: Value) => Value): Value {
  let result: Value = EMPTY;
  for (const part of parts) result = joinLists(result, isList(part) ? part : fromArray(vectorItems(part)));
  return result;
}
