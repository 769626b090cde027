/** Reading the file: entries, ranges of them, and the log of changes; all at once, with no promise. */
import type { Meta } from "../apply.ts";
import type { ChangeRow, Changes, RangeQuery, Row, Rows, SyncRowReader } from "../engine.ts";
import { closedError } from "../kv.ts";
import { type Place, rollback, translated } from "./database.ts";
import { type Database, primaryCode, type Statement } from "./driver.ts";
import { unsealed } from "./tables.ts";

/** How many commits' changes are read in one go. */
const WINDOW = 1000;

export class Reader implements SyncRowReader {
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
  readonly #turnOver: () => void;
  #closed = false;
  /** Sees one moment for as long as it is there. */
  readonly #fixed: boolean;

  constructor(db: Database, place: Place, fixed = false) {
    this.#db = db;
    this.#place = place;
    this.#fixed = fixed;
    this.#turnOver = () => this.refresh();
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
    if (fixed) this.#try(() => this.#begin.run());
  }

  get(key: Uint8Array, now: number): Row | undefined {
    const found = this.#read(() => this.#get.get(key));
    if (found === undefined) return undefined;
    const row = unsealed(key, found);
    return row.expires !== null && row.expires <= now ? undefined : row;
  }

  list({ start, end, reverse, limit = -1, now }: RangeQuery): Rows {
    const statement = reverse ? this.#descending : this.#ascending;
    const rows = this.#read(() => statement.all(start, end, now, limit));
    return { rows: rows.map((row) => unsealed(row.key, row)), version: this.version() };
  }

  version(): number {
    return this.meta().version;
  }

  meta(): Meta {
    return this.#read(() => this.#meta.get()) as unknown as Meta;
  }

  changes(after: number): Changes {
    const meta = this.meta();
    if (after < meta.trimmed) return "trimmed";
    const upTo = Math.min(meta.version, after + WINDOW);
    const rows = this.#read(() => this.#changes.all(after, upTo)) as {
      key: Uint8Array;
      version: number;
      deleted: number;
    }[];
    return {
      rows: rows.map(({ key, version, deleted }): ChangeRow => ({ key, version, deleted: deleted !== 0 })),
      upTo,
    };
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
    try {
      this.#end.run();
    } catch (error) {
      // On a damaged file even the end of a read can fail: who read was told, and nobody waits for this.
      if (primaryCode(error) === undefined) throw error;
      rollback(this.#db);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.refresh();
    this.#closed = true;
    this.#db.close();
  }

  /** All reads of one turn of the event loop see one moment; and only the first pays for SQLite's locks. */
  #read<T>(f: () => T): T {
    if (!this.#inTurn && !this.#fixed) {
      this.#try(() => this.#begin.run());
      this.#inTurn = true;
      setImmediate(this.#turnOver);
    }
    return this.#try(f);
  }

  #try<T>(f: () => T): T {
    if (this.#closed) throw closedError(this.#place.name);
    try {
      return f();
    } catch (error) {
      throw translated(error, this.#place);
    }
  }
}
