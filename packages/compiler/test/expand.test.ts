/** Expansion, form by form, on the printed Core. */
import { preludeDefinitions } from "@sorbus/vm";
import { describe, expect, test } from "vitest";
import { complaint, World } from "./world.ts";

const expand = (text: string): string => new World({ elements: false }).printed(text);
const mistake = (text: string): string => {
  const world = new World();
  return complaint(text, () => world.units(text));
};

/** Rows of a table: what is written, what it becomes. */
function table(name: string, rows: readonly (readonly [string, string])[]): void {
  describe(name, () => {
    test.each(rows)("%s", (text, core) => {
      expect(expand(text)).toBe(core);
    });
  });
}

function mistakes(name: string, rows: readonly (readonly [string, string])[]): void {
  describe(name, () => {
    test.each(rows)("%s", (text, message) => {
      expect(mistake(text)).toBe(message);
    });
  });
}

table("atoms and data", [
  ["1", "1"],
  ['"a"', '"a"'],
  [":a", '"a"'],
  ["nil", "nil"],
  ["()", "'()"],
  ["[1 x]", "(list 1 main/x)"],
  ["{:a x}", '(dict "a" main/x)'],
  ["{(f) 1}", "(dict (main/f) 1)"],
  ["'(a :b [c] {:d e})", '\'(a "b" (c) {:d e})'],
  ["#vector (1 a)", "(vector 1 'a)"],
]);

table("names and calls", [
  ["x", "main/x"],
  ["map", "map"],
  ["(f 1 (g 2))", "(main/f 1 (main/g 2))"],
  ["((fn (x) x) 1)", "((lambda (x.0) x.0) 1)"],
  ["(f :a 1 :b)", "(main/f :a 1 :b)"],
  ["(f :a :b c)", '(main/f :a "b" main/c)'],
  ["(perform :kv/get :a)", '(perform "kv/get" "a")'],
  ["(get d :a 1)", '(get main/d "a" 1)'],
]);

table("functions", [
  ["(fn () 1)", "(lambda () 1)"],
  ["(fn (a &optional b (c a)) c)", "(lambda (a.0 &optional (b.1 nil) (c.2 a.0)) c.2)"],
  ["(fn (a &rest r) r)", "(lambda (a.0 &rest r.1) r.1)"],
  ["(fn (&key a (b a) (c nil)) c)", "(lambda (&key (:a a.0) (:b b.1 a.0) (:c c.2 nil)) c.2)"],
  [
    "(fn ([a b]) a)",
    "(lambda (_.0) (let ((_.1 (%check-list _.0 2 2))) (let ((a.2 (nth _.1 0))) (let ((b.3 (nth _.1 1))) a.2))))",
  ],
  ["(define (f x) x)", "(define main/f (lambda f (x.0) x.0))"],
  ["(define f (fn (x) x))", "(define main/f (lambda f (x.0) x.0))"],
  ["(define x 1)", "(define main/x 1)"],
  [
    "(define [a &rest b] c)",
    "(let ((_.0 (%check-list main/c 1 -1))) (let ((a.1 (nth _.0 0))) (let ((b.2 (drop _.0 1))) (seq (define main/a a.1) (define main/b b.2) nil))))",
  ],
  ["(defcomp ~c (&key t &rest kids) t)", "(define main/~c (component ~c (&rest kids.0 &key (:t t.1)) t.1))"],
  ["(defonce n 1)", "(if (%defined? #<host ModuleCell>) nil (define main/n 1))"],
  ["(define (f) (set! g 1))", "(define main/f (lambda f () (set! main/g 1)))"],
]);

table("inner definitions", [
  ["(fn () (define a 1) (define (f) a) (f))", "(lambda () (letrec ((a.0 1) (f.1 (lambda f () a.0))) (f.1)))"],
  ["(fn () (p?) (define a 1) (q) a)", "(lambda () (letrec ((a.0 (seq (main/p?) 1))) (seq (main/q) a.0)))"],
  ["(fn () (do (define a 1) (define b a)) b)", "(lambda () (letrec ((a.0 1) (b.1 a.0)) b.1))"],
  ["(fn () (define a 1))", "(lambda () (letrec ((a.0 1)) nil))"],
  ["(when 1 (define x 2))", "(if 1 (define main/x 2) nil)"],
  ["(let () (define x 2) x)", "(letrec ((x.0 2)) x.0)"],
]);

table("binding", [
  ["(let ((a 1) (b 2)) (f a b))", "(let ((a.0 1) (b.1 2)) (main/f a.0 b.1))"],
  ["(let [a 1 b a] b)", "(let ((a.0 1)) (let ((b.1 a.0)) b.1))"],
  ["(let* ((a 1) (b a)) b)", "(let ((a.0 1)) (let ((b.1 a.0)) b.1))"],
  ["(let [a 1 a a] a)", "(let ((a.0 1)) (let ((a.1 a.0)) a.1))"],
  ["(letrec ((f (fn () (f)))) f)", "(letrec ((f.0 (lambda f () (f.0)))) f.0)"],
  [
    "(let loop ((i 0)) (loop (+ i 1)))",
    "(letrec ((loop.0 (lambda loop (i.1) (loop.0 (+ i.1 1))))) (loop.0 0))",
  ],
  ["(let ((x 1)) (set! x 2))", "(let ((x.0 1)) (set! x.0 2))"],
  ["(let ((list 1)) list)", "(let ((list.0 1)) list.0)"],
  ["(let ((if list)) (if 1 2))", "(let ((if.0 list)) (if.0 1 2))"],
  [
    "(let [{:title t :keys (a)} d] t)",
    '(let ((_.0 (%check-dict main/d))) (let ((t.1 (get _.0 "title"))) (let ((a.2 (get _.0 "a"))) t.1)))',
  ],
]);

table("choosing", [
  ["(if 1 2)", "(if 1 2 nil)"],
  ["(when a b c)", "(if main/a (seq main/b main/c) nil)"],
  ["(unless a b)", "(if main/a nil main/b)"],
  [
    "(cond (a 1) (b => f) (c) (else 2))",
    "(if main/a 1 (let ((_.0 main/b)) (if _.0 (main/f _.0) (let ((_.1 main/c)) (if _.1 _.1 2)))))",
  ],
  ["(cond a 1 :else 2)", "(if main/a 1 2)"],
  ["(cond (f) 'a (g) 'b)", "(if (main/f) 'a (if (main/g) 'b nil))"],
  [
    "(case x (1 2) ((3 a) 4))",
    "(let ((_.0 main/x)) (if (= _.0 1) 2 (if (if (= _.0 3) true (= _.0 'a)) 4 nil)))",
  ],
  ["(and)", "true"],
  ["(or)", "nil"],
  ["(and a b)", "(let ((_.0 main/a)) (if _.0 main/b _.0))"],
  ["(fn (a) (or a 1))", "(lambda (a.0) (if a.0 a.0 1))"],
  ["(if (and a (or b c)) 1 2)", "(if (if main/a (if main/b true main/c) false) 1 2)"],
  ["(-> x (f 1) g)", "(main/g (main/f main/x 1))"],
  ["(->> x (f 1) g)", "(main/g (main/f 1 main/x))"],
  ["(do)", "nil"],
]);

table("match", [
  ["(match x (1 2) (y y))", "(let ((_.0 main/x)) (if (= _.0 1) 2 (let ((y.1 _.0)) y.1)))"],
  ["(match x ('a 1))", "(let ((_.0 main/x)) (if (= _.0 'a) 1 (%match-failure _.0)))"],
  [
    "(match x ([a 1] a) (_ 0))",
    "(let ((_.0 main/x)) (if (if (if (list? _.0) (= (len _.0) 2) false) (= (nth _.0 1) 1) false) (let ((a.1 (nth _.0 0))) a.1) 0))",
  ],
  [
    "(match x ({:k v} v) (_ 0))",
    '(let ((_.0 main/x)) (if (if (dict? _.0) (has-key? _.0 "k") false) (let ((v.1 (get _.0 "k"))) v.1) 0))',
  ],
  [
    "(match x (n :when (f n) 1) (_ 0))",
    "(let ((_.0 main/x)) (if (let ((n.1 _.0)) (main/f n.1)) (let ((n.2 _.0)) 1) 0))",
  ],
  ["(match x ((? f y) y) (_ 0))", "(let ((_.0 main/x)) (if (main/f _.0) (let ((y.1 _.0)) y.1) 0))"],
  ["(match x ((or 1 2) 1) (_ 0))", "(let ((_.0 main/x)) (if (if (= _.0 1) true (= _.0 2)) 1 0))"],
]);

table("loops", [
  ["(while a b)", "(letrec ((while.0 (lambda while () (if main/a (seq main/b (while.0)) nil)))) (while.0))"],
  ["(for [x xs] x)", "(%for-map (lambda for (x.0) x.0) main/xs)"],
  [
    "(for [x xs y ys :when x] y)",
    "(%for-flat-map (lambda for (x.0) (%for-flat-map (lambda for (y.1) (if x.0 (list y.1) '())) main/ys)) main/xs)",
  ],
]);

table("dynamic extent", [
  [
    "(guard (e (a 1)) b)",
    "(%guard (lambda () main/b) (lambda guard (e.0 reraise.1) (if main/a 1 (reraise.1))) false)",
  ],
  ["(guard (e (else e)) b)", "(%guard (lambda () main/b) (lambda guard (e.0 reraise.1) e.0) true)"],
  ["(handler-bind f a b)", "(%handler-bind main/f (lambda () (seq main/a main/b)))"],
  ["(parameterize ((p 1)) a)", "(%parameterize (list main/p 1) (lambda () main/a))"],
  ["(shift k (k 1))", "(%shift (lambda shift (k.0) (k.0 1)))"],
  ["(all a b)", "(%all (list (lambda () main/a) (lambda () main/b)))"],
  ["(timeout 5 a)", "(%timeout 5 (lambda () main/a))"],
  ["(assert (f))", '(if (main/f) nil (%assert-failure "(f)"))'],
  ['(provide "n" 1 a)', '(%provide "n" 1 (lambda () main/a))'],
]);

table("quasiquote", [
  ["`(a b)", "'(a b)"],
  ["`(a ,x)", "(list 'a main/x)"],
  ["`(a ,@x b)", "(append (list 'a) main/x (list 'b))"],
  ["`{:a ,x}", '(dict "a" main/x)'],
  ["`(a `(b ,(c ,x)))", "(list 'a (list 'quasiquote (list 'b (list 'unquote (list 'c main/x)))))"],
  ["`(x# x#)", '(let ((x#.0 (gensym "x"))) (list x#.0 x#.0))'],
]);

mistakes("mistakes point to their place", [
  ["(f (if))", "syntax: if is written (if test then else) @ (if)"],
  ["(let ((a 1 2)) a)", "syntax: a binding of let is written (name value) @ (let ((a 1 2)) a)"],
  ["(let [a] a)", "syntax: the bindings [name value …] of let are not in pairs @ (let [a] a)"],
  ["(let ((a 1)))", "syntax: let has no body @ (let ((a 1)))"],
  ["(fn (a a) a)", "syntax: a is bound twice here @ a"],
  ["(fn)", "syntax: the parameter list of fn is missing @ (fn)"],
  ["(fn (a &res b) a)", "syntax: &res is none of &optional, &rest and &key @ &res"],
  [
    "(set! map 1)",
    "syntax: map belongs to the core and cannot be assigned; (define map …) makes one of this module's own @ map",
  ],
  ["(define if 1)", "syntax: if is a special form and cannot be redefined @ if"],
  ["(define %x 1)", "syntax: a program cannot define %x: names that begin with % are the core's own @ %x"],
  ["(list if)", "syntax: if is a special form: it has no value, only calls of it do @ if"],
  ["(cond true)", "syntax: cond needs pairs of a test and a value, or clauses (test value…) @ (cond true)"],
  ["(cond (else 1) (a 2))", "syntax: else is the last clause of cond @ (else 1)"],
  ["(defcomp card () 1)", "syntax: a component's name begins with ~: ~card @ card"],
  ["(fn () (list (define a 1)))", "syntax: define belongs at top level or directly in a body @ (define a 1)"],
  ["(fn () (defmacro m () 1) 2)", "syntax: defmacro belongs at top level @ (defmacro m () 1)"],
  ["(set! div 1)", "syntax: div is an element and cannot be assigned @ div"],
  ["(p :hidden)", "syntax: p: the attribute :hidden has no value @ :hidden"],
  [
    "(match x ((pt a) 1))",
    "syntax: pt is not a record type here: a list pattern is written [a b], a datum 'x @ (pt a)",
  ],
  ["(defcomp ~c (&key a) a) (~c :b 1)", "syntax: ~c has no named argument :b (it takes :a) @ (~c :b 1)"],
  ["(defcomp ~c (&key a) a) (~c)", "syntax: ~c needs the named argument :a @ (~c)"],
  ["(defcomp ~c (&key a) a) (~c :a 1 2)", "syntax: ~c expects 0 arguments, got 1 @ (~c :a 1 2)"],
]);

describe("depth", () => {
  const nested = (n: number, open: string, close: string): string => `${open.repeat(n)}1${close.repeat(n)}`;

  test("calls nest a few thousand deep", () => {
    const world = new World();
    expect(world.units(nested(9000, "(+ 1 ", ")"))).toHaveLength(1);
    expect(world.units(nested(9000, "[1 ", "]"))).toHaveLength(1);
    expect(world.units(nested(500, "(if x ", ")"))).toHaveLength(1);
    expect(world.units(nested(500, "(let ((x 1)) ", ")"))).toHaveLength(1);
    expect(world.units(nested(500, "(p ", ")"))).toHaveLength(1);
  });

  test.each([
    ["(+ 1 ", ")"],
    ["(if x ", ")"],
    ["(let ((x 1)) ", ")"],
    ["(fn () ", ")"],
    ["(p ", ")"],
    ["'(", ")"],
    ["`(", ")"],
    ["[", "]"],
  ])("a hundred thousand of %s are a condition", (open, close) => {
    expect(mistake(nested(100_000, open, close))).toMatch(/^syntax: nested too deeply/);
  });
});

test("no function of the core takes named arguments, as calls of it rely on", () => {
  const keyed = [...preludeDefinitions]
    .filter(([, { params }]) => params.includes("&key"))
    .map(([name]) => name);
  expect(keyed).toEqual([]);
});

describe("captured and assigned variables", () => {
  test("are told", () => {
    const [unit] = new World().units("(fn (a b c) (set! b 1) (fn () c))");
    if (unit?.core.op !== "lambda") throw new Error("no lambda");
    const [a, b, c] = unit.core.required;
    expect([a, b, c].map((l) => [l?.assigned, l?.captured])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
  });
});
