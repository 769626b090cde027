/** `sx check`: finds mistakes and does nothing else. */
import { describe, expect, test } from "vitest";
import { folderWith, type Result, sx } from "./sx.ts";

async function check(files: Readonly<Record<string, string>>): Promise<Result> {
  return sx(["check", "main.sx"], { cwd: folderWith(files) });
}

/** The lines that say what and where. */
function findings({ stderr }: Result): string[] {
  return [...stderr.matchAll(/^((?:error|warning): .*)\n {2}--> (.*)$/gm)].map(
    ([, what, where]) => `${where} ${what}`,
  );
}

describe("sx check", () => {
  test("nothing wrong", async () => {
    expect(await check({ "main.sx": "(define (f x) (+ x 1))\n(f 1)\n" })).toEqual({
      stdout: "no problems\n",
      stderr: "",
      code: 0,
    });
  });

  test("a warning is not an error", async () => {
    const { stdout, stderr, code } = await check({
      "main.sx": "(cond (zero? 1) (list 1) (odd? 1) (list 2))\n",
    });
    expect([stdout, code]).toEqual(["", 0]);
    expect(stderr).toMatch(
      /^warning: every argument of this cond .*\n {2}--> main\.sx:1:1\n> 1 \| .*\n {4}\| \^+\n/,
    );
    expect(stderr).toMatch(/\n1 warning\n$/);
  });

  test("every mistake of a file and of what it imports, with code frames", async () => {
    const result = await check({
      "main.sx": `(import "./lib.sx" :only (helper nothere))
(define (average xs) (/ (reduce + 0 xs) (lenght xs)))
(avrage (list 1 2))
(helper 1 2)
(cons 1)
(let ((x 1) (y)) x)
`,
      "lib.sx": "(export helper missing)\n(define (helper x) (undefined-thing x))\n",
    });
    expect(findings(result)).toEqual([
      "main.sx:1:34 error: ./lib.sx exports no nothere",
      "main.sx:2:42 error: lenght is not defined; did you mean len?",
      "main.sx:3:2 error: avrage is not defined; did you mean average?",
      "main.sx:4:1 error: helper expects 1 argument, got 2",
      "main.sx:5:1 error: cons expects 2 arguments, got 1",
      expect.stringMatching(/^main\.sx:6:\d+ error: .*binding/),
      "lib.sx:1:16 error: missing is exported but not defined here",
      "lib.sx:2:21 error: undefined-thing is not defined",
    ]);
    expect(result.stderr).toContain("> 3 | (avrage (list 1 2))\n    |  ^^^^^^\n");
    expect(result.stderr).toMatch(/\n8 errors\n$/);
    expect([result.stdout, result.code]).toEqual(["", 1]);
  });

  test("all read errors", async () => {
    const result = await check({ "main.sx": '(f "\\q")\n(g 1))\n(h {:a})\n' });
    expect(findings(result)).toHaveLength(3);
    expect(result.code).toBe(1);
  });

  test("nothing that the program does is done", async () => {
    const result = await check({
      "main.sx": `(perform :console/print "an effect")
(define now (perform :time/now))
(define (helper x) \`(list ,x ,x))
(define words (list "a" "b"))
(defmacro twice (x) (do (len words) (helper x)))
(twice (perform :console/print "another"))
(error "not raised")
(while true nil)
(define forever (let loop () (loop)))
`,
    });
    expect(result).toEqual({ stdout: "no problems\n", stderr: "", code: 0 });
  });

  test("a macro that raises, and one that asks for an effect", async () => {
    const result = await check({
      "main.sx": `(defmacro picky (x) (error "I do not like this" x))
(picky 1)
(defmacro curious () (perform :kv/get "what"))
(curious)
`,
    });
    expect(findings(result)).toEqual([
      "main.sx:2:1 error: I do not like this",
      "main.sx:4:1 warning: a macro here asks for an effect, so what it expands to is not checked",
    ]);
  });

  test("files that import each other, and one that is not there", async () => {
    expect(
      (
        await check({
          "main.sx": '(import "./b.sx")\n(define (f) (g))\n',
          "b.sx": '(import "./main.sx")\n(define (g) (f))\n',
        })
      ).stdout,
    ).toBe("no problems\n");
    const result = await check({ "main.sx": '(import "./gone.sx")\n(f)\n' });
    expect(findings(result)).toEqual(["main.sx:1:9 error: cannot read gone.sx: there is no such file"]);
  });
});
