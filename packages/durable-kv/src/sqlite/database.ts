/**
 * The embedded engine's file: how it is opened, what is in it, and what SQLite's errors mean. Durability
 * rests on WAL with `synchronous=FULL`: `NORMAL` loses acknowledged commits in a power cut.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type KvError, kvError } from "../errors.ts";
import { type Database, type Driver, primaryCode, SQLITE } from "./driver.ts";

/** Marks the file as ours: "SXKV". */
const APPLICATION_ID = 0x53584b56;
/** The layout of the tables, and of what is in them. Others are refused. */
export const FORMAT = 2;

/**
 * `meta` has one row: the number of the last commit, and that of the last one whose changes were trimmed
 * from `change`, the log that watchers read. `expires` is in milliseconds since 1970. `kv` keeps its rowid:
 * without it, every comparison on the way to a key would read a long value's overflow pages (6 times slower).
 * `txn` has the names of commits. Values are sealed, see `tables.ts`.
 */
const SCHEMA = `
  CREATE TABLE kv (key BLOB PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, expires INTEGER) STRICT;
  CREATE INDEX kv_expires ON kv (expires) WHERE expires IS NOT NULL;
  CREATE TABLE change (version INTEGER, seq INTEGER, key BLOB NOT NULL, deleted INTEGER NOT NULL, PRIMARY KEY (version, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE txn (id TEXT PRIMARY KEY, version INTEGER NOT NULL, time INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX txn_version ON txn (version);
  CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 0), version INTEGER NOT NULL, trimmed INTEGER NOT NULL) STRICT;
  INSERT INTO meta VALUES (0, 0, 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

export interface Place {
  /** What messages call it. */
  readonly name: string;
  /** The file, or ":memory:". */
  readonly file: string;
}

/** The file of a store's folder. */
export function placeIn(folder: string): Place {
  const path = resolve(folder);
  return { name: path, file: join(path, "store.sqlite") };
}

export interface ConnectOptions {
  readonly driver: Driver;
  /** The largest size of the file, in bytes. */
  readonly maxBytes?: number | undefined;
  /** NORMAL is for who syncs the log by other means. */
  readonly synchronous?: "FULL" | "NORMAL" | undefined;
}

export interface OpenOptions extends ConnectOptions {
  /** How long to wait for another process that holds a lock, in milliseconds. */
  readonly lockTimeout: number;
}

/**
 * Opens the file, and creates folder, file and tables where they do not exist. Waits for locks without
 * blocking the event loop.
 *
 * @throws KvError "unwritable" "corrupt" "newer-format" "busy" "fatal"
 */
export async function openDatabase(place: Place, options: OpenOptions): Promise<Database> {
  createFolder(place);
  const db = await patiently(() => connect(place, options), options.lockTimeout, place);
  try {
    const wal = (await patiently(() => journalMode(db), options.lockTimeout, place)) === "wal";
    if (!wal)
      throw kvError(
        "fatal",
        `The file system of ${place.name} does not support SQLite's write-ahead log (a network drive?)`,
      );
    await patiently(() => initialise(db, place), options.lockTimeout, place);
    return db;
  } catch (error) {
    db.close();
    throw translated(error, place);
  }
}

/**
 * A further connection to a file that `openDatabase` has opened. Call it `patiently`: the first look at a file
 * meets a lock while another process creates it, recovers it or is the last to close it.
 */
export function connect(place: Place, { driver, maxBytes, synchronous = "FULL" }: ConnectOptions): Database {
  let db: Database | undefined;
  try {
    // A lock is waited for by trying again later, not by blocking.
    db = driver.open(place.file);
    db.exec(
      `PRAGMA synchronous = ${synchronous}; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = 67108864`,
    );
    if (maxBytes !== undefined) {
      const [pageSize] = Object.values(db.prepare("PRAGMA page_size").get() ?? {});
      db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / Number(pageSize)))}`);
    }
    return db;
  } catch (error) {
    db?.close();
    throw isLocked(error) ? error : translated(error, place);
  }
}

function createFolder({ name }: Place): void {
  try {
    const created = makeFolder(name);
    // The new folder's own entry must survive a power cut as the file's does, which SQLite syncs.
    if (created !== undefined && process.platform !== "win32") syncFolder(dirname(created));
  } catch (error) {
    throw unwritable(name, reason(error), error);
  }
}

/**
 * Makes a folder and those it is in; gives the outermost that was made, undefined if there was one. Not by
 * Node's `recursive`, which never ends where the system says that a folder cannot be found in which it is made
 * (as in /proc).
 */
function makeFolder(path: string): string | undefined {
  try {
    mkdirSync(path);
    return path;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST" && statSync(path).isDirectory()) return undefined;
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path) throw error;
    const outer = makeFolder(parent);
    try {
      mkdirSync(path);
    } catch (again) {
      // Somebody else was faster.
      if ((again as { code?: string }).code !== "EEXIST") throw again;
    }
    return outer ?? path;
  }
}

function syncFolder(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function journalMode(db: Database): unknown {
  return db.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
}

function initialise(db: Database, place: Place): void {
  // Taking the write lock also finds out now, and not at the first commit, that the file is read-only.
  db.exec("BEGIN IMMEDIATE");
  try {
    const application = Number(db.prepare("PRAGMA application_id").get()?.application_id);
    const format = Number(db.prepare("PRAGMA user_version").get()?.user_version);
    const tables = Number(db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n);
    if (application === 0 && format === 0 && tables === 0) db.exec(SCHEMA);
    else if (application !== APPLICATION_ID)
      throw kvError("corrupt", `${place.file} is a SQLite database, but not a store of durable-kv`);
    else if (format > FORMAT) {
      throw kvError(
        "newer-format",
        `The store ${place.name} has the format ${format}, and this version of @sorbus/durable-kv reads up to ${FORMAT}: upgrade the package`,
      );
    } else if (format < FORMAT) {
      throw kvError(
        "older-format",
        `The store ${place.name} has the format ${format} of an early version of @sorbus/durable-kv, and this one reads ${FORMAT}: move the folder away, and a new store is made`,
      );
    }
    db.exec("COMMIT");
  } catch (error) {
    rollback(db);
    throw error;
  }
}

/** Ends a transaction that has failed. SQLite has ended it by itself after some errors. */
export function rollback(db: Database): void {
  try {
    db.exec("ROLLBACK");
  } catch (error) {
    if (primaryCode(error) !== SQLITE.ERROR) throw error;
  }
}

/** Runs `f` until no lock is in its way; waits between attempts, a little longer each time. */
export async function patiently<T>(f: () => T, timeout: number, place: Place): Promise<T> {
  const deadline = performance.now() + timeout;
  for (let pause = 1; ; pause = Math.min(pause * 1.5, 10)) {
    try {
      return f();
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (performance.now() > deadline) {
        throw kvError(
          "busy",
          `Another process has held the write lock of ${place.name} for ${timeout / 1000} s`,
          { cause: error },
        );
      }
    }
    // Jitter, so that processes that wait for one lock do not step on each other at every attempt.
    await wait(pause * (0.5 + Math.random()));
  }
}

export function isLocked(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE.BUSY || code === SQLITE.LOCKED || code === SQLITE.PROTOCOL;
}

/** What an error of SQLite means to a user of the store. Others are passed on. */
export function translated(error: unknown, place: Place, committing = false): unknown {
  const code = primaryCode(error);
  if (code === undefined) return error;
  const said = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  switch (code) {
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
    case SQLITE.PROTOCOL:
      return kvError("busy", `Another process holds a lock on ${place.file}: try again`, options);
    case SQLITE.FULL:
      return kvError(
        "full",
        `No room is left for the store ${place.name}: nothing was committed. Free some and try again`,
        options,
      );
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return kvError(
        "corrupt",
        `The store's file ${place.file} is damaged, or is no store: ${said}. Restore it from a backup`,
        options,
      );
    case SQLITE.PERM:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return unwritable(place.name, said, error);
    case SQLITE.IOERR:
      if (committing) {
        return kvError(
          "commit-unknown",
          `The disk of ${place.name} failed during a commit, which may or may not have happened: ${said}`,
          options,
        );
      }
      return kvError("fatal", `The disk of ${place.name} failed; nothing was committed: ${said}`, options);
    default:
      return kvError("fatal", `SQLite failed on ${place.file}; nothing was committed: ${said}`, options);
  }
}

function unwritable(folder: string, why: string, cause: unknown): KvError {
  return kvError(
    "unwritable",
    `The store's folder ${folder} cannot be written: ${why}. Make it writable for this user, or choose another`,
    { cause },
  );
}

function reason(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  const known: Record<string, string> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    EEXIST: "there is a file of that name",
    ENOTDIR: "a part of the path is a file",
    ENOSPC: "the disk is full",
  };
  return (
    (typeof code === "string" ? known[code] : undefined) ??
    (error instanceof Error ? error.message : String(error))
  );
}
