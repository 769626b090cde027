/** The first posts go into the store once, whole, with their indexes and relations. */
import { fileURLToPath } from "node:url";
import { open } from "@sorbus/durable-kv";
import { expect, test } from "vitest";
import { readPosts, type SourcePost } from "../src/content.ts";
import { seed } from "../src/seed.ts";

const content = fileURLToPath(new URL("../content", import.meta.url));

const small: SourcePost[] = [
  {
    post: { slug: "a", title: "A", date: "2026-01-02", summary: "s", tags: ["t"], text: "x", words: 1 },
    related: ["b"],
  },
  {
    post: { slug: "b", title: "B", date: "2026-01-01", summary: "s", tags: [], text: "y", words: 1 },
    related: [],
  },
];

test("posts, dates, tags and relations in both directions", async () => {
  await using store = await open({ url: "memory:" });
  expect(await seed(store, () => small)).toBe(2);
  const { entries } = await store.list({ prefix: [] });
  expect(entries.map(({ key }) => key.join("/"))).toEqual([
    "blog/seeded",
    "by-date/2026-01-01/b",
    "by-date/2026-01-02/a",
    "edge/a/related/b",
    "edge/b/related/a",
    "post/a",
    "post/b",
    "tag/t/2026-01-02/a",
  ]);
  expect((await store.get(["post", "a"]))?.value).toEqual(small[0]?.post);
});

test("a second start changes nothing and does not even read the files", async () => {
  await using store = await open({ url: "memory:" });
  await seed(store, () => small);
  await store.set(["post", "a"], { ...small[0]?.post, title: "Edited" });
  const read = () => {
    throw new Error("read again");
  };
  expect(await seed(store, read)).toBe(0);
  expect((await store.get<{ title: string }>(["post", "a"]))?.value.title).toBe("Edited");
});

test("two processes that start at the same moment store the posts once", async () => {
  await using store = await open({ url: "memory:" });
  const stored = await Promise.all([seed(store, () => small), seed(store, () => small)]);
  expect(stored.sort()).toEqual([0, 2]);
});

test("the posts of the blog can be stored", async () => {
  await using store = await open({ url: "memory:" });
  const posts = readPosts(content);
  expect(await seed(store, () => posts)).toBe(posts.length);
});
