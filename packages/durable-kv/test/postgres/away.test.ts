/** A server that goes away and comes back, a connection that breaks or stalls: nothing is lost, nothing happens twice. */
import { setTimeout as wait } from "node:timers/promises";
import { type PostgresServer, postgresOrSkip, proxyTo, startPostgres } from "@sorbus/postgres-server";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CommitUnknown, type Key, open, type PostgresOptions, type Store } from "../../src/index.ts";
import { finished, start } from "../programs.ts";

/** More than any test takes. */
const PATIENT: PostgresOptions = { patience: 60_000 };

describe.skipIf(!postgresOrSkip())("a server that is away", () => {
  let server: PostgresServer;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  // One failure is not to be many.
  beforeEach(async () => {
    if (server.pid === undefined) await server.start();
  });

  const withSchema = (url: string, schema: string): string => {
    const changed = new URL(url);
    changed.searchParams.set("schema", schema);
    return changed.href;
  };
  const fresh = (postgres: PostgresOptions, url = server.url): Promise<Store> =>
    open({ url: withSchema(url, `s${schemas++}`), postgres });
  const number = async (store: Store, key: Key): Promise<unknown> => (await store.get(key))?.value ?? 0;

  /** Holds the row that all commits to the newest store lock, as a slow commit of another process does. */
  async function locked(): Promise<{ waiting(commits: number): Promise<void>; release(): Promise<void> }> {
    const client = new pg.Client(server.url);
    client.on("error", () => undefined);
    await client.connect();
    const schema = `s${schemas - 1}`;
    await client.query(`BEGIN; SELECT version FROM ${schema}.meta FOR UPDATE`);
    const other = new pg.Client(server.url);
    other.on("error", () => undefined);
    await other.connect();
    return {
      /** Until so many commits wait for the lock. */
      waiting: async (commits) => {
        for (;;) {
          const { rows } = await other.query("SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted");
          if (Number((rows[0] as { n: number }).n) >= commits) return;
          await wait(10);
        }
      },
      release: async () => {
        await client.query("COMMIT").catch(() => undefined);
        await Promise.all([client.end(), other.end()]).catch(() => undefined);
      },
    };
  }

  describe.each<[string, PostgresOptions]>([
    ["by the function", {}],
    ["by statements", { commitBy: "statements", wakeBy: "polling" }],
  ])("commits %s", (_, how) => {
    test("reads, writes and snapshots wait for it, and go on without reopening", async () => {
      const store = await fresh({ ...PATIENT, ...how });
      await store.set(["before"], 1);
      await server.kill();
      const waiting = Promise.all([
        store.get(["before"]),
        store.atomic().add(["n"], 1).commit(),
        store.set(["during"], 2),
        store.list({ prefix: [] }),
        store.snapshot((snapshot) => snapshot.get(["before"])),
      ]);
      await wait(200);
      await server.start();
      const [read, , , page, snapshot] = await waiting;
      expect([read?.value, snapshot?.value]).toEqual([1, 1]);
      expect(page.entries.length).toBeGreaterThan(0);
      expect(await number(store, ["n"])).toBe(1);
      expect(await number(store, ["during"])).toBe(2);
      await store.close();
    });

    test("one that stays away is told, and the same store works when it is back", async () => {
      const store = await fresh({ patience: 200, ...how });
      await store.set(["a"], 1);
      await server.shutdown();
      await expect(store.get(["a"])).rejects.toMatchObject({ code: "unreachable" });
      await expect(store.list({ prefix: [] })).rejects.toMatchObject({ code: "unreachable" });
      await expect(store.snapshot((s) => s.get(["a"]))).rejects.toMatchObject({ code: "unreachable" });
      await expect(store.set(["b"], 1)).rejects.toMatchObject({
        code: "unreachable",
        message: expect.stringContaining("nothing listens there"),
      });
      await server.start();
      expect(await number(store, ["a"])).toBe(1);
      expect(await store.get(["b"])).toBe(null);
      await store.set(["b"], 1);
      await store.close();
    });

    test("a commit that was under way: its outcome is unknown, and with a name it happens once", async () => {
      const store = await fresh({ patience: 200, ...how });
      // The function's call may have committed; by statements, the one that waits for the lock has not been able to.
      const lock = await locked();
      const commit = (): Promise<unknown> =>
        store.atomic({ txnId: "once" }).set(["n"], 1).setVersionstamped(["happened"], true).commit();
      const first = commit().catch((error: unknown) => error);
      await lock.waiting(1);
      await server.kill();
      const error = await first;
      await lock.release();
      if (how.commitBy === "statements") expect(error).toMatchObject({ code: "unreachable" });
      else expect(error).toBeInstanceOf(CommitUnknown);
      await server.start();
      await expect(commit()).resolves.toMatchObject({ ok: true });
      await expect(commit()).resolves.toMatchObject({ ok: true });
      expect((await store.list({ prefix: ["happened"] })).entries).toHaveLength(1);
      await store.close();
    });

    test("a connection that breaks while the server goes on with the commit: it happens once", async () => {
      await using proxy = await proxyTo(server.url);
      const store = await fresh({ ...PATIENT, ...how }, proxy.url);
      await store.set(["first"], 1);
      // By statements, the process that was left alone keeps the lock until the server sees that it pauses: seconds.
      const rounds = how.commitBy === "statements" ? 1 : 5;
      for (let round = 1; round <= rounds; round++) {
        const lock = await locked();
        const stamped = store.atomic().setVersionstamped(["round"], round).commit();
        await lock.waiting(1);
        // The server has not heard of it: its process still waits for the lock, and the next attempt behind it.
        proxy.cutClients();
        await lock.waiting(2);
        await lock.release();
        await expect(stamped).resolves.toMatchObject({ ok: true });
        expect((await store.list({ prefix: ["round"] })).entries).toHaveLength(round);
      }
      await store.close();
    });
  });

  test("every connection is ended by the administrator, again and again, under load", async () => {
    const store = await fresh(PATIENT);
    const admin = new pg.Client(server.url);
    await admin.connect();
    let over = false;
    const killing = (async () => {
      while (!over) {
        await admin.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
        );
        await wait(30);
      }
    })();
    const adds = 200;
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let i = 0; i < adds / 8; i++) {
          await store.atomic().add(["n"], 1).setVersionstamped(["w", writer], i).commit();
          await store.get(["n"]);
        }
      }),
    );
    over = true;
    await killing;
    await admin.end();
    expect(await number(store, ["n"])).toBe(adds);
    for (let writer = 0; writer < 8; writer++) {
      const { entries } = await store.list<number>({ prefix: ["w", writer] });
      expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: adds / 8 }, (_, i) => i));
    }
    await store.close();
  });

  test("a network that swallows everything: an error within the limits", async () => {
    await using proxy = await proxyTo(server.url);
    const store = await fresh({ patience: 100, statementTimeout: 200, connectTimeout: 200 }, proxy.url);
    await store.set(["a"], 1);
    await store.get(["a"]);
    proxy.stall();
    await expect(store.get(["a"])).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("does not answer in time"),
    });
    await expect(store.set(["a"], 2)).rejects.toMatchObject({ code: "commit-unknown" });
    await store.close();
  });

  test("somebody who holds the lock for too long", async () => {
    const store = await open({ url: withSchema(server.url, `s${schemas++}`), lockTimeout: 200 });
    await store.set(["a"], 1);
    const lock = await locked();
    await expect(store.set(["a"], 2)).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("Nothing was committed"),
    });
    await lock.release();
    await store.set(["a"], 3);
    expect(await number(store, ["a"])).toBe(3);
    await store.close();
  });

  test("watchers sleep through it and miss nothing", async () => {
    const store = await fresh(PATIENT);
    const other = await open({ url: withSchema(server.url, `s${schemas - 1}`), postgres: PATIENT });
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const changes of store.watch({ prefix: ["k"] })) {
        if (changes === "resync") throw new Error("nothing was trimmed");
        seen.push(...changes.map(({ key }) => key[1]));
        if (seen.includes(29)) return;
      }
    })();
    for (let i = 0; i < 30; i++) {
      if (i % 10 === 5) {
        await server.kill();
        await server.start();
      }
      await other.set(["k", i], i);
    }
    await watching;
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i));
    await other.close();
    await store.close();
  });

  test("a watcher that was away for longer than the log goes back is told to resync", async () => {
    const url = withSchema(server.url, `s${schemas++}`);
    const store = await open({ url, changeLog: 5 });
    const version = await store.set(["k"], 0);
    for (let i = 0; i < 20; i++) await store.set(["k"], i);
    const watch = store.watch([["k"]], { since: version })[Symbol.asyncIterator]();
    expect((await watch.next()).value).toBe("resync");
    const next = watch.next();
    await store.set(["k"], 99);
    expect((await next).value).toMatchObject([{ type: "set", key: ["k"] }]);
    await watch.return?.();
    await store.close();
  });

  test("many readers share few connections", async () => {
    const store = await fresh({ ...PATIENT, connections: 2 });
    const admin = new pg.Client(server.url);
    await admin.connect();
    await store.set(["a"], 1);
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        store.snapshot(async (snapshot) => {
          await snapshot.get(["a"]);
          if (i % 10 > 0) return;
          const { rows } = await admin.query(
            "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'durable-kv' AND query LIKE '%s' || $1 || '\"%'",
            [schemas - 1],
          );
          most = Math.max(most, Number((rows[0] as { n: number }).n));
        }),
      ),
    );
    expect(most).toBeGreaterThan(0);
    // Two that read and one that commits.
    expect(most).toBeLessThanOrEqual(3);
    await admin.end();
    await store.close();
  });

  test("more readers than connections, who wait for each other: an error that says so, not a standstill", async () => {
    const store = await fresh({ patience: 100, connections: 1, connectTimeout: 200 });
    await expect(store.snapshot(() => store.get(["a"]))).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("raise postgres.connections"),
    });
    expect(await store.get(["a"])).toBe(null);
    await store.close();
  });

  test("a store that nobody uses any more does not keep its process alive", async () => {
    const url = withSchema(server.url, `s${schemas++}`);
    const child = start("pg-idle", [url]);
    expect(await finished(child)).toBe("2\n");
  });

  test("a thousand keys are one round trip, whether asked for at once or one by one in the same turn", async () => {
    await using proxy = await proxyTo(server.url);
    const store = await fresh(PATIENT, proxy.url);
    const all = store.atomic();
    for (let i = 0; i < 1000; i++) all.set(["k", i], i);
    await all.commit();
    await store.get(["k", 0]);
    const keys = Array.from({ length: 1000 }, (_, i) => ["k", 999 - i]);
    let before = proxy.statements;
    const many = await store.getMany(keys);
    expect(proxy.statements - before).toBe(1);
    expect(many.map((entry) => entry?.value)).toEqual(keys.map(([, i]) => i));
    before = proxy.statements;
    const each = await Promise.all(keys.map((key) => store.get(key)));
    expect(proxy.statements - before).toBe(1);
    expect(each.map((entry) => entry?.value)).toEqual(keys.map(([, i]) => i));
    before = proxy.statements;
    await Promise.all(keys.map((key) => store.set(key, 0)));
    // A group each until the first is answered, then all.
    expect(proxy.statements - before).toBeLessThanOrEqual(2);
    await store.close();
  });

  test("a large value, a long key, and one that is too long", async () => {
    const store = await fresh(PATIENT);
    const large = new Uint8Array(32 * 2 ** 20).map((_, i) => (i * 31) % 251);
    await store.set(["large"], large);
    const back = (await store.get<Uint8Array>(["large"]))?.value;
    expect(Buffer.compare(back ?? new Uint8Array(), large)).toBe(0);
    // Random: PostgreSQL compresses what it can before it measures it.
    const long = (bytes: number): Uint8Array =>
      crypto.getRandomValues(new Uint8Array(bytes)).map((byte) => byte | 1);
    const key = [long(2046)];
    await store.set(key, 1);
    expect((await store.get(key))?.value).toBe(1);
    await expect(store.set([long(2047)], 1)).rejects.toMatchObject({ code: "key" });
    await store.close();
  });
});
