/** Append logs, on every engine. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Log, LogEntry, Store, Versionstamp } from "../../src/index.ts";
import type { Backend } from "./backend.ts";

export function logSuite(backend: Backend): void {
  let store: Store;
  let logs = 0;
  const fresh = (): Log<string> => store.log<string>("log", logs++);
  beforeAll(async () => {
    store = await backend.open();
  });
  afterAll(() => store.close());

  const texts = (entries: readonly LogEntry<string>[]): string[] => entries.map(({ value }) => value);
  async function appended(log: Log<string>, ...values: string[]): Promise<readonly Versionstamp[]> {
    const result = await log.append(values);
    if (!result.ok) throw new Error("nothing was expected");
    return result.positions;
  }

  test("records come back in order, from any position, both ways", async () => {
    const log = fresh();
    expect(await log.read()).toEqual([]);
    expect(await log.last()).toBe(null);
    const [a = never(), b = never()] = await appended(log, "a", "b");
    const [c = never()] = await appended(log, "c");
    expect(a < b && b < c).toBe(true);
    expect(await log.read()).toEqual([
      { position: a, value: "a" },
      { position: b, value: "b" },
      { position: c, value: "c" },
    ]);
    expect(texts(await log.read({ after: a }))).toEqual(["b", "c"]);
    expect(texts(await log.read({ after: a, limit: 1 }))).toEqual(["b"]);
    expect(texts(await log.read({ reverse: true, limit: 2 }))).toEqual(["c", "b"]);
    expect(texts(await log.read({ reverse: true, after: b }))).toEqual(["a"]);
    expect(await log.last()).toBe(c);
    expect(await log.count()).toBe(3);
    await expect(log.read({ limit: 0 })).rejects.toThrow("limit");
    await expect(log.append([])).rejects.toThrow("nothing to append");
  });

  test("many append at once: nothing is lost, everybody's own order is kept", async () => {
    const log = fresh();
    await Promise.all(
      Array.from({ length: 8 }, async (_, who) => {
        for (let i = 0; i < 5; i++) await log.append([`${who}:${i}`]);
      }),
    );
    const all = texts(await log.read());
    expect(all).toHaveLength(40);
    expect(await log.count()).toBe(40);
    for (let who = 0; who < 8; who++)
      expect(all.filter((text) => text.startsWith(`${who}:`))).toEqual(
        [0, 1, 2, 3, 4].map((i) => `${who}:${i}`),
      );
  });

  test("an append that expects a last record is refused when there is another", async () => {
    const log = fresh();
    const first = await log.append(["a"], { expect: null });
    if (!first.ok) throw new Error("the log was empty");
    const [a = never()] = first.positions;
    expect(await log.append(["x"], { expect: null })).toEqual({ ok: false, last: a });
    const rivals = await Promise.all(["b", "c", "d"].map((text) => log.append([text], { expect: a })));
    expect(rivals.filter(({ ok }) => ok)).toHaveLength(1);
    const last = await log.last();
    expect(rivals.filter(({ ok }) => !ok)).toEqual(Array(2).fill({ ok: false, last }));
    expect(await log.count()).toBe(2);
  });

  test("a named append that is repeated is not appended twice", async () => {
    const log = fresh();
    const options = { expect: null, txnId: `append-${logs}` };
    const first = await log.append(["a", "b"], options);
    expect(first.ok).toBe(true);
    expect(await log.append(["a", "b"], options)).toEqual(first);
    expect(texts(await log.read())).toEqual(["a", "b"]);
    expect((await log.append(["c"], { expect: null, txnId: `${options.txnId}c` })).ok).toBe(false);
  });

  test("a snapshot stands for what is compacted away; counting and expecting go on", async () => {
    const log = fresh();
    const [, b = never(), c = never()] = await appended(log, "a", "b", "c");
    expect(await log.snapshot()).toBe(null);
    expect(await log.saveSnapshot(b, { sum: "ab" })).toBe(true);
    await log.compact(b);
    expect(texts(await log.read())).toEqual(["c"]);
    expect(await log.snapshot()).toEqual({ position: b, value: { sum: "ab" } });
    expect(await log.count()).toBe(3);
    // The last record stays: it is what the next append may expect.
    await log.compact(c);
    expect(texts(await log.read())).toEqual(["c"]);
    expect((await log.append(["d"], { expect: c })).ok).toBe(true);
    expect(await log.saveSnapshot(c, "later")).toBe(true);
    expect(await log.saveSnapshot(b, "earlier")).toBe(false);
    expect(await log.snapshot()).toEqual({ position: c, value: "later" });
  });

  test("following gives what is there and then what comes", async () => {
    const log = fresh();
    await appended(log, "a", "b");
    const controller = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { value } of log.follow({ signal: controller.signal })) {
        seen.push(value);
        if (seen.length === 5) controller.abort();
      }
    })();
    await appended(log, "c");
    await appended(log, "d", "e");
    await following;
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("logs are apart: from each other, from keys, between namespaces", async () => {
    const kv = store.namespace("apart");
    await kv.log("a").append(["in a"]);
    await kv.log("a", "b").append(["in a b"]);
    await store.log("apart").append(["of the namespace's name"]);
    await kv.set(["a"], 1);
    expect((await kv.list({ prefix: [] })).entries.map(({ key }) => key)).toEqual([["a"]]);
    expect((await store.list({ prefix: ["apart"] })).entries).toHaveLength(1);
    await kv.atomic().deleteRange({ prefix: [] }).commit();
    expect((await kv.log("a").read()).map(({ value }) => value)).toEqual(["in a"]);
    expect((await store.log("apart", "a").read()).map(({ value }) => value)).toEqual(["in a"]);
    expect((await kv.namespace("a").log("b").read()).map(({ value }) => value)).toEqual(["in a b"]);
    expect(() => store.log()).toThrow("must have a part");
  });
}

function never(): never {
  throw new Error("there is a position for each value");
}
