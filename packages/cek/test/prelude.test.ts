/** The prelude's functions over sequences, dicts and functions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run } from "./harness.ts";

const table: readonly (readonly [program: string, value: string])[] = [
  // map and its kin
  ["(map (fn (x) (* x x)) (list 1 2 3))", "(1 4 9)"],
  ["(map + (list 1 2 3) (list 10 20))", "(11 22)"],
  ["(map (list 1 2) (fn (x) (* x x)))", "(1 4)"],
  ["(map (fn (x) x) nil)", "()"],
  ["(map (fn (x) x) (vector 1 2))", "(1 2)"],
  ["(map (fn (x) x) (set 1 2))", "(1 2)"],
  ["(map (fn ([k v]) (list v k)) {:a 1 :b 2})", '((1 "a") (2 "b"))'],
  ["(map 1 (list 2))", "type: map: expected a function as f, got 1"],
  ["(map (fn (x) x) 5)", "type: map: expected a list, vector, set or dict as xs, got 5"],
  ["(map-indexed (fn (i x) (list i x)) (list :a :b))", '((0 "a") (1 "b"))'],
  [
    "(let ((v (vector))) (list (for-each (fn (x) (vector-push! v x)) (list 1 2)) (vector->list v)))",
    "(nil (1 2))",
  ],
  [
    "(let ((v (vector))) (for-each (fn (x y) (vector-push! v (+ x y))) (list 1 2) (list 10 20)) (vector->list v))",
    "(11 22)",
  ],
  ["(filter odd? (list 1 2 3))", "(1 3)"],
  ["(remove odd? (list 1 2 3))", "(2)"],
  ["(-> (list 1 2 3 4) (filter even?) (map (fn (x) (* 10 x))))", "(20 40)"],
  ["(keep (fn (x) (get {:a 1 :b false} x)) (list :a :b :c))", "(1 false)"],
  ["(flat-map (fn (x) (list x x)) (list 1 2))", "(1 1 2 2)"],
  ["(zip-with list (list 1 2) (list 3 4) (list 5 6))", "((1 3 5) (2 4 6))"],
  // folds
  ["(reduce + 0 (list 1 2 3))", "6"],
  ["(reduce - (list 10 2 3))", "5"],
  ["(reduce (list 1 2 3) + 10)", "16"],
  ["(reduce (list 1 2 3) +)", "6"],
  ["(reduce + 5 (list))", "5"],
  ["(reduce + (list))", "range: reduce: no elements and no initial value"],
  ["(reduce (fn (acc x) (conj acc x)) (list) (list 1 2))", "(1 2)"],
  ["(fold-right cons (list) (list 1 2 3))", "(1 2 3)"],
  ["(fold-right - 0 (list 10 2))", "8"],
  // searches
  ["(some (fn (x) (and (> x 1) (* x 10))) (list 1 2 3))", "20"],
  ["(some odd? (list 2))", "nil"],
  ["(every? odd? (list 1 3))", "true"],
  ["(every? odd? (list 1 2))", "false"],
  ["(every? odd? (list))", "true"],
  ["(find even? (list 1 2 3))", "2"],
  ["(find even? (list 1))", "nil"],
  ["(find-index even? (list 1 2))", "1"],
  ["(count-if odd? (list 1 2 3))", "2"],
  ["(min-by (fn (p) (get p :n)) (list {:n 2} {:n 1 :x 1} {:n 1}))", "{:n 1 :x 1}"],
  ['(max-by len (list "a" "bb" "cc"))', '"bb"'],
  ["(max-by len (list))", "nil"],
  // cuts and groups
  ["(take-while odd? (list 1 3 4 5))", "(1 3)"],
  ["(drop-while odd? (list 1 3 4 5))", "(4 5)"],
  ["(split-by odd? (list 1 2 3))", "((1 3) (2))"],
  ["(partition-by odd? (list 1 3 2 4 5))", "((1 3) (2 4) (5))"],
  ["(partition-by odd? (list))", "()"],
  ["(group-by (fn (x) (if (odd? x) :odd :even)) (list 1 2 3))", "{:odd (1 3) :even (2)}"],
  ["(group-by (fn (x) (quotient x 10)) (list 1 12 3))", "{:0 (1 3) :1 (12)}"],
  ['(index-by (fn (p) (get p :id)) (list {:id "a"} {:id "b"}))', '{:a {:id "a"} :b {:id "b"}}'],
  ["(count-by odd? (list 1 2 3))", "{:true 2 :false 1}"],
  ["(frequencies (list :a :b :a))", "{:a 2 :b 1}"],
  ["(distinct-by (fn (x) (quotient x 10)) (list 1 2 11 12))", "(1 11)"],
  ["(iterate-n (fn (x) (* 2 x)) 4 1)", "(1 2 4 8)"],
  // sorting
  ["(sort (list 3 1 2))", "(1 2 3)"],
  ['(sort (list "b" "a"))', '("a" "b")'],
  ["(sort > (list 1 3 2))", "(3 2 1)"],
  ["(sort (list 1 3 2) >)", "(3 2 1)"],
  ["(sort (list))", "()"],
  [
    "(sort (fn (a b) (< (first a) (first b))) (list '(1 a) '(0 b) '(1 c) '(0 d)))",
    "((0 b) (0 d) (1 a) (1 c))",
  ],
  ["(sort-by (fn (p) (get p :n)) (list {:n 2} {:n 1}))", "({:n 1} {:n 2})"],
  ["(sort-by (list 3 1 2) (fn (x) (- 0 x)))", "(3 2 1)"],
  ['(sort-by len > (list "a" "bb"))', '("bb" "a")'],
  ['(-> (list "a" "bb") (sort-by len >))', '("bb" "a")'],
  ["(= (sort (map (fn (i) (mod (* i 7919) 1009)) (range 1009))) (range 1009))", "true"],
  // functions
  ["((comp (fn (x) (* x 2)) (fn (x y) (+ x y))) 1 2)", "6"],
  ["((comp) 5)", "5"],
  ["((partial + 1 2) 3)", "6"],
  ["((complement odd?) 2)", "true"],
  ["((constantly 5) 1 2 3)", "5"],
  ["((juxt first last len) (list 1 2 3))", "(1 3 3)"],
  ["((flip -) 1 10)", "9"],
  ["(let ((n 0)) (let ((f (memoize (fn (x) (set! n (+ n 1)) x)))) (list (f 1) (f 1) (f 2) n)))", "(1 1 2 2)"],
  ["(apply + 1 2 (list 3 4))", "10"],
  ["(call-with-keys (fn (a &key b) (list a b)) {:b 2} 1)", "(1 2)"],
  // dicts
  ["(update {:a 1} :a + 10)", "{:a 11}"],
  ["(update {} :a (fn (x) (list x)))", "{:a (nil)}"],
  ["(update-in {:a {:b 1}} (list :a :b) + 1)", "{:a {:b 2}}"],
  ["(map-vals (fn (v) (* v 2)) {:a 1 :b 2})", "{:a 2 :b 4}"],
  ["(map-keys upper {:a 1})", "{:A 1}"],
  ["(filter-vals odd? {:a 1 :b 2})", "{:a 1}"],
  ['(filter-keys (fn (k) (= k "a")) {:a 1 :b 2})', "{:a 1}"],
  ["(merge-with + {:a 1 :b 2} {:a 10} {:c 3})", "{:a 11 :b 2 :c 3}"],
  [
    "(let ((t (make-hash-table))) (hash-update! t :a (fn (n) (+ n 1)) 0) (hash-update! t :a (fn (n) (+ n 1)) 0) (hash-ref t :a))",
    "2",
  ],
  // conditions
  [
    '(guard (e (true (list (error-kind e) (error-message e) (error-data e)))) (error "bad" 1 2))',
    '("user" "bad" (1 2))',
  ],
  ["(match 1 (2 3))", "match: no pattern matches 1"],
  ["(assert (= 1 2))", "assert: assertion failed: (= 1 2)"],
  ["(for [x (list 1 2) y (list 10 20) :when (< x 2)] (+ x y))", "(11 21)"],
];

describe("the prelude", () => {
  it.each(table.map(([program, value]) => ({ program, value })))("$program", ({ program, value }) => {
    expect(run(program).value).toBe(value);
  });
});

/** Every function that calls back, with `mark` where it does, and what it gives when `mark` is the identity. */
const callbacks: readonly string[] = [
  "(map mark (list 1 2 3))",
  "(map (fn (x y) (+ (mark x) y)) (list 1 2 3) (list 1 2 3))",
  "(map-indexed (fn (i x) (mark x)) (list 1 2 3))",
  "(filter (fn (x) (odd? (mark x))) (list 1 2 3))",
  "(remove (fn (x) (odd? (mark x))) (list 1 2 3))",
  "(keep mark (list 1 2 3))",
  "(flat-map (fn (x) (list (mark x))) (list 1 2 3))",
  "(reduce (fn (a x) (+ a (mark x))) 0 (list 1 2 3))",
  "(fold-right (fn (x a) (cons (mark x) a)) (list) (list 1 2 3))",
  "(sort (fn (a b) (< (mark a) (mark b))) (list 3 1 2))",
  "(sort-by mark (list 3 1 2))",
  "(group-by mark (list 3 1 2))",
  "(partition-by mark (list 1 1 2))",
  "(take-while (fn (x) (< (mark x) 3)) (list 1 2 3))",
  "(distinct-by mark (list 1 2 1))",
  "(count-by mark (list 1 2 1))",
  "(map-vals mark {:a 1 :b 2})",
  "(for [x (list 1 2 3)] (mark x))",
];

describe("a callback may capture its continuation and come back", () => {
  it.each(callbacks)("%s", (program) => {
    const plain = run(`(define (mark x) x) ${program}`).value;
    // Every resume happens twice, and the second answer of each must not see the first one's work.
    const twice = run(
      `
      (define answers (vector))
      (define (mark x) (perform :mark x))
      (with-effects {:mark (fn (args resume) (resume (first args)) (resume (first args)))}
        (vector-push! answers ${program}))
      (list (= (vector-ref answers 0) (quote-of-plain)) (> (vector-length answers) 1)
            (every? (fn (x) (= x (vector-ref answers 0))) (vector->list answers)))
    `.replace("(quote-of-plain)", `'${plain}`),
    );
    expect(twice.value).toBe("(true true true)");
  });
});

describe("laws", () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(1000)), { maxLength: 40 });
  const shown = (items: readonly (readonly [number, number])[]): string =>
    `(${items.map(([key, value]) => `(${key} ${value})`).join(" ")})`;

  it("sort-by is a stable sort", () => {
    fc.assert(
      fc.property(pairs, (items) => {
        const sorted = items.toSorted(([a], [b]) => a - b);
        expect(run(`(sort-by first '${shown(items)})`).value).toBe(shown(sorted));
      }),
      { numRuns: 50 },
    );
  });

  it("partition-by cuts and loses nothing", () => {
    fc.assert(
      fc.property(pairs, (items) => {
        expect(run(`(flat-map identity (partition-by first '${shown(items)}))`).value).toBe(shown(items));
      }),
      { numRuns: 50 },
    );
  });
});
