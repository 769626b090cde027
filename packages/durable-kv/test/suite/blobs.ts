/** Blobs, on every engine. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BlobId, Store } from "../../src/index.ts";
import type { Backend } from "./backend.ts";

export function blobSuite(backend: Backend): void {
  let store: Store;
  beforeAll(async () => {
    store = await backend.open();
  });
  afterAll(() => store.close());

  test.each([0, 1, 1000, 512 * 1024, 512 * 1024 + 1, 1_700_000])(
    "%i bytes come back under their hash",
    async (size) => {
      const { blobs } = store.namespace("sizes");
      const bytes = new Uint8Array(randomBytes(size));
      const id = await blobs.put(bytes);
      expect(id).toBe(`sha256-${createHash("sha256").update(bytes).digest("hex")}`);
      expect(Buffer.compare((await blobs.get(id)) ?? Buffer.from("none"), bytes)).toBe(0);
      expect(await blobs.stat(id)).toEqual({ size });
      expect(await blobs.put(bytes)).toBe(id);
    },
  );

  test("a stream, and what is the same by another way, is one blob", async () => {
    const { blobs } = store.namespace("streams");
    const bytes = new Uint8Array(randomBytes(1_200_000));
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
    }
    const [one, two] = await Promise.all([blobs.put(chunks()), blobs.put(bytes)]);
    expect(one).toBe(two);
    let size = 0;
    for await (const piece of (await blobs.stream(one)) ?? []) {
      expect(piece.length).toBeLessThanOrEqual(512 * 1024);
      size += piece.length;
    }
    expect(size).toBe(bytes.length);
    expect(await blobs.delete(one)).toBe(true);
    expect(await blobs.delete(one)).toBe(false);
    expect(await blobs.get(one)).toBe(null);
    expect(await blobs.stream(one)).toBe(null);
    expect(await blobs.stat(one)).toBe(null);
    // It can come again.
    expect(await blobs.put(bytes)).toBe(one);
    expect((await blobs.get(one))?.length).toBe(bytes.length);
  });

  test("a stream that breaks off leaves no blob", async () => {
    const { blobs } = store.namespace("broken");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(600_000);
      throw new Error("the source failed");
    }
    await expect(blobs.put(chunks())).rejects.toThrow("the source failed");
    const whole = new Uint8Array(600_000);
    const id = `sha256-${createHash("sha256").update(whole).digest("hex")}` as BlobId;
    expect(await blobs.get(id)).toBe(null);
  });

  test("namespaces have their own; what is no name is refused", async () => {
    const a = store.namespace("a");
    const id = await a.blobs.put(Buffer.from("hello"));
    expect(await store.namespace("b").blobs.get(id)).toBe(null);
    expect((await store.list({ prefix: ["a"] })).entries).toEqual([]);
    await expect(a.blobs.get("sha256-12" as BlobId)).rejects.toMatchObject({ code: "key" });
    await expect(a.blobs.put(["text"] as never)).rejects.toMatchObject({ code: "value" });
  });
}
