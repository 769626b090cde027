/** Each command of docs/blog/moving.md, run as it stands there, in a folder where its files are. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { open } from "@sorbus/durable-kv";
import { expect, test } from "vitest";
import { fixture, tempFolder } from "./support.ts";

const page = readFileSync(new URL("../../../../docs/blog/moving.md", import.meta.url), "utf8");
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

test("the page has commands", () => expect(commands.length).toBeGreaterThan(5));

test("the commands of the page, in its order", { timeout: 300_000 }, async () => {
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
    "3 new, 0 updated, 0 unchanged, 0 skipped, 2 pictures",
    "5 new, 0 updated, 0 unchanged, 0 skipped, 1 picture",
    "4 new, 0 updated, 0 unchanged, 0 skipped",
    "0 new, 0 updated, 3 unchanged, 0 skipped",
    "12 posts and 3 pictures written to my-blog",
    "12 posts and 3 pictures written to my-blog.json",
    "12 new, 0 updated, 0 unchanged, 0 skipped, 3 pictures",
  ]);
  expect(readFileSync(join(folder, "report.txt"), "utf8")).toContain("the shortcode gallery is left out");
  expect(existsSync(join(folder, "my-blog", "posts", "first-oak.md"))).toBe(true);
  await using store = await open({ url: `sqlite:${join(folder, "another-blog")}` });
  expect((await store.get(["post", "harbour-days"]))?.value).toMatchObject({
    title: "Harbour days & nights",
  });
});

test("what is wrong is said in one line", () => {
  const folder = tempFolder();
  const { err, status } = blog(folder, "import nowhere");
  expect(err).toBe("there is no file or folder nowhere\n");
  expect(status).toBe(1);
});
