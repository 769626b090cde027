/** Macros: hygiene, arguments, keywords, places, and expansions that wait for an effect. */
import { spanOf } from "@sorbus/reader";
import { NIL } from "@sorbus/vm";
import { describe, expect, test } from "vitest";
import { MacroSuspended } from "../src/index.ts";
import { complaint, condition, World } from "./world.ts";

function values(name: string, rows: readonly (readonly [string, string])[]): void {
  describe(name, () => {
    test.each(rows)("%s", (text, value) => {
      expect(new World({ elements: false }).eval(text)).toBe(value);
    });
  });
}

values("names that a template introduces", [
  ["(defmacro my-or (x y) `(let ((t# ,x)) (if t# t# ,y))) (let ((t# 5)) (my-or nil t#))", "5"],
  ["(defmacro my-or (x y) `(let ((t ,x)) (if t t ,y))) (let ((t 5)) (my-or nil t))", "5"],
  ["(defmacro two (x y) `(let ((t# ,x)) (list ,y t#))) (two 1 (two 2 3))", "((3 2) 1)"],
  [
    "(defmacro swap! (x y) `(let ((tmp ,x)) (set! ,x ,y) (set! ,y tmp))) (let ((tmp 1) (o 2)) (swap! tmp o) (list tmp o))",
    "(2 1)",
  ],
  [
    "(defmacro my-loop (n &rest body) `(let loop ((i 0)) (when (< i ,n) ,@body (loop (+ i 1))))) (define log (vector)) (let loop ((i 5)) (my-loop 2 (vector-push! log i))) log",
    "#vector (5 5)",
  ],
]);

values("names that a template refers to", [
  ["(define (helper x) (list 'h x)) (defmacro help (x) `(helper ,x)) (let ((helper 1)) (help 2))", "(h 2)"],
  ["(defmacro add (x y) `(+ ,x ,y)) (let ((+ *)) (add 3 4))", "7"],
  ["(defmacro my-if (c x y) `(if ,c ,x ,y)) (let ((if list)) (my-if true 1 2))", "1"],
  ["(defmacro in (x) `(+ 2 ,x)) (defmacro use (x) `(in ,x)) (let ((in list)) (use 1))", "3"],
  ["(defmacro pick (x) `(cond ((= ,x 1) 'one) (else 'other))) (let ((else false)) (pick 2))", "other"],
  ["(defmacro it-is (x body) `(let ((,'it ,x)) ,body)) (it-is 5 (+ it 1))", "6"],
  ["(defmacro q () `'(a b)) (= (q) '(a b))", "true"],
]);

values("what a macro defines", [
  ["(defmacro def (n v) `(define ,n ,v)) (def x 1) x", "1"],
  ["(defmacro def-both () `(do (define one 1) (define two (+ one 1)))) (def-both) (list one two)", "(1 2)"],
  [
    "(defmacro def-hidden (n) `(do (define x# 7) (define (,n) x#))) (def-hidden f) (def-hidden h) (list (f) (h))",
    "(7 7)",
  ],
  [
    "(defmacro def-local (n v) `(define ,n ,v)) (define (f) (def-local x 1) (def-local y (+ x 1)) (list x y)) (f)",
    "(1 2)",
  ],
  ["(defmacro def-adder (n k) `(defmacro ,n (x) (list '+ x ,k))) (def-adder add5 5) (add5 1)", "6"],
  [
    "(defmacro def-wrapper (n) `(defmacro ,n (x) `(let ((t 1)) (list t ,x)))) (def-wrapper w) (let ((t 2)) (w t))",
    "(1 2)",
  ],
]);

values("arguments", [
  ["(defmacro m (x &optional (y 10) &rest r) `(list ,x ,y ,@r)) (list (m 1) (m 1 2 3))", "((1 10) (1 2 3))"],
  ["(defmacro m (&key x (y 2)) `(list ,x ,y)) (m :x 1)", "(1 2)"],
  ["(defmacro m ([name value] body) `(let ((,name ,value)) ,body)) (m [x 5] (+ x 1))", "6"],
  [
    "(defmacro m (&rest fs) `'(,@(map (fn (f) (if (string? f) 'string 'other)) fs))) (m :k \"s\" k)",
    "(string string other)",
  ],
  ["(defmacro m (x) `(let ,x 1)) (m [])", "1"],
  ["(defmacro m (bs) `(let ,bs ,'x)) (m [x 1 x (+ x 1)])", "2"],
  ["(define (f &key x) x) (defmacro m (&rest args) `(f ,@args)) (m :x 1)", "1"],
  ["(define (f &key x) x) (defmacro m (k v) `(f ,k ,v)) (m :x 1)", "1"],
  ["(define (f &key x) x) (defmacro m (&rest args) (cons 'f args)) (m :x 1)", "1"],
  ['(defmacro m (x) `(list :k "k" ,x)) (m :z)', '("k" "k" "z")'],
]);

test("a keyword that goes through a macro still names an attribute", () => {
  const world = new World();
  const text =
    '(defmacro card (&rest body) `(div :class "card" ,@body)) (render-to-html (card :id "x" "id"))';
  expect(world.eval(text)).toBe('"<div class=\\"card\\" id=\\"x\\">id</div>"');
});

describe("mistakes", () => {
  test.each([
    ["(defmacro m (x y) `(list ,x ,y)) (m 1)", "syntax: the macro m expects 2 arguments, got 1 @ (m 1)"],
    ["(defmacro m (&key x) x) (m :y 1)", "syntax: the macro m has no named argument :y (it takes :x) @ :y"],
    ['(defmacro m () (error "no")) (list 1 (m))', "user: no @ (m)"],
    ["(defmacro m () `(if)) (list 1 (m))", "syntax: if is written (if test then else) @ (m)"],
    ["(defmacro m (x) `(list ,x)) (m (if))", "syntax: if is written (if test then else) @ (if)"],
    ["(defmacro m () `(list ,@5)) (m)", "type: ,@ in a macro's template needs a list @ (m)"],
    ["(defmacro m () 1) (list m)", "syntax: m is a macro: it has no value, only calls of it do @ m"],
  ])("%s", (text, message) => {
    const world = new World();
    expect(complaint(text, () => world.eval(text))).toBe(message);
  });

  test("an endless expansion ends", () => {
    const inside = "(defmacro m () `(list (m))) (m)";
    expect(condition(() => new World().eval(inside)).kind).toBe("syntax");
    const atTop = "(defmacro m () `(m)) (m)";
    expect(condition(() => new World().eval(atTop)).kind).toBe("syntax");
  });
});

test("forms that a macro passes on keep their places", () => {
  const text = "(defmacro twice (x) `(list ,x ,x)) (twice (f 1))";
  const unit = new World().units(text).at(-1);
  if (unit?.core.op !== "call") throw new Error("no call");
  const places = unit.core.args.map((arg) => spanOf(arg.form).start);
  expect(places).toEqual([text.lastIndexOf("(f 1)"), text.lastIndexOf("(f 1)")]);
  expect(spanOf(unit.core.form).start).toBe(text.lastIndexOf("(twice"));
});

describe("a macro that waits for an effect", () => {
  const text =
    "(defmacro ask (n) `(list ,n ,(perform :ask n))) (do (define x (ask 1)) (define y (list (ask 2) (ask 3))) (list x y))";

  test("is run once, however often its unit is expanded", () => {
    let answer = 0;
    const world = new World({
      suspends: true,
      perform: () => {
        answer += 10;
        return answer;
      },
    });
    const form = text.indexOf("(do");
    world.eval(text.slice(0, form));
    const [top] = world.readForms(text.slice(form));
    if (top === undefined) throw new Error("no form");
    let value = NIL;
    let suspensions = 0;
    for (let done = false; !done; ) {
      try {
        for (const unit of world.expander.units(top, world.main)) value = world.evaluator.unit(unit);
        done = true;
      } catch (error) {
        if (!(error instanceof MacroSuspended)) throw error;
        suspensions += 1;
        error.complete(world.finish(error));
      }
    }
    expect(suspensions).toBe(3);
    expect(world.performed).toEqual(['"ask"', '"ask"', '"ask"']);
    expect(world.show(value)).toBe("((1 10) ((2 20) (3 30)))");
  });

  test("expandTopLevel gives all units again after a suspension", () => {
    const world = new World({ suspends: true, perform: () => 1 });
    world.eval("(defmacro ask () (perform :ask))");
    const [top] = world.readForms("(do (define x 1) (define y (ask)))");
    if (top === undefined) throw new Error("no form");
    try {
      world.expander.expandTopLevel(top, world.main);
      throw new Error("nothing was suspended");
    } catch (error) {
      if (!(error instanceof MacroSuspended)) throw error;
      error.complete(world.finish(error));
    }
    expect(world.expander.expandTopLevel(top, world.main).map((u) => u.id)).toEqual(["main/x", "main/y"]);
  });
});
