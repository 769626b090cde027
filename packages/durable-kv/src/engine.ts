/**
 * What a backend implements. Keys and values are bytes here, versions are numbers, times are milliseconds since
 * 1970 by the clock of the store that asks. Everything else (codec, namespaces, atomics, watches, logs, blobs,
 * export and import) is written once, above this.
 *
 * Values carry their own checksum (see `value.ts`); an engine stores and returns them as they are. The only ones
 * that it makes itself are sums, with `sum` of that file.
 */
import type { KvErrorCode } from "./errors.ts";
import type { ByteRange } from "./key.ts";
import type { Caps } from "./store.ts";

/** An entry as it is stored. */
export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The number of the commit that wrote it. */
  readonly version: number;
  readonly expires: number | null;
}

export interface RangeQuery extends ByteRange {
  readonly reverse: boolean;
  /** The most rows to give; absent: all. */
  readonly limit?: number | undefined;
  /** Rows that expire then or earlier are not seen. */
  readonly now: number;
}

export interface Rows {
  readonly rows: Row[];
  /** The last commit that they show. */
  readonly version: number;
}

/** Reads of one moment each. */
export interface RowReader {
  /** In the order of the keys. */
  get(keys: readonly Uint8Array[], now: number): Promise<(Row | undefined)[]>;
  list(query: RangeQuery): Promise<Rows>;
  /** The number of the last commit; 0 if there was none. */
  version(): Promise<number>;
}

export interface SyncRowReader {
  get(key: Uint8Array, now: number): Row | undefined;
  list(query: RangeQuery): Rows;
  version(): number;
}

export type PackedCheck =
  /** Version 0: the key must be absent. */
  | { readonly type: "key"; readonly key: Uint8Array; readonly version: number }
  /** No change in the range after this version. What has expired there is removed first, as a change. */
  | ({ readonly type: "range"; readonly version: number } & ByteRange);

export type PackedChange =
  | {
      readonly op: "set";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly expires: number | null;
    }
  /** Sets `stampedKey(prefix, version of the commit, order)`. */
  | {
      readonly op: "set-versionstamped";
      readonly prefix: Uint8Array;
      readonly order: number;
      readonly value: Uint8Array;
    }
  | { readonly op: "delete"; readonly key: Uint8Array }
  | ({ readonly op: "delete-range" } & ByteRange)
  /** `sum` of `value.ts` makes the new value; the time of expiry stays. */
  | { readonly op: "add"; readonly key: Uint8Array; readonly n: number | bigint };

export interface PackedAtomic {
  /** If a commit of this name is on record, nothing is checked or changed, and its version is the result. */
  readonly txnId?: string | undefined;
  readonly checks: readonly PackedCheck[];
  /** Applied in order. */
  readonly changes: readonly PackedChange[];
}

export type PackedResult =
  /** The commit's own number, greater than all before; the last commit's if there is nothing to change. */
  | { readonly type: "ok"; readonly version: number }
  /** The index of the first check that failed. */
  | { readonly type: "conflict"; readonly check: number }
  /** Of this atomic alone, or of all that were to go to disk together. */
  | { readonly type: "error"; readonly code: KvErrorCode; readonly message: string };

export interface ChangeRow {
  readonly key: Uint8Array;
  readonly version: number;
  readonly deleted: boolean;
}

/** Whole commits, in order; `upTo` is the last that was looked at, and there may be more. "trimmed": some are forgotten. */
export type Changes = { readonly rows: ChangeRow[]; readonly upTo: number } | "trimmed";

export interface Damage {
  /** Whose entry it is, if that can still be told. */
  readonly key?: Uint8Array | undefined;
  readonly what: string;
}

export interface Engine {
  /** What messages call the store. */
  readonly name: string;
  readonly caps: Caps;
  /** Reads at once; then the store does not use `reader`, except in snapshots. */
  readonly sync?: SyncRowReader;
  readonly reader: RowReader;
  /** One consistent view for all reads of `f`. */
  snapshot<T>(f: (reader: RowReader) => Promise<T>): Promise<T>;
  /** Resolves when it is durable. Atomics of one turn should share a sync: see `Groups`. Never rejects. */
  commit(atomic: PackedAtomic): Promise<PackedResult>;
  /** Changes after that commit, of a moderate number of commits. */
  changes(after: number): Promise<Changes>;
  /** Calls `wake` after commits of whomever; too often does no harm. Until the result is called. */
  subscribe(wake: () => void): () => void;
  /**
   * Empties the store and puts these rows in, with their versions, in one transaction. The version of the store becomes greater
   * than before and than `version`; all earlier changes and names of transactions count as forgotten.
   */
  replace(rows: AsyncIterable<Row>, version: number): Promise<void>;
  /**
   * Calls `look` with every row that can be read, expired ones too, and gives what cannot be, or is not where it should be. Whether
   * the values are what was written `look` finds out.
   */
  scrub(look: (row: Row) => void): Promise<Damage[]>;
  /** Waits for commits under way. */
  close(): Promise<void>;
}

/** How durable what is seen must be. What is acknowledged is durable with both. */
export type Durability =
  /** Nobody sees what is not yet durable. */
  | "strict"
  /** Readers may see a commit before it is durable (and lose it in a power cut); the next one need not wait. */
  | "early-visible";

/** Places where a test can make a store fail. */
export type FaultPoint =
  /** The commit fails before anything has happened. */
  | "beforeBegin"
  /** … when its changes are applied but not committed. */
  | "afterApply"
  /** … right before the engine's own commit. */
  | "beforeCommit"
  /** … right after it: the outcome is unknown to who asked. */
  | "afterCommit"
  /** The committer dies when it has committed and not yet said so. */
  | "beforeAck"
  /** The disk says that the sync failed. */
  | "fsyncError"
  /** No room is left. */
  | "diskFull"
  /** The committer dies before it begins. */
  | "committerDies"
  /** The log of changes has been trimmed when a watcher looks. */
  | "watchGap"
  /** From then on the clock is off by `by` milliseconds. */
  | "clockJump";

export interface Fault {
  readonly at: FaultPoint;
  /** The how-manieth time that the point is reached; default: the first. */
  readonly nth?: number | undefined;
  /** For "clockJump". */
  readonly by?: number | undefined;
}
