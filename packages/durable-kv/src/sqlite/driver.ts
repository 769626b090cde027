/**
 * Which SQLite: the one that comes with Node, or better-sqlite3 if that is installed and Node's is too old. Both look
 * alike from here.
 */
import { createRequire } from "node:module";
import { kvError } from "../errors.ts";

type Parameter = null | number | bigint | string | Uint8Array;
export type SqlRow = Record<string, unknown>;

export interface Statement {
  get(...parameters: Parameter[]): SqlRow | undefined;
  all(...parameters: Parameter[]): SqlRow[];
  run(...parameters: Parameter[]): { readonly changes: number | bigint };
  iterate(...parameters: Parameter[]): IterableIterator<SqlRow>;
}

export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

export type DriverName = "node" | "better-sqlite3";

export interface Driver {
  readonly name: DriverName;
  /** Opens a file without waiting for locks. */
  open(file: string): Database;
}

/** Older ones can lose commits when the write-ahead log is reset (fixed in 3.51.3). */
const OLDEST_SQLITE = "3.51.3";

/** Loaded by `process.getBuiltinModule`, so that a Node without it can still use the other. */
let nodeSqlite: typeof import("node:sqlite") | undefined;

/** `node:sqlite` without the one warning that loading it prints on Node 22. */
function loadNodeSqlite(): typeof import("node:sqlite") | undefined {
  if (nodeSqlite !== undefined) return nodeSqlite;
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).startsWith("SQLite is an experimental feature"))
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof emitWarning;
  try {
    // Loading is synchronous, so that nobody else's warning is ever looked at.
    nodeSqlite = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  return nodeSqlite;
}

type BetterSqlite = new (file: string, options: { timeout: number }) => Database;

/** @param from a module's URL or path: whose dependencies to look among */
function loadBetterSqlite(): BetterSqlite | undefined {
  const require = createRequire(import.meta.url);
  try {
    return require("better-sqlite3") as BetterSqlite;
  } catch (error) {
    if ((error as { code?: string }).code === "MODULE_NOT_FOUND") return undefined;
    throw kvError("fatal", `better-sqlite3 cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}

function open(name: DriverName, file: string): Database | undefined {
  if (name === "node") {
    const sqlite = loadNodeSqlite();
    return sqlite && (new sqlite.DatabaseSync(file, { timeout: 0 }) as unknown as Database);
  }
  const Better = loadBetterSqlite();
  return Better && new Better(file, { timeout: 0 });
}

/** What a driver's SQLite calls itself; "none" if the driver is not there. */
function versionOf(name: DriverName): string {
  if (name === "node" && process.versions.sqlite === undefined) return "none";
  const db = open(name, ":memory:");
  if (db === undefined) return "none";
  const version = String(db.prepare("SELECT sqlite_version() AS v").get()?.v);
  db.close();
  return version;
}

const sound = (version: string): boolean => version !== "none" && !olderThan(version, OLDEST_SQLITE);

const chosen = new Map<DriverName | "auto", Driver>();

/**
 * @param wanted "auto": Node's own if it is new enough, else better-sqlite3 if it is installed
 * @throws KvError "fatal" if there is none that keeps what it acknowledges
 */
export function driver(wanted: DriverName | "auto"): Driver {
  const known = chosen.get(wanted);
  if (known !== undefined) return known;
  const names: readonly DriverName[] = wanted === "auto" ? ["node", "better-sqlite3"] : [wanted];
  const versions = new Map<DriverName, string>();
  for (const name of names) {
    const version = versionOf(name);
    versions.set(name, version);
    if (!sound(version)) continue;
    const found: Driver = {
      name,
      open: (file) => {
        const db = open(name, file);
        if (db === undefined) throw kvError("fatal", `The SQLite of ${name} is no longer there`);
        return db;
      },
    };
    chosen.set(wanted, found);
    return found;
  }
  throw kvError("fatal", noDriver(versions));
}

/** What to do, for the person who runs the program. */
export function noDriver(versions: ReadonlyMap<DriverName, string>): string {
  const has = [...versions].map(([name, version]) =>
    name === "node"
      ? `Node ${process.versions.node} has ${version}`
      : version === "none"
        ? "better-sqlite3 is not installed"
        : `better-sqlite3 has ${version}`,
  );
  return `durable-kv needs SQLite ${OLDEST_SQLITE} or newer, which keeps what it acknowledged; ${has.join(", ")}. Install the latest Node 22, 24 or 26, or better-sqlite3 13`;
}

export function olderThan(version: string, least: string): boolean {
  return version.localeCompare(least, "en", { numeric: true }) < 0;
}

/** SQLite's primary result codes that mean something to us. */
export const SQLITE = {
  ERROR: 1,
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  NOTADB: 26,
} as const;

/** The result code of an error, whichever driver threw it. */
export function primaryCode(error: unknown): number | undefined {
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === "number") return errcode & 0xff;
  if (typeof code !== "string") return undefined;
  const name = /^SQLITE_([A-Z]+)/.exec(code)?.[1];
  return (
    Object.entries(SQLITE).find(([known]) => known === name)?.[1] ?? (name === undefined ? undefined : 1)
  );
}
