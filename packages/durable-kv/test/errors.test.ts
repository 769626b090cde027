/** What goes wrong, and what a person is told then. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { KvError, type KvErrorCode, open } from "../src/index.ts";
import { olderThan } from "../src/sqlite/driver.ts";
import { finished, start } from "./programs.ts";

const root = mkdtempSync(join(tmpdir(), "kv-errors-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(root, `${folders++}`);

/** A closed store with an entry in it. */
async function filled(): Promise<{ path: string; file: string }> {
  const path = folder();
  const store = await open({ url: `sqlite:${path}` });
  await store.set(["post", 1], { title: "A title" });
  await store.set(["post", 2], 2);
  await store.close();
  return { path, file: join(path, "store.sqlite") };
}

async function failure(promise: Promise<unknown>): Promise<KvError> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof KvError) return error;
  throw new Error("no KvError", { cause: error });
}

describe("opening", () => {
  test.each([["mysql://host/db"], ["sqlite:"], ["data"], [""]])("%j is no URL of a store", async (url) => {
    const { code, message } = await failure(open({ url }));
    expect(code).toBe("url");
    expect(message).toContain("write sqlite:FOLDER, memory: or postgres://");
  });

  test("a file where the folder should be", async () => {
    const path = folder();
    writeFileSync(path, "");
    expect(await failure(open({ url: `sqlite:${path}` }))).toMatchObject({
      code: "unwritable",
      message: `The store's folder ${path} cannot be written: there is a file of that name. Make it writable for this user, or choose another`,
    });
    expect(await failure(open({ url: `sqlite:${path}/deeper` }))).toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("a part of the path is a file"),
    });
  });

  // Permissions mean nothing to root: a child process becomes somebody else.
  test.skipIf(process.getuid?.() !== 0).each<[string, number, number]>([
    ["a read-only folder, without a store", 0o555, 0],
    ["a read-only folder, with a store", 0o555, 0o444],
    ["a read-only file", 0o777, 0o444],
  ])("%s", async (_, folderMode, fileMode) => {
    chmodSync(root, 0o755);
    const nobody = 65_534;
    let path = folder();
    if (fileMode === 0) mkdirSync(path);
    else {
      const store = await filled();
      path = store.path;
      chmodSync(store.file, fileMode);
    }
    chmodSync(path, folderMode);
    const readable = spawnSync(process.execPath, ["--version"], { uid: nobody });
    expect(readable.status, "node must be executable by others").toBe(0);
    const out = await finished(start("opener", [path], { uid: nobody }));
    expect(out).toMatch(
      new RegExp(`^unwritable: The store's folder ${path} cannot be written: .*\\. Make it writable`),
    );
    chownSync(path, 0, 0);
  });

  test("a file that is no database", async () => {
    const path = folder();
    mkdirSync(path);
    writeFileSync(join(path, "store.sqlite"), "hello, this is certainly not a database".repeat(200));
    const { code, message } = await failure(open({ url: `sqlite:${path}` }));
    expect(code).toBe("corrupt");
    expect(message).toContain(join(path, "store.sqlite"));
    expect(message).toContain("is damaged, or is no store");
  });

  test("another program's database", async () => {
    const path = folder();
    mkdirSync(path);
    const db = new DatabaseSync(join(path, "store.sqlite"));
    db.exec("CREATE TABLE theirs (a)");
    db.close();
    expect(await failure(open({ url: `sqlite:${path}` }))).toMatchObject({
      code: "corrupt",
      message: `${join(path, "store.sqlite")} is a SQLite database, but not a store of durable-kv`,
    });
  });

  test("a newer format", async () => {
    const { path, file } = await filled();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 99");
    db.close();
    const { code, message } = await failure(open({ url: `sqlite:${path}` }));
    expect(code).toBe("newer-format");
    expect(message).toContain("has the format 99");
    expect(message).toContain("upgrade");
  });

  test("the format of before is refused, not misread", async () => {
    const { path, file } = await filled();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 1");
    db.close();
    expect(await failure(open({ url: `sqlite:${path}` }))).toMatchObject({
      code: "older-format",
      message: expect.stringContaining("move the folder away"),
    });
  });

  test("an empty file is a store that was never written: it is made one", async () => {
    const path = folder();
    mkdirSync(path);
    writeFileSync(join(path, "store.sqlite"), "");
    const store = await open({ url: `sqlite:${path}` });
    await store.set(["a"], 1);
    await store.close();
  });

  test("versions are compared as numbers", () => {
    expect(olderThan("3.51.2", "3.51.3")).toBe(true);
    expect(olderThan("3.9.9", "3.51.3")).toBe(true);
    expect(olderThan("3.51.3", "3.51.3")).toBe(false);
    expect(olderThan("3.100.0", "3.51.3")).toBe(false);
    expect(olderThan("4.0.0", "3.51.3")).toBe(false);
  });
});

describe("damage", () => {
  test("any flipped bit of a value is noticed, and the message names the key", async () => {
    const { path, file } = await filled();
    const store = await open({ url: `sqlite:${path}` });
    const vandal = new DatabaseSync(file, { timeout: 5000 });
    const overwrite = async (id: number, value: Uint8Array): Promise<void> => {
      vandal.prepare("UPDATE kv SET value = ? WHERE rowid = ?").run(value, id);
      await new Promise(setImmediate);
    };
    for (const row of vandal.prepare("SELECT rowid AS id, value FROM kv").all()) {
      const { id, value } = row as { id: number; value: Uint8Array };
      for (let bit = 0; bit < value.length * 8; bit++) {
        const flipped = Uint8Array.from(value);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await overwrite(id, flipped);
        const { code, message } = await failure(store.list({ prefix: ["post"] }));
        expect(code).toBe("corrupt");
        expect(message).toBe(
          `The value of ("post" ${id}) in ${path} is damaged: checksum mismatch. Restore it from a backup`,
        );
      }
      await expect(store.atomic().add(["post", id], 1).commit()).rejects.toMatchObject({ code: "corrupt" });
      // The rest of the store is as good as before.
      await store.set(["other"], 1);
      expect((await store.get(["post", 3 - id]))?.value).toEqual(id === 1 ? 2 : { title: "A title" });
      await overwrite(id, value);
    }
    vandal.close();
    await store.close();
  });

  test("a value that lies under another's key is noticed", async () => {
    const { path, file } = await filled();
    const db = new DatabaseSync(file);
    db.exec("UPDATE kv SET value = (SELECT value FROM kv WHERE rowid = 1) WHERE rowid = 2");
    db.close();
    const store = await open({ url: `sqlite:${path}` });
    expect(await failure(store.get(["post", 2]))).toMatchObject({ code: "corrupt" });
    await store.close();
  });

  test("a torn file gives errors, not wrong answers", async () => {
    const { path, file } = await filled();
    const bytes = readFileSync(file);
    bytes.fill(0xee, 4096, 4096 + 2000);
    writeFileSync(file, bytes);
    const error = await failure(
      (async () => {
        const store = await open({ url: `sqlite:${path}` });
        try {
          await store.list({ prefix: [] });
          await store.set(["x"], 1);
        } finally {
          await store.close();
        }
      })(),
    );
    expect(error.code).toBe("corrupt" satisfies KvErrorCode);
  });
});

describe("running", () => {
  test("a full store says so, goes on reading, takes what fits, and recovers without reopening", async () => {
    const path = folder();
    const store = await open({ url: `sqlite:${path}`, maxBytes: 256 * 1024 });
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
      expect(reason).toMatchObject({
        code: "full",
        message: expect.stringContaining("nothing was committed"),
      });
    }
    expect((await store.get(["first"]))?.value).toBe("kept");
    // Acknowledged is there, refused is not.
    for (let i = 0; i < 30; i++) {
      expect((await store.get(["big", i])) !== null).toBe(results[i]?.status === "fulfilled");
    }
    await store
      .atomic()
      .deleteRange({ prefix: ["big"] })
      .commit();
    await store.set(["big", "again"], big);
    await store.close();
  });

  test("another process that holds the lock: first patience, then a clear error, then on as before", async () => {
    const path = folder();
    const store = await open({ url: `sqlite:${path}`, lockTimeout: 100 });
    const other = new DatabaseSync(join(path, "store.sqlite"), { timeout: 5000 });
    other.exec("BEGIN IMMEDIATE");
    expect(await failure(store.set(["a"], 1))).toMatchObject({
      code: "busy",
      message: `Another process has held the write lock of ${path} for 0.1 s`,
    });
    expect(await store.get(["a"])).toBe(null);
    const patient = store.set(["a"], 2);
    other.exec("ROLLBACK");
    await patient;
    expect((await store.get(["a"]))?.value).toBe(2);
    other.close();
    await store.close();
  });

  test("values and versions that are none", async () => {
    const store = await open({ url: "memory:" });
    expect(() => store.atomic().set(["a"], () => 1)).toThrow("Cannot store a function");
    expect(() => store.atomic().set([], 1)).toThrow("A key must have a part");
    expect(() => store.atomic().set(["a"], "x".repeat(65 * 2 ** 20))).toThrow("the most is");
    expect(() => store.atomic().check(["a"], "7" as never)).toThrow("is not a versionstamp");
    await expect(store.set(["a"], undefined)).rejects.toMatchObject({ code: "value" });
    await store.close();
  });
});
