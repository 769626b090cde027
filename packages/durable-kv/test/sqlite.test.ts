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
  return { name, place: place, open: (options) => place()(options), runs: 40, bounded: true };
};

conformance(backend("node:sqlite", { driver: "node" }));
conformance(backend("node:sqlite, early-visible", { driver: "node", durability: "early-visible" }));

describe("sqlite", () => {
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
