/**
 * What a batch of atomics does to the tables of an embedded engine, each atomic whole or not at all. The engine
 * wraps it in a transaction.
 */
import type { PackedAtomic, PackedChange, PackedCheck, PackedResult } from "./engine.ts";
import { KvError } from "./errors.ts";
import { type ByteRange, stampedKey } from "./key.ts";
import { sum } from "./value.ts";

export interface Stored {
  readonly value: Uint8Array;
  readonly version: number;
  readonly expires: number | null;
}

export interface Meta {
  /** The number of the last commit. */
  readonly version: number;
  /** That of the last one whose changes are forgotten. */
  readonly trimmed: number;
}

export interface Tables {
  meta(): Meta;
  setMeta(meta: Meta): void;
  find(key: Uint8Array): Stored | undefined;
  put(key: Uint8Array, stored: Stored): void;
  /** Whether it was there. */
  remove(key: Uint8Array): boolean;
  /** The keys that were there. */
  removeRange(range: ByteRange): Uint8Array[];
  logChange(version: number, sequence: number, key: Uint8Array, deleted: boolean): void;
  /** Whether the log has a change in the range after that commit. */
  changedSince(version: number, range: ByteRange): boolean;
  /** At most `limit` keys that expire at `now` or before; in a range, or wherever. */
  expired(now: number, limit: number, range?: ByteRange): Uint8Array[];
  trimChanges(upTo: number): void;
  findTransaction(id: string): number | undefined;
  putTransaction(id: string, version: number, now: number): void;
  /** Those that are older than both. */
  trimTransactions(time: number, version: number): void;
  /** Runs `f`; if it throws, what it changed is undone. */
  atomically(f: () => void): void;
}

/** At most that many expired entries are removed with a batch. */
const SWEEP = 100;
/** Names of transactions are kept that long, and for that many commits. */
const REMEMBERED = 24 * 60 * 60 * 1000;
const REMEMBERED_COMMITS = 10_000;

/** @param changeLog how many commits' changes the log keeps for watchers */
export function apply(
  tables: Tables,
  atomics: readonly PackedAtomic[],
  now: number,
  changeLog: number,
): PackedResult[] {
  const batch = new Batch(tables, now);
  const results = atomics.map((atomic) => batch.apply(atomic));
  batch.end(changeLog);
  return results;
}

class Batch {
  readonly #tables: Tables;
  readonly #now: number;
  readonly #before: Meta;
  /** The number of the last commit, and how many changes the current one has logged. */
  #version: number;
  #sequence = 0;
  #named = false;

  constructor(tables: Tables, now: number) {
    this.#tables = tables;
    this.#now = now;
    this.#before = tables.meta();
    this.#version = this.#before.version;
  }

  apply(atomic: PackedAtomic): PackedResult {
    const { txnId, checks, changes } = atomic;
    if (txnId !== undefined) {
      const version = this.#tables.findTransaction(txnId);
      if (version !== undefined) return { type: "ok", version };
    }
    const failed = checks.findIndex((check) => !this.#holds(check));
    if (failed >= 0) return { type: "conflict", check: failed };
    if (changes.length === 0 && txnId === undefined) return { type: "ok", version: this.#version };

    const run = (): void => {
      this.#begin();
      for (const change of changes) this.#change(change);
      if (txnId === undefined) return;
      this.#tables.putTransaction(txnId, this.#version, this.#now);
      this.#named = true;
    };
    // Only an addition can fail by itself; then what came before it in its atomic must be undone.
    if (!changes.some((change) => change.op === "add")) run();
    else {
      const version = this.#version;
      try {
        this.#tables.atomically(run);
      } catch (error) {
        if (!(error instanceof KvError) || (error.code !== "value" && error.code !== "corrupt")) throw error;
        this.#version = version;
        return { type: "error", code: error.code, message: error.message };
      }
    }
    return { type: "ok", version: this.#version };
  }

  /** Removes what has expired, which readers no longer see, and forgets what is old. */
  end(changeLog: number): void {
    const { version, trimmed } = this.#before;
    this.#expire(this.#tables.expired(this.#now, SWEEP));
    if (this.#version === version) return;
    if (this.#named)
      this.#tables.trimTransactions(this.#now - REMEMBERED, this.#version - REMEMBERED_COMMITS);
    // Many at a time.
    const trims = this.#version - trimmed > changeLog + Math.max(1, changeLog >> 3);
    if (trims) this.#tables.trimChanges(this.#version - changeLog);
    this.#tables.setMeta({ version: this.#version, trimmed: trims ? this.#version - changeLog : trimmed });
  }

  #begin(): void {
    this.#version++;
    this.#sequence = 0;
  }

  #holds(check: PackedCheck): boolean {
    switch (check.type) {
      case "key":
        return (this.#find(check.key)?.version ?? 0) === check.version;
      case "range": {
        if (check.version < this.#before.trimmed) return false;
        for (;;) {
          const gone = this.#tables.expired(this.#now, SWEEP, check);
          if (gone.length === 0) break;
          this.#expire(gone);
        }
        return !this.#tables.changedSince(check.version, check);
      }
    }
  }

  #find(key: Uint8Array): Stored | undefined {
    const stored = this.#tables.find(key);
    return stored !== undefined && stored.expires !== null && stored.expires <= this.#now
      ? undefined
      : stored;
  }

  #change(change: PackedChange): void {
    switch (change.op) {
      case "set":
        this.#put(change.key, change.value, change.expires);
        return;
      case "set-versionstamped":
        this.#put(stampedKey(change.prefix, this.#version, change.order), change.value, null);
        return;
      case "delete":
        if (this.#tables.remove(change.key)) this.#log(change.key, true);
        return;
      case "delete-range":
        for (const key of this.#tables.removeRange(change)) this.#log(key, true);
        return;
      case "add": {
        const found = this.#find(change.key);
        this.#put(change.key, sum(change.key, found?.value, change.n), found?.expires ?? null);
        return;
      }
    }
  }

  #put(key: Uint8Array, value: Uint8Array, expires: number | null): void {
    this.#tables.put(key, { value, version: this.#version, expires });
    this.#log(key, false);
  }

  #log(key: Uint8Array, deleted: boolean): void {
    this.#tables.logChange(this.#version, this.#sequence++, key, deleted);
  }

  #expire(keys: readonly Uint8Array[]): void {
    if (keys.length === 0) return;
    this.#begin();
    for (const key of keys) {
      this.#tables.remove(key);
      this.#log(key, true);
    }
  }
}
