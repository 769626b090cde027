/**
 * Mistakes that a person makes on the first day: each gets one message that says what is wrong and where, and
 * the exit code of its kind. Nothing of JavaScript shows.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, type SxOptions, sx, sxCommand } from "./sx.ts";

/** Runs a program that fails; what it said on standard error. */
async function complaint(args: string[], code: number, options: SxOptions): Promise<string> {
  const { stdout, stderr, code: ended } = await sx(args, options);
  expect([stdout, ended]).toEqual(["", code]);
  expect(stderr).toMatch(/^error: /);
  expect(stderr).not.toMatch(/\bat .*\.(?:ts|js):\d|node:|SxError|undefined|\[object/);
  return stderr;
}

const run = (program: string): Promise<string> =>
  complaint(["run", "a.sx"], 1, { cwd: folderWith({ "a.sx": program }) });

describe("in a program", () => {
  test("a typo in a name", async () => {
    expect(await run("(define (total xs)\n  (reduec + 0 xs))\n(total (list 1 2))\n")).toBe(
      [
        "error: reduec is not defined; did you mean reduce?",
        "  --> a.sx:2:4",
        "  1 | (define (total xs)",
        "> 2 |   (reduec + 0 xs))",
        "    |    ^^^^^^",
        "  3 | (total (list 1 2))",
        "  4 |",
        "kind: unbound",
        "stack:",
        "  total a.sx:2:4",
        "  top level a.sx:3:1",
        "",
      ].join("\n"),
    );
  });

  test("a missing parenthesis", async () => {
    const text = await run("(define (f x)\n  (if (> x 1)\n    (list x))\n\n(define (h y)\n  (* y 2))\n");
    expect(text).toMatch(
      /^error: expected `\)` to close this `\(`.*\n {2}--> a\.sx:1:1\n> 1 \| \(define \(f x\)\n {4}\| \^\n/,
    );
  });

  test("a parenthesis too many, and a string that does not end: all in one go", async () => {
    const text = await run('(f 1))\n(h "\\q")\n(k "abc\n');
    expect(text).toMatch(/^error: .*\n {2}--> a\.sx:1:6\n/);
    expect(text).toContain("also: 2:");
    expect(text).toContain("also: 3:4");
  });

  test("a wrong number of arguments", async () => {
    expect(await run("(define (area w h) (* w h))\n(list (area 3))\n")).toMatch(
      /^error: area expects 2 arguments, got 1\n {2}--> a\.sx:2:7\n(?:.*\n)*> 2 \| \(list \(area 3\)\)\n {4}\| {7}\^{8}\n/,
    );
  });

  test("an op that nobody handles", async () => {
    expect(await run('(perform :consol/print "x")\n')).toMatch(
      /^error: Nothing handles the op :consol\/print; did you mean :console\/print\?\n {2}--> a\.sx:1:1\n/,
    );
  });

  test("an op with wrong arguments", async () => {
    expect(await run("(perform :kv/get)")).toMatch(
      /^error: \(:kv\/get key\) takes 1 argument, not 0\n {2}--> a\.sx:1:1\n/,
    );
  });

  test("an import that is not there", async () => {
    expect(await run('(import "./libb.sx")\n')).toMatch(
      /^error: cannot read libb\.sx: there is no such file\n {2}--> a\.sx:1:9\n/,
    );
  });

  test("recursion without an end", async () => {
    expect(await run("(define (f n) (+ 1 (f n)))\n(f 1)\n")).toMatch(
      /^error: stack overflow: .*\n {2}--> a\.sx:1:20\n(?:.*\n)*stack:\n {2}f a\.sx:1:20\n {2}… \d+ more of the same\n$/,
    );
  });

  test("more memory than there is", async () => {
    const cwd = folderWith({
      "a.sx": "(let loop ((xs (list)) (i 0)) (loop (if (= 0 (mod i 5)) (cons i xs) xs) (+ i 1)))\n",
    });
    // A small heap is full after a few million numbers.
    const text = await complaint(["run", "a.sx"], 1, {
      cwd,
      env: { NODE_OPTIONS: "--max-old-space-size=300" },
    });
    expect(text).toMatch(/^error: the program holds most of the 0\.\d GiB of memory/);
  });
});

describe("on the command line", () => {
  test.each<[string, string[], number, string]>([
    ["a missing file", ["run", "gone.sx"], 1, "error: there is no file gone.sx\n"],
    ["a missing file to check", ["check", "gone.sx"], 1, "error: there is no file gone.sx\n"],
    ["a missing file to format", ["fmt", "gone.sx"], 1, "error: there is no file gone.sx\n"],
    ["a folder for a file", ["run", "."], 1, "error: . is a folder; name a file\n"],
    [
      "a misspelt flag",
      ["run", "--stroe", "x", "a.sx"],
      2,
      "error: unknown option '--stroe'\n(Did you mean --store?)\n",
    ],
    ["a misspelt command", ["rnu", "a.sx"], 2, "error: unknown command 'rnu'\n(Did you mean run?)\n"],
    ["no file", ["run"], 2, "error: missing required argument 'file'\n"],
    [
      "an unknown tier",
      ["run", "--tier", "turbo", "a.sx"],
      2,
      "error: option '--tier <tier>' argument 'turbo' is invalid.",
    ],
    [
      "an unknown way of answering",
      ["run", "--answers", "slowly", "a.sx"],
      2,
      "error: option '--answers <how>'",
    ],
    [
      "a threshold that is no number",
      ["run", "--jit-threshold", "x", "a.sx"],
      2,
      "error: option '--jit-threshold <n>'",
    ],
    [
      "a port that is none",
      ["serve", "--port", "99999", "a.sx"],
      2,
      "error: option '--port <n>' argument '99999'",
    ],
    ["a program without a handler", ["serve", "a.sx"], 1, "error: a.sx gives no handler: "],
    [
      "an address of another machine",
      ["serve", "--host", "192.0.2.1", "h.sx"],
      1,
      "error: 192.0.2.1 is not an address",
    ],
  ])("%s", async (_, args, code, message) => {
    const cwd = folderWith({ "a.sx": "1\n", "h.sx": '(fn (request) "hi")\n' });
    expect((await complaint(args, code, { cwd })).startsWith(message)).toBe(true);
  });

  test("no command at all: the help, as a mistake", async () => {
    const { stdout, stderr, code } = await sx([]);
    expect([stdout, code]).toEqual(["", 2]);
    expect(stderr).toMatch(/^Usage: sx \[options\] \[command\]\n/);
  });

  test("the help that was asked for is none", async () => {
    const { stdout, stderr, code } = await sx(["--help"]);
    expect([stderr, code]).toEqual(["", 0]);
    expect(stdout).toMatch(/^Usage: sx /);
  });

  test("a port in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const cwd = folderWith({ "h.sx": '(fn (request) "hi")\n' });
    expect(await complaint(["serve", "h.sx", "--port", String(port)], 1, { cwd })).toBe(
      `error: Port ${port} is in use: stop the program that uses it, or choose another port\n`,
    );
    server.close();
  });
});

describe("with a store", () => {
  const program = { "a.sx": '(perform :kv/set "n" 1)\n' };
  const args = ["run", "a.sx", "--store", "data"];

  test("a corrupt one", async () => {
    const cwd = folderWith({
      ...program,
      "data/store.sqlite": "no database, but long enough to be taken for one. ".repeat(20),
    });
    expect(await complaint(args, 1, { cwd })).toMatch(
      /^error: The store's file .*store\.sqlite is damaged.*\n$/,
    );
  });

  test("one that was damaged in the middle", async () => {
    const cwd = folderWith(program);
    expect(await sx(args, { cwd })).toMatchObject({ code: 0 });
    const file = join(cwd, "data/store.sqlite");
    const bytes = readFileSync(file);
    bytes.fill(0xaa, 100, 4096);
    writeFileSync(file, bytes);
    expect(await complaint(args, 1, { cwd })).toMatch(/^error: The store's file .*store\.sqlite is damaged/);
  });

  test("a file where its folder should be", async () => {
    const cwd = folderWith({ ...program, data: "x" });
    expect(await complaint(args, 1, { cwd })).toMatch(
      /^error: The store's folder .*data cannot be written: .*\n$/,
    );
  });

  test.runIf(process.platform === "linux")("a folder where nothing can be made", async () => {
    const cwd = folderWith(program);
    expect(await complaint(["run", "a.sx", "--store", "/proc/nothing/data"], 1, { cwd })).toMatch(
      /^error: The store's folder \/proc\/nothing\/data cannot be written: .*\n$/,
    );
  });
});

/** Root may write anywhere: then somebody who may not runs the command. */
const root = process.getuid?.() === 0;
const nobody = root ? { uid: 65534 } : {};
const [node = "", ...rest] = sxCommand;
const possible =
  process.platform !== "win32" &&
  (!root || spawnSync(node, [...rest, "--version"], { uid: 65534, gid: 65534 }).status === 0);

describe.runIf(possible)("without permission", () => {
  test("to write into the store's folder", async () => {
    const cwd = folderWith({ "a.sx": '(perform :kv/set "n" 1)\n', "data/x": "" });
    chmodSync(cwd, 0o755);
    chmodSync(join(cwd, "data"), 0o555);
    expect(await complaint(["run", "a.sx", "--store", "data"], 1, { cwd, ...nobody })).toMatch(
      /^error: The store's folder .*data cannot be written: .*\n$/,
    );
    expect(await complaint(["run", "a.sx", "--store", "data/sub"], 1, { cwd, ...nobody })).toMatch(
      /^error: The store's folder .*data\/sub cannot be written: permission denied.*\n$/,
    );
  });

  test("to write the store's file", async () => {
    const cwd = folderWith({ "a.sx": '(perform :kv/set "n" 1)\n' });
    chmodSync(cwd, 0o755);
    await sx(["run", "a.sx", "--store", "data"], { cwd });
    chmodSync(join(cwd, "data"), 0o555);
    chmodSync(join(cwd, "data/store.sqlite"), 0o444);
    expect(await complaint(["run", "a.sx", "--store", "data"], 1, { cwd, ...nobody })).toMatch(
      /^error: The store's folder .*data cannot be written: .*\n$/,
    );
  });

  test("to read the program", async () => {
    const cwd = folderWith({ "a.sx": "1\n" });
    chmodSync(cwd, 0o755);
    chmodSync(join(cwd, "a.sx"), 0);
    const text = await complaint(["run", "a.sx"], 1, { cwd, ...nobody });
    expect(text.startsWith("error: cannot read a.sx: its permissions do not allow it\n")).toBe(true);
  });
});
