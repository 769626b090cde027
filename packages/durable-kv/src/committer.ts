/**
 * Writes batches of atomic operations, each batch in one transaction, each operation whole or not at all.
 * Runs in a thread of its own for a store in a folder, so that nobody's event loop waits for the disk.
 */
import { KvError, type KvErrorCode } from "./errors.ts";
import { decodeKey, showKey } from "./key.ts";
import {
  connect,
  type Database,
  type Place,
  patiently,
  rollback,
  type Statement,
  translated,
} from "./sqlite.ts";
import { decodeNumber, encodeNumber } from "./value.ts";

/** A change, with keys and values encoded: it crosses to another thread. */
export type PackedChange =
  | {
      readonly op: "set";
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly expires: number | null;
    }
  | { readonly op: "delete"; readonly key: Uint8Array }
  | { readonly op: "delete-range"; readonly start: Uint8Array; readonly end: Uint8Array }
  | { readonly op: "add"; readonly key: Uint8Array; readonly n: number | bigint };

export interface PackedAtomic {
  /** Version 0: the key must be absent. */
  readonly checks: readonly { readonly key: Uint8Array; readonly version: number }[];
  readonly changes: readonly PackedChange[];
}

export type PackedResult =
  | { readonly type: "ok"; readonly version: number }
  /** The index of the first check that failed. */
  | { readonly type: "conflict"; readonly check: number }
  | { readonly type: "error"; readonly code: KvErrorCode; readonly message: string };

export interface CommitterOptions {
  readonly lockTimeout: number;
  readonly maxBytes?: number | undefined;
  /** How many commits' changes the log keeps for watchers. */
  readonly changeLog: number;
}

/** At most that many expired entries are removed with a batch. */
const SWEEP = 100;

interface Statements {
  readonly meta: Statement;
  readonly setMeta: Statement;
  readonly find: Statement;
  readonly set: Statement;
  readonly delete: Statement;
  readonly deleteRange: Statement;
  readonly log: Statement;
  readonly expired: Statement;
  readonly trim: Statement;
}

export class Committer {
  readonly #place: Place;
  readonly #options: CommitterOptions;
  /** Shared with the readers of a store in memory; else a connection of our own. */
  readonly #shared: Database | undefined;
  #own: Database | undefined;
  #statements: Statements | undefined;
  /** Within a transaction: the last commit's number, and how many changes the current one has logged. */
  #version = 0;
  #sequence = 0;

  constructor(place: Place, options: CommitterOptions, shared?: Database) {
    this.#place = place;
    this.#options = options;
    this.#shared = shared;
  }

  /** Results in the order of the atomics. Never rejects. */
  async commit(atomics: readonly PackedAtomic[], now: number): Promise<PackedResult[]> {
    try {
      return await this.#transaction(atomics, now);
    } catch (error) {
      const { code, message } = asKvError(translated(error, this.#place));
      // What is left of a full disk may do for some of them: the large must not take the small along.
      if (code === "full" && atomics.length > 1) {
        const results: PackedResult[] = [];
        for (const atomic of atomics) results.push(...(await this.commit([atomic], now)));
        return results;
      }
      // After a failed sync the state of the page cache is unknown: start afresh.
      if (code === "commit-unknown" || code === "fatal") this.#reconnect();
      return atomics.map(() => ({ type: "error", code, message }));
    }
  }

  close(): void {
    this.#reconnect();
  }

  #reconnect(): void {
    this.#statements = undefined;
    this.#own?.close();
    this.#own = undefined;
  }

  #transaction(atomics: readonly PackedAtomic[], now: number): Promise<PackedResult[]> {
    // All in one turn: a store in memory reads on this very connection between turns.
    const attempt = (): PackedResult[] => {
      const db = this.#shared ?? (this.#own ??= connect(this.#place, this.#options));
      return this.#attempt(db, atomics, now);
    };
    return patiently(attempt, this.#options.lockTimeout, this.#place);
  }

  #attempt(db: Database, atomics: readonly PackedAtomic[], now: number): PackedResult[] {
    db.exec("BEGIN IMMEDIATE");
    let results: PackedResult[];
    try {
      const statements = (this.#statements ??= prepare(db));
      const { version = 0, trimmed = 0 } = (statements.meta.get() ?? {}) as {
        version?: number;
        trimmed?: number;
      };
      this.#version = version;
      results = atomics.map((atomic) => this.#apply(db, statements, atomic, now));
      this.#sweep(statements, now);
      if (this.#version > version) statements.setMeta.run(this.#version, this.#trim(statements, trimmed));
    } catch (error) {
      rollback(db);
      throw error;
    }
    try {
      db.exec("COMMIT");
    } catch (error) {
      rollback(db);
      throw translated(error, this.#place, true);
    }
    return results;
  }

  /** Forgets old changes, many at a time; gives the number of the last commit that is forgotten. */
  #trim(statements: Statements, trimmed: number): number {
    const { changeLog } = this.#options;
    if (this.#version - trimmed <= changeLog + Math.max(1, changeLog >> 3)) return trimmed;
    const last = this.#version - changeLog;
    statements.trim.run(last);
    return last;
  }

  #apply(db: Database, statements: Statements, atomic: PackedAtomic, now: number): PackedResult {
    const failed = atomic.checks.findIndex(
      ({ key, version }) => (find(statements, key, now)?.version ?? 0) !== version,
    );
    if (failed >= 0) return { type: "conflict", check: failed };
    if (atomic.changes.length === 0) return { type: "ok", version: this.#version };

    // Only an addition can fail by itself; then what came before it in its atomic must be undone.
    const fallible = atomic.changes.some((change) => change.op === "add");
    if (fallible) db.exec("SAVEPOINT atomic");
    this.#version++;
    this.#sequence = 0;
    try {
      for (const change of atomic.changes) this.#change(statements, change, now);
    } catch (error) {
      if (!fallible || !(error instanceof KvError)) throw error;
      db.exec("ROLLBACK TO atomic; RELEASE atomic");
      this.#version--;
      return { type: "error", code: error.code, message: error.message };
    }
    if (fallible) db.exec("RELEASE atomic");
    return { type: "ok", version: this.#version };
  }

  #change(statements: Statements, change: PackedChange, now: number): void {
    switch (change.op) {
      case "set":
        statements.set.run(change.key, change.value, this.#version, change.expires);
        this.#log(statements, change.key, false);
        return;
      case "delete":
        if (statements.delete.run(change.key).changes !== 0) this.#log(statements, change.key, true);
        return;
      case "delete-range":
        for (const { key } of statements.deleteRange.all(change.start, change.end))
          this.#log(statements, key as Uint8Array, true);
        return;
      case "add": {
        const found = find(statements, change.key, now);
        const value = found === undefined ? change.n : sum(change.key, found.value, change.n);
        statements.set.run(
          change.key,
          encodeNumber(change.key, value),
          this.#version,
          found?.expires ?? null,
        );
        this.#log(statements, change.key, false);
        return;
      }
    }
  }

  #log(statements: Statements, key: Uint8Array, deleted: boolean): void {
    statements.log.run(this.#version, this.#sequence++, key, deleted ? 1 : 0);
  }

  /** Removes what has expired, which readers no longer see. Only with commits: else nothing grows. */
  #sweep(statements: Statements, now: number): void {
    const expired = statements.expired.all(now, SWEEP);
    if (expired.length === 0) return;
    this.#version++;
    this.#sequence = 0;
    for (const { key } of expired) {
      statements.delete.run(key as Uint8Array);
      this.#log(statements, key as Uint8Array, true);
    }
  }
}

function prepare(db: Database): Statements {
  return {
    meta: db.prepare("SELECT version, trimmed FROM meta"),
    setMeta: db.prepare("UPDATE meta SET version = ?, trimmed = ?"),
    find: db.prepare("SELECT value, version, expires FROM kv WHERE key = ?"),
    set: db.prepare(
      "INSERT INTO kv (key, value, version, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires",
    ),
    delete: db.prepare("DELETE FROM kv WHERE key = ?"),
    deleteRange: db.prepare("DELETE FROM kv WHERE key >= ? AND key < ? RETURNING key"),
    log: db.prepare("INSERT INTO change VALUES (?, ?, ?, ?)"),
    expired: db.prepare("SELECT key FROM kv WHERE expires IS NOT NULL AND expires <= ? LIMIT ?"),
    trim: db.prepare("DELETE FROM change WHERE version <= ?"),
  };
}

interface Found {
  readonly value: Uint8Array;
  readonly version: number;
  readonly expires: number | null;
}

function find({ find }: Statements, key: Uint8Array, now: number): Found | undefined {
  const row = find.get(key) as unknown as Found | undefined;
  return row !== undefined && row.expires !== null && row.expires <= now ? undefined : row;
}

function sum(key: Uint8Array, bytes: Uint8Array, n: number | bigint): number | bigint {
  const name = (): string => showKey(decodeKey(key));
  let value: number | bigint | undefined;
  try {
    value = decodeNumber(key, bytes);
  } catch (error) {
    throw asKvError(error, (message) => `The value of ${name()} is damaged: ${message}`);
  }
  if (typeof value === "number" && typeof n === "number") return value + n;
  if (typeof value === "bigint" && typeof n === "bigint") return value + n;
  throw new KvError(
    "value",
    `Cannot add a ${typeof n} to the value of ${name()}, which is ${value === undefined ? "no number" : `a ${typeof value}`}`,
  );
}

function asKvError(error: unknown, say: (message: string) => string = (m) => m): KvError {
  if (error instanceof KvError) return new KvError(error.code, say(error.message), { cause: error });
  return new KvError("fatal", say(error instanceof Error ? error.message : String(error)), { cause: error });
}
