/** What a store can do. `open` gives one; every engine is to be told apart by its URL only. */
import type { Key } from "./key.ts";
import type { Versionstamp } from "./version.ts";

export interface Entry<T = unknown> {
  readonly key: Key;
  readonly value: T;
  /** Of the commit that wrote it. */
  readonly version: Versionstamp;
  /** Milliseconds since 1970; absent if it stays. */
  readonly expiresAt?: number;
}

/** Keys that begin with the parts of `prefix` and have more; or from `start` (inclusive) to `end` (exclusive). */
export type Selector = { readonly prefix: Key } | { readonly start: Key; readonly end: Key };

export interface ListOptions {
  /** The most entries to give. Default: all. */
  readonly limit?: number;
  /** Last key first. */
  readonly reverse?: boolean;
  /** Where an earlier page with the same selector and direction stopped. */
  readonly cursor?: string | undefined;
}

export interface Page<T = unknown> {
  readonly entries: Entry<T>[];
  /** Where the next page starts; absent if this is the last. */
  readonly cursor?: string;
}

/**
 * Reads that answer at once, of what was committed before. All reads of one turn of the event loop see one
 * moment, except that a commit that was acknowledged to this program is always seen. O(log n) a key.
 */
export interface SyncReader {
  get<T = unknown>(key: Key): Entry<T> | null;
  /** In the order of the keys. */
  getMany<T = unknown>(keys: readonly Key[]): (Entry<T> | null)[];
  list<T = unknown>(selector: Selector, options?: ListOptions): Page<T>;
}

export interface SetOptions {
  /** Milliseconds until the entry expires: it is then as if deleted, though without a change to watch until a later commit removes it. */
  readonly ttl?: number;
}

export type CommitResult =
  | { readonly ok: true; readonly version: Versionstamp }
  /** The first check that failed. Nothing was changed. */
  | { readonly ok: false; readonly conflict: Key };

/** Changes that happen together or not at all. Each method changes and returns this object. */
export interface Atomic {
  /** The key must still have this version; null: it must be absent. */
  check(key: Key, version: Versionstamp | null): Atomic;
  /** Encodes the value at once: changing it later has no effect. */
  set(key: Key, value: unknown, options?: SetOptions): Atomic;
  delete(key: Key): Atomic;
  deleteRange(selector: Selector): Atomic;
  /** Adds to a number with a number, to a bigint with a bigint; an absent key counts as zero. */
  add(key: Key, n: number | bigint): Atomic;
  /**
   * Resolves once the changes are on disk.
   *
   * @throws KvError "full" "commit-unknown" "busy" "corrupt" "fatal" "value" "closed"
   */
  commit(): Promise<CommitResult>;
}

export interface Change {
  readonly type: "set" | "delete";
  readonly key: Key;
  readonly version: Versionstamp;
}

export interface WatchOptions {
  /** Start after this commit. Default: now. */
  readonly since?: Versionstamp;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

export interface Store extends AsyncDisposable {
  /** Embedded engines read without a promise. */
  readonly sync?: SyncReader;
  get<T = unknown>(key: Key): Promise<Entry<T> | null>;
  getMany<T = unknown>(keys: readonly Key[]): Promise<(Entry<T> | null)[]>;
  list<T = unknown>(selector: Selector, options?: ListOptions): Promise<Page<T>>;
  /** An atomic of one `set`. */
  set(key: Key, value: unknown, options?: SetOptions): Promise<Versionstamp>;
  /** An atomic of one `delete`. */
  delete(key: Key): Promise<Versionstamp>;
  atomic(): Atomic;
  /**
   * What changes, commit by commit, those of other processes too: lists of changes, or "resync" when more
   * happened than the log has kept, and the watcher must read for itself.
   */
  watch(target: Selector | readonly Key[], options?: WatchOptions): AsyncIterable<Change[] | "resync">;
  /** The keys that begin with these parts, as a store of their own without them. Shares everything else. */
  namespace(...parts: Key): Store;
  /** Waits for commits under way; ends watches. Calls after it throw "closed". Not for namespaces. */
  close(): Promise<void>;
}
