/** `:log/*`: append-only logs by name, over a store that has such, like that of `@sorbus/durable-kv`. */
import { type OpDeclaration, OpError } from "../op.ts";
import { checkKey, partsOf, underPrefix } from "./kv-keys.ts";

export interface LogLike {
  append(
    values: readonly unknown[],
    options: { readonly expect?: never; readonly txnId?: string },
  ): Promise<
    | { readonly ok: true; readonly positions: readonly string[] }
    | { readonly ok: false; readonly last: string | null }
  >;
  read(options: {
    readonly after?: never;
    readonly limit?: number;
    readonly reverse?: boolean;
  }): Promise<readonly { readonly position: string; readonly value: unknown }[]>;
  count(): Promise<number>;
  follow(options: {
    readonly after?: never;
    readonly signal: AbortSignal;
  }): AsyncIterable<{ readonly position: string; readonly value: unknown }>;
}

/** What has logs. */
export interface LogStore {
  log(...name: never[]): LogLike;
}

const oneLog = underPrefix(([log]) => ({ keys: [log] }));
const isPosition = (at: unknown): boolean => at == null || typeof at === "string";

export function logOps(store: LogStore): OpDeclaration[] {
  const logOf = (name: unknown): LogLike => store.log(...(partsOf(name) as never[]));
  return [
    {
      name: "log/append",
      params: "log value",
      purity: "write",
      idempotent: "keyed",
      doc: "Adds a value at the end of a log; answers its position once it is on disk.",
      check: ([log]) => checkKey(log, "log"),
      narrowing: oneLog,
      handler: async ([log, value], { idempotencyKey }) => {
        const result = await logOf(log).append([value], named(idempotencyKey));
        if (!result.ok) throw new OpError("conflict", ":log/append has met a conflict", [log]);
        return result.positions[0] ?? null;
      },
    },
    {
      name: "log/append-expect",
      params: "log last value",
      purity: "write",
      idempotent: "keyed",
      doc: "Adds a value if the last record of the log is at the position `last` (nil: if the log is empty): its position; else false.",
      check: ([log, last]) =>
        checkKey(log, "log") ?? (isPosition(last) ? undefined : "last must be a position or nil"),
      narrowing: oneLog,
      handler: async ([log, last, value], { idempotencyKey }) => {
        const options = { expect: (last ?? null) as never, ...named(idempotencyKey) };
        const result = await logOf(log).append([value], options);
        return result.ok ? (result.positions[0] ?? null) : false;
      },
    },
    {
      name: "log/read",
      params: "log &optional after opts",
      purity: "read",
      doc: "A list of (position value) behind a position, or from the first record. opts: :limit, :reverse.",
      check: ([log, after, opts]) =>
        checkKey(log, "log") ?? (isPosition(after) ? checkReading(opts) : "after must be a position or nil"),
      narrowing: oneLog,
      handler: async ([log, after, opts]) => {
        const { limit, reverse } = (opts ?? {}) as { limit?: number | null; reverse?: boolean | null };
        const records = await logOf(log).read({
          ...(after != null && { after: after as never }),
          ...(limit != null && { limit }),
          ...(reverse != null && { reverse }),
        });
        return records.map(({ position, value }) => [position, value]);
      },
    },
    {
      name: "log/next",
      params: "log after",
      purity: "read",
      doc: "The first record behind a position (nil: the first of all), as (position value); waits until there is one.",
      check: ([log, after]) =>
        checkKey(log, "log") ?? (isPosition(after) ? undefined : "after must be a position or nil"),
      narrowing: oneLog,
      handler: async ([log, after], { signal, op }) => {
        const records = logOf(log).follow({ ...(after != null && { after: after as never }), signal });
        for await (const { position, value } of records) return [position, value];
        signal.throwIfAborted();
        throw new OpError("host", `:${op}: the store was closed`);
      },
    },
    {
      name: "log/count",
      params: "log",
      purity: "read",
      doc: "How many records a log has ever had.",
      check: ([log]) => checkKey(log, "log"),
      narrowing: oneLog,
      handler: ([log]) => logOf(log).count(),
    },
  ];
}

const named = (key: string | undefined): { readonly txnId?: string } =>
  key === undefined ? {} : { txnId: key };

function checkReading(opts: unknown): string | undefined {
  if (opts == null) return undefined;
  if (typeof opts !== "object" || Array.isArray(opts)) return "opts must be a dict";
  for (const [key, value] of Object.entries(opts)) {
    if (key === "limit" && (value == null || (Number.isSafeInteger(value) && Number(value) >= 0))) continue;
    if (key === "reverse" && (value == null || typeof value === "boolean")) continue;
    return `the option :${key} is none, or cannot be ${String(value)}; there are :limit and :reverse`;
  }
  return undefined;
}
