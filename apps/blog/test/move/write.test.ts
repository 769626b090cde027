/** Importing: what gets into the store, again and again; and out and in again. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "@sorbus/durable-kv";
import { describe, expect, test } from "vitest";
import { readPosts } from "../../src/content.ts";
import { exportJson, exportMarkdown } from "../../src/move/archive.ts";
import { readMoving } from "../../src/move/read.ts";
import { type Imported, writeMoving } from "../../src/move/write.ts";
import { deletePost, keys, type Post, setPost } from "../../src/records.ts";
import { seed } from "../../src/seed.ts";
import { everything, fixture, memoryStore, tempFolder } from "./support.ts";

const move = (store: Store, name: string): Promise<Imported> =>
  writeMoving(
    store,
    readMoving(fixture(name), undefined, /\.(?:xml|json)$/.test(name) ? fixture("uploads") : undefined),
  );

const ALL = ["hugo", "jekyll", "astro", "markdown", "ghost.json", "wordpress.xml"];

test("a post with its indexes, comments, old addresses, and pictures", async () => {
  const store = await memoryStore();
  expect(await move(store, "wordpress.xml")).toMatchObject({
    added: 5,
    updated: 0,
    unchanged: 0,
    skipped: 1,
    files: 1,
  });
  const all = await everything(store);
  expect([...all.keys()].filter((key) => /harbour-days/.test(key))).toEqual([
    "by-date/2019-05-04/harbour-days",
    "comment/harbour-days/0",
    "comment/harbour-days/1",
    "post/harbour-days",
    "redirect//2019/05/harbour-days",
    "tag/more/2019-05-04/harbour-days",
    "tag/sea-side/2019-05-04/harbour-days",
  ]);
  expect(all.has("draft/a-draft")).toBe(true);
  expect([...all.keys()].some((key) => /^(?:by-date|tag|post)\/.*a-draft/.test(key))).toBe(false);
});

describe("importing twice changes nothing", () => {
  test.each(ALL)("%s", async (name) => {
    const store = await memoryStore();
    const first = await move(store, name);
    expect(first.added).toBeGreaterThan(0);
    const before = await everything(store);
    expect(await move(store, name)).toMatchObject({
      added: 0,
      updated: 0,
      unchanged: first.added,
      skipped: first.skipped,
      files: 0,
    });
    expect(await everything(store)).toEqual(before);
  });
});

describe("importing again", () => {
  const folderOf = (posts: Record<string, string>): string => {
    const folder = tempFolder();
    for (const [name, text] of Object.entries(posts)) writeFileSync(join(folder, name), text);
    return folder;
  };
  const post = (title: string, tags: string) =>
    `---\ntitle: ${title}\ndate: 2024-01-01\ntags: [${tags}]\n---\n\nText.\n`;

  test("what has changed at its source is written anew, its old tags are gone", async () => {
    const store = await memoryStore();
    const folder = folderOf({ "a.md": post("A", "x, y"), "b.md": post("B", "x") });
    await writeMoving(store, readMoving(folder));
    writeFileSync(join(folder, "a.md"), post("A again", "y, z"));
    expect(await writeMoving(store, readMoving(folder))).toMatchObject({
      added: 0,
      updated: 1,
      unchanged: 1,
    });
    const all = await everything(store);
    expect(all.get("post/a")).toMatchObject({ title: "A again" });
    expect([...all.keys()].filter((key) => key.startsWith("tag/"))).toEqual([
      "tag/x/2024-01-01/b",
      "tag/y/2024-01-01/a",
      "tag/z/2024-01-01/a",
    ]);
  });

  test("what has been edited or deleted here stays as it is, and is told", async () => {
    const store = await memoryStore();
    const folder = folderOf({ "a.md": post("A", "x"), "b.md": post("B", "x") });
    await writeMoving(store, readMoving(folder));
    const a = (await store.get<Post>(keys.post("a")))?.value;
    const b = (await store.get<Post>(keys.post("b")))?.value;
    if (a === undefined || b === undefined) throw new Error("they are there");
    const edit = store.atomic();
    setPost(edit, { ...a, text: "Edited here." });
    deletePost(edit, b);
    await edit.commit();
    for (const name of ["a.md", "b.md"]) writeFileSync(join(folder, name), post("New", "x"));
    const before = await everything(store);
    const { updated, skipped, notes } = await writeMoving(store, readMoving(folder));
    expect([updated, skipped]).toEqual([0, 2]);
    expect(notes.map(({ what }) => what)).toEqual([
      "it was edited here since, and stays so",
      "it was deleted here, and stays so",
    ]);
    expect(await everything(store)).toEqual(before);
  });

  test("a slug that is taken by another post gets a number", async () => {
    const store = await memoryStore();
    await writeMoving(store, readMoving(folderOf({ "a.md": post("Mine", "x") })));
    const other = folderOf({ "a.md": post("Theirs", "y"), "c.md": post("C", "y") });
    writeFileSync(join(other, "hugo.toml"), "");
    const { added, notes } = await writeMoving(store, readMoving(other, "markdown"));
    // The same kind and the same name of the file: that is the same post, changed.
    expect([added, notes.length]).toEqual([1, 0]);
    const jekyll = tempFolder();
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(jekyll, "_posts"));
    writeFileSync(join(jekyll, "_posts", "2024-01-01-a.md"), post("A third", "y"));
    const third = await writeMoving(store, readMoving(jekyll));
    expect(third.notes.map(({ what }) => what)).toEqual(["the slug a is taken, it is a-2 now"]);
    expect((await everything(store)).get("post/a-2")).toMatchObject({ title: "A third", slug: "a-2" });
  });
});

test("relations need both posts; one that is missing is told", async () => {
  const store = await memoryStore();
  const { notes } = await move(store, "astro");
  const all = await everything(store);
  expect(all.get("edge/second-post/related/using-mdx")).toBe(true);
  expect(all.get("edge/using-mdx/related/second-post")).toBe(true);
  expect(notes.map(({ what }) => what)).toContain("the relation to nothing-there, which is no post");
});

describe("export and import again gives the same blog", () => {
  const bookkeeping = /^(?:imported\/|blog\/seeded)/;
  const content = (all: Map<string, unknown>): [string, unknown][] =>
    [...all].filter(([key]) => !bookkeeping.test(key));

  async function fullStore(): Promise<Store> {
    const store = await memoryStore();
    await seed(store, () => readPosts(new URL("../../content", import.meta.url).pathname));
    for (const name of ALL) await move(store, name);
    return store;
  }

  test.each(["markdown", "json"])("as %s", async (format) => {
    const store = await fullStore();
    const target = join(tempFolder(), format === "json" ? "blog.json" : "blog");
    const counts = await (format === "json" ? exportJson : exportMarkdown)(store, target);
    expect(counts.posts).toBeGreaterThan(30);
    const other = await memoryStore();
    const { added, skipped } = await writeMoving(other, readMoving(target));
    expect([added, skipped]).toEqual([counts.posts, 0]);
    expect(content(await everything(other))).toEqual(content(await everything(store)));
    // And into the blog that it came from: nothing happens.
    const before = content(await everything(store));
    expect(await writeMoving(store, readMoving(target))).toMatchObject({ added: 0, updated: 0, skipped: 0 });
    expect(content(await everything(store))).toEqual(before);
  });

  test("two exports of one blog are equal, byte for byte", async () => {
    const store = await fullStore();
    const [a, b] = [join(tempFolder(), "a"), join(tempFolder(), "b")];
    await exportMarkdown(store, a);
    await exportMarkdown(store, b);
    const names = readdirSync(a, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(names.length).toBeGreaterThan(30);
    for (const { parentPath, name } of names) {
      const file = join(parentPath, name);
      expect(readFileSync(file).equals(readFileSync(file.replace(a, b)))).toBe(true);
    }
  });

  test("not into a folder that has something in it", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "mine.txt"), "");
    await expect(exportMarkdown(await memoryStore(), folder)).rejects.toThrow(/is not empty/);
  });
});
