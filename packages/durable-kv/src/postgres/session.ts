/**
 * Connections: a pool for reads, and single ones for commits and for listening. Every connection is made alike,
 * and everything that is asked on one has a bound on how long it may take.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Client, Notification, Pool, PoolClient } from "pg";
import { kvError } from "../errors.ts";
import { type Failure, failureOf } from "./failures.ts";
import type { Settings } from "./settings.ts";

/** Rows as arrays of what the server sent as text; null is null. */
export type TextRows = readonly (readonly unknown[])[];
export type Parameter = Buffer | string | number | null;

export interface Statement {
  readonly text: string;
  readonly values?: readonly Parameter[];
  /** The server keeps its plan under this name, for the connection's life. */
  readonly name?: string;
  /** Milliseconds without an answer after which the connection is given up, where it may take longer than usual. */
  readonly limit?: number;
}

/** What can be asked on one connection. */
export interface Session {
  /** Resolves to the rows. Rejects with what `pg` gave: see `failureOf`. */
  run(statement: Statement): Promise<TextRows>;
}

type PgModule = typeof import("pg")["default"];

/** @throws KvError "fatal" if `pg` is not installed */
async function driver(): Promise<PgModule> {
  try {
    const { default: pg } = await import("pg");
    return pg;
  } catch (error) {
    throw kvError(
      "fatal",
      "postgres: URLs need the package `pg`, which is not installed with @sorbus/durable-kv: npm install pg",
      { cause: error },
    );
  }
}

/** `lock_timeout` bounds the wait for others that commit; a commit that was acknowledged must be on disk. */
function preparation({ statementTimeout, lockTimeout }: Settings, idleTimeout: number): string {
  return `
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET statement_timeout = ${statementTimeout};
    SET lock_timeout = ${lockTimeout};
    SET idle_in_transaction_session_timeout = ${idleTimeout};
    SET bytea_output = 'hex';
    SET client_min_messages = 'warning';
    SELECT set_config('synchronous_commit', 'on', false)
      WHERE current_setting('synchronous_commit') IN ('off', 'local');`;
}

/**
 * How long a transaction may pause, in milliseconds. Who reads in a snapshot may, to write a backup. Who commits holds
 * everybody up: if it has lost its connection unnoticed, or hangs, its lock is free again after this.
 */
const READER_IDLE = 600_000;
const COMMITTER_IDLE = 5000;

/** Results stay text: `wire.ts` reads them. */
const RAW = {
  getTypeParser:
    () =>
    (text: string): string =>
      text,
};

export class Connections {
  readonly settings: Settings;
  readonly #pg: PgModule;
  readonly #pool: Pool;
  readonly #single = new Set<Client>();
  #closed = false;

  private constructor(pg: PgModule, settings: Settings) {
    this.#pg = pg;
    this.settings = settings;
    this.#pool = new pg.Pool({
      ...this.#config(),
      max: settings.connections,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      onConnect: (client) => client.query(preparation(settings, READER_IDLE)),
    });
    // A connection that breaks while nobody uses it is replaced when somebody does.
    this.#pool.on("error", () => undefined);
  }

  static async make(settings: Settings): Promise<Connections> {
    return new Connections(await driver(), settings);
  }

  #config(): import("pg").ClientConfig {
    const { connectionString, connectTimeout, statementTimeout } = this.settings;
    return {
      connectionString,
      connectionTimeoutMillis: connectTimeout,
      // The server's own limit comes first, unless nothing comes from it at all.
      query_timeout: statementTimeout + connectTimeout,
      keepAlive: true,
      fallback_application_name: "durable-kv",
      types: RAW as unknown as import("pg").CustomTypesConfig,
    };
  }

  /** Reads once, on any connection. While the server is away it is asked again, within `patience`. */
  read(statement: Statement): Promise<TextRows> {
    return this.patiently(() => this.once(statement));
  }

  /** The same without patience. */
  once(statement: Statement): Promise<TextRows> {
    return this.alone((session) => session.run(statement));
  }

  /** All that `f` reads is of the moment of `first`. While the server is away it is waited for, but `f` runs once. */
  async snapshot<F, T>(
    first: (session: Session) => Promise<F>,
    f: (session: Session, first: F) => Promise<T>,
  ): Promise<T> {
    let result: { readonly of: Promise<T> } | undefined;
    await this.patiently(() =>
      this.alone(async (session) => {
        await session.run({ text: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" });
        const of = f(this.#telling(session), await first(session));
        result = { of };
        // What it throws is for the caller, as it is.
        await of.catch(() => undefined);
        await session.run({ text: "COMMIT" }).catch(() => undefined);
      }),
    );
    if (result === undefined) throw new TypeError("A snapshot without a result");
    return result.of;
  }

  /** A session whose errors are ours: what else `f` throws is its own. */
  #telling(session: Session): Session {
    return {
      run: async (statement) => {
        try {
          return await session.run(statement);
        } catch (error) {
          throw failureOf(error, this.settings).error;
        }
      },
    };
  }

  /** Runs `f` on a connection that nobody else uses meanwhile. Rejects with what `pg` gave. */
  async alone<T>(f: (session: Session) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // Between statements of `f` too, an error has to be heard: the next statement then fails.
    const heard = (): void => undefined;
    client.on("error", heard);
    let gone = false;
    try {
      return await f(sessionOn(client));
    } catch (error) {
      gone = failureOf(error, this.settings).kind === "gone";
      throw error;
    } finally {
      client.off("error", heard);
      // After an answer of the server outside of a transaction, an error too, it is as good as new.
      client.release(gone || client.getTransactionStatus() !== "I");
    }
  }

  /**
   * A connection of its own, in which statements are sent without waiting for answers to earlier ones.
   *
   * @param lost called when it breaks or is abandoned, if it was ever given out
   */
  async single(lost: (session: SingleSession) => void): Promise<SingleSession> {
    if (this.#closed) throw kvError("closed", `The store ${this.settings.name} has been closed`);
    const client = new this.#pg.Client({ ...this.#config(), pipeline: true });
    const session = new SingleSession(client);
    let alive = true;
    const over = (): void => {
      this.#single.delete(client);
      if (alive) lost(session);
      alive = false;
    };
    client.on("error", over);
    client.on("end", over);
    this.#single.add(client);
    try {
      await client.connect();
      await client.query(preparation(this.settings, COMMITTER_IDLE));
    } catch (error) {
      alive = false;
      session.abandon();
      throw error;
    }
    if (!alive) throw new Error("the connection was lost");
    return session;
  }

  /**
   * Runs `f` until it succeeds, fails for good, or `patience` has passed.
   *
   * @param stop makes a failure final
   * @throws KvError
   */
  async patiently<T>(f: () => Promise<T>, stop?: (failure: Failure) => boolean): Promise<T> {
    const deadline = performance.now() + this.settings.patience;
    for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
      try {
        return await f();
      } catch (error) {
        const failure = failureOf(error, this.settings);
        const over = performance.now() + pause > deadline;
        if (failure.kind === "final" || over || this.#closed || stop?.(failure) === true) throw failure.error;
      }
      await wait(pause * (0.5 + Math.random()));
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const client of this.#single) abandon(client);
    await this.#pool.end();
  }
}

/** Ends a connection without waiting for anything. */
function abandon(client: Client): void {
  client.connection.stream.destroy();
}

export class SingleSession implements Session {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  run(statement: Statement): Promise<TextRows> {
    return sessionOn(this.#client).run(statement);
  }

  onNotification(heard: (notification: Notification) => void): void {
    this.#client.on("notification", heard);
  }

  /** Whether it keeps the process alive. It does at first. */
  hold(hold: boolean): void {
    const { stream } = this.#client.connection as unknown as { stream: { ref?(): void; unref?(): void } };
    if (hold) stream.ref?.();
    else stream.unref?.();
  }

  abandon(): void {
    abandon(this.#client);
  }
}

function sessionOn(client: Client | PoolClient): Session {
  return {
    run: async ({ text, values, name, limit }) => {
      const { rows } = await client.query<unknown[]>({
        text,
        ...(limit !== undefined && { query_timeout: limit }),
        rowMode: "array",
        ...(values !== undefined && { values: [...values] }),
        ...(name !== undefined && { name }),
      });
      return rows;
    },
  };
}
