/**
 * `:kv/*` over any ordered store, such as that of `@sorbus/durable-kv`.
 *
 * A key is a string or a list of parts; a string is the key of that one part. `(:kv/list "post/")` lists the
 * string keys that begin with those characters; `(:kv/list (list "post"))` the keys that begin with those
 * parts and have more. Both in key order.
 *
 * `:kv/entry`, `:kv/page`, `:kv/commit`, `:kv/version` and `:kv/changes` are what the language's `kv/transaction` and
 * `kv/watch` are made of.
 */
import { isPromise } from "../layer.ts";
import { type HandlerContext, type OpDeclaration, OpError } from "../op.ts";
import {
  checkKey,
  checkPrefix,
  compareKeys,
  hasPrefix,
  partsOf,
  selectorOf,
  spelled,
  underPrefix,
} from "./kv-keys.ts";
import type { KvAtomic, KvEntry, KvLike, KvPage } from "./kv-store.ts";

export type {
  KvAtomic,
  KvChange,
  KvCommitResult,
  KvEntry,
  KvKey,
  KvLike,
  KvListOptions,
  KvPage,
  KvSelector,
  KvSyncReader,
} from "./kv-store.ts";

/** Keys of one round trip. */
const MOST_KEYS = 1_000;

export function kvOps(store: KvLike): OpDeclaration[] {
  return [...readOps(store), ...writeOps(store), ...transactionOps(store), ...watchOps(store)];
}

const oneKey = underPrefix(([key]) => ({ keys: [key] }));
const onePrefix = underPrefix(([prefix]) => ({ prefixes: [prefix] }));
const contentOf = (entry: KvEntry | null | undefined): unknown => entry?.value ?? null;

function readOps(store: KvLike): OpDeclaration[] {
  const reader = store.sync ?? store;
  /** Of a store that cannot answer at once, what is asked in one turn is asked together. */
  const read = (
    f: (entry: KvEntry | null | undefined) => unknown,
  ): Pick<OpDeclaration, "handler" | "batch"> => {
    const { getMany } = store;
    return {
      handler: ([key]) => then(reader.get(partsOf(key)), f),
      ...(store.sync === undefined &&
        getMany !== undefined && {
          batch: {
            max: MOST_KEYS,
            handler: async (requests) => {
              const entries = await getMany.call(
                store,
                requests.map(([key]) => partsOf(key)),
              );
              return requests.map((_, i) => f(entries[i]));
            },
          },
        }),
    };
  };
  return [
    {
      name: "kv/get",
      params: "key",
      purity: "read",
      doc: "The value under a key, or nil.",
      check: ([key]) => checkKey(key),
      narrowing: oneKey,
      ...read(contentOf),
    },
    {
      name: "kv/entry",
      params: "key",
      purity: "read",
      doc: "A dict of :value and :version, or nil: what is under a key, and which commit wrote it.",
      check: ([key]) => checkKey(key),
      narrowing: oneKey,
      ...read((entry) => (entry == null ? null : { value: entry.value, version: entry.version ?? null })),
    },
    {
      name: "kv/list",
      params: "prefix &optional opts",
      purity: "read",
      doc: "A list of (key value) in key order: string keys that begin with a string, or keys that begin with a list of parts. opts: :limit, :reverse.",
      check: ([prefix, opts]) => checkPrefix(prefix) ?? checkOptions(opts, LIST_OPTIONS),
      narrowing: onePrefix,
      handler: ([prefix, opts]) => then(page(store, prefix, opts), ({ entries }) => entries.map(pairOf)),
    },
    {
      name: "kv/page",
      params: "prefix changes opts",
      purity: "read",
      doc: "A dict of :entries, as :kv/list gives them after `changes`, and :version, the commit that they were read at.",
      check: ([prefix, changes, opts]) =>
        checkPrefix(prefix) ?? checkChanges(changes) ?? checkOptions(opts, LIST_OPTIONS),
      narrowing: underPrefix(([prefix, changes]) => ({
        prefixes: [prefix],
        keys: (changes as Change[]).map(([, key]) => key),
      })),
      handler: ([prefix, changes, opts]) =>
        then(changed(store, prefix, changes as Change[], opts), ({ entries, version }) => ({
          entries: entries.map(pairOf),
          version: version ?? null,
        })),
    },
  ];
}

const pairOf = ({ key, value }: KvEntry): unknown => [spelled(key), value];

interface WholePage {
  readonly entries: KvEntry[];
  readonly version: string | undefined;
}

interface Limits {
  readonly limit?: number | null;
  readonly reverse?: boolean | null;
}

function page(store: KvLike, prefix: unknown, opts: unknown): WholePage | Promise<WholePage> {
  const { limit, reverse } = (opts ?? {}) as Limits;
  const reader = store.sync ?? store;
  const found: KvPage | Promise<KvPage> = reader.list(selectorOf(prefix), {
    // Of a string prefix the selector may give others too: they are not to be counted.
    ...(limit != null && typeof prefix !== "string" && { limit }),
    ...(reverse != null && { reverse }),
  });
  return then(found, ({ entries, version }) => ({
    entries: Array.from(entries)
      .filter(({ key }) => hasPrefix(key, prefix))
      .slice(0, limit ?? undefined),
    version,
  }));
}

/** The page as it will be when these changes are made. */
function changed(
  store: KvLike,
  prefix: unknown,
  changes: readonly Change[],
  opts: unknown,
): WholePage | Promise<WholePage> {
  const mine = changes.filter(([, key]) => hasPrefix(partsOf(key), prefix));
  if (mine.length === 0) return page(store, prefix, opts);
  const { limit, reverse } = (opts ?? {}) as Limits;
  return then(page(store, prefix, null), ({ entries, version }) => {
    const last = new Map(mine.map((change) => [JSON.stringify(keyText(change[1])), change]));
    const kept = entries.filter(({ key }) => !last.has(JSON.stringify(keyText(key))));
    for (const [type, key, value] of last.values())
      if (type !== "delete") kept.push({ key: partsOf(key), value });
    kept.sort((a, b) => compareKeys(a.key, b.key));
    if (reverse === true) kept.reverse();
    return { entries: kept.slice(0, limit ?? undefined), version };
  });
}

/** Tells keys apart as the store does. */
const keyText = (key: unknown): unknown[] =>
  partsOf(key).map((part) =>
    part instanceof Uint8Array ? ["bytes", ...part] : [typeof part, part === null ? "" : String(part)],
  );

function writeOps(store: KvLike): OpDeclaration[] {
  return [
    {
      name: "kv/set",
      params: "key value &optional opts",
      purity: "write",
      idempotent: true,
      doc: "Stores a value under a key. Answers nil once it is on disk. opts: :ttl, milliseconds until it expires.",
      check: ([key, , opts]) => checkKey(key) ?? checkOptions(opts, SET_OPTIONS),
      narrowing: oneKey,
      handler: async ([key, value, opts]) => {
        await store.set(partsOf(key), value, setOptions(opts));
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
      narrowing: oneKey,
      handler: async ([key]) => {
        await store.delete(partsOf(key));
        return null;
      },
    },
    {
      name: "kv/add",
      params: "key n",
      purity: "write",
      idempotent: "keyed",
      doc: "Adds to the number under a key; an absent key counts as zero.",
      check: ([key, n]) =>
        checkKey(key) ?? (typeof n === "number" || typeof n === "bigint" ? undefined : "n must be a number"),
      narrowing: oneKey,
      handler: async ([key, n], context) => {
        const result = await atomicOf(store, context)
          .add(partsOf(key), n as number)
          .commit();
        if (!result.ok) throw new OpError("conflict", ":kv/add has met a conflict", [key]);
        return null;
      },
    },
  ];
}

// ---- transactions --------------------------------------------------------------------------------

/** `("set" key value opts)`, `("delete" key)`. */
type Change = readonly ["set", unknown, unknown, unknown?] | readonly ["delete", unknown, undefined?];
type Check = readonly [key: unknown, version: string | null];

function transactionOps(store: KvLike): OpDeclaration[] {
  return [
    {
      name: "kv/commit",
      params: "checks ranges changes",
      purity: "write",
      idempotent: "keyed",
      doc: 'Makes all changes, ("set" key value) or ("delete" key), or none: if a key no longer has the version of its check, (key version-or-nil), or something under a prefix has changed since its version, (prefix version). A dict of :ok and :version or :conflict.',
      check: ([checks, ranges, changes]) =>
        checkPairs(checks, "checks", checkKey, true) ??
        checkPairs(ranges, "ranges", checkPrefix, false) ??
        checkChanges(changes),
      narrowing: underPrefix(([checks, ranges, changes]) => ({
        keys: [...(checks as Check[]).map(([key]) => key), ...(changes as Change[]).map(([, key]) => key)],
        prefixes: (ranges as Check[]).map(([prefix]) => prefix),
      })),
      handler: async ([checks, ranges, changes], context) => {
        let atomic = atomicOf(store, context);
        for (const [key, version] of checks as Check[]) atomic = atomic.check(partsOf(key), version as never);
        for (const [prefix, version] of ranges as Check[]) {
          if (atomic.checkRange === undefined)
            throw new OpError("host", ":kv/commit: this store cannot check what was listed");
          atomic = atomic.checkRange(selectorOf(prefix), version as never);
        }
        for (const [type, key, value, opts] of changes as (readonly [string, unknown, unknown, unknown?])[])
          atomic =
            type === "set" ? atomic.set(partsOf(key), value, setOptions(opts)) : atomic.delete(partsOf(key));
        const result = await atomic.commit();
        return result.ok
          ? { ok: true, version: result.version }
          : { ok: false, conflict: spelled(result.conflict) };
      },
    },
    {
      name: "kv/version",
      params: "",
      purity: "read",
      doc: "The version of the last commit.",
      narrowing: underPrefix(() => ({})),
      handler: async (_, context) => currentVersion(store, context),
    },
  ];
}

async function currentVersion(store: KvLike, context: HandlerContext): Promise<string> {
  const result = await atomicOf(store, { ...context, idempotencyKey: undefined }).commit();
  if (!result.ok) throw new OpError("host", "a commit without checks has met a conflict");
  return result.version;
}

function atomicOf(store: KvLike, { op, idempotencyKey }: HandlerContext): KvAtomic {
  const atomic = store.atomic?.(idempotencyKey === undefined ? undefined : { txnId: idempotencyKey });
  if (atomic === undefined) throw new OpError("host", `:${op}: this store has no transactions`);
  return atomic;
}

function checkPairs(
  pairs: unknown,
  what: string,
  checkEach: (key: unknown) => string | undefined,
  orNil: boolean,
): string | undefined {
  if (!Array.isArray(pairs)) return `${what} must be a list`;
  for (const pair of pairs as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return `each of ${what} must be a key and a version`;
    const [key, version] = pair as unknown[];
    if (typeof version !== "string" && !(orNil && version === null)) return `a version of ${what} is none`;
    const wrong = checkEach(key);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function checkChanges(changes: unknown): string | undefined {
  if (!Array.isArray(changes)) return "changes must be a list";
  for (const change of changes as unknown[]) {
    const [type, key, , opts] = Array.isArray(change) ? (change as unknown[]) : [];
    if (type !== "set" && type !== "delete") return 'a change begins with "set" or "delete"';
    const wrong = checkKey(key) ?? checkOptions(opts, SET_OPTIONS);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

// ---- watching ------------------------------------------------------------------------------------

function watchOps(store: KvLike): OpDeclaration[] {
  return [
    {
      name: "kv/changes",
      params: "prefix since",
      purity: "read",
      doc: 'Waits for changes under a prefix after the commit `since`. A dict of :version, to go on from, and :changes, a list of dicts of :type, :key and :version, or "resync" if more has happened than is remembered.',
      check: ([prefix, since]) =>
        checkPrefix(prefix) ?? (typeof since === "string" ? undefined : "since must be a version"),
      narrowing: onePrefix,
      handler: async ([prefix, since], context) => {
        const { signal, op } = context;
        if (store.watch === undefined) throw new OpError("host", `:${op}: this store cannot be watched`);
        for await (const changes of store.watch(selectorOf(prefix) as never, {
          since: since as never,
          signal,
        })) {
          if (changes === "resync") return { version: await currentVersion(store, context), changes };
          const wanted = changes.filter(({ key }) => hasPrefix(key, prefix));
          const version = changes.at(-1)?.version;
          if (wanted.length === 0 || version === undefined) continue;
          return {
            version,
            changes: wanted.map((change) => ({ ...change, key: spelled(change.key) })),
          };
        }
        signal.throwIfAborted();
        throw new OpError("host", `:${op}: the store was closed`);
      },
    },
  ];
}

// ---- small things --------------------------------------------------------------------------------

type Types = Readonly<Record<string, (value: unknown) => boolean>>;

const isCount = (n: unknown): boolean => Number.isSafeInteger(n) && Number(n) >= 0;
const LIST_OPTIONS: Types = { limit: isCount, reverse: (value) => typeof value === "boolean" };
const SET_OPTIONS: Types = { ttl: (n) => typeof n === "number" && n > 0 };

function checkOptions(opts: unknown, known: Types): string | undefined {
  if (opts == null) return undefined;
  if (typeof opts !== "object" || Array.isArray(opts)) return "opts must be a dict";
  for (const [key, value] of Object.entries(opts)) {
    const fits = Object.hasOwn(known, key) ? known[key] : undefined;
    if (fits === undefined) {
      const names = Object.keys(known).map((name) => `:${name}`);
      return `there is no option :${key}; there are ${names.join(" ")}`;
    }
    if (value != null && !fits(value)) return `the option :${key} cannot be ${String(value)}`;
  }
  return undefined;
}

function setOptions(opts: unknown): { readonly ttl?: number } {
  const { ttl } = (opts ?? {}) as { readonly ttl?: number | null };
  return ttl == null ? {} : { ttl };
}

function then<A, B>(value: A | Promise<A>, f: (value: A) => B): B | Promise<B> {
  return isPromise(value) ? (value as Promise<A>).then(f) : f(value);
}
