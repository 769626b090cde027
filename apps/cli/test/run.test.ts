/** `sx eval`, `sx run` and their options: values on standard output, all else on standard error. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, output, result, start, sx, sxCommand } from "./sx.ts";

describe("sx eval", () => {
  test.each([
    ["(+ 1 2)", "3"],
    ["nil", "nil"],
    ['(str "a" 1)', '"a1"'],
    ["(map (fn (x) (* x x)) (range 4))", "(0 1 4 9)"],
    ['(p "a < b")', '#markup "<p>a &lt; b</p>"'],
    ["(define x 1) (+ x 1)", "2"],
    ["", "nil"],
    ["(let ((f (perform :random/int 1))) {:n f})", "{:n 0}"],
    [
      '(perform :kv/set "a" (list 1 2)) (perform :kv/set "b" 3) (perform :kv/list "")',
      '(("a" (1 2)) ("b" 3))',
    ],
    ["(all (perform :async/sleep 1) (+ 1 1))", "(nil 2)"],
    ["(number? (perform :time/now))", "true"],
  ])("%s", async (text, value) => {
    expect(await sx(["eval", text])).toEqual({ stdout: `${value}\n`, stderr: "", code: 0 });
  });

  test("an error: message, place and stack on standard error", async () => {
    expect(await sx(["eval", '(define (f x) (error "no good" x)) (list (f 7))'])).toEqual({
      code: 1,
      stdout: "",
      stderr: [
        "error: no good",
        "  --> eval:1:15",
        '> 1 | (define (f x) (error "no good" x)) (list (f 7))',
        "    |               ^^^^^^^^^^^^^^^^^^^",
        "kind: user",
        "data: 7",
        "stack:",
        "  f eval:1:15",
        "  top level eval:1:42",
        "",
      ].join("\n"),
    });
  });
});

describe("sx run", () => {
  const files = {
    "main.sx":
      '(import "./lib/greet.sx")\n(perform :console/print (greeting "you") 1.5 nil (list "a"))\n(+ 1 2)\n',
    "lib/greet.sx": '(define (greeting name) (str "hello " name))\n',
  };

  test("prints what the program prints, and no value", async () => {
    const cwd = folderWith(files);
    expect(await sx(["run", "main.sx"], { cwd })).toEqual({
      stdout: 'hello you 1.5  ("a")\n',
      stderr: "",
      code: 0,
    });
  });

  test.each([
    [[]],
    [["--tier", "cek"]],
    [["--tier", "vm", "--answers", "suspend"]],
    [["--answers", "async"]],
    [["--answers", "freeze", "--jit-threshold", "0"]],
  ])("--print %j", async (flags) => {
    const cwd = folderWith(files);
    const { stdout, code } = await sx(["run", "main.sx", "--print", ...flags], { cwd });
    expect([stdout, code]).toEqual(['hello you 1.5  ("a")\n3\n', 0]);
  });

  test("--stats: counts as one line of JSON on standard error, also after an error", async () => {
    const cwd = folderWith({ "a.sx": "(perform :time/now)\n(perform :time/now)\n", "b.sx": '(error "x")' });
    const { stderr, stdout } = await sx(["run", "a.sx", "--stats"], { cwd });
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toEqual({
      compiled: 0,
      deopts: 0,
      fallbacks: 0,
      suspensions: 2,
      instructions: expect.any(Number),
    });
    const failed = await sx(["run", "b.sx", "--stats"], { cwd });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({ suspensions: 0 });
  });

  test("--store keeps what is stored", async () => {
    const cwd = folderWith({
      "n.sx": '(define n (+ 1 (or (perform :kv/get "n") 0)))\n(perform :kv/set "n" n)\nn\n',
    });
    const run = async (): Promise<string> =>
      (await sx(["run", "n.sx", "--print", "--store", "data"], { cwd })).stdout;
    expect([await run(), await run()]).toEqual(["1\n", "2\n"]);
  });

  test("an error in an imported file points there", async () => {
    const cwd = folderWith({
      "a.sx": '(import "./lib/b.sx")\n(+ (f 0) 1)\n',
      "lib/b.sx": "(define (f x)\n  (+ 1 (/ 1 x)))\n",
    });
    const { stderr, code } = await sx(["run", "a.sx"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("--> lib/b.sx:2:8");
    expect(stderr).toMatch(/stack:\n {2}f lib\/b\.sx:2:8\n {2}top level a\.sx:2:4\n/);
  });
});

describe("output", () => {
  const loop = { "loop.sx": '(let loop ((i 0)) (perform :console/print "line" i) (loop (+ i 1)))\n' };

  test("a large value arrives whole", async () => {
    const { stdout, code } = await sx(["eval", "(map str (range 200000))"]);
    expect(code).toBe(0);
    expect(stdout.length).toBe(1_688_892);
    expect(stdout.endsWith('"199999")\n')).toBe(true);
  });

  test("so do many lines to a reader that is slow to begin", async () => {
    const cwd = folderWith({ "a.sx": '(dotimes (i 50000) (perform :console/print "line" i))' });
    const child = start(["run", "a.sx"], { cwd });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { stdout, code } = await result(child);
    expect([stdout.split("\n").length, code]).toEqual([50_001, 0]);
  });

  test("a reader that goes away ends the program, without a word", async () => {
    const cwd = folderWith(loop);
    const line = `${sxCommand.map((part) => `'${part}'`).join(" ")} run loop.sx 2>err.txt | head -n 2; echo "\${PIPESTATUS[0]}"; cat err.txt`;
    expect(await result(spawn("bash", ["-c", line], { cwd }))).toEqual({
      stdout: "line 0\nline 1\n0\n",
      stderr: "",
      code: 0,
    });
  });
});

describe("signals", () => {
  test.each([
    ["that computes", "(while true nil)"],
    ["that waits", "(perform :async/sleep 100000)"],
    ["that asks without end", "(while true (perform :time/now))"],
  ])("SIGINT ends a program %s after its exits have run", async (_, body) => {
    const cwd = folderWith({
      "a.sx": `(define (say x) (perform :console/print x))
(dynamic-wind (fn () (say "in")) (fn () ${body}) (fn () (say "out")))`,
    });
    const child = start(["run", "a.sx"], { cwd });
    const ended = result(child);
    await output(child, "in\n");
    child.kill("SIGINT");
    expect(await ended).toEqual({ stdout: "in\nout\n", stderr: "", code: 130 });
  });

  test("so does SIGTERM", async () => {
    const child = start(["eval", '(perform :console/print "in") (while true nil)']);
    const ended = result(child);
    await output(child, "in\n");
    child.kill("SIGTERM");
    expect(await ended).toEqual({ stdout: "in\n", stderr: "", code: 143 });
  });
});

test("sx trace shows each effect with its answer", async () => {
  const cwd = folderWith({
    "a.sx":
      '(perform :kv/set "k" {:a 1})\n(guard (e (true nil)) (perform :no/such 1))\n(perform :kv/get "k")\n',
  });
  const { stdout, stderr, code } = await sx(["trace", "a.sx"], { cwd });
  expect([stdout, code]).toEqual(["", 0]);
  expect(stderr.split("\n")).toEqual([
    '(perform :kv/set "k" {:a 1}) -> nil',
    expect.stringContaining("(perform :no/such 1) -> raised "),
    '(perform :kv/get "k") -> {:a 1}',
    "value {:a 1}",
    "",
  ]);
});

test("sx disassemble shows the code of one definition", async () => {
  const cwd = folderWith({ "a.sx": "(define (f x) (+ x 1))\n(define (g x) x)\n" });
  const { stdout, code } = await sx(["disassemble", "a.sx", "f"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain("; a.sx/f\n");
  expect(stdout).not.toContain("a.sx/g");
});

test("sx trace --jit shows what is compiled, and where the code had to be left", async () => {
  const cwd = folderWith({ "a.sx": "(define (twice x) (+ x x))\n(dotimes (i 9) (twice i))\n(twice 0.5)\n" });
  const { stdout, stderr, code } = await sx(["trace", "--jit", "--jit-threshold", "0", "a.sx"], { cwd });
  expect([stdout, code]).toEqual(["", 0]);
  expect(stderr).toMatch(/^compiled twice a\.sx:1:19, to learn: \d+ bytes$/m);
});

test("sx profile writes where the time went, by SX functions and lines", async () => {
  const cwd = folderWith({ "a.sx": "(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2)))))\n(f 27)\n" });
  const { stderr, code } = await sx(["profile", "a.sx", "-o", "a.cpuprofile"], { cwd });
  expect([stderr, code]).toEqual(["wrote a.cpuprofile\n", 0]);
  const profile = JSON.parse(readFileSync(join(cwd, "a.cpuprofile"), "utf8")) as {
    nodes: { callFrame: { functionName: string; url: string; lineNumber: number } }[];
  };
  expect(profile.nodes.map((n) => n.callFrame)).toContainEqual(
    expect.objectContaining({ functionName: "f", url: "a.sx", lineNumber: 0 }),
  );
});
