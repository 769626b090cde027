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
import { kvError } from "../errors.ts";
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

/** Milliseconds between looks at the file if the committer tells us of changes: restores are not its work. */
const WHEN_PUSHED = 250;
/** After how many looks to look for a committer too. */
const LOOKS_FOR_COMMITTER = 20;

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
  const chosen = driver(options.driver);
  const release = claim(place, chosen.name);
  try {
    const db = await openDatabase(place, { ...options, driver: chosen });
    return new SqliteEngine(place, new Reader(db, place), { ...options, driver: chosen.name }, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Which driver has which file open in this process; for all copies of this package in it. */
const CLAIMS: unique symbol = Symbol.for("@sorbus/durable-kv/claims");
interface Claims {
  [CLAIMS]?: Map<string, { readonly driver: string; times: number }>;
}

/**
 * Two SQLites in one process do not know of each other's locks, and the first to close a file frees those of both (as POSIX
 * has it).
 */
function claim({ name, file }: Place, driver: string): () => void {
  const claims = ((globalThis as Claims)[CLAIMS] ??= new Map());
  const known = claims.get(file) ?? { driver, times: 0 };
  if (known.driver !== driver)
    throw kvError(
      "fatal",
      `The store ${name} is open in this process by ${known.driver}: a second SQLite, ${driver}, would break its locks`,
    );
  known.times++;
  claims.set(file, known);
  return () => {
    if (--known.times === 0) claims.delete(file);
  };
}

class SqliteEngine implements Engine {
  readonly name: string;
  readonly caps: Caps = CAPS;
  readonly sync: SyncRowReader;
  readonly reader: RowReader;
  readonly #place: Place;
  readonly #release: () => void;
  readonly #reader: Reader;
  readonly #options: SqliteOptions;
  readonly #committers: Committers;
  readonly #groups: Groups;
  readonly #wakes = new Set<() => void>();
  #poll: ReturnType<typeof setTimeout> | undefined;

  constructor(place: Place, reader: Reader, options: SqliteOptions, release: () => void) {
    this.#release = release;
    this.name = place.name;
    this.#place = place;
    this.#reader = reader;
    this.sync = reader;
    this.reader = asynchronous(reader);
    this.#options = options;
    const { driver, lockTimeout, maxBytes, changeLog, durability, fault } = options;
    this.#committers = new Committers(
      place,
      { driver, lockTimeout, maxBytes, changeLog, durability, fault },
      () => this.#wake(),
    );
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
    if (this.#poll === undefined) this.#look(0);
    return () => {
      this.#wakes.delete(wake);
      if (this.#wakes.size > 0) return;
      clearTimeout(this.#poll);
      this.#poll = undefined;
    };
  }

  #news(): boolean {
    try {
      return this.#reader.poll();
    } catch {
      // A file that cannot be read is news: the watcher that looks for itself gets the error.
      return true;
    }
  }

  /** Looks at the file now and then, seldom if the committer tells us what happens. */
  #look(looks: number): void {
    const { pollInterval } = this.#options;
    // A committer may have been elected since.
    if (!this.#committers.pushes && looks % LOOKS_FOR_COMMITTER === 0) void this.#committers.watch();
    this.#poll = setTimeout(
      () => {
        if (this.#news()) this.#wake();
        if (this.#wakes.size > 0) this.#look(looks + 1);
      },
      this.#committers.pushes ? Math.max(pollInterval, WHEN_PUSHED) : pollInterval,
    );
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
    clearTimeout(this.#poll);
    this.#poll = undefined;
    this.#wakes.clear();
    await this.#committers.close();
    this.#reader.close();
    this.#release();
  }

  #wake(): void {
    // What we are told of must be visible.
    this.#reader.refresh();
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
