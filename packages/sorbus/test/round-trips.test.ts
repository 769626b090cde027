/** What a program asks of a store on a server: children that run together share round trips, a loop does not. */
import { open } from "@sorbus/durable-kv";
import {
  type PostgresProxy,
  type PostgresServer,
  postgresOrSkip,
  proxyTo,
  startPostgres,
} from "@sorbus/postgres-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime, storeOps } from "../src/index.ts";

const KEYS = 1000;

describe.skipIf(!postgresOrSkip())("a thousand keys on a PostgreSQL server", () => {
  let server: PostgresServer;
  let proxy: PostgresProxy;
  let store: Awaited<ReturnType<typeof open>>;
  let runtime: Runtime;
  beforeAll(async () => {
    server = await startPostgres();
    proxy = await proxyTo(server.url);
    store = await open({ url: proxy.url });
    const all = store.atomic();
    for (let i = 0; i < KEYS; i++) all.set(["k", i], `value ${i}`);
    await all.commit();
    // The connection is there.
    await store.get(["k", 0]);
    runtime = createRuntime({ ops: storeOps(store) });
  });
  afterAll(async () => {
    await store.close();
    await proxy[Symbol.asyncDispose]();
    await server.stop();
  });

  async function asked(mapper: string): Promise<{ statements: number; values: unknown }> {
    const before = proxy.statements;
    const values = await runtime.eval(
      `(${mapper} (fn (i) (perform :kv/get (list "k" i))) (range 0 ${KEYS}))`,
    );
    return { statements: proxy.statements - before, values };
  }
  const expected = Array.from({ length: KEYS }, (_, i) => `value ${i}`);

  test("pmap takes at most ten round trips, and keeps the order", async () => {
    const { statements, values } = await asked("pmap");
    expect(values).toEqual(expected);
    expect(statements).toBeLessThanOrEqual(10);
  });

  test("map asks for one after the other", async () => {
    const { statements, values } = await asked("map");
    expect(values).toEqual(expected);
    expect(statements).toBe(KEYS);
  });
});
