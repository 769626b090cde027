/** Sets: immutable, any element, told apart by `=` (and NaN is one element). Insertion order. */
import { VALUES } from "./equal.ts";
import { PersistentMap } from "./hamt.ts";
import { NIL } from "./instance.ts";
import type { Value } from "./value.ts";

export class SxSet {
  #map: PersistentMap<Value>;
  private constructor(map: PersistentMap<Value>) {
    this.#map = map;
  }

  /** O(n). */
  static from(items: Iterable<Value>): SxSet {
    const entries = Array.from(items, (v): [Value, Value] => [v, NIL]);
    return new SxSet(PersistentMap.from(VALUES, entries));
  }
  /** For thawing, where a set may be referred to before its elements are complete and can be hashed. */
  static unfilled(): SxSet {
    return new SxSet(PersistentMap.empty(VALUES));
  }
  /** Gives an unfilled set its elements. */
  fill(items: Iterable<Value>): void {
    if (this.#map.size > 0) throw new Error("the set has been filled");
    this.#map = SxSet.from(items).#map;
  }

  /** For equality: what can be equal to an element with that hash. */
  get map(): PersistentMap<Value> {
    return this.#map;
  }
  get size(): number {
    return this.#map.size;
  }
  /** O(1), about. */
  has(v: Value): boolean {
    return this.#map.find(v) !== undefined;
  }
  /** Itself when `v` is in it. O(log n), and shares all else. */
  add(v: Value): SxSet {
    const map = this.#map.add(v, NIL);
    return map === this.#map ? this : new SxSet(map);
  }
  /** Itself when `v` is not in it. O(log n). */
  delete(v: Value): SxSet {
    const map = this.#map.delete(v);
    return map === this.#map ? this : new SxSet(map);
  }
  /** The elements in the order in which they were added. O(n). */
  items(): Value[] {
    return this.#map.entries().map((e) => e.key);
  }
  /** The sum of the elements' hashes: the same for equal sets, however deep they are. */
  get hash(): number {
    let sum = 0;
    for (const e of this.#map.entries()) sum = (sum + e.hash) | 0;
    return sum;
  }
}
