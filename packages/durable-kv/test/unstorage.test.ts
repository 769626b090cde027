/** The contract of a driver of unstorage, asked through unstorage itself: its own suite is not published. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage, prefixStorage, restoreSnapshot, snapshot } from "unstorage";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { open } from "../src/index.ts";
import { unstorageDriver } from "../src/unstorage.ts";

const root = mkdtempSync(join(tmpdir(), "kv-unstorage-"));
const store = await open({ url: `sqlite:${root}` });
const storage = createStorage({ driver: unstorageDriver(store) });
afterEach(() => storage.clear());
afterAll(async () => {
  await storage.dispose();
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

const keys = async (...args: Parameters<typeof storage.getKeys>): Promise<string[]> =>
  (await storage.getKeys(...args)).sort();

test("at first nothing is there; clearing that does no harm", async () => {
  expect(await storage.hasItem("s1:a")).toBe(false);
  expect(await storage.getItem("s2:a")).toBe(null);
  expect(await keys()).toEqual([]);
  await storage.clear();
  expect(await keys()).toEqual([]);
});

test("items are set, read without regard to a query, listed and removed", async () => {
  await storage.setItem("s1:a", "one");
  await storage.setItem("s2:a", "two");
  await storage.setItem("s3:a?q=1", "three");
  expect(await storage.hasItem("s1:a")).toBe(true);
  expect(await storage.getItem("s3:a?q=2")).toBe("three");
  expect(await keys()).toEqual(["s1:a", "s2:a", "s3:a"]);
  expect(await keys("s1")).toEqual(["s1:a"]);
  await storage.removeItem("s1:a");
  expect(await storage.hasItem("s1:a")).toBe(false);
  expect(await storage.getItem("s1:a")).toBe(null);
});

test("keys are listed to a depth", async () => {
  for (const key of ["x", "d:e:f", "d:e:g", "d:h", "d:i"]) await storage.setItem(key, "v");
  expect(await keys(undefined, { maxDepth: 0 })).toEqual(["x"]);
  expect(await keys(undefined, { maxDepth: 1 })).toEqual(["d:h", "d:i", "x"]);
  expect(await keys(undefined, { maxDepth: 2 })).toEqual(["d:e:f", "d:e:g", "d:h", "d:i", "x"]);
});

describe("values", () => {
  test.each([
    ["an object", { json: "works" }],
    ["true", true],
    ["zero", 0],
    ["false", false],
    ["a text", "text"],
  ])("%s comes back", async (_, value) => {
    await storage.setItem("/data/v.json", value);
    expect(await storage.getItem("/data/v.json")).toEqual(value);
  });

  test("what has toJSON is stored as that, another object is refused", async () => {
    await storage.setItem("/data/v.json", { toJSON: () => ({ inner: 1 }) });
    expect(await storage.getItem("/data/v.json")).toEqual({ inner: 1 });
    class Opaque {}
    await expect(storage.setItem("/data/bad", new Opaque() as never)).rejects.toThrow("Cannot stringify");
  });

  test("raw bytes come back as bytes", async () => {
    await storage.setItemRaw("/data/raw.bin", new Uint8Array([1, 2, 255]));
    expect(await storage.getItemRaw("/data/raw.bin")).toEqual(new Uint8Array([1, 2, 255]));
  });
});

test("many items at once", async () => {
  await storage.setItems([
    { key: "t:1", value: "one" },
    { key: "t:2", value: "two" },
  ]);
  expect(await storage.getItems([{ key: "t:1" }, "t:2", "t:3"])).toEqual([
    { key: "t:1", value: "one" },
    { key: "t:2", value: "two" },
    { key: "t:3", value: null },
  ]);
});

test("a snapshot restores; a base is a place of its own", async () => {
  await restoreSnapshot(storage, { "a:b": "works" }, "base");
  expect(await snapshot(storage, "base")).toEqual({ "a:b": "works" });
  const based = prefixStorage(storage, "base");
  expect(await based.getItem("a:b")).toBe("works");
  await storage.setItem("basement", "other");
  // unstorage asks for it only where a driver is mounted under a base.
  await unstorageDriver(store).clear("base", {});
  expect(await keys()).toEqual(["basement"]);
});

test("an item lives as long as it was given, in seconds", async () => {
  await storage.setItem("short", "gone soon", { ttl: 0.001 });
  await storage.setItem("long", "stays", { ttl: 100 });
  await expect.poll(() => storage.getItem("short")).toBe(null);
  expect((await store.get(["long"]))?.expiresAt).toBeGreaterThan(Date.now() + 90_000);
});

test("watchers hear of what is set and removed", async () => {
  const seen: string[] = [];
  const unwatch = await storage.watch((event, key) => {
    if (key.startsWith("w:")) seen.push(`${event} ${key}`);
  });
  await storage.setItem("w:a", "1");
  await storage.removeItem("w:a");
  await expect.poll(() => seen).toContain("remove w:a");
  expect(seen).toContain("update w:a");
  await unwatch();
});
