/** The embedded engine passes the conformance suite, with both drivers; and what only it can do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { open } from "../src/index.ts";
import { type Backend, conformance } from "./suite/backend.ts";

const root = mkdtempSync(join(tmpdir(), "kv-sqlite-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const backend = (name: string, own: Parameters<Backend["open"]>[0]): Backend => {
  const place: Backend["place"] = () => {
    const url = `sqlite:${join(root, `${folders++}`)}`;
    return (options) => open({ ...own, ...options, url });
  };
  return { name, place: place, open: (options) => place()(options), runs: 25, bounded: true };
};

conformance(backend("node:sqlite", { driver: "node" }));
conformance(backend("better-sqlite3", { driver: "better-sqlite3" }));
conformance(backend("node:sqlite, early-visible", { driver: "node", durability: "early-visible" }));

describe("sqlite", () => {
  test("two SQLites do not open one folder in one process", async () => {
    const url = `sqlite:${join(root, "two")}`;
    const store = await open({ url, driver: "node" });
    await expect(open({ url, driver: "better-sqlite3" })).rejects.toThrow("would break its locks");
    await store.close();
    await (await open({ url, driver: "better-sqlite3" })).close();
  });

  test("what one driver wrote the other reads", async () => {
    const url = `sqlite:${join(root, "both")}`;
    const one = await open({ url, driver: "better-sqlite3" });
    const version = await one.set(["a"], { deep: [1, 2n, new Set(["x"])] }, { ttl: 100_000 });
    await one.close();
    const two = await open({ url, driver: "node" });
    expect(await two.get(["a"])).toMatchObject({ value: { deep: [1, 2n, new Set(["x"])] }, version });
    expect((await two.scrub()).damaged).toEqual([]);
    await two.close();
  });

  test("all reads of one turn see one moment, but for one's own acknowledged commits", async () => {
    const url = `sqlite:${join(root, "turns")}`;
    const [mine, other] = await Promise.all([open({ url }), open({ url })]);
    const sync = mine.sync;
    if (sync === undefined) throw new Error("an embedded store reads at once");
    await mine.set(["a"], 1);
    expect(sync.get(["a"])?.value).toBe(1);
    await other.set(["a"], 2);
    await new Promise(setImmediate);
    expect(sync.get(["a"])?.value).toBe(2);
    await Promise.all([mine.close(), other.close()]);
  });
});
