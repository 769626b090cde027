/**
 * `:kv/get`, `:kv/set`, `:kv/delete`, `:kv/list` over any ordered store, such as that of `@sorbus/durable-kv`.
 *
 * A key is a string or a list of parts; a string is the key of that one part. `(:kv/list "post/")` lists the
 * string keys that begin with those characters; `(:kv/list (list "post"))` the keys that begin with those
 * parts and have more. Both in key order.
 */
import type { OpDeclaration } from "../op.ts";

export type KvKey = readonly unknown[];

export interface KvEntry {
  readonly key: KvKey;
  readonly value: unknown;
}

export type KvSelector = { readonly prefix: KvKey } | { readonly start: KvKey; readonly end: KvKey };

/** The least of a store that the ops need. `durable-kv`'s `Store` is one. */
export interface KvLike {
  /** Present if the store can answer reads at once: they are then inline. */
  readonly sync?:
    | {
        get(key: KvKey): KvEntry | null;
        list(selector: KvSelector): { readonly entries: Iterable<KvEntry> };
      }
    | undefined;
  get(key: KvKey): Promise<KvEntry | null>;
  list(selector: KvSelector): Promise<{ readonly entries: Iterable<KvEntry> }>;
  set(key: KvKey, value: unknown): Promise<unknown>;
  delete(key: KvKey): Promise<unknown>;
}

export function kvOps(store: KvLike): OpDeclaration[] {
  const reader = store.sync ?? store;
  return [
    {
      name: "kv/get",
      params: "key",
      purity: "read",
      doc: "The value under a key, or nil.",
      check: ([key]) => checkKey(key),
      handler: ([key]) => then(reader.get(partsOf(key)), (entry) => entry?.value ?? null),
    },
    {
      name: "kv/set",
      params: "key value",
      purity: "write",
      idempotent: true,
      doc: "Stores a value under a key. Answers nil once it is on disk.",
      check: ([key]) => checkKey(key),
      handler: async ([key, value]) => {
        await store.set(partsOf(key), value);
        return null;
      },
    },
    {
      name: "kv/delete",
      params: "key",
      purity: "write",
      idempotent: true,
      doc: "Removes a key, if it is there.",
      check: ([key]) => checkKey(key),
      handler: async ([key]) => {
        await store.delete(partsOf(key));
        return null;
      },
    },
    {
      name: "kv/list",
      params: "prefix",
      purity: "read",
      doc: "A list of (key value) in key order: string keys that begin with a string, or keys that begin with a list of parts.",
      check: ([prefix]) =>
        Array.isArray(prefix) && prefix.length === 0 ? undefined : checkKey(prefix, "prefix"),
      handler: ([prefix]) => {
        const wanted = typeof prefix === "string" ? (key: KvKey) => isStringKey(key, prefix) : () => true;
        return then(reader.list(selectorOf(prefix)), ({ entries }) =>
          Array.from(entries)
            .filter(({ key }) => wanted(key))
            .map(({ key, value }) => [spelled(key), value]),
        );
      },
    },
  ];
}

function then<A, B>(value: A | Promise<A>, f: (value: A) => B): B | Promise<B> {
  return value instanceof Promise ? value.then(f) : f(value);
}

function checkKey(key: unknown, what = "key"): string | undefined {
  if (typeof key === "string") return undefined;
  if (!Array.isArray(key)) return `the ${what} must be a string or a list of parts`;
  return key.length === 0 ? `the ${what} must have a part` : undefined;
}

const partsOf = (key: unknown): KvKey => (Array.isArray(key) ? key : [key]);
const spelled = (key: KvKey): unknown => (key.length === 1 && typeof key[0] === "string" ? key[0] : key);

const isStringKey = (key: KvKey, prefix: string): boolean =>
  key.length === 1 && typeof key[0] === "string" && key[0].startsWith(prefix);

/** A range that has all the keys wanted; of those with a string prefix it may have others too. */
function selectorOf(prefix: unknown): KvSelector {
  if (typeof prefix !== "string") return { prefix: partsOf(prefix) };
  const end = successor(prefix);
  return end === undefined ? { prefix: [] } : { start: [prefix], end: [end] };
}

/** The least string after all that begin with `prefix`, by code points; `undefined` if there is none. */
function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (c) => c.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // The surrogates stand for no character of their own.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return String.fromCodePoint(...points);
  }
  return undefined;
}
