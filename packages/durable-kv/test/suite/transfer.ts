/** Export, import, backup, restore and scrub, on every engine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Entry, Store } from "../../src/index.ts";
import type { Backend } from "./backend.ts";

export function transferSuite(backend: Backend): void {
  const folder = mkdtempSync(join(tmpdir(), "kv-transfer-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const file = (): string => join(folder, `${files++}.backup`);

  async function filled(): Promise<Store> {
    const store = await backend.open();
    const atomic = store.atomic();
    for (let i = 0; i < 1200; i++) atomic.set(["n", i], { i, text: "x".repeat(i % 300) });
    await atomic
      .set(["ns", "k"], 1)
      .set(["t"], "soon", { ttl: 3_600_000 })
      .setVersionstamped(["e"], "stamped")
      .commit();
    await store.log("l").append(["one", "two"]);
    await store.namespace("ns").log("inner").append(["three"]);
    await store.namespace("ns").blobs.put(new Uint8Array(600_000).fill(7));
    return store;
  }
  const all = async (store: Store): Promise<Entry[]> => (await store.list({ prefix: [] })).entries;
  const plain = (entries: readonly Entry[]): unknown[] =>
    entries.map(({ key, value, expiresAt }) => ({ key, value, expiresAt }));
  async function chunksOf(store: Store): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.export()) chunks.push(chunk);
    return chunks;
  }

  test("what is exported can be imported elsewhere: keys, times of expiry, logs, blobs", async () => {
    const [from, to] = await Promise.all([filled(), backend.open()]);
    const count = await to.import(from.export());
    expect(count).toBeGreaterThan(1204);
    expect(plain(await all(to))).toEqual(plain(await all(from)));
    expect(await to.log("l").read()).toEqual(await from.log("l").read());
    expect(await to.log("l").count()).toBe(2);
    const last = await to.log("l").last();
    expect((await to.log("l").append(["three"], { expect: last })).ok).toBe(true);
    expect(await to.scrub()).toMatchObject({ damaged: [] });
    await Promise.all([from.close(), to.close()]);
  });

  test("a namespace is exported by itself, and imported into another", async () => {
    const store = await filled();
    const copy = store.namespace("copy", 1);
    await copy.import(store.namespace("ns").export());
    expect(plain(await all(copy))).toEqual([{ key: ["k"], value: 1, expiresAt: undefined }]);
    expect((await copy.log("inner").read()).map(({ value }) => value)).toEqual(["three"]);
    const id = await store.blobs.put(new Uint8Array(600_000).fill(7));
    expect((await copy.blobs.get(id))?.length).toBe(600_000);
    await store.close();
  });

  test("what is cut short, damaged or something else is refused", async () => {
    const store = await filled();
    const whole = Buffer.concat(await chunksOf(store));
    const target = await backend.open();
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from("something else"),
      whole.subarray(0, whole.length - 1),
      whole.subarray(0, 5000),
      Buffer.concat([whole, whole]),
      flipped(3),
      flipped(9),
      flipped(whole.length >> 1),
      flipped(whole.length - 1),
    ])
      await expect(target.import([bytes])).rejects.toMatchObject({ code: "import" });
    // Chunks may be cut anywhere.
    const bits = Array.from({ length: Math.ceil(whole.length / 977) }, (_, i) =>
      whole.subarray(i * 977, (i + 1) * 977),
    );
    expect(await target.import(bits)).toBeGreaterThan(1204);
    await Promise.all([store.close(), target.close()]);
  });

  test("an export of which only the beginning is read holds nothing up", async () => {
    const store = await filled();
    for await (const chunk of store.export()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await store.set(["after"], 1);
    await store.close();
  });

  test("a backup that is made while others write is of one moment, and restores to it", async () => {
    const store = await filled();
    const path = file();
    let writing = true;
    const writer = (async () => {
      for (let i = 0; writing; i++)
        await store
          .atomic()
          .set(["w", "a"], i)
          .set(["w", "b"], i)
          .set(["n", i % 1200], i)
          .commit();
    })();
    await store.backup(path);
    writing = false;
    await writer;
    await store.set(["late"], 1);
    const later = await store.set(["n", 3], "later");
    const watch = store.watch({ prefix: [] })[Symbol.asyncIterator]();
    const next = watch.next();
    await store.restore(path);
    expect((await next).value).toBe("resync");
    await watch.return?.();
    expect(await store.get(["late"])).toBe(null);
    expect(await store.get(["w", "a"])).toMatchObject(
      (await store.get(["w", "b"])) === null ? {} : { value: (await store.get(["w", "b"]))?.value },
    );
    expect((await store.log("l").read()).map(({ value }) => value)).toEqual(["one", "two"]);
    // Versions of before mean nothing now, and new ones are greater than all.
    expect((await store.atomic().check(["n", 3], later).commit()).ok).toBe(false);
    expect((await store.set(["n", 3], "now")) > later).toBe(true);
    expect(await store.scrub()).toMatchObject({ damaged: [] });
    await store.close();
    const other = await backend.open();
    await other.restore(path);
    expect((await other.list({ prefix: ["n"] })).entries).toHaveLength(1200);
    await other.close();
  });

  test("a backup that is damaged changes nothing; one that cannot be written leaves nothing behind", async () => {
    const store = await filled();
    const path = file();
    await store.backup(path);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
    writeFileSync(path, bytes);
    const before = await all(store);
    await expect(store.restore(path)).rejects.toMatchObject({ code: "import" });
    await expect(store.restore(file())).rejects.toMatchObject({ code: "import" });
    expect(await all(store)).toEqual(before);
    await expect(store.backup(join(folder, "no", "such", "folder"))).rejects.toThrow("cannot be written");
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
    await expect(store.namespace("a").scrub()).rejects.toThrow("use the store that it is of");
    await store.close();
  });

  test("a sound store is scrubbed without a finding", async () => {
    const store = await filled();
    const { entries, damaged } = await store.scrub();
    expect(entries).toBeGreaterThan(1204);
    expect(damaged).toEqual([]);
    await store.close();
  });
}
