/** Making and reshaping lists. What lists share with vectors and strings is in sequences.ts. */
import {
  append,
  conj,
  cons,
  EMPTY,
  fromArray,
  isList,
  len,
  list,
  raise,
  SxSet,
  toArray,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare } from "./declare.ts";
import { checkItems } from "./limits.ts";
import type { Primitive } from "./primitive.ts";
import { concatenate, itemsOf, sizeOf } from "./sequences.ts";

function range(a: number, b: number | undefined, step = 1): Value {
  const start = b === undefined ? 0 : a;
  const end = b ?? a;
  if (step === 0) return raise("range", "range: the step is 0", start, end, step);
  const count = Math.ceil((end - start) / step);
  if (!(count > 0))
    return Number.isNaN(count) ? raise("range", "range: an argument is NaN", start, end, step) : EMPTY;
  checkItems("range", count);
  const items = new Array<Value>(count);
  // Multiplied, not added up, so that fractions do not drift.
  for (let i = 0; i < count; i++) items[i] = start + i * step;
  return fromArray(items);
}

function zip(...seqs: Value[]): Value {
  const columns = seqs.map(itemsOf);
  const count = columns.length === 0 ? 0 : Math.min(...columns.map((column) => column.length));
  const rows: Value[] = [];
  for (let i = 0; i < count; i++) rows.push(fromArray(columns.map((column) => column[i] ?? EMPTY)));
  return fromArray(rows);
}

function interleave(...seqs: Value[]): Value {
  const columns = seqs.map(itemsOf);
  const count = columns.length === 0 ? 0 : Math.min(...columns.map((column) => column.length));
  const items: Value[] = [];
  for (let i = 0; i < count; i++) for (const column of columns) items.push(column[i] ?? EMPTY);
  return fromArray(items);
}

/** With a stack of its own: a list may be nested more deeply than the host's stack. */
function flatten(xs: Value): Value {
  const flat: Value[] = [];
  const pending: { items: Value[]; at: number }[] = [{ items: toArray(xs), at: 0 }];
  for (;;) {
    const top = pending.at(-1);
    if (top === undefined) return fromArray(flat);
    const item = top.items[top.at++];
    if (item === undefined) pending.pop();
    else if (isList(item)) pending.push({ items: toArray(item), at: 0 });
    else flat.push(item);
  }
}

function interpose(sep: Value, xs: Value): Value {
  return fromArray(itemsOf(xs).flatMap((x, i) => (i === 0 ? [x] : [sep, x])));
}

function chunk(xs: Value, n: number): Value {
  if (n === 0) return raise("range", "chunk: expected a size of at least 1, got 0", n);
  const items = itemsOf(xs);
  const chunks: Value[] = [];
  for (let i = 0; i < items.length; i += n) chunks.push(fromArray(items.slice(i, i + n)));
  return fromArray(chunks);
}

const joined = (...parts: Value[]): Value => concatenate(parts, append);

export const lists: readonly Primitive[] = [
  declare("list", "&rest xs", "pure", "A list of the arguments.", (...xs) => list(...xs)),
  declare(
    "cons",
    "x xs:list",
    "pure",
    "The list that starts with `x` and goes on with `xs`; takes the same time however long `xs` is.",
    (x, xs) => cons(x, xs),
  ),
  declare(
    "append",
    "&rest xs:sequence",
    "reads",
    "One list of the items of all arguments in order, in time linear in all but the longest prefix that is shared. " +
      "`(append '(1) '(2 3))` is `(1 2 3)`.",
    joined,
  ),
  declare("concat", "&rest xs:sequence", "reads", "The same as `append`.", joined),
  declare(
    "conj",
    "xs:list|set &rest items",
    "pure",
    "The list with the items added at its end, or the set with the items in it.",
    (xs, ...items) => {
      if (!(xs instanceof SxSet)) return conj(xs, items);
      let result = xs;
      for (const item of items) result = result.add(item);
      return result;
    },
  ),
  declare(
    "range",
    "start:number &optional end:number step:number",
    "pure",
    "The numbers from `start` up to and without `end`, `step` (1) apart; with one argument, from 0 up to it. " +
      "`(range 3)` is `(0 1 2)`, `(range 5 0 -2)` is `(5 3 1)`.",
    range,
  ),
  declare("make-list", "n:nat x", "pure", "A list of `n` times `x`.", (n, x) => {
    checkItems("make-list", n);
    return fromArray(new Array<Value>(n).fill(x));
  }),
  declare(
    "zip",
    "&rest xs:sequence",
    "reads",
    "A list of lists: the first items of all arguments, the second ones, and so on to the end of the shortest.",
    zip,
  ),
  declare(
    "interleave",
    "&rest xs:sequence",
    "reads",
    "The first items of all arguments, then the second ones, and so on to the end of the shortest, in one list.",
    interleave,
  ),
  declare("interpose", "sep xs:sequence", "reads", "A list of the items with `sep` between them.", interpose),
  declare(
    "flatten",
    "xs:list",
    "pure",
    "The items of `xs` and of every list within it, however deep, in one list. Vectors are items.",
    flatten,
  ),
  declare(
    "distinct",
    "xs:sequence",
    "reads",
    "The items without those that equal an earlier one. Takes time in the number of items.",
    (xs) => fromArray(SxSet.from(itemsOf(xs)).items()),
  ),
  declare(
    "chunk",
    "xs:sequence n:nat",
    "reads",
    "A list of lists of `n` items in order; the last may be shorter. `(chunk (range 5) 2)` is `((0 1) (2 3) (4))`.",
    chunk,
  ),
  declare(
    "list*",
    "x &rest more",
    "pure",
    "The arguments but the last, put before the last one, a list: `(list* 1 2 '(3 4))` is `(1 2 3 4)`.",
    (...xs) => {
      const tail = xs.at(-1) ?? EMPTY;
      if (!isList(tail)) return raise("type", "list*: the last argument is not a list", tail);
      return len(tail) === 0 ? fromArray(xs.slice(0, -1)) : append(fromArray(xs.slice(0, -1)), tail);
    },
  ),
  declare("vector->list", "v:vector", "reads", "A list of the items of `v` as they are now.", (v) =>
    sizeOf(v) === 0 ? EMPTY : fromArray(itemsOf(v)),
  ),
];
