/** Reading the file: entries, ranges of them, and the log of changes; all at once, with no promise. */

import { KvError } from "./errors.ts";
import { type ByteRange, decodeKey, showKey } from "./key.ts";
import { type Database, type Place, type Statement, translated } from "./sqlite.ts";

/** An entry as it is stored. */
export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: number;
  readonly expires: number | null;
}

export interface ChangeRow {
  readonly key: Uint8Array;
  readonly version: number;
  readonly deleted: number;
}

export interface Meta {
  readonly version: number;
  readonly trimmed: number;
}

/** How many commits' changes are read in one go. */
const WINDOW = 1000;

export class Reader {
  readonly #db: Database;
  readonly #place: Place;
  readonly #get: Statement;
  readonly #ascending: Statement;
  readonly #descending: Statement;
  readonly #meta: Statement;
  readonly #changes: Statement;
  readonly #dataVersion: Statement;
  #seenDataVersion: unknown;
  readonly #begin: Statement;
  readonly #end: Statement;
  #inTurn = false;
  #closed = false;

  constructor(db: Database, place: Place) {
    this.#db = db;
    this.#place = place;
    // A reader meets a lock only while another process recovers the log after a crash: milliseconds. 16 MiB of pages.
    db.exec("PRAGMA busy_timeout = 1000; PRAGMA cache_size = -16384");
    const list = (order: string): Statement =>
      db.prepare(
        `SELECT key, value, version, expires FROM kv WHERE key >= ? AND key < ? AND (expires IS NULL OR expires > ?) ORDER BY key ${order} LIMIT ?`,
      );
    this.#get = db.prepare("SELECT value, version, expires FROM kv WHERE key = ?");
    this.#ascending = list("ASC");
    this.#descending = list("DESC");
    this.#meta = db.prepare("SELECT version, trimmed FROM meta");
    this.#changes = db.prepare(
      "SELECT key, version, deleted FROM change WHERE version > ? AND version <= ? ORDER BY version, seq",
    );
    this.#dataVersion = db.prepare("PRAGMA data_version");
    this.#begin = db.prepare("BEGIN");
    this.#end = db.prepare("COMMIT");
    this.#seenDataVersion = this.#dataVersion.get()?.data_version;
  }

  get(key: Uint8Array, now: number): Omit<Row, "key"> | undefined {
    const row = this.#read(() => this.#get.get(key)) as Omit<Row, "key"> | undefined;
    return row !== undefined && row.expires !== null && row.expires <= now ? undefined : row;
  }

  /** @param limit -1: all */
  list(range: ByteRange, reverse: boolean, limit: number, now: number): Row[] {
    const statement = reverse ? this.#descending : this.#ascending;
    return this.#read(() => statement.all(range.start, range.end, now, limit)) as unknown as Row[];
  }

  meta(): Meta {
    return this.#read(() => this.#meta.get()) as unknown as Meta;
  }

  /** Changes after `version`, and up to where they go: there may be more. "trimmed" if some are forgotten. */
  changes(version: number): { rows: ChangeRow[]; upTo: number } | "trimmed" {
    const meta = this.meta();
    if (version < meta.trimmed) return "trimmed";
    const upTo = Math.min(meta.version, version + WINDOW);
    return { rows: this.#read(() => this.#changes.all(version, upTo)) as unknown as ChangeRow[], upTo };
  }

  /** Whether another connection has committed since the last call. */
  poll(): boolean {
    this.refresh();
    const current = this.#try(() => this.#dataVersion.get()?.data_version);
    const changed = current !== this.#seenDataVersion;
    this.#seenDataVersion = current;
    return changed;
  }

  /** The next read sees what is committed by now. */
  refresh(): void {
    if (!this.#inTurn) return;
    this.#inTurn = false;
    this.#try(() => this.#end.run());
  }

  close(): void {
    this.refresh();
    this.#closed = true;
    this.#db.close();
  }

  /** All reads of one turn of the event loop see one moment; and only the first pays for SQLite's locks. */
  #read<T>(f: () => T): T {
    if (!this.#inTurn && this.#place.file !== ":memory:") {
      this.#try(() => this.#begin.run());
      this.#inTurn = true;
      setImmediate(() => this.refresh());
    }
    return this.#try(f);
  }

  #try<T>(f: () => T): T {
    if (this.#closed) throw closedError(this.#place);
    try {
      return f();
    } catch (error) {
      throw translated(error, this.#place);
    }
  }
}

export function closedError(place: Place): KvError {
  return new KvError("closed", `The store ${place.name} has been closed`);
}

/** Says where the damage is. */
export function damaged(error: unknown, key: Uint8Array, place: Place): unknown {
  if (!(error instanceof KvError) || error.code !== "corrupt") return error;
  return new KvError(
    "corrupt",
    `The value of ${showKey(decodeKey(key))} in ${place.file} is damaged: ${error.message}. Restore it from a backup`,
    {
      cause: error,
    },
  );
}
