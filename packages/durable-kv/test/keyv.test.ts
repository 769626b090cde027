/** Keyv's own suite judges the adapter; what it does not ask is below. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import keyvTestSuite, { keyvIteratorTests } from "@keyv/test-suite";
import Keyv from "keyv";
import * as vitest from "vitest";
import { open } from "../src/index.ts";
import { keyvStore } from "../src/keyv.ts";

const { afterAll, expect, test } = vitest;
const root = mkdtempSync(join(tmpdir(), "kv-keyv-"));
const store = await open({ url: `sqlite:${root}` });
afterAll(async () => {
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

// It was written for another version of vitest, which differs in what it does not use.
const runner = vitest as unknown as Parameters<typeof keyvTestSuite>[0];
keyvTestSuite(runner, Keyv, () => keyvStore(store));
keyvIteratorTests(runner, Keyv, () => keyvStore(store));

test("two namespaces do not see each other, and clearing one leaves the other", async () => {
  const [a, b] = [
    new Keyv({ store: keyvStore(store), namespace: "a" }),
    new Keyv({ store: keyvStore(store), namespace: "b" }),
  ];
  await a.set("k", 1);
  await b.set("k", 2);
  expect(await a.get("k")).toBe(1);
  await a.clear();
  expect(await a.get("k")).toBe(undefined);
  expect(await b.get("k")).toBe(2);
});

test("many at once, and what expires", async () => {
  const keyv = new Keyv({ store: keyvStore(store), namespace: "many" });
  await keyv.setMany([
    { key: "a", value: 1 },
    { key: "b", value: 2, ttl: 1 },
  ]);
  await expect.poll(() => keyv.get("b")).toBe(undefined);
  expect(await keyv.getMany(["a", "b"])).toEqual([1, undefined]);
  expect(await keyv.deleteMany(["a", "b"])).toBe(true);
  expect(await keyv.deleteMany(["a", "b"])).toBe(false);
});

test("disconnecting leaves the store open, unless it is the adapter's", async () => {
  await keyvStore(store).disconnect();
  await store.set(["still"], 1);
  const own = await open({ url: "memory:" });
  await keyvStore(own, { owned: true }).disconnect();
  await expect(own.set(["a"], 1)).rejects.toMatchObject({ code: "closed" });
});
