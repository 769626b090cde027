/** The module graph, on files in memory. */
import { describe, expect, test } from "vitest";
import { driveLoad, Module } from "../src/index.ts";
import { condition, loadFiles } from "./world.ts";

/** Loads `main.sx` and gives the log of all expressions. */
function log(files: Record<string, string>): string[] {
  const { run, done } = loadFiles(files, "main.sx");
  expect(done).toBeInstanceOf(Module);
  return run.log;
}

const failure = (files: Record<string, string>): string =>
  condition(() => loadFiles(files, "main.sx")).message;

test("a load whose steps are answered at once is done at once, else it is a promise", async () => {
  const files = { "main.sx": '(import "./a.sx") (list x)', "a.sx": "(define x 1)" };
  expect(loadFiles(files, "main.sx").done).toBeInstanceOf(Module);
  const later = loadFiles(files, "main.sx", { later: true });
  expect(later.done).toBeInstanceOf(Promise);
  expect(await later.done).toBeInstanceOf(Module);
  expect(later.run.log).toEqual(["main.sx: (1)"]);
});

describe("import", () => {
  test.each([
    [
      "all",
      { "main.sx": '(import "./a.sx") (list x (f))', "a.sx": "(define x 1) (define (f) x)" },
      ["main.sx: (1 1)"],
    ],
    ["a prefix", { "main.sx": '(import "./a.sx" :prefix n/) n/x', "a.sx": "(define x 1)" }, ["main.sx: 1"]],
    [
      "only some",
      { "main.sx": '(import "./a.sx" :only (x)) x', "a.sx": "(define x 1) (define y 2)" },
      ["main.sx: 1"],
    ],
    [
      "own definitions win",
      { "main.sx": '(import "./a.sx") (define x 2) x', "a.sx": "(define x 1)" },
      ["main.sx: 2"],
    ],
    [
      "once, in order, wherever the import stands",
      {
        "main.sx": 'x (import "./a.sx") (import "./b.sx")',
        "a.sx": '(import "./b.sx") "a" (define x y)',
        "b.sx": '"b" (define y 3)',
      },
      ['b.sx: "b"', 'a.sx: "a"', "main.sx: 3"],
    ],
    [
      "macros, whose templates mean their own module",
      {
        "main.sx": '(import "./m.sx") (define h 0) (m 1)',
        "m.sx": "(define (h x) (+ x 41)) (defmacro m (x) `(h ,x))",
      },
      ["main.sx: 42"],
    ],
    [
      "a macro that uses a function above it",
      {
        "main.sx": '(import "./m.sx") (m)',
        "m.sx": "(define (make n) (list '+ n 1)) (defmacro m () (make 4))",
      },
      ["main.sx: 5"],
    ],
    [
      "functions of two modules that need each other",
      {
        "main.sx": '(import "./e.sx") (ev? 7)',
        "e.sx": '(import "./o.sx") (define (ev? n) (if (= n 0) true (od? (- n 1))))',
        "o.sx": '(import "./e.sx") (define (od? n) (if (= n 0) false (ev? (- n 1))))',
      },
      ["main.sx: false"],
    ],
    [
      "a definition that a macro makes, in a cycle",
      {
        "main.sx": '(import "./e.sx") (f)',
        "e.sx": '(import "./o.sx") (defmacro def (n) `(define (,n) 9)) (def late) (define (f) (use))',
        "o.sx": '(import "./e.sx" :only (late)) (define (use) 8)',
      },
      ["main.sx: 8"],
    ],
    [
      "the same thing by two ways",
      {
        "main.sx": '(import "./a.sx") (import "./b.sx") x',
        "a.sx": "(define x 1)",
        "b.sx": '(import "./a.sx") (export x)',
      },
      ["main.sx: 1"],
    ],
  ])("%s", (_name, files, expected) => {
    expect(log(files as Record<string, string>)).toEqual(expected);
  });
});

describe("what stands in a file", () => {
  test.each([
    [
      "a definition holds above itself",
      { "main.sx": "(define (f) (title)) (define (title) 5) (f)" },
      ["main.sx: 5"],
    ],
    [
      "a core function may be replaced",
      { "main.sx": "(define (f) (first 1)) (define (first x) 'mine) (f)" },
      ["main.sx: mine"],
    ],
    [
      "a record's names hold above it",
      { "main.sx": "(define (f) (make 1)) (define-record-type pt (make x) pt? (x pt-x)) (pt-x (f))" },
      ["main.sx: 1"],
    ],
  ])("%s", (_name, files, expected) => {
    expect(log(files as Record<string, string>)).toEqual(expected);
  });
});

describe("mistakes", () => {
  test.each([
    ["a missing file", { "main.sx": '(import "./no.sx")' }, "cannot read no.sx: no such file"],
    [
      "a name that is not exported",
      { "main.sx": '(import "./a.sx" :only (lenght))', "a.sx": "(define length1 1)" },
      "./a.sx exports no lenght; did you mean length1?",
    ],
    [
      "an export of nothing",
      { "main.sx": "(export valeu) (define value 1)" },
      "valeu is exported but not defined here; did you mean value?",
    ],
    [
      "two imports of one name, when it is used",
      {
        "main.sx": '(import "./a.sx") (import "./b.sx") (list x)',
        "a.sx": "(define x 1)",
        "b.sx": "(define x 2)",
      },
      "x is imported from a.sx and from b.sx: take it from one with :only, or use :prefix",
    ],
    [
      "macros in a cycle",
      {
        "main.sx": '(import "./a.sx")',
        "a.sx": '(import "./b.sx") (defmacro ma () 1)',
        "b.sx": '(import "./a.sx") (ma)',
      },
      "the macro ma of a.sx is used while that file is still being loaded: a.sx → b.sx → a.sx",
    ],
    [
      "a macro named in an import in a cycle",
      {
        "main.sx": '(import "./a.sx")',
        "a.sx": '(import "./b.sx") (defmacro ma () 1)',
        "b.sx": '(import "./a.sx" :only (ma))',
      },
      "the macro ma is imported from a file that is still being loaded: a.sx → b.sx → a.sx",
    ],
    [
      "a macro before its definition",
      { "main.sx": "(define (f) (m)) (defmacro m () 1)" },
      "the macro m is used before its definition",
    ],
    ["a text that is no form", { "main.sx": "(list 1" }, "expected `)`"],
    [
      "an option that does not exist",
      { "main.sx": '(import "./a.sx" :as x)' },
      "import has the options :only (name…) and :prefix name",
    ],
  ])("%s", (_name, files, message) => {
    expect(failure(files as Record<string, string>)).toContain(message);
  });

  test("what failed is loaded anew when it is asked for again", () => {
    const files: Record<string, string> = { "main.sx": "(if)" };
    const { run } = (() => {
      try {
        return loadFiles(files, "main.sx");
      } catch {
        return { run: undefined };
      }
    })();
    expect(run).toBeUndefined();
    files["main.sx"] = "(if 1 2)";
    expect(log(files)).toEqual(["main.sx: 2"]);
  });
});

test("a name that two modules re-export from each other is nowhere", () => {
  const files = {
    "main.sx": '(import "./a.sx")',
    "a.sx": '(import "./b.sx") (export x)',
    "b.sx": '(import "./a.sx") (export x)',
  };
  expect(failure(files)).toBe("x is exported but not defined here");
});

test("a second load does not see a module half loaded", async () => {
  const files = { "main.sx": "(list 1)" };
  const { run, done } = loadFiles(files, "main.sx", { later: true });
  expect(() => driveLoad(run.loader.load("main.sx"), () => undefined)).toThrow("one load at a time");
  expect(await done).toBeInstanceOf(Module);
  expect(driveLoad(run.loader.load("main.sx"), () => undefined)).toBe(await done);
});

test("a text that fails leaves no undefined name behind", () => {
  const { run, world } = loadFiles({ "main.sx": "" }, "main.sx");
  const evaluate = (text: string): void => {
    driveLoad(run.loader.evaluate(text, world.main), (step) => {
      if (step.type === "run") run.value = world.show(world.evaluator.unit(step.unit));
      return undefined;
    });
  };
  expect(() => evaluate("(define (first x) (if))")).toThrow("if is written");
  evaluate("(first '(1 2))");
  expect(run.value).toBe("1");
  evaluate("(define (f) (later))");
  expect(() => evaluate("(define later (error-now))")).toThrow("error-now");
  evaluate("(define (later) 7) (f)");
  expect(run.value).toBe("7");
});

test("an effect of a macro in a module is asked for once", () => {
  const files = {
    "main.sx": '(import "./m.sx") (list (now) (now))',
    "m.sx": "(defmacro now () (perform :time/now))",
  };
  let time = 0;
  const { run, world } = loadFiles(files, "main.sx", {
    suspends: true,
    perform: () => {
      time += 1;
      return time;
    },
  });
  expect(run.log).toEqual(["main.sx: (1 2)"]);
  expect(world.performed).toHaveLength(2);
});
