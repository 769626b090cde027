/** Identity, equality and hashes of values. */
import { recordGet, recordType } from "./cells.ts";
import { dictCount, dictEach, dictGet } from "./dict.ts";
import type { Keys } from "./hamt.ts";
import { finish, hashBigint, hashNumber, hashString, mix } from "./hash.ts";
import { fail, heap, structOf } from "./instance.ts";
import { ListCursor, len } from "./list.ts";
import { SxSet } from "./set.ts";
import { HashTable } from "./table.ts";
import { Condition, Markup, Sym, TrustedUrl, type Value } from "./value.ts";
import { vectorLength, vectorRef } from "./vector.ts";

/**
 * Identity. Numbers, strings and bigints are identical when they are the same value; two lists when they
 * are the same elements in memory. `NaN` is identical to nothing, `0` to `-0`. O(1), but for strings.
 */
export function eq(a: Value, b: Value): boolean {
  if (a === b) return true;
  return typeof a === "object" && typeof b === "object" && heap.sameSlice(a, b) === 1;
}

/** Identity for compounds, value for atoms: as `eq`, since atoms have no other identity here. */
export function eqv(a: Value, b: Value): boolean {
  return eq(a, b);
}

/** Deep, structural equality. Any depth and length; cyclic data are equal when no difference can be found. O(size). */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return new Comparison(0).run(a, b);
}

/** Comparisons before visited pairs are remembered: only cyclic or heavily shared data get that far twice. */
const UNTRACKED = 10_000;
/** Sets of sets of … whose elements all have one hash would recurse: nobody has such data by accident. */
const MAX_NESTED = 500;

/** One comparison: a work list instead of recursion. */
class Comparison {
  readonly #todo: object[] = [];
  #steps = 0;
  #seen: Map<object, Set<object>> | undefined;
  readonly #nested: number;

  constructor(nested: number) {
    this.#nested = nested;
  }

  run(a: object, b: object): boolean {
    const todo = this.#todo;
    todo.push(a, b);
    for (;;) {
      const y = todo.pop();
      const x = todo.pop();
      if (x === undefined || y === undefined) return true;
      if (!this.#compounds(x, y)) return false;
    }
  }

  /** Compares atoms at once and puts compounds on the list. */
  #later(x: Value | undefined, y: Value | undefined): boolean {
    if (x === y) return x !== undefined;
    if (typeof x !== "object" || typeof y !== "object") return false;
    this.#todo.push(x, y);
    return true;
  }

  /** Whether the pair has been on the list before: then it adds nothing. */
  #known(x: object, y: object): boolean {
    if (++this.#steps <= UNTRACKED) return false;
    this.#seen ??= new Map();
    let partners = this.#seen.get(x);
    if (partners === undefined) {
      partners = new Set();
      this.#seen.set(x, partners);
    }
    if (partners.has(y)) return true;
    partners.add(y);
    return false;
  }

  #compounds(x: object, y: object): boolean {
    if (eq(x, y)) return true;
    const type = structOf(x);
    if (type !== structOf(y)) return false;
    if (type === "$imm" || type === "$clo" || type === "$box") return false;
    if (this.#known(x, y)) return true;
    switch (type) {
      case "$list":
        return this.#lists(x, y);
      case "$vector":
        return this.#indexed(vectorLength(x), vectorLength(y), x, y, vectorRef);
      case "$dict":
        return this.#dicts(x, y);
      case "$record": {
        const of = recordType(x);
        if (of === null || of !== recordType(y)) return false;
        return this.#indexed(of.fields.length, of.fields.length, x, y, recordGet);
      }
      case undefined:
        return this.#instances(x, y);
    }
  }

  #lists(x: object, y: object): boolean {
    if (len(x) !== len(y)) return false;
    const xs = new ListCursor(x);
    const ys = new ListCursor(y);
    for (let v = xs.next(); v !== undefined; v = xs.next()) if (!this.#later(v, ys.next())) return false;
    return true;
  }

  #indexed(
    n: number,
    m: number,
    x: object,
    y: object,
    at: (v: Value, i: number) => Value | undefined,
  ): boolean {
    if (n !== m) return false;
    for (let i = 0; i < n; i++) if (!this.#later(at(x, i), at(y, i))) return false;
    return true;
  }

  #dicts(x: object, y: object): boolean {
    if (dictCount(x) !== dictCount(y)) return false;
    let same = true;
    dictEach(x, (key, v) => {
      same = same && this.#later(v, dictGet(y, key));
    });
    return same;
  }

  #instances(x: object, y: object): boolean {
    if (x instanceof Sym) return y instanceof Sym && x.name === y.name && x.alias === y.alias;
    if (x instanceof Uint8Array) {
      return y instanceof Uint8Array && x.length === y.length && x.every((byte, i) => byte === y[i]);
    }
    if (x instanceof SxSet) return y instanceof SxSet && this.#sets(x, y);
    if (x instanceof HashTable) return y instanceof HashTable && this.#tables(x, y);
    if (x instanceof Markup) return y instanceof Markup && sameMarkup(x, y);
    if (x instanceof TrustedUrl) return y instanceof TrustedUrl && x.url === y.url;
    if (x instanceof Condition) {
      return (
        y instanceof Condition && x.kind === y.kind && x.message === y.message && this.#later(x.data, y.data)
      );
    }
    return false;
  }

  #sets(x: SxSet, y: SxSet): boolean {
    if (x.size !== y.size) return false;
    for (const e of x.map.entries()) {
      const candidates = y.map.candidates(e.hash).map((c) => c.key);
      if (!this.#oneOf(e.key, candidates)) return false;
    }
    return true;
  }

  /** Elements of a set differ from each other, so at most one can be equal; a lone candidate can wait. */
  #oneOf(v: Value, candidates: readonly Value[]): boolean {
    if (candidates.length === 1) return sameAtom(v, candidates[0] as Value) || this.#later(v, candidates[0]);
    if (this.#nested > MAX_NESTED) fail("limit", "these sets are nested too deep to compare");
    return candidates.some(
      (c) =>
        sameAtom(v, c) ||
        (typeof v === "object" && typeof c === "object" && new Comparison(this.#nested + 1).run(v, c)),
    );
  }

  #tables(x: HashTable, y: HashTable): boolean {
    if (x.size !== y.size) return false;
    for (const [key, v] of x.entries()) {
      if (!this.#later(v, y.get(key))) return false;
    }
    return true;
  }
}

function sameMarkup(x: Markup, y: Markup): boolean {
  if (x.refused !== y.refused) return false;
  if (typeof x.parts === "string" && typeof y.parts === "string") return x.parts === y.parts;
  const xs = joined(x);
  const ys = joined(y);
  return xs.length === ys.length && xs.every((part, i) => part === ys[i]);
}
/** The parts with neighbouring strings made one, so that how it was put together does not show. */
function joined(m: Markup): unknown[] {
  const out: unknown[] = [];
  for (const part of typeof m.parts === "string" ? [m.parts] : m.parts) {
    const last = out.at(-1);
    if (typeof part !== "string") out.push(part.thunk);
    else if (typeof last === "string") out[out.length - 1] = last + part;
    else if (part !== "") out.push(part);
  }
  return out;
}

/** As `===`, and NaN is itself. */
function sameAtom(a: Value, b: Value): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** How sets and hash tables tell keys apart: by `equal`, and NaN is one key. */
export function sameKey(a: Value, b: Value): boolean {
  return sameAtom(a, b) || equal(a, b);
}

/** How deep and how wide `hash` looks: it has to be quick more than it has to tell everything apart. */
const DEPTH = 3;
const WIDTH = 8;

/** Equal values have equal hashes. Looks at a bounded part of compounds, at all keys of a dict. */
export function hash(v: Value): number {
  return hashAt(v, 0);
}

function hashAt(v: Value, depth: number): number {
  switch (typeof v) {
    case "number":
      return hashNumber(v);
    case "string":
      return hashString(v);
    case "bigint":
      return hashBigint(v);
    default:
      return depth > DEPTH ? 0 : hashObject(v as object, depth);
  }
}

function hashIndexed(tag: number, n: number, at: (i: number) => Value | undefined, depth: number): number {
  let h = mix(tag, n);
  for (let i = 0; i < n && i < WIDTH; i++) h = mix(h, hashAt(at(i) as Value, depth + 1));
  return finish(h);
}

function hashObject(v: object, depth: number): number {
  const type = structOf(v);
  switch (type) {
    case "$list": {
      const items = new ListCursor(v);
      return hashIndexed(1, len(v), () => items.next(), depth);
    }
    case "$vector":
      return hashIndexed(2, vectorLength(v), (i) => vectorRef(v, i), depth);
    case "$dict": {
      let sum = 0;
      const values = dictCount(v) <= WIDTH;
      dictEach(v, (key, value) => {
        sum = (sum + finish(mix(hashString(key), values ? hashAt(value, depth + 1) : 0))) | 0;
      });
      return finish(mix(mix(3, dictCount(v)), sum));
    }
    case "$record": {
      const of = recordType(v);
      return of === null ? 0 : hashIndexed(identityHash(of), of.fields.length, (i) => recordGet(v, i), depth);
    }
    case "$imm":
    case "$clo":
    case "$box":
      return identityHash(v);
    case undefined:
      return hashInstance(v, depth);
  }
}

function hashInstance(v: object, depth: number): number {
  if (v instanceof Sym) return mix(4, hashString(v.name));
  if (v instanceof Uint8Array) return hashIndexed(5, v.length, (i) => v[i], depth);
  if (v instanceof SxSet) return finish(mix(mix(6, v.size), v.hash));
  if (v instanceof HashTable) return mix(7, v.size);
  if (v instanceof TrustedUrl) return mix(8, hashString(v.url));
  if (v instanceof Condition) return mix(mix(9, hashString(v.kind)), hashString(v.message));
  if (v instanceof Markup) return 10;
  return identityHash(v);
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;
function identityHash(v: object): number {
  let h = identities.get(v);
  if (h === undefined) {
    h = finish(++lastIdentity);
    identities.set(v, h);
  }
  return h;
}

/** Keys of sets. */
export const VALUES: Keys<Value> = { hash, same: sameKey };
