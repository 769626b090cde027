/**
 * A persistent hash map: a hash array mapped trie (Bagwell 2001) whose entries remember when they were
 * added. Changing it copies the path to one entry and shares the rest.
 *
 * Insertion order needs no second structure: each entry carries a running number, and going over the
 * map puts the entries in their places, O(n), or sorts them once deletions have left too many gaps.
 */
import { account } from "./instance.ts";
import type { Value } from "./value.ts";

/** How keys are told apart. Equal keys must have equal hashes. */
export interface Keys<K> {
  hash(key: K): number;
  same(a: K, b: K): boolean;
}

export class Entry<K> {
  readonly key: K;
  readonly hash: number;
  value: Value;
  readonly seq: number;
  constructor(key: K, hash: number, value: Value, seq: number) {
    this.key = key;
    this.hash = hash;
    this.value = value;
    this.seq = seq;
  }
}

/** Up to 32 children, by five bits of the hash; `bitmap` says which are there. */
class Branch<K> {
  readonly bitmap: number;
  readonly slots: Node<K>[];
  /** Who may change this node in place: a bulk operation in progress. */
  readonly owner: object | undefined;
  constructor(bitmap: number, slots: Node<K>[], owner: object | undefined) {
    this.bitmap = bitmap;
    this.slots = slots;
    this.owner = owner;
  }
}
/** Different keys with the same 32-bit hash. */
class Collision<K> {
  readonly hash: number;
  readonly entries: readonly Entry<K>[];
  constructor(hash: number, entries: readonly Entry<K>[]) {
    this.hash = hash;
    this.entries = entries;
  }
}
type Node<K> = Entry<K> | Branch<K> | Collision<K>;

const BITS = 5;
const NODE_BYTES = 48;
const SLOT_BYTES = 8;
const ENTRY_BYTES = 48;

function bitOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & 31);
}
function countBits(n: number): number {
  let v = n - ((n >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function branch<K>(bitmap: number, slots: Node<K>[], owner: object | undefined): Branch<K> {
  account(NODE_BYTES + slots.length * SLOT_BYTES);
  return new Branch(bitmap, slots, owner);
}

/** Two nodes of one entry or collision each, whose hashes differ, one level after the other until they part. */
function split<K>(
  a: Node<K>,
  aHash: number,
  b: Node<K>,
  bHash: number,
  shift: number,
  owner: object | undefined,
): Branch<K> {
  const aBit = bitOf(aHash, shift);
  const bBit = bitOf(bHash, shift);
  if (aBit === bBit) return branch(aBit, [split(a, aHash, b, bHash, shift + BITS, owner)], owner);
  // Unsigned, for bit 31.
  return branch(aBit | bBit, aBit >>> 0 < bBit >>> 0 ? [a, b] : [b, a], owner);
}

/** The node with `entry` in it, in the place of `old` if that is there. */
function insert<K>(
  node: Node<K>,
  shift: number,
  entry: Entry<K>,
  old: Entry<K> | undefined,
  owner: object | undefined,
): Node<K> {
  if (node instanceof Branch) {
    const bit = bitOf(entry.hash, shift);
    const at = countBits(node.bitmap & (bit - 1));
    const mine = owner !== undefined && node.owner === owner;
    if ((node.bitmap & bit) === 0) {
      const slots = node.slots.slice();
      slots.splice(at, 0, entry);
      return branch(node.bitmap | bit, slots, owner);
    }
    const child = insert(node.slots[at] as Node<K>, shift + BITS, entry, old, owner);
    if (mine) {
      node.slots[at] = child;
      return node;
    }
    const slots = node.slots.slice();
    slots[at] = child;
    return branch(node.bitmap, slots, owner);
  }
  if (node instanceof Collision) {
    if (node.hash !== entry.hash) return split<K>(node, node.hash, entry, entry.hash, shift, owner);
    account(node.entries.length * SLOT_BYTES);
    return new Collision(node.hash, [...node.entries.filter((e) => e !== old), entry]);
  }
  if (node === old) return entry;
  if (node.hash === entry.hash) return new Collision(node.hash, [node, entry]);
  return split<K>(node, node.hash, entry, entry.hash, shift, owner);
}

/** The node without `entry`, which is in it; undefined when nothing is left. */
function remove<K>(node: Node<K>, shift: number, entry: Entry<K>): Node<K> | undefined {
  if (node instanceof Branch) {
    const bit = bitOf(entry.hash, shift);
    const at = countBits(node.bitmap & (bit - 1));
    const child = remove(node.slots[at] as Node<K>, shift + BITS, entry);
    const slots = node.slots.slice();
    if (child === undefined) slots.splice(at, 1);
    else slots[at] = child;
    const [only] = slots;
    if (only === undefined) return undefined;
    // A lone entry moves up, so that equal maps have equal depth.
    if (slots.length === 1 && !(only instanceof Branch)) return only;
    return branch(child === undefined ? node.bitmap & ~bit : node.bitmap, slots, undefined);
  }
  if (node instanceof Collision) {
    const left = node.entries.filter((e) => e !== entry);
    return left.length === 1 ? left[0] : new Collision(node.hash, left);
  }
  return undefined;
}

export class PersistentMap<K> {
  readonly keys: Keys<K>;
  readonly size: number;
  readonly #root: Node<K> | undefined;
  readonly #next: number;

  private constructor(keys: Keys<K>, size: number, root: Node<K> | undefined, next: number) {
    this.keys = keys;
    this.size = size;
    this.#root = root;
    this.#next = next;
  }

  static empty<K>(keys: Keys<K>): PersistentMap<K> {
    return new PersistentMap<K>(keys, 0, undefined, 0);
  }

  /** Built in place, then never changed again. A later entry of the same key replaces the value only. */
  static from<K>(keys: Keys<K>, entries: Iterable<readonly [K, Value]>): PersistentMap<K> {
    return PersistentMap.empty(keys).setAll(entries);
  }

  /** The entry of the key. O(log32 n). */
  find(key: K): Entry<K> | undefined {
    return this.#find(this.#root, key, this.keys.hash(key));
  }

  #find(root: Node<K> | undefined, key: K, hash: number): Entry<K> | undefined {
    let node = root;
    for (let shift = 0; node instanceof Branch; shift += BITS) {
      const bit = bitOf(hash, shift);
      if ((node.bitmap & bit) === 0) return undefined;
      node = node.slots[countBits(node.bitmap & (bit - 1))];
    }
    if (node === undefined || node.hash !== hash) return undefined;
    if (node instanceof Collision) return node.entries.find((e) => this.keys.same(e.key, key));
    return this.keys.same(node.key, key) ? node : undefined;
  }

  /** All entries whose keys have that hash: the only ones that a key with it can equal. */
  candidates(hash: number): readonly Entry<K>[] {
    let node = this.#root;
    for (let shift = 0; node instanceof Branch; shift += BITS) {
      const bit = bitOf(hash, shift);
      if ((node.bitmap & bit) === 0) return [];
      node = node.slots[countBits(node.bitmap & (bit - 1))];
    }
    if (node === undefined || node.hash !== hash) return [];
    return node instanceof Collision ? node.entries : [node];
  }

  get(key: K): Value | undefined {
    return this.find(key)?.value;
  }

  /** With the key's value changed or, at the end, added. O(log32 n). */
  set(key: K, value: Value): PersistentMap<K> {
    const hash = this.keys.hash(key);
    return this.#with(key, hash, value, this.#find(this.#root, key, hash));
  }

  /** With the key added, at the end; itself when the key is there. O(log32 n). */
  add(key: K, value: Value): PersistentMap<K> {
    const hash = this.keys.hash(key);
    const old = this.#find(this.#root, key, hash);
    return old === undefined ? this.#with(key, hash, value, old) : this;
  }

  #with(key: K, hash: number, value: Value, old: Entry<K> | undefined): PersistentMap<K> {
    account(ENTRY_BYTES);
    const entry =
      old === undefined ? new Entry(key, hash, value, this.#next) : new Entry(old.key, hash, value, old.seq);
    const root = this.#root === undefined ? entry : insert(this.#root, 0, entry, old, undefined);
    const more = old === undefined ? 1 : 0;
    return new PersistentMap(this.keys, this.size + more, root, this.#next + more);
  }

  /** With all of them set, one after the other: built in place, then never changed again. */
  setAll(entries: Iterable<readonly [K, Value]>): PersistentMap<K> {
    const owner = {};
    let root = this.#root;
    let size = this.size;
    let next = this.#next;
    for (const [key, value] of entries) {
      const hash = this.keys.hash(key);
      const old = this.#find(root, key, hash);
      account(ENTRY_BYTES);
      const entry =
        old === undefined ? new Entry(key, hash, value, next++) : new Entry(old.key, hash, value, old.seq);
      if (old === undefined) size++;
      root = root === undefined ? entry : insert(root, 0, entry, old, owner);
    }
    return new PersistentMap(this.keys, size, root, next);
  }

  /** Without the key; itself when the key is not there. O(log32 n). */
  delete(key: K): PersistentMap<K> {
    const entry = this.find(key);
    if (entry === undefined || this.#root === undefined) return this;
    const root = remove(this.#root, 0, entry);
    return new PersistentMap(this.keys, this.size - 1, root, root === undefined ? 0 : this.#next);
  }

  /** The entries in the order in which their keys were added. O(n), O(n log n) after many deletions. */
  entries(): Entry<K>[] {
    const found: Entry<K>[] = [];
    const nodes: Node<K>[] = this.#root === undefined ? [] : [this.#root];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node instanceof Branch) for (const slot of node.slots) nodes.push(slot);
      else if (node instanceof Collision) found.push(...node.entries);
      else found.push(node);
    }
    if (this.#next > 4 * this.size + 64) return found.sort((a, b) => a.seq - b.seq);
    const placed = new Array<Entry<K> | undefined>(this.#next);
    placed.fill(undefined);
    for (const entry of found) placed[entry.seq] = entry;
    return placed.filter((entry) => entry !== undefined);
  }
}
