/** What a store can do. `open` gives one; every engine is to be told apart by its URL only. */
import type { Blobs } from "./blobs.ts";
import type { Key } from "./key.ts";
import type { Log } from "./log.ts";
import type { ScrubReport } from "./scrub.ts";
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
  readonly limit?: number | undefined;
  /** Last key first. */
  readonly reverse?: boolean | undefined;
  /** Where an earlier page with the same selector and direction stopped. */
  readonly cursor?: string | undefined;
}

export interface Page<T = unknown> {
  readonly entries: Entry<T>[];
  /** Where the next page starts; absent if this is the last. */
  readonly cursor?: string;
  /** The last commit that the page shows: `checkRange` with it asks that nothing has changed since. */
  readonly version: Versionstamp;
}

export interface Reader {
  get<T = unknown>(key: Key): Promise<Entry<T> | null>;
  /** In the order of the keys, of one moment. One round trip where there is one. */
  getMany<T = unknown>(keys: readonly Key[]): Promise<(Entry<T> | null)[]>;
  list<T = unknown>(selector: Selector, options?: ListOptions): Promise<Page<T>>;
}

/** A reader to which nothing that is committed later is visible. */
export interface Snapshot extends Reader {
  /** The last commit that it shows. */
  readonly version: Versionstamp;
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
  /**
   * Milliseconds until the entry expires: it is then as if deleted, though without a change to watch until a
   * later commit removes it.
   */
  readonly ttl?: number | undefined;
}

export interface AtomicOptions {
  /**
   * Names this commit, in up to 200 characters: asked for again, even by another process, it is not applied again but
   * answers with the version of the first time. Names are remembered for a day and for 10,000 commits at least.
   */
  readonly txnId?: string | undefined;
}

export type CommitResult =
  | { readonly ok: true; readonly version: Versionstamp }
  /** The key of the first check that failed, or where the range begins. Nothing was changed. */
  | { readonly ok: false; readonly conflict: Key };

/** Changes that happen together or not at all, in order. Each method changes and returns this object. */
export interface Atomic {
  /** The key must still have this version; null: it must be absent. */
  check(key: Key, version: Versionstamp | null): Atomic;
  /**
   * No key in the range may have been set, deleted or have expired after this version (of a page, a snapshot or a
   * commit). A conflict too if the log of changes no longer goes back so far.
   */
  checkRange(selector: Selector, version: Versionstamp): Atomic;
  /** Encodes the value at once: changing it later has no effect. */
  set(key: Key, value: unknown, options?: SetOptions): Atomic;
  delete(key: Key): Atomic;
  deleteRange(selector: Selector): Atomic;
  /** Adds to a number with a number, to a bigint with a bigint; an absent key counts as zero. */
  add(key: Key, n: number | bigint): Atomic;
  /**
   * Sets the key that is the prefix and one more part, the version of this commit: later commits sort behind. The
   * second such value of one commit sorts behind the first.
   */
  setVersionstamped(prefix: Key, value: unknown): Atomic;
  /**
   * Resolves once the changes are durable.
   *
   * @throws KvError "full" "commit-unknown" "busy" "unreachable" "corrupt" "fatal" "value" "closed"
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
  readonly since?: Versionstamp | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/** What an engine has to offer, for programs that can make use of it. */
export interface Caps {
  readonly engine: "memory" | "sqlite" | "postgres";
  /** `sync` is there. */
  readonly syncReads: boolean;
  /** What was acknowledged survives the end of the process and a power cut. */
  readonly durable: boolean;
  /** Who can have the store open at once: this process, those of this machine, or any. */
  readonly sharedBy: "process" | "machine" | "network";
  /** Others' changes are reported without polling. */
  readonly pushesChanges: boolean;
  /** The longest key, in encoded bytes, with the parts of its namespace. */
  readonly maxKeyBytes: number;
  /** The longest value, in encoded bytes. */
  readonly maxValueBytes: number;
}

export interface Store extends Reader, AsyncDisposable {
  readonly caps: Caps;
  /** Embedded engines read without a promise. */
  readonly sync?: SyncReader;
  /** Runs `f` with a reader of one moment, and gives what it gives. Keep it short: what is overwritten meanwhile is kept. */
  snapshot<T>(f: (snapshot: Snapshot) => T | Promise<T>): Promise<T>;
  /** An atomic of one `set`. */
  set(key: Key, value: unknown, options?: SetOptions): Promise<Versionstamp>;
  /** An atomic of one `delete`. */
  delete(key: Key): Promise<Versionstamp>;
  atomic(options?: AtomicOptions): Atomic;
  /**
   * What changes, commit by commit, those of other processes too: lists of changes, or "resync" when more
   * happened than the log has kept, and the watcher must read for itself.
   */
  watch(target: Selector | readonly Key[], options?: WatchOptions): AsyncIterable<Change[] | "resync">;
  /** The keys that begin with these parts, as a store of their own without them. Shares everything else. */
  namespace(...parts: Key): Store;
  /** A log of its own, apart from the keys; made by the first append. Logs of a namespace are its own. */
  log<T = unknown>(...name: Key): Log<T>;
  /** Bytes by what they hash to. Those of a namespace are its own. */
  readonly blobs: Blobs;
  /**
   * Everything as one moment has it, logs and blobs too: a stream of chunks for a file, any store can import it. Keys are
   * relative to the namespace.
   */
  export(): AsyncIterable<Uint8Array>;
  /**
   * Adds what was exported, in commits of many entries: an entry replaces that of the same key. Gives the number of entries.
   *
   * @throws KvError "import" what is damaged or cut short; what came before it has been added
   */
  import(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;
  /**
   * Writes an export with everything to a file while others go on writing; a file of that name is replaced, once the new one
   * is complete and durable. Not for namespaces.
   */
  backup(file: string): Promise<void>;
  /**
   * Replaces all that the store holds with a backup, in one commit, versions and all; watchers are told to resync. The backup
   * is checked first, whole: if anything is wrong with it nothing changes. Not for namespaces.
   *
   * @throws KvError "import"
   */
  restore(file: string): Promise<void>;
  /** Reads everything and says what is damaged, by key. Not for namespaces. */
  scrub(): Promise<ScrubReport>;
  /** Waits for commits under way; ends watches. Calls after it throw "closed". Not for namespaces. */
  close(): Promise<void>;
}
