/** The built command: everything that a command loads is there, and nothing is loaded twice. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folderWith, output, result, type SxOptions, start } from "./sx.ts";

const dist: string = mkdtempSync(join(tmpdir(), "sx-built-"));
const command: readonly string[] = [process.execPath, join(dist, "sx.js")];

beforeAll(() => {
  const build = fileURLToPath(new URL("../build.ts", import.meta.url));
  execFileSync(process.execPath, ["--conditions=@sorbus/source", build, dist]);
});
afterAll(() => rmSync(dist, { recursive: true, force: true }));

function sx(args: readonly string[], options: SxOptions = {}): ReturnType<typeof result> {
  const child = start(args, { ...options, command });
  child.stdin.end();
  return result(child);
}

test.each<[string, string[], string]>([
  ["the VM", ["eval", "(map (fn (x) (+ x 1)) (list 1 2))"], "(2 3)\n"],
  ["the reference evaluator", ["eval", "--tier", "cek", '(str (p "a" 1n))'], '"<p>a1</p>"\n'],
  ["a store in memory", ["eval", '(perform :kv/set "a" #\'b) (perform :kv/get "a")'], "b\n"],
  ["frozen answers", ["eval", "--answers", "freeze", "(list (perform :random/int 1))"], "(0)\n"],
  ["formatting", ["fmt", "--check"], ""],
])("%s", async (_, args, stdout) => {
  expect(await sx(args)).toEqual({ stdout, stderr: "", code: 0 });
});

test("a store on disk, whose thread is a file of its own", async () => {
  const cwd = folderWith({ "a.sx": '(perform :kv/set "n" 1)\n(perform :kv/get "n")\n' });
  expect(await sx(["run", "a.sx", "--print", "--store", "data"], { cwd })).toMatchObject({
    stdout: "1\n",
    code: 0,
  });
});

test("check, test, errors", async () => {
  const cwd = folderWith({ "a.sx": "(define (f) (gg))\n", "t/b.sx": ";;; case: a\n(+ 1 2)\n;=> 3\n" });
  expect(await sx(["check", "a.sx"], { cwd })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("a.sx:1:14"),
  });
  expect(await sx(["test", "t"], { cwd })).toEqual({ stdout: "1 passed, 0 failed\n", stderr: "", code: 0 });
  expect(await sx(["run", "gone.sx"], { cwd })).toMatchObject({
    code: 1,
    stderr: "error: there is no file gone.sx\n",
  });
});

test("serve", async () => {
  const cwd = folderWith({ "app.sx": '(fn (request) (p "hello"))\n' });
  const child = start(["serve", "app.sx", "--port", "0"], { cwd, command });
  const ended = result(child);
  const url = /http:\S+/.exec(await output(child, "\n"))?.[0];
  expect(await (await fetch(`${url}/`)).text()).toBe("<p>hello</p>");
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});

test("previews: the daemon, its threads and its pages are there", { timeout: 120_000 }, async () => {
  const cwd = folderWith({ "card.sx": '(preview "Card" (h1 "Hello"))\n' });
  const env = { SORBUS_PREVIEW_DIR: join(cwd, "d") };
  try {
    expect(await sx(["preview", "run", "card.sx", "--detach"], { cwd, env })).toMatchObject({ code: 0 });
    // What drives the browser brings files that are no code, and is installed beside the command, not in it.
    expect(await sx(["preview", "snapshot", "card.sx"], { cwd, env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("npm install playwright-core"),
    });
    const { stdout } = await sx(["preview", "sessions", "--json"], { cwd, env });
    const { url } = (JSON.parse(stdout) as { sessions: [{ url: string }] }).sessions[0];
    expect(await (await fetch(url)).text()).toContain("/-/shell.js");
    for (const file of ["shell.js", "frame.js", "shell.css", "icon.svg"]) {
      expect((await fetch(new URL(`/-/${file}`, url))).status).toBe(200);
    }
  } finally {
    expect(await sx(["preview", "kill-daemon"], { cwd, env })).toMatchObject({ code: 0 });
  }
});
