/** Hash tables: mutable, any key, told apart by `=` (and NaN is one key). Insertion order. */
import { hash, sameKey } from "./equal.ts";
import { account } from "./instance.ts";
import type { Value } from "./value.ts";

const ENTRY_BYTES = 48;

/** Whether a JavaScript Map tells the key apart by itself as `=` does. */
function isAtom(key: Value): boolean {
  return typeof key !== "object";
}

/**
 * A JavaScript Map does the work. Of equal keys that it would tell apart (two lists, say), the one that
 * came first stands for all; a second Map from hashes finds it. A key that is mutated while it is in a
 * table is not found again, as in any language.
 */
export class HashTable {
  readonly #entries = new Map<Value, Value>();
  readonly #byHash = new Map<number, Value[]>();

  get size(): number {
    return this.#entries.size;
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(this.#canonical(key));
  }
  has(key: Value): boolean {
    return this.#entries.has(this.#canonical(key));
  }
  set(key: Value, value: Value): void {
    // Of an atom there is one look-up, not two: whether it is new, the size tells.
    const before = this.#entries.size;
    this.#entries.set(isAtom(key) ? key : this.#canonical(key), value);
    if (this.#entries.size === before) return;
    if (!isAtom(key)) {
      const h = hash(key);
      const bucket = this.#byHash.get(h);
      if (bucket === undefined) this.#byHash.set(h, [key]);
      else bucket.push(key);
    }
    account(ENTRY_BYTES);
  }
  /** Whether the key was there. */
  delete(key: Value): boolean {
    const known = this.#canonical(key);
    if (!this.#entries.delete(known)) return false;
    if (!isAtom(known)) {
      const h = hash(known);
      const left = (this.#byHash.get(h) ?? []).filter((k) => k !== known);
      if (left.length === 0) this.#byHash.delete(h);
      else this.#byHash.set(h, left);
    }
    return true;
  }
  clear(): void {
    this.#entries.clear();
    this.#byHash.clear();
  }
  /** In insertion order, in a fresh array. */
  entries(): [Value, Value][] {
    return [...this.#entries];
  }

  /** The key under which an equal one is kept; itself when there is none. */
  #canonical(key: Value): Value {
    if (isAtom(key) || this.#entries.has(key)) return key;
    return this.#byHash.get(hash(key))?.find((k) => sameKey(k, key)) ?? key;
  }
}
