/** Vectors: mutable, indexable. What they share with lists is in sequences.ts. */
import {
  makeVector,
  NIL,
  raise,
  vector,
  vectorItems,
  vectorLength,
  vectorPop,
  vectorPush,
  vectorRef,
  vectorSet,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare } from "./declare.ts";
import { checkItems } from "./limits.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf } from "./sequences.ts";

function outOfRange(name: string, v: Value, i: number): never {
  return raise("range", `${name}: index ${i} is out of range for a vector of ${vectorLength(v)} items`, v, i);
}

/** Checks `from` and `to` as part of a vector: unlike `slice`, these do not clamp. */
function bounds(name: string, v: Value, from: number, to: number | undefined): { from: number; to: number } {
  const size = vectorLength(v);
  const end = to ?? size;
  if (from > size || end > size || from > end) {
    raise("range", `${name}: ${from} to ${end} is not a part of a vector of ${size} items`, v, from, end);
  }
  return { from, to: end };
}

export const vectors: readonly Primitive[] = [
  declare("vector", "&rest xs", "allocates", "A new vector of the arguments.", (...xs) => vector(xs)),
  declare(
    "make-vector",
    "n:nat &optional x",
    "allocates",
    "A new vector of `n` times `x` (nil when not given).",
    (n, x = NIL) => {
      checkItems("make-vector", n);
      return makeVector(n, x);
    },
  ),
  declare("vector-length", "v:vector", "reads", "How many items there are.", (v) => vectorLength(v)),
  declare(
    "vector-ref",
    "v:vector i:int",
    "reads",
    'The item at index `i`, from 0; "range" is raised when there is none.',
    (v, i) => vectorRef(v, i) ?? outOfRange("vector-ref", v, i),
  ),
  declare(
    "vector-set!",
    "v:vector i:int x",
    "writes",
    'Puts `x` at index `i`, which must exist ("range"). Gives nil.',
    (v, i, x) => (i >= 0 && vectorSet(v, i, x) ? NIL : outOfRange("vector-set!", v, i)),
  ),
  declare(
    "vector-push!",
    "v:vector x &rest more",
    "writes",
    "Adds the items at the end. Gives nil.",
    (v, x, ...more) => {
      vectorPush(v, x);
      for (const y of more) vectorPush(v, y);
      return NIL;
    },
  ),
  declare(
    "vector-pop!",
    "v:vector",
    "writes",
    'Takes the last item off and gives it; "range" is raised when there is none.',
    (v) => vectorPop(v) ?? raise("range", "vector-pop!: the vector is empty", v),
  ),
  declare("vector-fill!", "v:vector x", "writes", "Puts `x` at every index. Gives nil.", (v, x) => {
    const n = vectorLength(v);
    for (let i = 0; i < n; i++) vectorSet(v, i, x);
    return NIL;
  }),
  declare("vector-copy", "v:vector", "allocates", "A new vector of the same items.", (v) =>
    vector(vectorItems(v)),
  ),
  declare(
    "subvector",
    "v:vector from:nat &optional to:nat",
    "allocates",
    'A new vector of the items from `from` up to and without `to`. Indexes out of range raise "range"; `slice` clamps.',
    (v, from, to) => {
      const part = bounds("subvector", v, from, to);
      return vector(vectorItems(v).slice(part.from, part.to));
    },
  ),
  declare(
    "vector-truncate!",
    "v:vector n:nat",
    "writes",
    "Takes items off the end until `n` are left; `(vector-truncate! v 0)` empties it. Gives nil.",
    (v, n) => {
      while (vectorLength(v) > n) vectorPop(v);
      return NIL;
    },
  ),
  declare("list->vector", "xs:list|vector|set", "allocates", "A new vector of the items.", (xs) =>
    vector(itemsOf(xs)),
  ),
];
