/** Where a PostgreSQL store is and how patient it is: from its URL and the options of `open`. */
import { kvError } from "../errors.ts";

export interface PostgresOptions {
  /** The most connections for reads. One more commits, and one listens while somebody watches. Default: 10. */
  readonly connections?: number | undefined;
  /** How long to wait for a connection, in milliseconds. Default: 10,000. */
  readonly connectTimeout?: number | undefined;
  /** How long a statement may take, in milliseconds. Default: 60,000. */
  readonly statementTimeout?: number | undefined;
  /**
   * How long reads and writes wait for a server that is away, in milliseconds, before they fail. Default: 15,000.
   */
  readonly patience?: number | undefined;
  /**
   * How a group of atomics is committed: by one call of a function on the server, or by plain statements, for servers
   * without PL/pgSQL. Default: by the function where there can be one.
   */
  readonly commitBy?: "function" | "statements" | undefined;
  /** How watchers learn of others' commits. Default: by LISTEN where the server has it. */
  readonly wakeBy?: "listen" | "polling" | undefined;
}

/** What a store's connections have in common. */
export interface Settings {
  /** For `pg`: the URL without the parameters that are ours. */
  readonly connectionString: string;
  /** What messages call the store: no password, no parameters. */
  readonly name: string;
  readonly schema: string;
  readonly connections: number;
  readonly connectTimeout: number;
  readonly statementTimeout: number;
  /** How long to wait for others that commit, in milliseconds. */
  readonly lockTimeout: number;
  readonly patience: number;
  /** Between looks at the store's version, where nobody notifies, in milliseconds. */
  readonly pollInterval: number;
  readonly commitBy: "function" | "statements" | undefined;
  readonly wakeBy: "listen" | "polling" | undefined;
}

export const DEFAULT_SCHEMA = "durable_kv";

/** What `postgres:` URLs look like, for messages. */
export const POSTGRES_FORM = "postgres://USER:PASSWORD@HOST:PORT/DATABASE";

/** @throws KvError "url" */
export function settingsOf(
  url: string,
  options: PostgresOptions,
  { lockTimeout, pollInterval }: Pick<Settings, "lockTimeout" | "pollInterval">,
): Settings {
  if (!URL.canParse(url)) throw kvError("url", `Cannot make sense of the URL: write ${POSTGRES_FORM}`);
  const parsed = new URL(url);
  const schema = parsed.searchParams.get("schema") ?? DEFAULT_SCHEMA;
  // PostgreSQL cuts longer names off, so that two stores would be one.
  if (schema === "" || Buffer.byteLength(schema) > 50 || schema.includes("\0") || /^pg_/i.test(schema)) {
    throw kvError(
      "url",
      `${JSON.stringify(schema)} cannot be the schema of a store: it is a name of up to 50 bytes that does not begin with pg_`,
    );
  }
  parsed.searchParams.delete("schema");
  const name = `${parsed.protocol}//${parsed.host}${parsed.pathname}${schema === DEFAULT_SCHEMA ? "" : `?schema=${schema}`}`;
  return {
    connectionString: parsed.href,
    name,
    schema,
    connections: positive("connections", options.connections, 10),
    connectTimeout: positive("connectTimeout", options.connectTimeout, 10_000),
    statementTimeout: positive("statementTimeout", options.statementTimeout, 60_000),
    lockTimeout,
    patience: positive("patience", options.patience, 15_000),
    pollInterval,
    commitBy: options.commitBy,
    wakeBy: options.wakeBy,
  };
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!(Number.isInteger(value) && value > 0)) throw new RangeError(`${name} must be a positive integer`);
  return value;
}
