/** The ordeals see what they are made to see: a disk that loses what was not synced, a load that is not whole. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "@sorbus/durable-kv";
import { afterAll, describe, expect, test } from "vitest";
import { Disk } from "../src/disk.ts";
import { commit, lost, verify } from "../src/load.ts";
import { Random } from "../src/random.ts";
import type { Operation } from "../src/recording.ts";

const root = mkdtempSync(join(tmpdir(), "torture-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a disk", () => {
  const state = (disk: Disk): string => {
    const folder = join(root, "state");
    disk.write(folder, "dropped", new Random(1));
    return existsSync(join(folder, "f")) ? readFileSync(join(folder, "f"), "utf8") : "nothing";
  };
  const write = (offset: number, text: string): Operation => ({
    kind: "write",
    path: "f",
    offset,
    data: Buffer.from(text),
  });

  test("has what was synced, and nothing else after a cut", () => {
    const disk = new Disk();
    disk.take({ kind: "create", path: "f" });
    disk.take(write(0, "abc"));
    expect(state(disk)).toBe("nothing");
    disk.take({ kind: "sync begins", path: "f", sync: 1 });
    disk.take(write(3, "late"));
    disk.take({ kind: "synced", path: "f", sync: 1 });
    expect(state(disk)).toBe("abc");
    expect(disk.dirty).toBe(true);
  });

  test("never gets what a failed sync was to make durable", () => {
    const disk = new Disk();
    disk.take({ kind: "create", path: "f" });
    disk.take(write(0, "abc"));
    disk.take({ kind: "sync begins", path: "f", sync: 1 });
    disk.take({ kind: "sync failed", path: "f", sync: 1 });
    disk.take(write(0, "x"));
    disk.take({ kind: "sync begins", path: "f", sync: 2 });
    disk.take({ kind: "synced", path: "f", sync: 2 });
    expect(state(disk)).toBe("x");
  });
});

describe("the load", () => {
  test("is whole after any number of commits, and a hole in it is seen", async () => {
    const store = await open({ url: "memory:" });
    for (let n = 1; n <= 90; n++) await commit(store, "p", 0, n);
    expect((await verify(store, "p"))["p:0"]).toBe(90);
    expect(lost({ "p:0": 91 }, await verify(store, "p"))).toHaveLength(1);
    await store.delete(["b", "p", 0, 5]);
    await expect(verify(store, "p")).rejects.toThrow("b, slot 5 should have commit 85 and is empty");
    await store.close();
  });

  test("half a commit and one too few are seen", async () => {
    const store = await open({ url: "memory:" });
    for (let n = 1; n <= 3; n++) await commit(store, "p", 0, n);
    const [a] = (await store.list({ prefix: ["a", "p", 0] })).entries;
    await commit(store, "p", 0, 4);
    await store.set(["a", "p", 0, 4], a?.value);
    await expect(verify(store, "p")).rejects.toThrow("should have commit 4");
    await store.set(["last", "p", 0], 2);
    await expect(verify(store, "p")).rejects.toThrow("has counted 4");
    await store.close();
  });
});

test("a seed gives the same numbers again", () => {
  const some = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 5 }, () => random.below(1000));
  };
  expect(some(7)).toEqual(some(7));
  expect(some(7)).not.toEqual(some(8));
});
