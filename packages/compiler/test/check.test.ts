/** Diagnostics, and the suggestions in them. */
import { describe, expect, test } from "vitest";
import { check, didYouMean } from "../src/index.ts";
import { loadFiles, World } from "./world.ts";

function report(text: string): string[] {
  const world = new World({ diagnose: true });
  for (const form of world.readForms(text)) world.expander.expandTopLevel(form, world.main);
  return check(world.expander, world.main).map(
    ({ severity, code, message, span }) => `${severity} ${code} ${span.start}: ${message}`,
  );
}

describe("check", () => {
  test.each([
    ["nothing wrong", "(define (f x) (map (fn (y) (+ x y)) (list 1))) (f 1)", []],
    [
      "unknown names, all of them",
      "(define (average xs) 1) (avrage 1) (lenght 2)",
      [
        "error unbound 25: avrage is not defined; did you mean average?",
        "error unbound 36: lenght is not defined; did you mean len?",
      ],
    ],
    ["a name that is defined further down is known", "(define (f) (later)) (define (later) 1)", []],
    [
      "a function of the program",
      "(define (f x) x) (f) (f 1 2) (f 1)",
      ["error arguments 17: f expects 1 argument, got 0", "error arguments 21: f expects 1 argument, got 2"],
    ],
    ["a primitive", "(cons 1)", ["error arguments 0: cons expects 2 arguments, got 1"]],
    [
      "a function of the prelude",
      "(map-indexed 1)",
      ["error arguments 0: map-indexed expects 2 arguments, got 1"],
    ],
    [
      "named arguments",
      "(define (f &key x (y 1)) x) (f :x 1) (f :y 1) (f :z 1)",
      [
        "error arguments 37: f needs the named argument :x",
        "error arguments 46: f has no named argument :z (it takes :x :y)",
      ],
    ],
    [
      "a cond that looks flat",
      "(cond (zero? 1) (list 1) (odd? 1) (list 2))",
      [
        "warning flat-cond 0: every argument of this cond is a list, so each is a clause (test value…); were pairs of test and value meant?",
      ],
    ],
    ["a cond of clauses", "(cond ((zero? 1) 2) ((odd? 1) 3))", []],
    [
      "a clause that nothing reaches",
      "(match 1 (x 1) (2 3))",
      ["warning unreachable 15: the clause before this one matches everything"],
    ],
  ])("%s", (_name, text, expected) => {
    expect(report(text)).toEqual(expected);
  });
});

test("a load with report goes on after each mistake, and runs nothing but definitions", () => {
  const mistakes: string[] = [];
  const { run, world } = loadFiles(
    {
      "main.sx": `(import "./no.sx") (import "./a.sx")
        (if) (define (f) (let)) (define x (perform :never)) (list 1x)
        (define-record-type pt (make-pt x) pt? (x pt-x))
        (define (double n) (* 2 (pt-x (make-pt n)))) (defmacro m () (double 4)) (list (m)) (defmacro bad () (error "why")) (bad)`,
      "a.sx": "(cond true) (export nothing)",
    },
    "main.sx",
    {
      diagnose: true,
      report: ({ code, message, span }, module) => {
        mistakes.push(`${module.id}:${span.line} ${code}: ${message}`);
      },
    },
  );
  expect(mistakes).toEqual([
    expect.stringMatching(/^main.sx:2 read: `1x`/),
    "main.sx:1 import: cannot read no.sx: no such file",
    "a.sx:1 syntax: cond needs pairs of a test and a value, or clauses (test value…)",
    "a.sx:1 syntax: nothing is exported but not defined here",
    "main.sx:2 syntax: if is written (if test then else)",
    "main.sx:2 syntax: let needs bindings and a body",
    "main.sx:4 macro: why",
  ]);
  expect(world.performed).toEqual([]);
  expect(run.log).toEqual([]);
});

describe("did you mean", () => {
  const names = ["+", "map", "filter", "starts-with?", "vector-push!", "len", "hash-set!"];
  test.each([
    ["mpa", "map"],
    ["fliter", "filter"],
    ["starts-with", "starts-with?"],
    ["startsWith", "starts-with?"],
    ["vector-psuh!", "vector-push!"],
    ["length", "len"],
    ["hash_set", "hash-set!"],
    ["banana", undefined],
    ["x", undefined],
  ])("%s → %s", (name, expected) => {
    expect(didYouMean(name, names)).toBe(expected);
  });
});
