/**
 * The store on a PostgreSQL server, which syncs to the disk: sixteen writers at once, and reads. The baselines are
 * what one would write by hand with a table and a pool of connections. Servers are other processes, so times are on
 * the clock.
 */
import { open } from "@sorbus/durable-kv";
import { type PostgresServer, startPostgres } from "@sorbus/postgres-server";
import pg from "pg";
import type { Benchmark } from "./harness.ts";

const WRITERS = 16;
const COMMITS = 50;
const READS = 1000;
const value = "x".repeat(100);

let started: Promise<PostgresServer> | undefined;

/** One for all benchmarks of a run; it ends with this process. */
const server = (): Promise<PostgresServer> => (started ??= startPostgres({ fsync: true }));

async function tableByHand(url: string): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, max: WRITERS, allowExitOnIdle: true });
  await pool.query("CREATE TABLE IF NOT EXISTS by_hand (key text PRIMARY KEY, value text NOT NULL)");
  return pool;
}

/** Every writer commits one after the other; gives how many there were. */
async function write(commit: (writer: number, i: number) => Promise<unknown>): Promise<number> {
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let i = 0; i < COMMITS; i++) await commit(writer, i);
    }),
  );
  return WRITERS * COMMITS;
}

/** Commits of sixteen writers: grouped by the store, and each by itself. */
export async function postgresCommits(): Promise<Benchmark> {
  const { url } = await server();
  const pool = await tableByHand(url);
  const store = await open({ url });
  const plain = await open({ url: `${url}?schema=plain`, postgres: { commitBy: "statements" } });
  const alone = await Promise.all(
    Array.from({ length: WRITERS }, () => open({ url: `${url}?schema=alone` })),
  );
  return {
    name: "postgres: 16 writers",
    single: true,
    steps: WRITERS * COMMITS,
    goal: 0.5,
    contenders: [
      {
        name: "a table by hand, a transaction each",
        run: () =>
          write((writer, i) =>
            pool.query(
              "INSERT INTO by_hand VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
              [`${writer}/${i}`, value],
            ),
          ),
      },
      { name: "the store", run: () => write((writer, i) => store.set([writer, i], value)) },
      {
        name: "the store by plain statements",
        run: () => write((writer, i) => plain.set([writer, i], value)),
      },
      {
        name: "16 stores of one writer",
        run: () => write(async (writer, i) => alone[writer]?.set([writer, i], value)),
      },
    ],
  };
}

/** A thousand keys: one after the other by hand, all in one turn, all in one call. */
export async function postgresReads(): Promise<Benchmark> {
  const { url } = await server();
  const pool = await tableByHand(url);
  const store = await open({ url });
  const all = store.atomic();
  for (let i = 0; i < READS; i++) {
    all.set(["read", i], value);
    await pool.query("INSERT INTO by_hand VALUES ($1, $2) ON CONFLICT DO NOTHING", [`read/${i}`, value]);
  }
  await all.commit();
  const keys = Array.from({ length: READS }, (_, i) => ["read", i]);
  const count = (entries: readonly (object | null)[]): number =>
    entries.filter((entry) => entry !== null).length;
  return {
    name: "postgres: 1,000 reads",
    single: true,
    steps: READS,
    contenders: [
      {
        name: "a table by hand, one after the other",
        run: async () => {
          let found = 0;
          for (let i = 0; i < READS; i++) {
            const { rows } = await pool.query("SELECT value FROM by_hand WHERE key = $1", [`read/${i}`]);
            found += rows.length;
          }
          return found;
        },
      },
      {
        name: "get, all in one turn",
        run: async () => count(await Promise.all(keys.map((k) => store.get(k)))),
      },
      { name: "getMany", run: async () => count(await store.getMany(keys)) },
    ],
  };
}
