/**
 * Writes batches of atomic operations to the file, each batch in one transaction. Runs in a thread of its own, so
 * that nobody's event loop waits for the disk.
 */
import { statSync } from "node:fs";
import { apply } from "../apply.ts";
import type { Durability, Fault, PackedAtomic, PackedResult, Row } from "../engine.ts";
import { asKvError, KvError, kvError } from "../errors.ts";
import { Faults } from "../faults.ts";
import { connect, type Place, patiently, rollback, translated } from "./database.ts";
import { type Database, type DriverName, driver, primaryCode, SQLITE } from "./driver.ts";
import { LogSync } from "./log-sync.ts";
import { Reserve } from "./reserve.ts";
import { type EmptyTables, tablesOf } from "./tables.ts";

/** Plain data: it crosses to another thread. */
export interface CommitterOptions {
  readonly driver: DriverName | "auto";
  readonly lockTimeout: number;
  readonly maxBytes?: number | undefined;
  /** How many commits' changes the log keeps for watchers. */
  readonly changeLog: number;
  readonly durability: Durability;
  readonly fault: readonly Fault[];
}

interface Connection {
  readonly db: Database;
  readonly tables: EmptyTables;
  /** Present if commits do not wait for the disk by themselves. */
  readonly sync: LogSync | undefined;
}

export class Committer {
  readonly #place: Place;
  readonly #options: CommitterOptions;
  readonly #faults: Faults;
  readonly #reserve: Reserve;
  readonly #die: () => never;
  #connection: Connection | undefined;

  /** @param die ends the thread at once, as a crash would */
  constructor(place: Place, options: CommitterOptions, die: () => never) {
    this.#place = place;
    this.#options = options;
    this.#faults = new Faults(options.fault);
    this.#reserve = new Reserve(place);
    this.#die = die;
  }

  /**
   * Results in the order of the atomics, when they are durable. Never rejects. The next call need not wait for the end of
   * this one but for `visible`: what is committed is then there for readers.
   */
  async commit(
    atomics: readonly PackedAtomic[],
    now: number,
    visible: () => void = () => undefined,
  ): Promise<PackedResult[]> {
    try {
      if (this.#faults.at("committerDies")) this.#die();
      const { results, synced } = await patiently(
        () => this.#attempt(atomics, now),
        this.#options.lockTimeout,
        this.#place,
      );
      if (this.#faults.at("beforeAck")) this.#die();
      visible();
      await synced;
      this.#reserve.keep();
      return results;
    } catch (error) {
      const { code, message } = asKvError(translated(error, this.#place));
      // What is left of a full disk may do for some of them: the large must not take the small along.
      if (code === "full" && atomics.length > 1) {
        const results: PackedResult[] = [];
        for (const atomic of atomics) results.push(...(await this.commit([atomic], now)));
        return results;
      }
      const [only] = atomics;
      // Not if the plan of faults has it full: that is to be seen.
      const cause = error instanceof KvError ? error.cause : error;
      const real = code === "full" && cause !== undefined && primaryCode(cause) === SQLITE.FULL;
      if (real && only !== undefined && (this.#shrink() || this.#reserve.spend(only))) {
        const results = await this.commit(atomics, now, visible);
        this.#shrink();
        return results;
      }
      // After a failed sync the state of the page cache is unknown: start afresh.
      if (code === "commit-unknown" || code === "fatal") this.close();
      return atomics.map(() => ({ type: "error", code, message }));
    }
  }

  /** Empties the store and fills it again, in one transaction. */
  async replace(rows: AsyncIterable<Row>, version: number): Promise<void> {
    try {
      const { db, tables, sync } = await patiently(
        () => {
          const connection = this.#connect();
          connection.db.exec("BEGIN IMMEDIATE");
          return connection;
        },
        this.#options.lockTimeout,
        this.#place,
      );
      try {
        const last = Math.max(version, tables.meta().version) + 1;
        tables.clear();
        for await (const { key, ...stored } of rows) tables.put(key, stored);
        tables.setMeta({ version: last, trimmed: last });
      } catch (error) {
        rollback(db);
        throw error;
      }
      this.#end(db);
      await sync?.now();
    } catch (error) {
      throw asKvError(translated(error, this.#place));
    }
  }

  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.sync?.close();
    connection?.db.close();
  }

  /** Gives back the room of the write-ahead log, where that is possible. Whether there is more room now. */
  #shrink(): boolean {
    const wal = `${this.#place.file}-wal`;
    const size = (): number => statSync(wal, { throwIfNoEntry: false })?.size ?? 0;
    const before = size();
    try {
      this.#connection?.db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } catch (error) {
      // There is not even room for that.
      if (primaryCode(error) === undefined) throw error;
    }
    return size() < before;
  }

  #connect(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const { maxBytes, durability } = this.#options;
    const early = durability === "early-visible";
    const db = connect(this.#place, {
      driver: driver(this.#options.driver),
      maxBytes,
      synchronous: early ? "NORMAL" : "FULL",
    });
    try {
      const tables = tablesOf(db);
      const sync = early ? new LogSync(`${this.#place.file}-wal`) : undefined;
      this.#connection = { db, tables, sync };
      return this.#connection;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #attempt(
    atomics: readonly PackedAtomic[],
    now: number,
  ): { results: PackedResult[]; synced: Promise<void> | undefined } {
    const { db, tables, sync } = this.#connect();
    this.#fail("beforeBegin");
    db.exec("BEGIN IMMEDIATE");
    let results: PackedResult[];
    try {
      if (this.#faults.at("diskFull"))
        throw kvError(
          "full",
          `No room is left for the store ${this.#place.name}: nothing was committed. Free some and try again`,
        );
      results = apply(tables, atomics, now, this.#options.changeLog);
      this.#fail("afterApply");
      this.#fail("beforeCommit");
    } catch (error) {
      rollback(db);
      throw error;
    }
    this.#end(db);
    if (this.#faults.at("afterCommit"))
      throw kvError(
        "commit-unknown",
        "A planned fault (afterCommit): the commit may or may not have happened",
      );
    return { results, synced: sync?.now() };
  }

  #end(db: Database): void {
    try {
      if (this.#faults.at("fsyncError"))
        throw kvError(
          "commit-unknown",
          `The disk of ${this.#place.name} failed during a commit, which may or may not have happened: a planned fault`,
        );
      db.exec("COMMIT");
    } catch (error) {
      rollback(db);
      throw error instanceof KvError ? error : translated(error, this.#place, true);
    }
  }

  #fail(point: "beforeBegin" | "afterApply" | "beforeCommit"): void {
    if (this.#faults.at(point)) throw kvError("fatal", `A planned fault (${point}): nothing was committed`);
  }
}
