/** The process: what it prints, what it says when it cannot start, how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import { afterEach, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("../src/start.ts", import.meta.url));
const folders: string[] = [];
const children: ChildProcess[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sorbus-blog-"));
  folders.push(made);
  return made;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  for (const made of folders.splice(0)) rmSync(made, { recursive: true });
});

interface Process {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when the standard output has the text; rejects when the process ends before. */
  readonly says: (text: RegExp) => Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

function start(env: Record<string, string>): Process {
  const args = ["--import", "tsx", "--conditions=@sorbus/source", main];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let out = "";
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = (text: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = text.exec(out);
        if (found !== null) resolve(found);
      };
      child.stdout.on("data", look);
      look();
      void ended.then(() => reject(new Error(`ended without ${text}: ${out}${err}`)));
    });
  return { child, out: () => out, err: () => err, says, ended };
}

test("prints its address, serves there, and ends when it is told to", async () => {
  const data = folder();
  const blog = start({ PORT: "0", BLOG_DATA: data });
  const [, url = ""] = await blog.says(/The blog is at (\S+)/);
  expect(blog.out()).toMatch(/^14 posts put into the new store at /);
  expect((await fetch(`${url}/posts/exactly-once`)).status).toBe(200);
  blog.child.kill("SIGTERM");
  expect(await blog.ended).toBe(0);
  expect(blog.err()).toBe("");

  const again = start({ PORT: "0", BLOG_DATA: data });
  await again.says(/^The blog is at /m);
  expect(again.out()).not.toContain("new store");
});

async function failure(env: Record<string, string>): Promise<{ code: number | null; err: string }> {
  const blog = start({ BLOG_DATA: folder(), PORT: "0", ...env });
  return { code: await blog.ended, err: blog.err() };
}

test("a port in use: one line that names it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, err } = await failure({ PORT: String(port) });
  server.close();
  expect(err).toBe(`Port ${port} is in use: stop the program that uses it, or choose another port\n`);
  expect(code).toBe(1);
});

test("a port that is none", async () => {
  expect(await failure({ PORT: "http" })).toEqual({
    code: 2,
    err: 'PORT must be a number from 0 to 65535, not "http"\n',
  });
});

test("a data folder that cannot be written: one line that names it", async () => {
  const file = join(folder(), "file");
  writeFileSync(file, "");
  const { code, err } = await failure({ BLOG_DATA: join(file, "data") });
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toContain(join(file, "data"));
  expect(code).toBe(1);
});

test("a corrupt store: one line that names it", async () => {
  const data = folder();
  const first = start({ PORT: "0", BLOG_DATA: data });
  await first.says(/The blog is at/);
  first.child.kill("SIGTERM");
  await first.ended;
  for (const name of readdirSync(data)) {
    const file = openSync(join(data, name), "r+");
    writeSync(file, "not a store at all, but something else that was put here", 0);
    closeSync(file);
  }
  const { code, err } = await failure({ BLOG_DATA: data });
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toContain(data);
  expect(code).toBe(1);
});

describe.skipIf(!postgresOrSkip())("on a PostgreSQL server", () => {
  test("three processes that start at once: one stores the posts, all serve them, and the server may come and go", async () => {
    await using server = await startPostgres();
    const blogs = Array.from({ length: 3 }, () => start({ PORT: "0", BLOG_DATA: server.url }));
    const urls = await Promise.all(
      blogs.map(async (blog) => (await blog.says(/The blog is at (\S+)/))[1] ?? ""),
    );
    expect(blogs.filter((blog) => blog.out().startsWith("14 posts put into the new store at "))).toHaveLength(
      1,
    );
    const archives = (): Promise<string[]> =>
      Promise.all(
        urls.map(async (url) => (await (await fetch(`${url}/archive`)).text()).replaceAll(url, "")),
      );
    const before = await archives();
    expect(new Set(before).size).toBe(1);

    await server.kill();
    const during = archives();
    await server.start();
    expect(await during).toEqual(before);

    for (const blog of blogs) {
      blog.child.kill("SIGTERM");
      expect(await blog.ended).toBe(0);
      expect(blog.err()).toBe("");
      expect(blog.out()).not.toContain(new URL(server.url).password);
    }
  });

  test("a wrong password: one line that says so and does not repeat it", async () => {
    await using server = await startPostgres();
    const url = new URL(server.url);
    url.password = "guessed";
    const { code, err } = await failure({ BLOG_DATA: url.href });
    expect(err).toMatch(
      /^The server of postgres:\/\/127\.0\.0\.1:\d+\/postgres refuses the user or the password[^\n]+\n$/,
    );
    expect(err).not.toContain("guessed");
    expect(code).toBe(1);
  });
});
