/** Each command of docs/blog/moving.md and backup.md, run as it stands there, in a folder where its files are. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { open } from "@sorbus/durable-kv";
import { expect, test } from "vitest";
import { readMoving } from "../../src/move/read.ts";
import { writeMoving } from "../../src/move/write.ts";
import { everything, fixture, tempFolder } from "./support.ts";

const page = ["moving", "backup"]
  .map((name) => readFileSync(new URL(`../../../../docs/blog/${name}.md`, import.meta.url), "utf8"))
  .join("\n");
const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const commands = [...page.matchAll(/^npx -y pnpm@12 blog (.*)$/gm)].map(([, words = ""]) => words);

function blog(folder: string, words: string): { out: string; err: string; status: number | null } {
  const args = ["--import", tsx, "--conditions=@sorbus/source", cli, ...words.split(" ")];
  const env = { ...process.env, BLOG_DATA: join(folder, "data") };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return { out: stdout, err: stderr, status };
}

test("the pages have commands", () => expect(commands.length).toBeGreaterThan(5));

test("the commands of the pages, in their order", { timeout: 300_000 }, async () => {
  const folder = tempFolder();
  cpSync(fixture("hugo"), join(folder, "old-blog"), { recursive: true });
  cpSync(fixture("wordpress.xml"), join(folder, "wordpress.xml"));
  cpSync(fixture("uploads"), join(folder, "uploads"), { recursive: true });
  cpSync(fixture("ghost.json"), join(folder, "ghost.json"));
  const said: string[] = [];
  for (const words of commands) {
    const { out, err, status } = blog(folder, words);
    expect(status, `${words}\n${err}`).toBe(0);
    said.push(out.split("\n")[0] ?? "");
  }
  expect(said).toEqual([
    "3 new, 0 updated, 0 unchanged, 1 skipped, 2 pictures",
    "5 new, 0 updated, 0 unchanged, 1 skipped, 1 picture",
    "4 new, 0 updated, 0 unchanged, 0 skipped",
    "0 new, 0 updated, 3 unchanged, 1 skipped",
    "12 posts and 3 pictures written to my-blog",
    "12 posts and 3 pictures written to my-blog.json",
    "12 new, 0 updated, 0 unchanged, 0 skipped, 3 pictures",
    expect.stringMatching(/^everything is in blog\.backup, [\d,]+ bytes$/),
    "restored from blog.backup",
    "restored from blog.backup",
  ]);
  expect(readFileSync(join(folder, "report.txt"), "utf8")).toContain("the shortcode gallery is left out");
  expect(existsSync(join(folder, "my-blog", "posts", "first-oak.md"))).toBe(true);
  await using store = await open({ url: `sqlite:${join(folder, "another-blog")}` });
  expect((await store.get(["post", "harbour-days"]))?.value).toMatchObject({
    title: "Harbour days & nights",
  });
});

test("a backup is made while posts are written, shows one moment, and is put only where nothing is", {
  timeout: 300_000,
}, async () => {
  const folder = tempFolder();
  await using store = await open({ url: `sqlite:${join(folder, "data")}` });
  await writeMoving(store, readMoving(fixture("hugo")));
  const writing = writeMoving(store, readMoving(fixture("wordpress.xml"), undefined, fixture("uploads")));
  await store.backup(join(folder, "blog.backup"));
  await writing;
  expect(blog(folder, "restore blog.backup")).toEqual({
    out: "",
    err: "there is a blog here already; --replace puts the backup in its place\n",
    status: 1,
  });
  expect(blog(folder, "restore blog.backup --data other").status).toBe(0);
  await using other = await open({ url: `sqlite:${join(folder, "other")}` });
  const [before, restored] = [await everything(store), await everything(other)];
  expect(restored.size).toBeGreaterThan(5);
  for (const [key, value] of restored) expect(before.get(key)).toEqual(value);
  // A post is there whole, with its index and its mark, or not at all.
  const count = (start: string): number => [...restored.keys()].filter((key) => key.startsWith(start)).length;
  expect(count("imported/")).toBe(count("post/") + count("draft/"));
  expect(count("by-date/")).toBe(count("post/"));
});

test("a backup that is damaged changes nothing", { timeout: 300_000 }, async () => {
  const folder = tempFolder();
  cpSync(fixture("hugo"), join(folder, "old-blog"), { recursive: true });
  blog(folder, "import old-blog");
  blog(folder, "backup blog.backup");
  const bytes = readFileSync(join(folder, "blog.backup"));
  writeFileSync(join(folder, "short.backup"), bytes.subarray(0, bytes.length - 20));
  const { err, status } = blog(folder, "restore short.backup --replace");
  expect(status).toBe(1);
  expect(err).toMatch(/^[^\n]+\n$/);
  await using store = await open({ url: `sqlite:${join(folder, "data")}` });
  expect((await store.get(["post", "first-oak"]))?.value).toMatchObject({ title: "The First Oak" });
});

test("what is wrong is said in one line", () => {
  const folder = tempFolder();
  const { err, status } = blog(folder, "import nowhere");
  expect(err).toBe("there is no file or folder nowhere\n");
  expect(status).toBe(1);
});
