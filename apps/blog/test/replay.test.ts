/**
 * The blog's traffic, recorded once and told again: on every tier, in every way of answering, with no store and no other
 * handler, each response is the same to the bit.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cekTier } from "@sorbus/cek";
import { open } from "@sorbus/durable-kv";
import { serveApp } from "@sorbus/http-host";
import { type OpDeclaration, Resolver } from "@sorbus/io-resolver";
import { recordTo, replayFrom } from "@sorbus/io-resolver/recording";
import { jitTierWith, type RuntimeOptions, vmTier } from "sorbus";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blogOps, loadBlog } from "../src/app.ts";
import { readPosts } from "../src/content.ts";
import { seed } from "../src/seed.ts";

const content = new URL("../content", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "blog-replay-"));
const file = join(folder, "traffic.jsonl");
afterAll(() => rmSync(folder, { recursive: true }));

const posts = readPosts(content);
const slugs = posts.map(({ post }) => post.slug);
const tags = [...new Set(posts.flatMap(({ post }) => post.tags))];
const paths = [
  "/",
  "/?page=2",
  "/?page=99",
  "/archive",
  "/tags",
  "/feed.xml",
  "/none",
  "/posts/none",
  ...slugs.map((slug) => `/posts/${slug}`),
  ...tags.map((tag) => `/tags/${encodeURIComponent(tag)}`),
];

/** What comes back, the status before the bytes: one after the other, and then all beside each other. */
async function traffic(options: RuntimeOptions): Promise<string[]> {
  const runtime = await loadBlog(options);
  await using server = await serveApp({ runtime, app: runtime.global("handle"), port: 0, log: () => {} });
  const get = async (path: string): Promise<string> => {
    const response = await fetch(server.url + path);
    return `${response.status} ${Buffer.from(await response.arrayBuffer()).toString("base64")}`;
  };
  const responses: string[] = [];
  for (const path of paths) responses.push(await get(path));
  responses.push(...(await Promise.all(paths.map(get))));
  return responses;
}

let ops: readonly OpDeclaration[];
let recorded: string[];
beforeAll(async () => {
  await using store = await open({ url: "memory:" });
  await seed(store, () => posts);
  ops = blogOps(store, "http://blog.example");
  const recording = recordTo(file);
  recorded = await traffic({ ops: new Resolver(ops, { recorder: recording.recorder }) });
  recording.close();
});

const tiers = { vm: vmTier, cek: cekTier, jit: jitTierWith({ threshold: 0 }) };

test("is worth replaying", () => {
  expect(recorded.length).toBe(2 * paths.length);
  expect(recorded.filter((response) => response.startsWith("200 ")).length).toBeGreaterThan(2 * slugs.length);
  expect(replayFrom(file).unasked()).toBeGreaterThan(500);
});

test.each([
  ["vm", "inline"],
  ["vm", "async"],
  ["vm", "freeze"],
  ["jit", "inline"],
  ["jit", "freeze"],
  ["cek", "inline"],
  ["cek", "freeze"],
] as const)("replays on %s, answered by %s", async (tier, answers) => {
  const dead = ops.map((op) => ({
    ...op,
    handler: () => {
      throw new Error(`a replay has asked for :${op.name}`);
    },
  }));
  const recorder = replayFrom(file);
  expect(await traffic({ ops: new Resolver(dead, { recorder }), tier: tiers[tier], answers })).toEqual(
    recorded,
  );
  expect(recorder.unasked()).toBe(0);
});
