/** What a store does, on every engine: keys, atomics, pages, expiry, namespaces, watches. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeKey,
  type Key,
  KvError,
  type Selector,
  type Store,
  type StoreOptions,
  type Versionstamp,
} from "../../src/index.ts";
import { extensionsOf } from "../../src/key.ts";
import type { Backend } from "./backend.ts";

const keysOf = (entries: readonly { key: Key }[]): Key[] => entries.map(({ key }) => key);

export function storeSuite(backend: Backend): void {
  let clock = 1_000_000;
  const fresh = (options: Partial<StoreOptions> = {}): Promise<Store> =>
    backend.open({ now: () => clock, ...options });
  let store: Store;
  beforeAll(async () => {
    store = await fresh();
  });
  afterAll(() => store.close());
  let spaces = 0;
  /** A part of the store that no other test sees. */
  const space = (): Store => store.namespace("test", spaces++);

  test("what was set is read at once after the acknowledgement, and by the asynchronous forms", async () => {
    const kv = space();
    expect(await kv.get(["a"])).toBe(null);
    const version = await kv.set(["a"], { n: 1 });
    expect(await kv.get(["a"])).toEqual({ key: ["a"], value: { n: 1 }, version });
    expect(await kv.get(["a"])).toEqual(await kv.get(["a"]));
    expect(await kv.getMany([["b"], ["a"]])).toEqual([null, await kv.get(["a"])]);
    const later = await kv.delete(["a"]);
    expect(later > version).toBe(true);
    expect(await kv.get(["a"])).toBe(null);
  });

  test("where reads need no promise they give the same", async () => {
    const kv = space();
    expect(kv.sync !== undefined).toBe(kv.caps.syncReads);
    if (kv.sync === undefined) return;
    await kv.atomic().set(["a"], 1).set(["b"], { n: 2 }, { ttl: 5000 }).commit();
    expect(kv.sync.get(["b"])).toEqual(await kv.get(["b"]));
    expect(kv.sync.getMany([["b"], ["x"]])).toEqual(await kv.getMany([["b"], ["x"]]));
    expect(kv.sync.list({ prefix: [] }, { limit: 1 })).toEqual(await kv.list({ prefix: [] }, { limit: 1 }));
  });

  test("a value is stored as it was at `set`", async () => {
    const kv = space();
    const value = [1];
    const atomic = kv.atomic().set(["a"], value);
    value.push(2);
    await atomic.commit();
    expect((await kv.get(["a"]))?.value).toEqual([1]);
  });

  test("random programs of atomics do what a plain map would", async () => {
    type Model = Map<string, { key: Key; value: unknown; version: Versionstamp }>;
    const key: fc.Arbitrary<Key> = fc.array(
      fc.constantFrom<Key[number][]>("a", "b", 1, 2).map((p) => p),
      { minLength: 1, maxLength: 2 },
    );
    const selector: fc.Arbitrary<Selector> = fc.oneof(
      fc.record({ prefix: fc.oneof(fc.constant([]), key) }),
      fc.record({ start: key, end: key }),
    );
    const step = fc.oneof(
      fc.record({
        type: fc.constant("set" as const),
        key,
        value: fc.oneof(fc.integer({ max: 9 }), fc.string({ maxLength: 2 }), fc.constant(2n)),
      }),
      fc.record({ type: fc.constant("delete" as const), key }),
      fc.record({
        type: fc.constant("add" as const),
        key,
        n: fc.oneof(fc.integer({ max: 9 }), fc.constant(3n)),
      }),
      fc.record({ type: fc.constant("deleteRange" as const), selector }),
    );
    const check = fc.record({ key, stale: fc.constantFrom("right", "right", "right", "absent", "old") });
    const program = fc.array(
      fc.record({ checks: fc.array(check, { maxLength: 2 }), steps: fc.array(step, { maxLength: 4 }) }),
      { maxLength: 12 },
    );

    const id = (k: Key): string => Buffer.from(encodeKey(k)).toString("latin1");
    const inside = (s: Selector, k: Key): boolean => {
      const { start, end } =
        "prefix" in s
          ? extensionsOf(encodeKey(s.prefix))
          : { start: encodeKey(s.start), end: encodeKey(s.end) };
      return Buffer.compare(encodeKey(k), start) >= 0 && Buffer.compare(encodeKey(k), end) < 0;
    };
    const sorted = (model: Model): unknown[] =>
      [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);

    await fc.assert(
      fc.asyncProperty(program, selector, async (atomics, wanted) => {
        const kv = space();
        let model: Model = new Map();
        const old = "00000000000000000000" as Versionstamp;
        for (const { checks, steps } of atomics) {
          const atomic = kv.atomic();
          let conflict: Key | undefined;
          for (const { key, stale } of checks) {
            const current = model.get(id(key))?.version ?? null;
            const version = stale === "right" ? current : stale === "absent" ? null : old;
            atomic.check(key, version);
            if (version !== current && conflict === undefined && !(version === old && current === null))
              conflict = key;
          }
          const next: Model = new Map(model);
          const written: string[] = [];
          let failed = false;
          for (const s of steps) {
            if (s.type === "set") {
              atomic.set(s.key, s.value);
              next.set(id(s.key), { key: s.key, value: s.value, version: old });
              written.push(id(s.key));
            } else if (s.type === "delete") {
              atomic.delete(s.key);
              next.delete(id(s.key));
            } else if (s.type === "deleteRange") {
              atomic.deleteRange(s.selector);
              for (const [k, entry] of next) if (inside(s.selector, entry.key)) next.delete(k);
            } else {
              atomic.add(s.key, s.n);
              const before = next.get(id(s.key))?.value;
              if (before !== undefined && typeof before !== typeof s.n) failed = true;
              else {
                const value = before === undefined ? s.n : (before as number) + (s.n as number);
                next.set(id(s.key), { key: s.key, value, version: old });
                written.push(id(s.key));
              }
            }
          }
          if (conflict === undefined && failed) {
            await expect(atomic.commit()).rejects.toMatchObject({ code: "value" });
          } else {
            const result = await atomic.commit();
            expect(result.ok).toBe(conflict === undefined);
            if (result.ok) {
              for (const k of written) {
                const entry = next.get(k);
                if (entry !== undefined) next.set(k, { ...entry, version: result.version });
              }
              model = next;
            } else expect(result.conflict).toEqual(conflict);
          }
          expect((await kv.list({ prefix: [] })).entries).toEqual(sorted(model));
        }
        const inRange: Model = new Map([...model].filter(([, entry]) => inside(wanted, entry.key)));
        expect((await kv.list(wanted)).entries).toEqual(sorted(inRange));
        expect((await kv.list(wanted, { reverse: true })).entries).toEqual(sorted(inRange).reverse());
      }),
      { numRuns: backend.runs },
    );
  });

  test("pages follow each other without gaps or repeats, both ways", async () => {
    const kv = space();
    const atomic = kv.atomic();
    for (let i = 0; i < 23; i++) atomic.set(["p", i], i);
    await atomic.set(["q"], 1).set(["p"], 1).commit();
    for (const reverse of [false, true]) {
      for (const limit of [1, 5, 22, 23, 24]) {
        const seen: unknown[] = [];
        let cursor: string | undefined;
        do {
          const page = await kv.list({ prefix: ["p"] }, { limit, reverse, cursor });
          expect(page.entries.length).toBeGreaterThan(0);
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          seen.push(...page.entries.map(({ value }) => value));
          cursor = page.cursor;
        } while (cursor !== undefined);
        const all = Array.from({ length: 23 }, (_, i) => i);
        expect(seen).toEqual(reverse ? all.reverse() : all);
      }
    }
    const { cursor } = await kv.list({ prefix: ["p"] }, { limit: 1 });
    await expect(kv.list({ prefix: ["q"] }, { limit: 1, cursor })).rejects.toThrow("not of this selector");
    for (const limit of [0, -1, 1.5])
      await expect(kv.list({ prefix: [] }, { limit })).rejects.toThrow("limit");
  });

  test("of two that check one version, one wins", async () => {
    const kv = space();
    const version = await kv.set(["n"], 0);
    const results = await Promise.all(
      [1, 2, 3].map((n) => kv.atomic().check(["n"], version).set(["n"], n).set(["by", n], true).commit()),
    );
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(results[1]).toEqual({ ok: false, conflict: ["n"] });
    expect(keysOf((await kv.list({ prefix: ["by"] })).entries)).toEqual([["by", 1]]);
  });

  test("`add` loses no update and keeps exact bigints; what cannot be added fails whole and alone", async () => {
    const kv = space();
    await Promise.all(
      Array.from({ length: 100 }, () =>
        kv
          .atomic()
          .add(["n"], 1)
          .add(["big"], 2n ** 70n)
          .commit(),
      ),
    );
    expect((await kv.get(["n"]))?.value).toBe(100);
    expect((await kv.get(["big"]))?.value).toBe(100n * 2n ** 70n);
    await kv.set(["s"], "text");
    const [bad, good] = await Promise.allSettled([
      kv.atomic().set(["half"], 1).add(["s"], 1).commit(),
      kv.atomic().set(["whole"], 1).commit(),
    ]);
    expect(bad).toMatchObject({
      status: "rejected",
      reason: {
        code: "value",
        message: expect.stringContaining('"s"), which is no number'),
      },
    });
    expect(good.status).toBe("fulfilled");
    expect(await kv.get(["half"])).toBe(null);
    await expect(kv.atomic().add(["n"], 1n).commit()).rejects.toThrow("Cannot add a bigint to the value of");
  });

  test("an entry expires for readers, checks and additions, and is removed by a later commit", async () => {
    const kv = space();
    await kv.set(["t"], 5, { ttl: 100 });
    expect((await kv.get(["t"]))?.expiresAt).toBe(clock + 100);
    await kv.atomic().add(["t"], 1).commit();
    expect(await kv.get(["t"])).toMatchObject({ value: 6, expiresAt: clock + 100 });
    clock += 100;
    expect(await kv.get(["t"])).toBe(null);
    expect((await kv.list({ prefix: [] })).entries).toEqual([]);
    expect(await kv.atomic().check(["t"], null).add(["t"], 1).commit()).toMatchObject({ ok: true });
    expect(await kv.get(["t"])).toMatchObject({ value: 1 });
    expect((await kv.get(["t"]))?.expiresAt).toBe(undefined);
    for (const ttl of [0, -1, Number.NaN, Infinity])
      expect(() => kv.atomic().set(["t"], 1, { ttl })).toThrow("ttl");
  });

  test("namespaces are apart, nest, and hide their parts", async () => {
    const kv = space();
    const [a, b] = [kv.namespace("a"), kv.namespace("b", 1)];
    await a.set(["k"], "in a");
    await b.set(["k"], "in b");
    expect((await a.list({ prefix: [] })).entries.map(({ key, value }) => [key, value])).toEqual([
      [["k"], "in a"],
    ]);
    expect((await kv.get(["b", 1, "k"]))?.value).toBe("in b");
    expect((await kv.namespace("b").namespace(1).get(["k"]))?.value).toBe("in b");
    await a.atomic().deleteRange({ prefix: [] }).commit();
    expect(keysOf((await kv.list({ prefix: [] })).entries)).toEqual([["b", 1, "k"]]);
    expect(() => a.close()).toThrow("close the store");
  });

  test("what is asked for in one turn goes to disk together", async () => {
    const groups: number[] = [];
    const kv = await fresh({ hooks: { committed: ({ atomics }) => groups.push(atomics) } });
    await Promise.all(Array.from({ length: 50 }, (_, i) => kv.set([i], i)));
    expect(groups).toEqual([50]);
    // While one group is under way, the next gathers.
    const first = kv.set(["x"], 1);
    await new Promise(setImmediate);
    const rest: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      rest.push(kv.set(["y", i], i));
      await Promise.resolve();
    }
    await Promise.all([first, ...rest]);
    expect(groups.length).toBeLessThanOrEqual(3);
    expect(groups.reduce((a, b) => a + b)).toBe(71);
    await kv.close();
  });

  test("an atomic is committed once", async () => {
    const atomic = space().atomic().set(["a"], 1);
    await atomic.commit();
    await expect(atomic.commit()).rejects.toThrow("committed already");
  });

  test("a closed store says so, after having finished what was asked for", async () => {
    const kv = await fresh();
    const pending = kv.set(["a"], 1);
    await Promise.all([kv.close(), kv.close()]);
    await expect(pending).resolves.toBeTypeOf("string");
    if (kv.sync !== undefined) expect(() => kv.sync?.get(["a"])).toThrow("has been closed");
    await expect(kv.set(["a"], 2)).rejects.toMatchObject({ code: "closed" });
    expect(() => kv.watch({ prefix: [] })).toThrow("has been closed");
    await expect(kv.get(["a"])).rejects.toBeInstanceOf(KvError);
  });

  describe("watch", () => {
    test("tells what changed in a range, commit by commit, and ends with its signal", async () => {
      const kv = space();
      const controller = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const changes of kv.watch({ prefix: ["p"] }, { signal: controller.signal })) {
          if (changes === "resync") throw new Error("nothing was trimmed");
          seen.push(...changes.map(({ type, key }) => `${type} ${key.join("/")}`));
          if (seen.length >= 4) controller.abort();
        }
      })();
      await kv.set(["p", 1], 1);
      await kv.set(["q"], 1);
      await kv.atomic().set(["p", 2], 1).add(["p", 3], 1).commit();
      await kv
        .atomic()
        .deleteRange({ start: ["p", 2], end: ["p", 3] })
        .commit();
      await watching;
      expect(seen).toEqual(["set p/1", "set p/2", "set p/3", "delete p/2"]);
    });

    test("resumes after a version, and can look at a few keys only", async () => {
      const kv = space();
      const since = await kv.set(["a"], 1);
      await kv.set(["b"], 1);
      const last = await kv.set(["a"], 2);
      const watch = kv.watch([["a"], ["c"]], { since })[Symbol.asyncIterator]();
      expect(await watch.next()).toEqual({
        done: false,
        value: [{ type: "set", key: ["a"], version: last }],
      });
      await watch.return?.();
    });

    test("misses nothing between the call and the first step", async () => {
      const kv = space();
      const watch = kv.watch({ prefix: [] })[Symbol.asyncIterator]();
      await kv.set(["a"], 1);
      expect((await watch.next()).value).toMatchObject([{ key: ["a"] }]);
      await watch.return?.();
    });

    test("asks for a resync when the log no longer has what it missed", async () => {
      const kv = await fresh({ changeLog: 10 });
      const since = await kv.set(["a"], 0);
      for (let i = 0; i < 40; i++) await kv.set(["a"], i);
      const watch = kv.watch({ prefix: [] }, { since })[Symbol.asyncIterator]();
      expect((await watch.next()).value).toBe("resync");
      await kv.set(["b"], 1);
      expect((await watch.next()).value).toMatchObject([{ key: ["b"] }]);
      await watch.return?.();
      await kv.close();
    });

    test("ends when the store is closed", async () => {
      const kv = await fresh();
      const watch = kv.watch({ prefix: [] })[Symbol.asyncIterator]();
      const next = watch.next();
      await kv.close();
      expect(await next).toEqual({ done: true, value: undefined });
    });
  });
}
