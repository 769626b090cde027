/** What happens at each point where a store can fail: what callers are told is true, and the store goes on. */
import { describe, expect, test } from "vitest";
import {
  type Change,
  CommitUnknown,
  Fatal,
  type Fault,
  type FaultPoint,
  Full,
  type Store,
} from "../../src/index.ts";
import type { Backend } from "./backend.ts";

interface Expected {
  readonly at: FaultPoint;
  readonly error: typeof CommitUnknown | typeof Fatal | typeof Full;
  /** Whether the commit has happened; undefined: who can tell. */
  readonly happened: boolean | undefined;
}

const COMMITS: readonly Expected[] = [
  { at: "beforeBegin", error: Fatal, happened: false },
  { at: "afterApply", error: Fatal, happened: false },
  { at: "beforeCommit", error: Fatal, happened: false },
  { at: "diskFull", error: Full, happened: false },
  { at: "committerDies", error: CommitUnknown, happened: false },
  { at: "fsyncError", error: CommitUnknown, happened: undefined },
  { at: "afterCommit", error: CommitUnknown, happened: true },
  { at: "beforeAck", error: CommitUnknown, happened: true },
];

export function faultSuite(backend: Backend): void {
  const broken = (...fault: Fault[]): Promise<Store> => backend.open({ fault });

  describe.each(COMMITS)("$at", ({ at, error, happened }) => {
    test("the caller is told what is known, and the store goes on", async () => {
      const store = await broken({ at, nth: 2 });
      await store.set(["first"], 1);
      const failed = await store
        .atomic()
        .add(["n"], 1)
        .set(["half"], 1)
        .commit()
        .catch((e: unknown) => e);
      expect(failed).toBeInstanceOf(error);
      expect((await store.get(["first"]))?.value).toBe(1);
      const [n, half] = await store.getMany([["n"], ["half"]]);
      expect(n === null).toBe(half === null);
      if (happened !== undefined) expect(n !== null).toBe(happened);
      await store.set(["next"], 2);
      expect((await store.get(["next"]))?.value).toBe(2);
      await store.close();
    });

    test("with a name, asking again until it is told makes it happen once", async () => {
      const store = await broken({ at });
      let attempts = 0;
      for (;;) {
        attempts++;
        try {
          const result = await store.atomic({ txnId: "once" }).add(["n"], 1).commit();
          expect(result.ok).toBe(true);
          break;
        } catch (e) {
          expect(e).toBeInstanceOf(error);
        }
      }
      expect(attempts).toBeLessThanOrEqual(2);
      expect((await store.get(["n"]))?.value).toBe(1);
      await store.close();
    });
  });

  test("what is in doubt is asked for again by the store itself, if it has a name", async () => {
    const store = await broken({ at: "afterCommit" });
    await expect(store.atomic({ txnId: "a" }).add(["n"], 1).commit()).resolves.toMatchObject({ ok: true });
    expect((await store.get(["n"]))?.value).toBe(1);
    await store.close();
  });

  test("watchGap: the watcher is told to read for itself, and goes on", async () => {
    const store = await broken({ at: "watchGap", nth: 2 });
    const watch = store.watch({ prefix: [] })[Symbol.asyncIterator]();
    const first = watch.next();
    await store.set(["a"], 1);
    const seen: unknown[] = [(await first).value];
    if (seen[0] !== "resync") seen.push((await watch.next()).value);
    expect(seen).toContain("resync");
    await store.set(["b"], 1);
    // A watcher that was woken before anything had happened sees ["a"] now.
    let keys: unknown[] = [];
    while (!keys.includes("b"))
      keys = ((await watch.next()).value as Change[]).map(({ key: [part] }) => part);
    expect(keys.at(-1)).toBe("b");
    await watch.return?.();
    await store.close();
  });

  test.each([86_400_000, -86_400_000])(
    "clockJump by %i ms: entries expire by the clock, versions still grow",
    async (by) => {
      const clock = 1_000_000_000;
      const store = await backend.open({ now: () => clock, fault: [{ at: "clockJump", nth: 3, by }] });
      const first = await store.set(["t"], 1, { ttl: 60_000 });
      await store.set(["keep"], 1);
      const later = await store.set(["n"], 1);
      expect(later > first).toBe(true);
      expect((await store.get(["t"])) === null).toBe(by > 0);
      expect((await store.get(["keep"]))?.value).toBe(1);
      await store.close();
    },
  );

  test.skipIf(!backend.bounded)(
    "a full store says so, goes on reading, takes what fits, and recovers without reopening",
    async () => {
      const store = await backend.open({ maxBytes: 256 * 1024 });
      await store.set(["first"], "kept");
      const big = "x".repeat(20_000);
      const results = await Promise.allSettled([
        ...Array.from({ length: 30 }, (_, i) => store.set(["big", i], big)),
        store.set(["small"], 1),
      ]);
      const refused = results.filter((r) => r.status === "rejected");
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(30);
      for (const { reason } of refused) {
        expect(reason).toBeInstanceOf(Full);
        expect(reason).toMatchObject({
          code: "full",
          message: expect.stringContaining("nothing was committed"),
        });
      }
      expect((await store.get(["first"]))?.value).toBe("kept");
      // Acknowledged is there, refused is not.
      for (let i = 0; i < 30; i++)
        expect((await store.get(["big", i])) !== null).toBe(results[i]?.status === "fulfilled");
      await store
        .atomic()
        .deleteRange({ prefix: ["big"] })
        .commit();
      await store.set(["big", "again"], big);
      await store.close();
    },
  );
}
