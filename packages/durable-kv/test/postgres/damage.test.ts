/** Bits that flip on the server: each that changes a value is noticed, and the key is named. */
import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Corrupt, encodeKey, type Key, open, type Store } from "../../src/index.ts";

describe.skipIf(!postgresOrSkip())("damage on a server", () => {
  let server: PostgresServer;
  let vandal: pg.Client;
  let store: Store;
  beforeAll(async () => {
    server = await startPostgres();
    store = await open({ url: server.url });
    vandal = new pg.Client(server.url);
    await vandal.connect();
  });
  afterAll(async () => {
    await vandal.end();
    await store.close();
    await server.stop();
  });

  const bytes = (key: Key): Buffer => Buffer.from(encodeKey(key));
  const flip = (key: Key, bit: number): Promise<unknown> =>
    vandal.query(
      "UPDATE durable_kv.kv SET value = set_bit(value, $2, 1 - get_bit(value, $2)) WHERE key = $1",
      [bytes(key), bit],
    );

  test("every flipped bit of a value is noticed by every way to read it; the rest is as good as before", async () => {
    await store.set(["text"], { title: "A title" });
    await store.set(["number"], 7);
    for (const key of [["text"], ["number"]]) {
      const { rows } = await vandal.query(
        "SELECT octet_length(value) AS n FROM durable_kv.kv WHERE key = $1",
        [bytes(key)],
      );
      const bits = 8 * Number((rows[0] as { n: number }).n);
      expect(bits).toBeGreaterThan(0);
      for (let bit = 0; bit < bits; bit++) {
        await flip(key, bit);
        const error: unknown = await store.get(key).catch((e: unknown) => e);
        expect(error, `bit ${bit}`).toBeInstanceOf(Corrupt);
        expect((error as Error).message).toContain(`The value of ("${key[0]}") in ${store.caps.engine}`);
        await flip(key, bit);
        await store.get(key);
      }
    }
  });

  test("a sum over a damaged number is refused, and scrub lists what is damaged and nothing else", async () => {
    for (let i = 0; i < 50; i++) await store.set(["n", i], i);
    await flip(["n", 7], 60);
    await flip(["n", 30], 3);
    await expect(store.atomic().add(["n", 7], 1).commit()).rejects.toBeInstanceOf(Corrupt);
    await expect(store.list({ prefix: ["n"] })).rejects.toBeInstanceOf(Corrupt);
    const { damaged, entries } = await store.scrub();
    expect(damaged.map(({ key }) => key)).toEqual([
      ["n", 7],
      ["n", 30],
    ]);
    expect(entries).toBeGreaterThanOrEqual(50);
    // A damaged value can be replaced.
    await store.set(["n", 7], 7);
    await store.delete(["n", 30]);
    expect((await store.scrub()).damaged).toEqual([]);
  });

  test("a value that lies under another's key, and a key that is none", async () => {
    await store.set(["mine"], "a");
    await store.set(["yours"], "b");
    await vandal.query(
      "UPDATE durable_kv.kv SET value = (SELECT value FROM durable_kv.kv WHERE key = $1) WHERE key = $2",
      [bytes(["mine"]), bytes(["yours"])],
    );
    await expect(store.get(["yours"])).rejects.toBeInstanceOf(Corrupt);
    await store.set(["yours"], "b");
    await vandal.query("UPDATE durable_kv.kv SET key = '\\x0102' WHERE key = $1", [bytes(["mine"])]);
    expect((await store.scrub()).damaged).toHaveLength(2);
    await vandal.query("DELETE FROM durable_kv.kv WHERE key = '\\x0102'");
  });
});
