/**
 * A store as a driver of unstorage: `createStorage({ driver: unstorageDriver(store) })`. A key `a:b:c` is the key of these three
 * parts, so that a base is a prefix of parts.
 */
import type { Key, Store } from "./index.ts";

type Unwatch = () => Promise<void>;

/** The driver interface of unstorage 1, which itself is not needed for it. */
export interface UnstorageDriver {
  readonly name: string;
  readonly flags: { readonly ttl: true };
  readonly options: undefined;
  readonly getInstance: () => Store;
  hasItem(key: string, options: unknown): Promise<boolean>;
  getItem(key: string, options?: unknown): Promise<string | null>;
  getItems(items: { key: string; options?: unknown }[]): Promise<{ key: string; value: string | null }[]>;
  setItem(key: string, value: string, options: { ttl?: number }): Promise<void>;
  setItems(items: { key: string; value: string; options?: { ttl?: number } }[]): Promise<void>;
  getItemRaw(key: string, options: unknown): Promise<unknown>;
  setItemRaw(key: string, value: unknown, options: { ttl?: number }): Promise<void>;
  removeItem(key: string, options: unknown): Promise<void>;
  getKeys(base: string | undefined, options: unknown): Promise<string[]>;
  clear(base: string | undefined, options: unknown): Promise<void>;
  dispose(): Promise<void>;
  watch(callback: (event: "update" | "remove", key: string) => unknown): Promise<Unwatch>;
}

const partsOf = (key: string | undefined): Key => (key ?? "").split(":").filter((part) => part !== "");

/** The store stays open after `dispose` unless `owned` says that it is the driver's. */
export function unstorageDriver(
  store: Store,
  { owned = false }: { readonly owned?: boolean } = {},
): UnstorageDriver {
  /** unstorage gives seconds. */
  const lifetime = ({ ttl }: { ttl?: number } = {}): { ttl?: number } =>
    ttl === undefined || ttl <= 0 ? {} : { ttl: ttl * 1000 };
  const text = (value: unknown): string | null =>
    value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value);
  const watches = new Set<AbortController>();

  return {
    name: "durable-kv",
    flags: { ttl: true },
    options: undefined,
    getInstance: () => store,
    hasItem: async (key) => (await store.get(partsOf(key))) !== null,
    getItem: async (key) => text((await store.get(partsOf(key)))?.value),
    getItems: async (items) => {
      const found = await store.getMany(items.map(({ key }) => partsOf(key)));
      return items.map(({ key }, i) => ({ key, value: text(found[i]?.value) }));
    },
    setItem: async (key, value, options) => {
      await store.set(partsOf(key), value, lifetime(options));
    },
    setItems: async (items) => {
      const atomic = store.atomic();
      for (const { key, value, options } of items) atomic.set(partsOf(key), value, lifetime(options));
      await atomic.commit();
    },
    getItemRaw: async (key) => (await store.get(partsOf(key)))?.value ?? null,
    setItemRaw: async (key, value, options) => {
      await store.set(partsOf(key), value, lifetime(options));
    },
    removeItem: async (key) => {
      await store.delete(partsOf(key));
    },
    getKeys: async (base) => {
      const { entries } = await store.list({ prefix: partsOf(base) });
      return entries.map(({ key }) => key.map(String).join(":"));
    },
    clear: async (base) => {
      await store
        .atomic()
        .deleteRange({ prefix: partsOf(base) })
        .commit();
    },
    dispose: async () => {
      for (const watch of watches) watch.abort();
      if (owned) await store.close();
    },
    watch: async (callback) => {
      const controller = new AbortController();
      watches.add(controller);
      const changes = store.watch({ prefix: [] }, { signal: controller.signal });
      const done = (async () => {
        for await (const seen of changes) {
          // What was missed cannot be told one by one; whoever watches hears of what comes.
          if (seen === "resync") continue;
          for (const { type, key } of seen)
            await callback(type === "set" ? "update" : "remove", key.map(String).join(":"));
        }
      })();
      return async () => {
        controller.abort();
        watches.delete(controller);
        await done;
      };
    },
  };
}
