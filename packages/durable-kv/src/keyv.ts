/**
 * A store as a storage adapter of Keyv, the cache interface that many libraries take: `new Keyv({ store: keyvStore(store) })`. Keys lie
 * under their namespace, as parts of the store's keys; times to live are the store's.
 */
import type { Entry, Key, Selector, Store } from "./index.ts";

/** What Keyv asks of a storage adapter; Keyv itself is not needed for it. */
export interface KeyvStore {
  opts: Record<string, unknown>;
  namespace?: string | undefined;
  get<Value>(key: string): Promise<Value | undefined>;
  getMany<Value>(keys: string[]): Promise<(Value | undefined)[]>;
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  setMany(entries: { key: string; value: unknown; ttl?: number | undefined }[]): Promise<boolean[]>;
  has(key: string): Promise<boolean>;
  hasMany(keys: string[]): Promise<boolean[]>;
  delete(key: string): Promise<boolean>;
  deleteMany(keys: string[]): Promise<boolean>;
  clear(): Promise<void>;
  iterator<Value>(namespace?: string): AsyncGenerator<[string, Value]>;
  disconnect(): Promise<void>;
  on(event: string, listener: (...args: unknown[]) => void): KeyvStore;
}

const PAGE = 100;

/** The store stays open after `disconnect` unless `owned` says that it is the adapter's. */
export function keyvStore(store: Store, { owned = false }: { readonly owned?: boolean } = {}): KeyvStore {
  /** Keyv has put the namespace before the key already; under it, `clear` finds its own. */
  const place = (key: string): Key => [adapter.namespace ?? "", key];
  const all = (namespace: string | undefined): Selector => ({ prefix: [namespace ?? ""] });
  const content = <Value>(entry: Entry<Value> | null): Value | undefined => entry?.value;
  const options = (ttl: number | undefined): { ttl?: number } =>
    ttl === undefined || ttl === null || ttl === 0 ? {} : { ttl };

  const adapter: KeyvStore = {
    // Keyv iterates over stores of the dialects that it knows, whatever they are.
    opts: { url: "durable-kv", dialect: "sqlite" },
    get: async <Value>(key: string) => content(await store.get<Value>(place(key))),
    getMany: async <Value>(keys: string[]) =>
      (await store.getMany<Value>(keys.map(place))).map((e) => content(e)),
    set: async (key, value, ttl) => {
      await store.set(place(key), value, options(ttl));
      return true;
    },
    setMany: async (entries) => {
      const atomic = store.atomic();
      for (const { key, value, ttl } of entries) atomic.set(place(key), value, options(ttl));
      await atomic.commit();
      return entries.map(() => true);
    },
    has: async (key) => (await store.get(place(key))) !== null,
    hasMany: async (keys) => (await store.getMany(keys.map(place))).map((entry) => entry !== null),
    delete: async (key) => adapter.deleteMany([key]),
    /** Whether any was there. */
    deleteMany: async (keys) => {
      for (;;) {
        const found = await store.getMany(keys.map(place));
        const atomic = store.atomic();
        let some = false;
        for (const entry of found) {
          if (entry === null) continue;
          some = true;
          atomic.check(entry.key, entry.version).delete(entry.key);
        }
        if (!some) return false;
        if ((await atomic.commit()).ok) return true;
      }
    },
    clear: async () => {
      await store.atomic().deleteRange(all(adapter.namespace)).commit();
    },
    async *iterator<Value>(namespace?: string) {
      let cursor: string | undefined;
      do {
        const page = await store.list<Value>(all(namespace ?? adapter.namespace), { limit: PAGE, cursor });
        for (const { key, value } of page.entries) yield [String(key[1]), value] as [string, Value];
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    disconnect: async () => {
      if (owned) await store.close();
    },
    // Failures reject; there are no others to tell of.
    on: () => adapter,
  };
  return adapter;
}
