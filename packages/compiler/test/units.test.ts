/** What a unit tells of itself: id, hashes, live constants, templates. */
import type { Template } from "@sorbus/vm";
import { describe, expect, test } from "vitest";
import type { Unit } from "../src/index.ts";
import { World } from "./world.ts";

const unit = (text: string, record = false): Unit => {
  const found = new World({ record }).units(text).at(-1);
  if (found === undefined) throw new Error("no unit");
  return found;
};

test("ids are of the definition, or of the place among the expressions", () => {
  const world = new World();
  const ids = world
    .units("(define x 1) (list x) (do (define y 2) (list y)) (defmacro m () 1)")
    .map((u) => u.id);
  expect(ids).toEqual(["main/x", "main#1", "main/y", "main#2", "main/m"]);
});

test("a unit tells which macros it went through", () => {
  const text = "(defmacro one (x) `(two ,x)) (defmacro two (x) `(list ,x)) (define (f) (one 1))";
  expect(unit(text).macros).toEqual(["main/one", "main/two"]);
  expect(unit("(define (f) 1)").macros).toEqual([]);
});

test("a preview says its name and does nothing", () => {
  const { id, preview } = unit('(preview "Card" (p "x"))');
  expect([id, preview?.name]).toEqual(["main/preview Card", "Card"]);
  expect(new World().eval('(preview "Card" (undefined-thing))')).toBe("nil");
});

describe("the content hash", () => {
  const base = '(define (f x) (let ((y 1)) (list x y "s" :k \'sym 2n)))';

  test("does not change with places, comments and processes", () => {
    const moved = `; a comment\n\n   ${base.replaceAll(" ", "\n ")}`;
    expect(unit(moved).contentHash).toBe(unit(base).contentHash);
    // Written down so that another process, another day, gives the same.
    expect(unit("(define (f x) (+ x 1))").contentHash).toMatchInlineSnapshot(`"4705722e8828518a"`);
  });

  test.each([
    ["a constant", '(list x y "t" :k \'sym 2n)'],
    ["a symbol", '(list x y "s" :k \'other 2n)'],
    ["a kind of number", '(list x y "s" :k \'sym 2)'],
    ["a variable", '(list y x "s" :k \'sym 2n)'],
    ["a function", '(vector x y "s" :k \'sym 2n)'],
    ["the name of an argument", '(g x y "s" :k \'sym 2n)'],
    ["a string for a named argument", '(g x y "s" "k" \'sym 2n)'],
  ])("changes with %s", (_what, body) => {
    const bodies = ['(list x y "s" :k \'sym 2n)', '(g x y "s" :k \'sym 2n)'].filter(
      (other) => other !== body,
    );
    for (const other of bodies) {
      const text = (b: string): string => `(define (f x) (let ((y 1)) ${b}))`;
      expect(unit(text(body)).contentHash).not.toBe(unit(text(other)).contentHash);
    }
  });

  test("tells 0 from -0 and 1 from true", () => {
    const hashes = ["0", "-0", "1", "true", "nil", '"nil"', '""', "()"].map((t) => unit(t).contentHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("tells templates apart", () => {
    const hashes = ["(p 1)", "(p 2)", "(p x)", "(p :id x)", "(b x)"].map((t) => unit(t).contentHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("has no collisions among small functions", () => {
    const world = new World();
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i += 1) {
      seen.add((world.units(`(fn (x) (+ x ${i}))`)[0] as Unit).contentHash);
      seen.add((world.units(`(fn (x) (- ${i} x))`)[0] as Unit).contentHash);
    }
    expect(seen.size).toBe(4000);
  });
});

describe("the interface hash", () => {
  const same = (a: string, b: string): boolean => unit(a).interfaceHash === unit(b).interfaceHash;

  test("depends on what callers see", () => {
    expect(same("(define (f x) 1)", "(define (f y) (list y))")).toBe(true);
    expect(same("(define (f x) 1)", "(define (f x y) 1)")).toBe(false);
    expect(same("(define (f x) 1)", "(define (f x &optional y) 1)")).toBe(false);
    expect(same("(defcomp ~c (&key x) 1)", "(defcomp ~c (&key (x 1)) 1)")).toBe(false);
    expect(same("(defcomp ~c (&key x) 1)", "(define (~c &key x) 1)")).toBe(false);
    expect(same("(define x 1)", "(define x 2)")).toBe(true);
  });

  test("of a macro depends on its text, not on its place", () => {
    expect(same("(defmacro m (x) `(f ,x))", "(defmacro  m  (x)  `(f ,x))")).toBe(true);
    expect(same("(defmacro m (x) `(f ,x))", "(defmacro m (x) `(g ,x))")).toBe(false);
  });
});

describe("live constants", () => {
  const slots = (text: string): Record<string, unknown> => Object.fromEntries(unit(text, true).slots);

  test.each([
    ["ordinary expressions", '(define (f) (list 1 "a" (g1 2)))', { "2.1": 1, "2.2": "a", "2.3.1": 2 }],
    [
      "an insertion renumbers only its own list",
      '(define (f) (h 0) (list 1 "a"))',
      { "2.1": 0, "3.1": 1, "3.2": "a" },
    ],
    [
      "not what names something",
      '(list (perform :kv/get "k") (perform "op" "x") (get "/route" 1))',
      { "1.2": "k", "2.2": "x", "3.2": 1 },
    ],
    ["not keywords and identities", '(f :key "a" :id "b" :title "c")', { "6": "c" }],
    ["not what is quoted or a pattern", "(match 1 (2 '(3 4)) (_ 5))", { "1": 1, "3.1": 5 }],
    ["not what a macro saw", "(defmacro m (x) `(list ,x 7)) (list 1 (m (f 2)))", { "1": 1 }],
    ["not what is folded into a template", '(p :title "x" "text" (f "y"))', { "4.1": "y" }],
  ])("%s", (_name, text, expected) => {
    expect(slots(text)).toEqual(expected);
  });

  test("are only recorded on request", () => {
    expect(unit("(list 1)").slots.size).toBe(0);
  });

  test("of a template are the literals that are its text", () => {
    const { templates } = unit('(define (f x) (div :id "i" :class "c" (p "text" x) (~c (b "other"))))', true);
    expect(
      [...(templates ?? [])].sort().map(([path, t]) => [path, t.literals, (t.template as Template).statics]),
    ).toEqual([
      ["2", ["2.4", "2.5.1"], ['<div id="i" class="c"><p>text', "</p>", "</div>"]],
      ["2.6.1", ["2.6.1.1"], ["<b>other</b>"]],
    ]);
  });
});
