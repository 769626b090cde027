/**
 * Lists. Immutable; three representations behind one interface.
 *
 * - the empty list;
 * - a pair: `cons` makes one in front of any list;
 * - a slice: a view of a buffer whose contents only ever grow at both ends. The slice that ends where
 *   the buffer's contents end may append in place: nobody else can see what is behind it. The same holds
 *   in front. A slice that may not, copies its own range to a new buffer with room to spare.
 *
 * So `cons`, `rest`, `conj`, `append` of something short and `nth` take constant time each, amortised,
 * as long as one owner goes on from its last result. (From one old list many times over, `conj` copies
 * each time.)
 */
import { EMPTY, expected, heap, NIL, put } from "./instance.ts";
import { NTH_WALK } from "./module/exports.ts";
import { Condition, type ErrorKind, Raise, type Value } from "./value.ts";

/** Elements moved by list operations: what the tests of complexity count. */
export const work: { moved: number } = { moved: 0 };

/** A chain of pairs remembers its flat form at pairs whose length is a multiple of this. */
const CHECKPOINT = 64;
/** Pairs at checkpoints → a slice with the same elements. */
const flat = new WeakMap<object, object>();

/** Below this many elements a part of a slice is copied, so that it does not keep the whole alive. */
const SMALL_PART = 32;

export function isList(v: Value): boolean {
  return heap.isList(v) === 1;
}

/** Puts `head` in front of the list `tail`. O(1). Raises "type" when `tail` is no list. */
export function cons(head: Value, tail: Value): Value {
  return heap.cons(put(head), tail) ?? expected("a list to cons onto", tail);
}

/** The first element, nil of the empty list. O(1). Raises "type". */
export function first(list: Value): Value {
  const v = heap.first(list);
  return v === null ? expected("a list", list) : (v as Value);
}

/** All but the first element, () of the empty list. O(1). Raises "type". */
export function rest(list: Value): Value {
  return heap.rest(list) ?? expected("a list", list);
}

/** How many elements. O(1). Raises "type". */
export function len(list: Value): number {
  const n = heap.len(list);
  return n < 0 ? expected("a list", list) : n;
}

/** Element `i`, counted from 0; undefined out of range. O(1) amortised. Raises "type". */
export function nth(list: Value, i: number): Value | undefined {
  if ((i | 0) === i) {
    const v = heap.nth(list, i);
    if (v !== null) return v as Value;
  }
  const n = len(list);
  if (!(i >= 0 && i < n && Number.isInteger(i))) return undefined;
  // Further away than NTH_WALK pairs, so there is a checkpoint on the way.
  let cell: Value = list;
  let to = i;
  while (heap.len(cell) % CHECKPOINT !== 0) {
    cell = heap.cdr(cell);
    to--;
  }
  return heap.nth(flatten(cell), to) as Value;
}

export function list(...items: Value[]): Value {
  return fromArray(items);
}

/** A list of the array's elements, which are copied. O(n). */
export function fromArray(items: readonly Value[]): Value {
  const n = items.length;
  if (n === 0) return EMPTY;
  const buf = heap.buf(n, 0, n);
  for (let i = 0; i < n; i++) heap.bufSet(buf, i, put(items[i] as Value));
  return heap.slice(buf, 0, n);
}

/** The elements in a fresh JavaScript array. O(n). Raises "type". */
export function toArray(list: Value): Value[] {
  const out = new Array<Value>(len(list));
  each(list, (v, i) => {
    out[i] = v;
  });
  return out;
}

/** Calls `f` with each element and its index. Raises "type". */
export function each(list: Value, f: (v: Value, i: number) => void): void {
  const n = len(list);
  let cell: Value = list;
  let i = 0;
  while (heap.isPair(cell) === 1) {
    f(heap.car(cell) as Value, i++);
    cell = heap.cdr(cell);
  }
  if (i === n) return;
  const buf = heap.sliceBuf(cell);
  for (let at = heap.sliceOff(cell); i < n; at++) f(heap.bufGet(buf, at) as Value, i++);
}

/** The elements of `a` and then those of `b`, sharing the longer one where it can. O(min(len a, len b)) amortised. */
export function append(a: Value, b: Value): Value {
  const n = len(a);
  const m = len(b);
  if (m === 0) return a;
  if (n === 0) return b;
  if (n > m) return conj(a, toArray(b));
  work.moved += n;
  const items = toArray(a);
  let out = b;
  for (let i = n - 1; i >= 0; i--) out = heap.cons(put(items[i] as Value), out) as object;
  return out;
}

/** The list with `items` added at its end. O(items) amortised. Raises "type". */
export function conj(list: Value, items: readonly Value[]): Value {
  const n = items.length;
  if (n === 1) {
    const made = heap.conj1(list, put(items[0] as Value));
    if (made !== null) return made;
  }
  const length = len(list);
  if (n === 0) return list;
  work.moved += n;
  const { buf, off } = spread(list, n);
  for (let i = 0; i < n; i++) heap.bufSet(buf, off + length + i, put(items[i] as Value));
  heap.setBufEnd(buf, off + length + n);
  return heap.slice(buf, off, length + n);
}

/** Elements `from` (inclusive) to `to` (exclusive), both clamped to the list. O(to - from) amortised. Raises "type". */
export function sublist(list: Value, from: number, to: number): Value {
  const n = len(list);
  const start = Math.min(Math.max(from, 0), n);
  const end = Math.min(Math.max(to, start), n);
  const tail = drop(list, start);
  if (end === n || start === end) return start === end ? EMPTY : tail;
  const count = end - start;
  if (count > SMALL_PART && heap.isSlice(tail) === 1)
    return heap.slice(heap.sliceBuf(tail), heap.sliceOff(tail), count);
  work.moved += count;
  const buf = heap.buf(count, 0, count);
  copy(tail, buf, 0, count);
  return heap.slice(buf, 0, count);
}

/** The elements in reverse order. O(n). Raises "type". */
export function reverse(list: Value): Value {
  const n = len(list);
  if (n < 2) return list;
  const buf = heap.buf(n, 0, n);
  each(list, (v, i) => {
    heap.bufSet(buf, n - 1 - i, put(v));
  });
  return heap.slice(buf, 0, n);
}

/** `list` without its first `k` elements, k ≤ its length. */
function drop(list: Value, k: number): Value {
  let cell: Value = list;
  let left = k;
  let walk = NTH_WALK;
  while (left > 0 && heap.isPair(cell) === 1) {
    if (--walk < 0 && heap.len(cell) % CHECKPOINT === 0) {
      cell = flatten(cell);
      break;
    }
    cell = heap.cdr(cell);
    left--;
  }
  if (left === 0) return cell;
  return heap.slice(heap.sliceBuf(cell), heap.sliceOff(cell) + left, heap.len(cell) - left);
}

/** Writes the first `n` elements of `list` to `buf` from `at` on. */
function copy(list: Value, buf: object, at: number, n: number): void {
  let cell: Value = list;
  let i = 0;
  while (i < n && heap.isPair(cell) === 1) {
    heap.bufSet(buf, at + i++, put(heap.car(cell) as Value));
    cell = heap.cdr(cell);
  }
  if (i < n) heap.bufCopy(buf, at + i, heap.sliceBuf(cell), heap.sliceOff(cell), n - i);
}

/**
 * Where the elements of `list` (not empty, or `back` > 0) are side by side, with room for `back` more
 * behind them that is this list's to take. In place where the list owns what it needs, else in a new buffer.
 */
function spread(list: Value, back: number): { buf: object; off: number } {
  const length = heap.len(list);
  // The pairs in front, down to a slice, to a pair that is known flat, or to the end.
  let base: Value = list;
  let pairs = 0;
  while (heap.isPair(base) === 1) {
    const known = heap.len(base) % CHECKPOINT === 0 ? flat.get(base as object) : undefined;
    if (known !== undefined) {
      base = known;
      break;
    }
    base = heap.cdr(base);
    pairs++;
  }
  if (pairs < length) {
    const buf = heap.sliceBuf(base);
    const off = heap.sliceOff(base);
    const end = heap.bufEnd(buf);
    const frontFits = pairs === 0 || (off === heap.bufStart(buf) && off >= pairs);
    const backFits = back === 0 || (off + length - pairs === end && heap.bufCapacity(buf) - end >= back);
    if (frontFits && backFits) {
      if (pairs > 0) {
        work.moved += pairs;
        copy(list, buf, off - pairs, pairs);
        heap.setBufStart(buf, off - pairs);
      }
      return { buf, off: off - pairs };
    }
  }
  // Room in proportion, so that the next copy is as far away as this one was long.
  const front = pairs > 0 ? 8 + length : 0;
  const room = back > 0 ? back + 8 + length : 0;
  const buf = heap.buf(front + length + room, front, front + length);
  work.moved += length;
  copyAll(list, base, pairs, buf, front);
  return { buf, off: front };
}

/** The pairs of `list` and then all of `base`, which may be the flat form of a pair further on. */
function copyAll(list: Value, base: Value, pairs: number, buf: object, at: number): void {
  copy(list, buf, at, pairs);
  copy(base, buf, at + pairs, heap.len(base));
}

/** The slice with the elements of `pair`, which is at a checkpoint; remembered there and at those behind it. */
function flatten(pair: Value): object {
  const known = flat.get(pair as object);
  if (known !== undefined) return known;
  const total = heap.len(pair);
  const { buf, off } = spread(pair, 0);
  let cell: Value = pair;
  for (;;) {
    const left = heap.len(cell);
    if (left % CHECKPOINT === 0) {
      if (flat.has(cell as object)) break;
      flat.set(cell as object, heap.slice(buf, off + total - left, left));
    }
    cell = heap.cdr(cell);
    if (heap.isPair(cell) === 0) break;
  }
  return heap.slice(buf, off, total);
}

/** A condition of that kind with data; "control" and "assert" are kinds of the prelude's own. */
export function condition(kind: ErrorKind | (string & {}), message: string, ...data: Value[]): Condition {
  return new Condition(kind, message, fromArray(data));
}

/** Raises a condition of that kind with data. */
export function raise(kind: ErrorKind, message: string, ...data: Value[]): never {
  throw new Raise(condition(kind, message, ...data));
}

/** The elements of a list without making an array: `next()` gives undefined at the end. */
export class ListCursor {
  #cell: Value;
  #buf: object | undefined;
  #at = 0;
  #left: number;
  constructor(list: Value) {
    this.#left = len(list);
    this.#cell = list;
    this.#buf = undefined;
  }
  next(): Value | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    if (this.#buf === undefined) {
      if (heap.isPair(this.#cell) === 1) {
        const v = heap.car(this.#cell) as Value;
        this.#cell = heap.cdr(this.#cell);
        return v;
      }
      this.#buf = heap.sliceBuf(this.#cell);
      this.#at = heap.sliceOff(this.#cell);
      this.#cell = NIL;
    }
    return heap.bufGet(this.#buf, this.#at++) as Value;
  }
}
