/** The least of a store that the ops need. The `Store` of `@sorbus/durable-kv` is one. */

export type KvKey = readonly unknown[];

export interface KvEntry {
  readonly key: KvKey;
  readonly value: unknown;
  readonly version?: string;
}

export type KvSelector = { readonly prefix: KvKey } | { readonly start: KvKey; readonly end: KvKey };

export interface KvListOptions {
  readonly limit?: number;
  readonly reverse?: boolean;
}

export interface KvPage {
  readonly entries: Iterable<KvEntry>;
  /** The last commit that the page shows; `checkRange` takes it. */
  readonly version?: string;
}

/** Reads that answer at once. */
export interface KvSyncReader {
  get(key: KvKey): KvEntry | null;
  list(selector: KvSelector, options?: KvListOptions): KvPage;
}

export type KvCommitResult =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly conflict: KvKey };

export interface KvAtomic {
  check(key: KvKey, version: never): KvAtomic;
  checkRange?(selector: KvSelector, version: never): KvAtomic;
  set(key: KvKey, value: unknown, options?: { readonly ttl?: number }): KvAtomic;
  delete(key: KvKey): KvAtomic;
  add(key: KvKey, n: number | bigint): KvAtomic;
  commit(): Promise<KvCommitResult>;
}

export interface KvChange {
  readonly type: "set" | "delete";
  readonly key: KvKey;
  readonly version: string;
}

export interface KvLike {
  /** Present if the store can answer reads at once: they are then inline. */
  readonly sync?: KvSyncReader | undefined;
  get(key: KvKey): Promise<KvEntry | null>;
  /** Present if many keys take one round trip: reads of concurrent fibers then do. */
  getMany?(keys: readonly KvKey[]): Promise<readonly (KvEntry | null)[]>;
  list(selector: KvSelector, options?: KvListOptions): Promise<KvPage>;
  set(key: KvKey, value: unknown, options?: { readonly ttl?: number }): Promise<unknown>;
  delete(key: KvKey): Promise<unknown>;
  /** For `:kv/add` and transactions. */
  atomic?(options?: { readonly txnId?: string }): KvAtomic;
  /** For `:kv/changes`. The selector is a `KvSelector`, `since` a version. */
  watch?(
    selector: never,
    options: { readonly since: never; readonly signal: AbortSignal },
  ): AsyncIterable<readonly KvChange[] | "resync">;
}
