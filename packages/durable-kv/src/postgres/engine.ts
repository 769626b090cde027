/** The engine over the PostgreSQL protocol: connections, committer, listener and readers as one. */
import type {
  Changes,
  Damage,
  Engine,
  Fault,
  PackedAtomic,
  PackedResult,
  Row,
  RowReader,
} from "../engine.ts";
import { Faults } from "../faults.ts";
import { Groups } from "../groups.ts";
import { MAX_KEY_BYTES } from "../key.ts";
import type { Caps } from "../store.ts";
import { MAX_VALUE_BYTES } from "../value.ts";
import { replace, scrub } from "./bulk.ts";
import { Committer } from "./committer.ts";
import { failureOf } from "./failures.ts";
import { channelOf, Listener } from "./listener.ts";
import { Reads } from "./reader.ts";
import { initialise, quoted } from "./schema.ts";
import { Connections } from "./session.ts";
import type { Settings } from "./settings.ts";

export interface PostgresEngineOptions {
  readonly settings: Settings;
  readonly now: () => number;
  readonly changeLog: number;
  readonly fault: readonly Fault[];
  /** Called after each group. */
  readonly committed: (atomics: number) => void;
}

/**
 * Connects, makes the tables if need be, and finds out what the server can do.
 *
 * @throws KvError "url" "unreachable" "unwritable" "newer-format" "corrupt" "busy" "fatal"
 */
export async function openPostgres(options: PostgresEngineOptions): Promise<Engine> {
  const { settings } = options;
  const connections = await Connections.make(settings);
  try {
    // A server that starts is waited for; one that is not there is told at once.
    const { byFunction, listens } = await connections.patiently(
      () => connections.alone((session) => initialise(session, settings)),
      ({ kind, error }) => kind === "gone" && !/starting up|too many/.test(error.message),
    );
    return new PostgresEngine(connections, options, byFunction, listens);
  } catch (error) {
    await connections.close();
    throw failureOf(error, settings).error;
  }
}

class PostgresEngine implements Engine {
  readonly name: string;
  readonly caps: Caps;
  readonly reader: RowReader;
  readonly #connections: Connections;
  readonly #reads: Reads;
  readonly #committer: Committer;
  readonly #groups: Groups;
  readonly #listener: Listener;
  readonly #notifies: boolean;
  /** Where watches begin: no commit that is asked for later may be before them. */
  readonly #positions = new Set<Promise<unknown>>();

  constructor(
    connections: Connections,
    { settings, now, changeLog, fault, committed }: PostgresEngineOptions,
    byFunction: boolean,
    listens: boolean,
  ) {
    this.name = settings.name;
    this.caps = {
      engine: "postgres",
      syncReads: false,
      durable: true,
      sharedBy: "network",
      pushesChanges: listens,
      maxKeyBytes: MAX_KEY_BYTES,
      maxValueBytes: MAX_VALUE_BYTES,
    };
    this.#connections = connections;
    this.#notifies = listens;
    this.#reads = new Reads((statement) => connections.read(statement), quoted(settings.schema));
    this.#listener = new Listener(connections, listens);
    const channel = listens ? channelOf(settings.schema) : null;
    this.#committer = new Committer(connections, {
      now,
      changeLog,
      byFunction,
      channel,
      faults: new Faults(fault),
    });
    this.#groups = new Groups(
      async (atomics) => {
        await Promise.allSettled(this.#positions);
        return this.#committer.commit(atomics);
      },
      (atomics) => {
        this.#listener.wake();
        committed(atomics);
      },
    );
    this.reader = {
      get: (keys, time) => this.#reads.get(keys, time),
      list: (query) => this.#reads.list(query),
      version: () => this.#version(),
    };
  }

  #version(): Promise<number> {
    const position = this.#reads.version();
    this.#positions.add(position);
    const over = (): void => {
      this.#positions.delete(position);
    };
    position.then(over, over);
    return position;
  }

  snapshot<T>(f: (reader: RowReader) => Promise<T>): Promise<T> {
    const schema = quoted(this.#connections.settings.schema);
    return this.#connections.snapshot(
      // The first read decides which moment it is.
      (session) => new Reads((statement) => session.run(statement), schema).version(),
      (session, version) => {
        const reads = new Reads((statement) => session.run(statement), schema);
        return f({
          get: (keys, now) => reads.get(keys, now),
          list: (query) => reads.list(query),
          version: async () => version,
        });
      },
    );
  }

  commit(atomic: PackedAtomic): Promise<PackedResult> {
    return this.#groups.commit(atomic);
  }

  changes(after: number): Promise<Changes> {
    return this.#reads.changes(after);
  }

  subscribe(wake: () => void): () => void {
    return this.#listener.subscribe(wake);
  }

  async replace(rows: AsyncIterable<Row>, version: number): Promise<void> {
    await replace(this.#connections, rows, version, this.#notifies);
    this.#listener.wake();
  }

  scrub(look: (row: Row) => void): Promise<Damage[]> {
    return scrub(this.#connections, look);
  }

  async close(): Promise<void> {
    await this.#groups.idle();
    this.#listener.close();
    await this.#committer.close();
    await this.#connections.close();
  }
}
