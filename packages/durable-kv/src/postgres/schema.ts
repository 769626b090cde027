/** The tables of a store, each store in a schema of its own, and the function that commits. */
import { kvError } from "../errors.ts";
import { COMMIT_FUNCTION, commitFunction } from "./function.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** The layout of the tables. A newer one is refused. */
export const FORMAT = 1;
const OLDEST_SERVER = 110_000;

/** An identifier in SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * `meta` has one row, which whoever commits locks: the number of the last commit, and that of the last one whose changes were
 * trimmed from `change`, the log that watchers read. `writer` has the last group of each open store with its
 * results, so that a group whose outcome is unknown can be sent again. `expires` and `at` are milliseconds
 * since 1970.
 */
const tables = (schema: string): string => `
  CREATE TABLE IF NOT EXISTS ${schema}.kv (key bytea PRIMARY KEY, value bytea NOT NULL, version bigint NOT NULL, expires bigint);
  CREATE INDEX IF NOT EXISTS kv_expires ON ${schema}.kv (expires) WHERE expires IS NOT NULL;
  CREATE TABLE IF NOT EXISTS ${schema}.change (version bigint, seq bigint, key bytea NOT NULL, deleted boolean NOT NULL, PRIMARY KEY (version, seq));
  CREATE TABLE IF NOT EXISTS ${schema}.txn (id bytea PRIMARY KEY, version bigint NOT NULL, at bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS ${schema}.writer (id bytea PRIMARY KEY, seq bigint NOT NULL, results bigint[] NOT NULL, at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS ${schema}.meta (id bigint PRIMARY KEY, format bigint NOT NULL, version bigint NOT NULL, trimmed bigint NOT NULL);
  INSERT INTO ${schema}.meta VALUES (0, ${FORMAT}, 0, 0) ON CONFLICT DO NOTHING;
`;

/** Two processes that create the same things at once get in each other's way, with one of these. */
const COLLISIONS = new Set(["23505", "42P06", "42P07", "42723", "40001", "XX000"]);
/** The server has no PL/pgSQL, or this user may not make functions. */
const NO_FUNCTION = new Set(["0A000", "42704", "42601", "42501", "42883"]);
/** No such schema, no such table. */
const MISSING = new Set(["3F000", "42P01"]);

const sqlState = (error: unknown): string => String((error as { code?: unknown }).code);

export interface Abilities {
  /** There is a function that commits. */
  readonly byFunction: boolean;
  readonly listens: boolean;
}

/**
 * Makes what does not exist, checks what does, and finds out what the server can do.
 *
 * @throws KvError "fatal" "newer-format" "corrupt", and what `pg` gives
 */
export async function initialise(session: Session, settings: Settings): Promise<Abilities> {
  const { name } = settings;
  const schema = quoted(settings.schema);
  requireVersion(await serverVersion(session, name), name);
  let format = await formatOf(session, schema, name);
  if (format === undefined) {
    await again(() => make(session, settings, schema));
    format = await formatOf(session, schema, name);
  }
  if (format === undefined) throw kvError("corrupt", `The schema of ${name} has no row in its table meta`);
  if (format > FORMAT) {
    throw kvError(
      "newer-format",
      `The store ${name} has the format ${format}, and this version of @sorbus/durable-kv reads up to ${FORMAT}: upgrade the package`,
    );
  }
  return {
    byFunction: settings.commitBy !== "statements" && (await makeFunction(session, settings, schema)),
    listens: settings.wakeBy !== "polling" && (await canListen(session, settings)),
  };
}

/** Without a word about a schema that is there: making schemas takes a privilege. */
async function make(session: Session, settings: Settings, schema: string): Promise<void> {
  const found = await session.run({
    text: "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1",
    values: [settings.schema],
  });
  const schemaToo = found.length === 0 ? `CREATE SCHEMA IF NOT EXISTS ${schema};` : "";
  await session.run({ text: schemaToo + tables(schema) });
}

async function serverVersion(session: Session, name: string): Promise<number> {
  const rows = await session.run({ text: "SELECT current_setting('server_version_num')" });
  const version = Number(rows[0]?.[0]);
  if (!Number.isSafeInteger(version))
    throw kvError("fatal", `The server of ${name} does not tell its version`);
  return version;
}

/** @param version as `server_version_num` has it: 150004 */
export function requireVersion(version: number, name: string): void {
  if (version >= OLDEST_SERVER) return;
  const major =
    version < 100_000
      ? `${Math.floor(version / 10_000)}.${Math.floor(version / 100) % 100}`
      : `${Math.floor(version / 10_000)}`;
  throw kvError(
    "fatal",
    `The server of ${name} is PostgreSQL ${major}, and durable-kv needs ${OLDEST_SERVER / 10_000} or newer`,
  );
}

/** Undefined: the store has to be made. */
async function formatOf(session: Session, schema: string, name: string): Promise<number | undefined> {
  try {
    const rows = await session.run({ text: `SELECT format, version, trimmed FROM ${schema}.meta` });
    return rows.length === 0 ? undefined : Number(rows[0]?.[0]);
  } catch (error) {
    if (MISSING.has(sqlState(error))) return undefined;
    if (sqlState(error) === "42703")
      throw kvError("corrupt", `${name} has a table meta that is none of durable-kv: choose another schema`);
    throw error;
  }
}

async function makeFunction(session: Session, settings: Settings, schema: string): Promise<boolean> {
  try {
    const rows = await session.run({ text: "SELECT to_regprocedure($1)", values: [COMMIT_FUNCTION(schema)] });
    if (rows[0]?.[0] === null) await again(() => session.run({ text: commitFunction(schema) }));
    return true;
  } catch (error) {
    if (!NO_FUNCTION.has(sqlState(error)) || settings.commitBy === "function") throw error;
    return false;
  }
}

async function canListen(session: Session, { wakeBy }: Settings): Promise<boolean> {
  try {
    await session.run({ text: "LISTEN durable_kv_probe" });
    await session.run({ text: "UNLISTEN durable_kv_probe" });
    await session.run({ text: "SELECT pg_notify('durable_kv_probe', '')" });
    return true;
  } catch (error) {
    if (!NO_FUNCTION.has(sqlState(error)) || wakeBy === "listen") throw error;
    return false;
  }
}

async function again<T>(f: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await f();
    } catch (error) {
      if (attempt === 20 || !COLLISIONS.has(sqlState(error))) throw error;
    }
  }
}
