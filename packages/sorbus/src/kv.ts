/**
 * The `:kv/*` ops with the language's own values: what a program stores is what it gets back, symbols, sets,
 * the order of keys and markup included. Plain values that other code has stored are read as they are.
 */

import type { OpDeclaration } from "@sorbus/io-resolver";
import { type BlobStore, blobOps } from "@sorbus/io-resolver/blob";
import { type KvLike, kvOps } from "@sorbus/io-resolver/kv";
import { type LogStore, logOps } from "@sorbus/io-resolver/log";
import {
  dictFrom,
  FALSE,
  freezeGraph,
  fromArray,
  isList,
  NIL,
  TRUE,
  thawGraph,
  toArray,
  type Value,
} from "@sorbus/vm";
import { type FunctionBridge, fromSx, toSx } from "./convert.ts";

/** The one key of a stored object that holds a frozen value. */
const FROZEN = "sx/frozen";

/** Functions do not go into a store. */
const noFunctions: FunctionBridge = {
  crossed: new WeakMap(),
  fromHost: () => {
    throw new TypeError("a function cannot be an SX value in a store");
  },
  toHost: () => {
    throw new TypeError("a function cannot be a key in a store");
  },
};

/** Strings, numbers, booleans, nil, bigints and bytes are stored as themselves, anything else frozen. */
function stored(value: Value): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    default: {
      if (value instanceof Uint8Array) return value;
      if (value === NIL || value === TRUE || value === FALSE) return fromSx(value, noFunctions);
      return { [FROZEN]: freezeGraph([value], []) };
    }
  }
}

function loaded(value: unknown): Value {
  if (typeof value === "object" && value !== null && FROZEN in value) {
    const bytes: unknown = value[FROZEN];
    if (bytes instanceof Uint8Array) return thawGraph(bytes, [])[0] ?? NIL;
  }
  return toSx(value, noFunctions);
}

const plain = (value: unknown): unknown => fromSx(value as Value, noFunctions);

/** Where a program's values stand in the arguments of the ops; the rest are keys and options, and plain. */
const ARGS: Readonly<Record<string, (args: readonly unknown[]) => unknown[]>> = {
  "kv/set": ([key, value, ...opts]) => [plain(key), stored(value as Value), ...opts.map(plain)],
  "log/append": ([log, value]) => [plain(log), stored(value as Value)],
  "log/append-expect": ([log, last, value]) => [plain(log), plain(last), stored(value as Value)],
  "kv/page": ([prefix, changes, opts]) => [plain(prefix), storedChanges(changes), plain(opts)],
  "kv/commit": ([checks, ranges, changes]) => [plain(checks), plain(ranges), storedChanges(changes)],
};

/** `("set" key value)`, `("delete" key)`; what is malformed is left to the op's own checks. */
function storedChanges(changes: unknown): unknown {
  if (!isList(changes as Value)) return plain(changes);
  return toArray(changes as Value).map((change) => {
    if (!isList(change)) return plain(change);
    const [type = NIL, key = NIL, value, ...opts] = toArray(change);
    return [plain(type), plain(key), ...(value === undefined ? [] : [stored(value)]), ...opts.map(plain)];
  });
}

const pairs = (entries: unknown): Value =>
  fromArray(
    (entries as [unknown, unknown][]).map(([key, value]) =>
      fromArray([toSx(key, noFunctions), loaded(value)]),
    ),
  );

/** Where they stand in the answers. */
const RESULTS: Readonly<Record<string, (answer: unknown) => Value>> = {
  "kv/get": loaded,
  "kv/list": pairs,
  "log/read": pairs,
  "log/next": (answer) => {
    const [position, value] = answer as [unknown, unknown];
    return fromArray([toSx(position, noFunctions), loaded(value)]);
  },
  "kv/entry": (answer) => {
    if (answer === null) return NIL;
    const { value, version } = answer as { value: unknown; version: unknown };
    return dictFrom([
      ["value", loaded(value)],
      ["version", toSx(version, noFunctions)],
    ]);
  },
  "kv/page": (answer) => {
    const { entries, version } = answer as { entries: unknown; version: unknown };
    return dictFrom([
      ["entries", pairs(entries)],
      ["version", toSx(version, noFunctions)],
    ]);
  },
};

/**
 * The `:kv/*` ops over a store, and `:log/*` and `:blob/*` over one that has logs and blobs, for
 * `createRuntime({ ops })`.
 */
export function storeOps(store: KvLike & Partial<LogStore & BlobStore>): OpDeclaration[] {
  const ops = kvOps(store);
  if (store.log !== undefined) ops.push(...logOps(store as LogStore));
  if (store.blobs !== undefined) ops.push(...blobOps(store as BlobStore));
  return ops.map((op) => ({
    ...op,
    values: "raw",
    codec: {
      args: (args) => ARGS[op.name]?.(args) ?? args.map(plain),
      result: (answer) => RESULTS[op.name]?.(answer) ?? toSx(answer, noFunctions),
    },
  }));
}
