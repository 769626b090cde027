/** `sx fmt`, `sx test`, `sx serve`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith, output, result, start, sx } from "./sx.ts";

describe("sx fmt", () => {
  const rough = "(define   (f x)(+   x 1)) ; why\n";
  const neat = "(define (f x) (+ x 1)) ; why\n";

  test("a stream", async () => {
    expect(await sx(["fmt"], { input: rough })).toEqual({ stdout: neat, stderr: "", code: 0 });
  });

  test("files, in place, naming those that changed", async () => {
    const cwd = folderWith({ "a.sx": rough, "b.sx": neat });
    expect(await sx(["fmt", "a.sx", "b.sx"], { cwd })).toEqual({ stdout: "a.sx\n", stderr: "", code: 0 });
    expect(readFileSync(join(cwd, "a.sx"), "utf8")).toBe(neat);
  });

  test("--check changes nothing", async () => {
    const cwd = folderWith({ "a.sx": rough });
    expect(await sx(["fmt", "--check", "a.sx"], { cwd })).toEqual({
      stdout: "",
      stderr: "error: a.sx is not formatted\n",
      code: 1,
    });
    expect(readFileSync(join(cwd, "a.sx"), "utf8")).toBe(rough);
  });

  test("a text that cannot be read is left alone", async () => {
    const cwd = folderWith({ "a.sx": "(f\n" });
    const { stderr, code } = await sx(["fmt", "a.sx", "gone.sx"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain("--> a.sx:1:1");
    expect(stderr).toContain("gone.sx");
    expect(readFileSync(join(cwd, "a.sx"), "utf8")).toBe("(f\n");
  });
});

describe("sx test", () => {
  const cases = `;;; case: sums
(import "./lib.sx")
(sum (list 1 2))
;=> 3

;;; case: effects
(perform :test/ask 2)
;=> 20
;trace> (test/ask 2) -> 20

;;; case: errors
(car 1)
;!> unbound "car is not defined"
`;
  const lib = "(define (sum xs) (reduce + 0 xs))\n";

  test("all is well", async () => {
    const cwd = folderWith({ "tests/a.sx": cases, "tests/lib.sx": lib });
    expect(await sx(["test", "tests"], { cwd })).toEqual({
      stdout: "3 passed, 0 failed\n",
      stderr: "",
      code: 0,
    });
  });

  test("a case that fails is shown with its place", async () => {
    const cwd = folderWith({ "tests/a.sx": cases.replace("=> 3", "=> 4"), "tests/lib.sx": lib });
    const { stdout, code } = await sx(["test", "tests", "--tier", "vm"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain(
      "✗ sums (tests/a.sx:1)\n  tests/a.sx:4: value\n    expected 4\n    got      3\n",
    );
    expect(stdout).toMatch(/2 passed, 1 failed\n$/);
  });

  test.each([
    ["no folder", {}, ["test", "gone"], 1, "there is no file or folder gone"],
    ["no cases", { "t/a.sx": "1" }, ["test", "t"], 1, "there are no cases in t"],
    [
      "a malformed case",
      { "t/a.sx": ";;; case: a\n1\n;-> 1\n" },
      ["test", "t"],
      1,
      "t/a.sx:3: unknown expectation",
    ],
    [
      "a tier that there is not",
      { "t/a.sx": cases },
      ["test", "t", "--tier", "lisp"],
      2,
      "option '--tier <tier>' argument 'lisp' is invalid",
    ],
  ])("%s", async (_, files, args, code, message) => {
    const failed = await sx(args, { cwd: folderWith(files) });
    expect([failed.stdout, failed.code]).toEqual(["", code]);
    expect(failed.stderr).toContain(`error: ${message}`);
  });
});

describe("sx serve", () => {
  test("serves a handler, logs requests, ends when asked to", async () => {
    const cwd = folderWith({
      "app.sx": '(define (handler request) (p "hello " (get-in request (list :query :name))))\n',
    });
    const child = start(["serve", "app.sx", "--port", "0"], { cwd });
    const ended = result(child);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await output(child, "\n"))?.[0];
    const response = await fetch(`${url}/?name=<you>`);
    expect([response.status, await response.text()]).toEqual([200, "<p>hello &lt;you&gt;</p>"]);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout.split("\n")[1] ?? "")).toMatchObject({ method: "GET", path: "/", status: 200 });
  });

  test("the last value is the handler if it is a function", async () => {
    const cwd = folderWith({ "app.sx": "(define handler 1)\n(fn (request) (get request :path))\n" });
    const child = start(["serve", "app.sx", "--port", "0"], { cwd });
    const ended = result(child);
    const url = /http:\S+/.exec(await output(child, "\n"))?.[0];
    expect(await (await fetch(`${url}/x`)).text()).toBe("/x");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });
});
