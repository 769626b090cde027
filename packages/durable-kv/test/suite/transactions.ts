/** What transactions are made of: names, ranges, versionstamps, snapshots; and several connections to one place. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Store, Versionstamp } from "../../src/index.ts";
import type { Backend } from "./backend.ts";

export function transactionSuite(backend: Backend): void {
  let clock = 1_000_000;
  let store: Store;
  let spaces = 0;
  const space = (): Store => store.namespace("t", spaces++);
  beforeAll(async () => {
    store = await backend.open({ now: () => clock });
  });
  afterAll(() => store.close());

  describe("a named commit", () => {
    test("is applied once, however often it is asked for, and answers the same", async () => {
      const kv = space();
      const once = (): ReturnType<ReturnType<Store["atomic"]>["commit"]> =>
        kv
          .atomic({ txnId: `order-${spaces}` })
          .add(["n"], 1)
          .commit();
      const first = await once();
      await kv.set(["other"], 1);
      expect(await once()).toEqual(first);
      const all = await Promise.all([once(), once(), once()]);
      expect(all).toEqual([first, first, first]);
      expect((await kv.get(["n"]))?.value).toBe(1);
    });

    test("is not on record when it was refused: it may be tried again", async () => {
      const kv = space();
      const txnId = `refused-${spaces}`;
      await kv.set(["a"], 1);
      expect((await kv.atomic({ txnId }).check(["a"], null).add(["n"], 1).commit()).ok).toBe(false);
      expect((await kv.atomic({ txnId }).add(["n"], 1).commit()).ok).toBe(true);
      await kv.set(["s"], "text");
      await expect(
        kv
          .atomic({ txnId: `${txnId}b` })
          .add(["s"], 1)
          .commit(),
      ).rejects.toMatchObject({ code: "value" });
      expect(
        (
          await kv
            .atomic({ txnId: `${txnId}b` })
            .add(["n"], 1)
            .commit()
        ).ok,
      ).toBe(true);
      expect((await kv.get(["n"]))?.value).toBe(2);
    });

    test("twice in one turn: the second finds the first", async () => {
      const kv = space();
      const txnId = `turn-${spaces}`;
      const [a, b] = await Promise.all([
        kv.atomic({ txnId }).check(["k"], null).set(["k"], 1).commit(),
        kv.atomic({ txnId }).check(["k"], null).set(["k"], 2).commit(),
      ]);
      expect(a.ok).toBe(true);
      expect(b).toEqual(a);
      expect((await kv.get(["k"]))?.value).toBe(1);
    });

    test.each([[""], ["x".repeat(201)], ["\ud800"]])("%j is no name", (txnId) => {
      expect(() => store.atomic({ txnId })).toThrow("txnId must be");
    });
  });

  describe("checkRange", () => {
    const cases: [string, (kv: Store) => Promise<unknown>, boolean][] = [
      ["nothing", async () => undefined, true],
      ["a key beside the range is set", (kv) => kv.set(["q"], 1), true],
      ["the range's own key is set", (kv) => kv.set(["p"], 1), true],
      ["a key is added", (kv) => kv.set(["p", 3], 1), false],
      ["a key is changed", (kv) => kv.set(["p", 1], 1), false],
      ["a key is deleted", (kv) => kv.delete(["p", 2]), false],
      ["a key that is not there is deleted", (kv) => kv.delete(["p", 9]), true],
      [
        "a range is deleted",
        (kv) =>
          kv
            .atomic()
            .deleteRange({ prefix: ["p"] })
            .commit(),
        false,
      ],
    ];
    test.each(cases)("after a page was read: %s", async (_, change, ok) => {
      const kv = space();
      await kv.atomic().set(["p", 1], 1).set(["p", 2], 2).commit();
      const { version } = await kv.list({ prefix: ["p"] });
      await change(kv);
      const result = await kv
        .atomic()
        .checkRange({ prefix: ["p"] }, version)
        .set(["done"], true)
        .commit();
      expect(result.ok).toBe(ok);
      if (!result.ok) expect(result.conflict).toEqual(["p"]);
      expect((await kv.get(["done"])) !== null).toBe(ok);
    });

    test("an entry that expires is a change", async () => {
      const kv = space();
      await kv.set(["p", 1], 1, { ttl: 50 });
      const { version } = await kv.list({ prefix: ["p"] });
      const ask = (since: Versionstamp): ReturnType<ReturnType<Store["atomic"]>["commit"]> =>
        kv
          .atomic()
          .checkRange({ prefix: ["p"] }, since)
          .set(["x"], 1)
          .commit();
      expect((await ask(version)).ok).toBe(true);
      clock += 50;
      expect((await ask(version)).ok).toBe(false);
      expect((await ask((await kv.list({ prefix: ["p"] })).version)).ok).toBe(true);
    });

    test("a version so old that the changes since are forgotten is a conflict", async () => {
      const kv = await backend.open({ changeLog: 10 });
      const version = await kv.set(["p", 1], 1);
      for (let i = 0; i < 30; i++) await kv.set(["q"], i);
      expect(
        (
          await kv
            .atomic()
            .checkRange({ prefix: ["p"] }, version)
            .commit()
        ).ok,
      ).toBe(false);
      await kv.close();
    });
  });

  describe("setVersionstamped", () => {
    test("keys end in the version of the commit, in the order of the commits and within one", async () => {
      const kv = space();
      const first = await kv.atomic().setVersionstamped(["e"], "a").setVersionstamped(["e"], "b").commit();
      const second = await kv.atomic().setVersionstamped(["e"], "c").commit();
      if (!first.ok || !second.ok) throw new Error("no check, no conflict");
      const { entries } = await kv.list({ prefix: ["e"] });
      expect(entries.map(({ value }) => value)).toEqual(["a", "b", "c"]);
      expect(entries.map(({ version }) => version)).toEqual([first.version, first.version, second.version]);
      expect(entries[0]?.key).toEqual(["e", first.version]);
      expect(entries[2]?.key).toEqual(["e", second.version]);
      const key = entries[1]?.key ?? [];
      expect((await kv.get(key))?.value).toBe("b");
      await kv.set(key, "changed");
      expect((await kv.get(key))?.value).toBe("changed");
      expect((await kv.atomic().check(key, first.version).commit()).ok).toBe(false);
    });

    test("numbers can be added to", async () => {
      const kv = space();
      await kv.atomic().setVersionstamped(["n"], 5).commit();
      const [entry] = (await kv.list({ prefix: ["n"] })).entries;
      await kv
        .atomic()
        .add(entry?.key ?? [], 2)
        .commit();
      expect((await kv.list({ prefix: ["n"] })).entries[0]?.value).toBe(7);
    });
  });

  test("a snapshot sees one moment, whatever is committed meanwhile", async () => {
    const kv = space();
    const version = await kv.atomic().set(["a"], 1).set(["b"], 1).commit();
    await kv.snapshot(async (snapshot) => {
      expect(version).toEqual({ ok: true, version: snapshot.version });
      expect((await snapshot.get(["a"]))?.value).toBe(1);
      await kv.atomic().set(["a"], 2).set(["b"], 2).set(["c"], 2).commit();
      expect((await kv.get(["b"]))?.value).toBe(2);
      expect((await snapshot.getMany([["a"], ["b"], ["c"]])).map((entry) => entry?.value)).toEqual([
        1,
        1,
        undefined,
      ]);
      const page = await snapshot.list({ prefix: [] });
      expect(page.entries.map(({ value }) => value)).toEqual([1, 1]);
      expect(page.version).toBe(snapshot.version);
      expect((await kv.atomic().checkRange({ prefix: [] }, snapshot.version).commit()).ok).toBe(false);
    });
    await expect(
      kv.snapshot(() => {
        throw new Error("mine");
      }),
    ).rejects.toThrow("mine");
    expect((await kv.list({ prefix: [] })).entries).toHaveLength(3);
  });

  test("a compare-and-set of two entries that many do at once keeps their sum", async () => {
    const kv = space();
    await kv.atomic().set(["x"], 50).set(["y"], 50).commit();
    const transfer = async (n: number): Promise<void> => {
      for (;;) {
        const [x, y] = await kv.getMany<number>([["x"], ["y"]]);
        if (x == null || y == null) throw new Error("both are there");
        const result = await kv
          .atomic()
          .check(["x"], x.version)
          .check(["y"], y.version)
          .set(["x"], x.value - n)
          .set(["y"], y.value + n)
          .commit();
        if (result.ok) return;
      }
    };
    await Promise.all([1, 2, 3, -4, 5, -6].map(transfer));
    const [x, y] = await kv.getMany<number>([["x"], ["y"]]);
    expect([x?.value, y?.value]).toEqual([49, 51]);
  });

  const { place } = backend;
  test.skipIf(place === undefined)(
    "what was acknowledged is there when the place is opened again",
    async () => {
      if (place === undefined) return;
      const again = place();
      const first = await again();
      const version = await first.set(["a"], [1, "zwei"]);
      await first.atomic({ txnId: "first" }).add(["n"], 1).commit();
      await first.close();
      const second = await again();
      expect(await second.get(["a"])).toEqual({ key: ["a"], value: [1, "zwei"], version });
      await second.atomic({ txnId: "first" }).add(["n"], 1).commit();
      expect((await second.get(["n"]))?.value).toBe(1);
      expect((await second.set(["b"], 1)) > version).toBe(true);
      await second.close();
    },
  );

  test.skipIf(place === undefined)(
    "two connections to one place see each other's commits, and are told of them",
    async () => {
      if (place === undefined) return;
      const again = place();
      const [one, two] = await Promise.all([again(), again()]);
      const watch = two.watch({ prefix: ["a"] })[Symbol.asyncIterator]();
      const next = watch.next();
      const version = await one.set(["a", 1], "from one");
      expect((await next).value).toEqual([{ type: "set", key: ["a", 1], version }]);
      expect((await two.get(["a", 1]))?.value).toBe("from one");
      await Promise.all(
        [one, two, one, two].map((kv, i) => kv.atomic().add(["n"], 1).set(["by", i], true).commit()),
      );
      await one.set(["last"], 1);
      expect((await one.get(["n"]))?.value).toBe(4);
      await watch.return?.();
      await one.close();
      expect((await two.set(["b"], 1)) > version).toBe(true);
      await two.close();
    },
  );
}
