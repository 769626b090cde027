/** The embedded engine: one SQLite file in a folder, any number of processes of one machine. */
import type {
  Changes,
  Damage,
  Engine,
  PackedAtomic,
  PackedResult,
  Row,
  RowReader,
  SyncRowReader,
} from "../engine.ts";
import { Groups } from "../groups.ts";
import { MAX_KEY_BYTES } from "../key.ts";
import { asynchronous } from "../memory/engine.ts";
import type { Caps } from "../store.ts";
import { MAX_VALUE_BYTES } from "../value.ts";
import { Committer, type CommitterOptions } from "./committer.ts";
import { Committers } from "./committers.ts";
import { connect, openDatabase, type Place, patiently, placeIn } from "./database.ts";
import { driver } from "./driver.ts";
import { Reader } from "./reader.ts";
import { scrubFile } from "./scrub.ts";

export interface SqliteOptions extends CommitterOptions {
  readonly now: () => number;
  /** Milliseconds between looks at the file, while somebody watches. */
  readonly pollInterval: number;
  /** Called after each group. */
  readonly committed: (atomics: number) => void;
}

const CAPS: Caps = {
  engine: "sqlite",
  syncReads: true,
  durable: true,
  sharedBy: "machine",
  pushesChanges: true,
  maxKeyBytes: MAX_KEY_BYTES,
  maxValueBytes: MAX_VALUE_BYTES,
};

/** @throws KvError "unwritable" "corrupt" "newer-format" "older-format" "busy" "fatal" */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<Engine> {
  const place = placeIn(folder);
  const db = await openDatabase(place, { ...options, driver: driver(options.driver) });
  return new SqliteEngine(place, new Reader(db, place), options);
}

class SqliteEngine implements Engine {
  readonly name: string;
  readonly caps: Caps = CAPS;
  readonly sync: SyncRowReader;
  readonly reader: RowReader;
  readonly #place: Place;
  readonly #reader: Reader;
  readonly #options: SqliteOptions;
  readonly #committers: Committers;
  readonly #groups: Groups;
  readonly #wakes = new Set<() => void>();
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor(place: Place, reader: Reader, options: SqliteOptions) {
    this.name = place.name;
    this.#place = place;
    this.#reader = reader;
    this.sync = reader;
    this.reader = asynchronous(reader);
    this.#options = options;
    const { driver, lockTimeout, maxBytes, changeLog, durability, fault } = options;
    this.#committers = new Committers(place, { driver, lockTimeout, maxBytes, changeLog, durability, fault });
    this.#groups = new Groups(
      (atomics) => this.#committers.commit(atomics, options.now()),
      (atomics) => {
        reader.refresh();
        this.#wake();
        options.committed(atomics);
      },
    );
  }

  /** On a connection of its own. */
  async snapshot<T>(f: (reader: RowReader) => Promise<T>): Promise<T> {
    const reader = await this.#another();
    try {
      return await f(asynchronous(reader));
    } finally {
      reader.close();
    }
  }

  commit(atomic: PackedAtomic): Promise<PackedResult> {
    return this.#groups.commit(atomic);
  }

  async changes(after: number): Promise<Changes> {
    return this.#reader.changes(after);
  }

  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake);
    this.#poll ??= setInterval(() => {
      if (this.#reader.poll()) this.#wake();
    }, this.#options.pollInterval);
    return () => {
      this.#wakes.delete(wake);
      if (this.#wakes.size > 0) return;
      clearInterval(this.#poll);
      this.#poll = undefined;
    };
  }

  /** In this thread, so that the rows need not cross to another. */
  async replace(rows: AsyncIterable<Row>, version: number): Promise<void> {
    const committer = new Committer(this.#place, this.#options, () => process.exit(1));
    try {
      await committer.replace(rows, version);
    } finally {
      committer.close();
    }
    this.#reader.refresh();
    this.#wake();
  }

  async scrub(look: (row: Row) => void): Promise<Damage[]> {
    const db = await this.#connection();
    try {
      return await scrubFile(db, look);
    } finally {
      db.close();
    }
  }

  async close(): Promise<void> {
    await this.#groups.idle();
    await this.#committers.close();
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#reader.close();
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  #connection(): Promise<ReturnType<typeof connect>> {
    return patiently(
      () => connect(this.#place, { driver: driver(this.#options.driver) }),
      this.#options.lockTimeout,
      this.#place,
    );
  }

  async #another(): Promise<Reader> {
    const db = await this.#connection();
    try {
      const reader = await patiently(
        () => new Reader(db, this.#place, true),
        this.#options.lockTimeout,
        this.#place,
      );
      // The moment is that of the first read.
      reader.version();
      return reader;
    } catch (error) {
      db.close();
      throw error;
    }
  }
}
