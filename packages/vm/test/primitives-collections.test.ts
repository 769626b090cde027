/** Lists, vectors, dicts, sets, hash tables, bytes; conditions, records and data read from text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal, fromArray, inspect, len, list } from "../src/heap/index.ts";
import type { Value } from "../src/heap/value.ts";
import { primitives } from "../src/primitives/index.ts";
import { evaluate, outcome, Scope } from "./support/evaluate.ts";

const cases = (rows: readonly (readonly [string, string])[]) =>
  test.each(rows)("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
const call = (name: string, ...args: Value[]): Value => {
  const p = primitives.get(name);
  if (p === undefined) throw new Error(name);
  return p.fn(...args);
};

describe("kinds of values", () => {
  cases([
    ["(not nil)", "true"],
    ["(not 0)", "false"],
    [`(not "")`, "false"],
    ["(nil? nil)", "true"],
    ["(nil? false)", "false"],
    ["(boolean? false)", "true"],
    ["(true? true)", "true"],
    ["(true? 1)", "false"],
    ["(false? nil)", "false"],
    ["(number? 1n)", "false"],
    ["(string? :a)", "true"],
    ["(symbol? 'a)", "true"],
    ["(list? ())", "true"],
    ["(list? (vector))", "false"],
    ["(function? first)", "true"],
    ["(function? div)", "true"],
    ["(dict? {})", "true"],
    ["(markup? (p))", "true"],
    [`(error? (condition "user" "x"))`, "true"],
    ["(type-of 1)", `"number"`],
    ["(type-of ())", `"list"`],
    ["(type-of nil)", `"nil"`],
    ["(identity 5)", "5"],
  ]);
});

describe("len and empty?", () => {
  cases([
    ["(len '(1 2))", "2"],
    ["(len (vector 1))", "1"],
    ["(len {:a 1 :b 2})", "2"],
    ["(len (set 1 1))", "1"],
    ["(len (bytes 1 2 3))", "3"],
    ["(len (make-hash-table 1 2))", "1"],
    ["(len 5)", "type: len: expected a string, list, vector, dict, hash-table, set or bytes as x, got 5"],
    ["(len nil)", "type: len: expected a string, list, vector, dict, hash-table, set or bytes as x, got nil"],
    ["(empty? ())", "true"],
    [`(empty? "")`, "true"],
    ["(empty? {})", "true"],
    ["(empty? (vector))", "true"],
    ["(empty? (set))", "true"],
    ["(empty? (make-hash-table))", "true"],
    ["(empty? (bytes))", "true"],
    ["(empty? nil)", "true"],
    ["(empty? '(nil))", "false"],
    [
      "(empty? 0)",
      "type: empty?: expected a string, list, vector, dict, hash-table, set or bytes as x, got 0",
    ],
  ]);
});

describe("lists", () => {
  cases([
    ["(list 1 2)", "(1 2)"],
    ["(cons 1 '(2))", "(1 2)"],
    ["(cons 1 2)", "type: cons: expected a list as xs, got 2"],
    ["(first ())", "nil"],
    ["(first (vector 1 2))", "1"],
    ["(first nil)", "type: first: expected a list or vector as xs, got nil"],
    ["(rest ())", "()"],
    ["(rest (vector 1 2 3))", "(2 3)"],
    ["(second '(1 2))", "2"],
    ["(third '(1 2))", "nil"],
    ["(last '(1 2))", "2"],
    ["(last ())", "nil"],
    ["(butlast '(1 2 3))", "(1 2)"],
    ["(butlast ())", "()"],
    ["(nth '(a b) 1)", "b"],
    ["(nth (vector 1 2) 1)", "2"],
    ["(nth '(a b) 2)", "range: nth: index 2 is out of range for a list of 2 items"],
    ["(nth '(a b) -1)", "range: nth: index -1 is out of range for a list of 2 items"],
    ["(nth (vector) 0)", "range: nth: index 0 is out of range for a vector of 0 items"],
    ["(nth '(a b) 2 'none)", "none"],
    ["(nth '(a b) 2 nil)", "nil"],
    ["(nth '(a) 0.5)", "type: nth: expected an integer as i, got 0.5"],
    ["(get '(a b) 1)", "b"],
    ["(get '(a b) 5)", "nil"],
    ["(get '(a b) -1 'x)", "x"],
    [`(get '(a b) "0")`, `type: get: expected an integer as key, got "0"`],
    ["(append)", "()"],
    ["(append '(1) () '(2 3))", "(1 2 3)"],
    ["(concat '(1) (vector 2))", "(1 2)"],
    [`(concat "a" "b")`, `type: concat: expected a list or vector as xs, got "a"`],
    ["(conj '(1) 2 3)", "(1 2 3)"],
    ["(conj (set 1) 2)", "#set (1 2)"],
    ["(conj (vector) 1)", "type: conj: expected a list or set as xs, got #vector ()"],
    ["(take '(1 2 3) 2)", "(1 2)"],
    ["(take '(1) 5)", "(1)"],
    ["(take '(1) -1)", "()"],
    ["(take (vector 1 2) 1)", "(1)"],
    ["(drop '(1 2 3) 2)", "(3)"],
    ["(drop '(1) 5)", "()"],
    ["(drop '(1) -5)", "(1)"],
    ["(take 2 '(1 2))", "type: take: expected a list or vector as xs, got 2"],
    ["(slice '(1 2 3 4) 1 3)", "(2 3)"],
    ["(slice '(1 2 3 4) -2)", "(3 4)"],
    ["(slice '(1 2) 5 9)", "()"],
    ["(slice (vector 1 2 3) 1)", "#vector (2 3)"],
    ["(reverse '(1 2 3))", "(3 2 1)"],
    ["(reverse (vector 1 2))", "(2 1)"],
    ["(range 3)", "(0 1 2)"],
    ["(range 1 3)", "(1 2)"],
    ["(range 0)", "()"],
    ["(range 3 0)", "()"],
    ["(range 3 0 -1)", "(3 2 1)"],
    ["(range 0 1 0.25)", "(0 0.25 0.5 0.75)"],
    ["(range 0 5 0)", "range: range: the step is 0"],
    ["(range NaN)", "range: range: an argument is NaN"],
    ["(range 1e12)", "limit: range: 1000000000000 items are more than the limit of 33554432"],
    ["(make-list 2 'x)", "(x x)"],
    ["(zip '(1 2 3) '(a b))", "((1 a) (2 b))"],
    ["(zip)", "()"],
    ["(interleave '(1 2) '(a b))", "(1 a 2 b)"],
    ["(interpose 0 '(1 2 3))", "(1 0 2 0 3)"],
    ["(interpose 0 ())", "()"],
    ["(flatten '(1 (2 (3 ())) 4))", "(1 2 3 4)"],
    ["(distinct '(1 2 1 (3) (3)))", "(1 2 (3))"],
    ["(chunk '(1 2 3) 2)", "((1 2) (3))"],
    ["(chunk '(1) 0)", "range: chunk: expected a size of at least 1, got 0"],
    ["(list* 1 '(2))", "(1 2)"],
    ["(list* '(2))", "(2)"],
    ["(list* 1 2)", "type: list*: the last argument is not a list"],
    ["(contains? '(1 (2)) '(2))", "true"],
    ["(contains? (set 1) 2)", "false"],
    ["(contains? {:a nil} :a)", "true"],
    ["(contains? {:a nil} 1)", "type: contains?: expected a string as item, got 1"],
    ["(index-of '(a (b)) '(b))", "1"],
    ["(index-of '(1 2 1) 1 1)", "2"],
    ["(index-of () 1)", "nil"],
    ["(last-index-of '(1 2 1) 1)", "2"],
    ["(vector->list (vector 1 2))", "(1 2)"],
    ["(list->vector '(1 2))", "#vector (1 2)"],
  ]);
  test("slices of a list join to the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: -5, max: 20 }), (ns, i) => {
        const xs = fromArray(ns);
        expect(equal(call("append", call("slice", xs, 0, i), call("slice", xs, i)), xs)).toBe(true);
        expect(equal(call("append", call("take", xs, i), call("drop", xs, Math.max(i, 0))), xs)).toBe(true);
        expect(inspect(call("slice", xs, i))).toBe(inspect(fromArray(ns.slice(i))));
      }),
    );
  });
  test("flatten and interpose need no host stack", () => {
    let nested: Value = list(1);
    for (let i = 0; i < 200_000; i++) nested = list(nested);
    expect(inspect(call("flatten", nested))).toBe("(1)");
  });
});

describe("vectors", () => {
  cases([
    ["(make-vector 2)", "#vector (nil nil)"],
    ["(make-vector 2 0)", "#vector (0 0)"],
    ["(make-vector 1e9)", "limit: make-vector: 1000000000 items are more than the limit of 33554432"],
    ["(vector-length (vector 1 2))", "2"],
    ["(vector-ref (vector 1 2) 1)", "2"],
    ["(vector-ref (vector 1 2) 2)", "range: vector-ref: index 2 is out of range for a vector of 2 items"],
    ["(vector-ref (vector 1 2) -1)", "range: vector-ref: index -1 is out of range for a vector of 2 items"],
    ["(vector-ref '(1) 0)", "type: vector-ref: expected a vector as v, got (1)"],
    ["(def v (vector 1 2)) (vector-set! v 0 'x) v", "#vector (x 2)"],
    ["(vector-set! (vector) 0 1)", "range: vector-set!: index 0 is out of range for a vector of 0 items"],
    ["(def v (vector 1)) (vector-push! v 2 3) v", "#vector (1 2 3)"],
    ["(vector-push! (vector) 1)", "nil"],
    ["(vector-pop! (vector 1 2))", "2"],
    ["(vector-pop! (vector))", "range: vector-pop!: the vector is empty"],
    ["(def v (vector 1 2)) (vector-fill! v 0) v", "#vector (0 0)"],
    ["(def v (vector 1)) (def c (vector-copy v)) (vector-set! v 0 2) c", "#vector (1)"],
    ["(subvector (vector 1 2 3) 1)", "#vector (2 3)"],
    ["(subvector (vector 1 2 3) 1 2)", "#vector (2)"],
    ["(subvector (vector 1 2 3) 2 4)", "range: subvector: 2 to 4 is not a part of a vector of 3 items"],
    ["(def v (vector 1 2 3)) (vector-truncate! v 1) v", "#vector (1)"],
  ]);
});

describe("dicts", () => {
  cases([
    ["(dict)", "{}"],
    ["(dict :a 1 :b)", `arity: dict: no value for the key "b"`],
    ["(dict 1 2)", "type: dict: expected a string as key, got 1"],
    ["(get {:a nil} :a 5)", "nil"],
    ["(get {} :a 5)", "5"],
    ["(get {} :a)", "nil"],
    ["(get {} 1)", "type: get: expected a string as key, got 1"],
    ["(get nil :a)", "type: get: expected a dict, list, vector, hash-table, string or bytes as c, got nil"],
    ["(get-in {:a (list {:b 2})} [:a 0 :b])", "2"],
    ["(get-in {:a {}} [:a :b :c] 'none)", "none"],
    ["(get-in {:a nil} [:a :b])", "nil"],
    ["(get-in {:a nil} [:a] 1)", "nil"],
    ["(get-in {} [])", "{}"],
    ["(get-in {:a 1} [:a :b])", `type: get-in: cannot look up "b" in 1, a number`],
    ["(assoc {:a 1} :b 2 :a 3)", "{:a 3 :b 2}"],
    ["(assoc {} :a 1 :b)", `arity: assoc: no value for the key "b"`],
    ["(assoc '(1 2 3) 1 'x)", "(1 x 3)"],
    ["(assoc '(1) 1 'x)", "range: assoc: index 1 is out of range for a list of 1 items"],
    ["(assoc '(1) :a 'x)", `type: assoc: expected an integer as key, got "a"`],
    ["(assoc-in {} [:a :b] 1)", "{:a {:b 1}}"],
    ["(assoc-in {:a (list {} {})} [:a 1 :b] 2)", "{:a ({} {:b 2})}"],
    ["(assoc-in {:a nil} [:a :b] 1)", "{:a {:b 1}}"],
    ["(assoc-in {:a 5} [:a :b] 1)", `type: assoc-in: cannot put "b" into 5, a number`],
    ["(assoc-in {} [] 1)", "range: assoc-in: the path is empty"],
    ["(dissoc {:a 1 :b 2 :c 3} :a :c :z)", "{:b 2}"],
    ["(merge)", "{}"],
    ["(merge {:a 1 :b 2} {:b 3 :c 4})", "{:a 1 :b 3 :c 4}"],
    ["(merge {} nil)", "type: merge: expected a dict as ds, got nil"],
    ["(keys {:b 1 :a 2})", `("b" "a")`],
    ["(vals {:b 1 :a 2})", "(1 2)"],
    ["(entries {:b 1})", `(("b" 1))`],
    [`(from-entries '(("a" 1) ("b" 2)))`, "{:a 1 :b 2}"],
    ["(from-entries '((1 2)))", "type: from-entries: expected a string as key, got 1"],
    [`(from-entries '(("a")))`, `type: from-entries: expected an entry (key value), got ("a")`],
    ["(zipmap '(:a :b :c) '(1 2))", "{:a 1 :b 2}"],
    ["(has-key? {:a nil} :a)", "true"],
    ["(has-key? {} :a)", "false"],
    ["(select-keys {:a 1 :b 2} '(:b :z))", "{:b 2}"],
  ]);
  test("entries and from-entries", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.integer())), (pairs) => {
        const d = call("from-entries", fromArray(pairs.map(([k, v]) => list(k, v))));
        expect(equal(call("from-entries", call("entries", d)), d)).toBe(true);
        expect(call("len", d)).toBe(new Set(pairs.map(([k]) => k)).size);
      }),
    );
  });
});

describe("sets and hash tables", () => {
  cases([
    ["(set 1 2 1)", "#set (1 2)"],
    ["(set NaN NaN)", "#set (NaN)"],
    ["(list->set '(1 1))", "#set (1)"],
    ["(set->list (set 2 1))", "(2 1)"],
    ["(set-has? (set '(1)) '(1))", "true"],
    ["(set-add (set) 1 2)", "#set (1 2)"],
    ["(set-remove (set 1 2) 1 9)", "#set (2)"],
    ["(set-union (set 1) (set 2) (set 1 3))", "#set (1 2 3)"],
    ["(set-intersection (set 1 2 3) (set 2 3) (set 3))", "#set (3)"],
    ["(set-difference (set 1 2 3) (set 1) (set 3))", "#set (2)"],
    ["(set-subset? (set 1) (set 1 2))", "true"],
    ["(set-subset? (set 1 3) (set 1 2))", "false"],
    ["(set-has? '(1) 1)", "type: set-has?: expected a set as s, got (1)"],
    ["(make-hash-table 1)", "arity: make-hash-table: no value for the key 1"],
    ["(def t (make-hash-table)) (hash-set! t '(1) 2) (hash-ref t (list 1))", "2"],
    ["(hash-ref (make-hash-table) 1)", "nil"],
    ["(hash-ref (make-hash-table) 1 0)", "0"],
    ["(hash-ref (make-hash-table 1 nil) 1 0)", "nil"],
    ["(get (make-hash-table 1 2) 1)", "2"],
    ["(hash-delete! (make-hash-table 1 2) 1)", "true"],
    ["(hash-delete! (make-hash-table 1 2) 2)", "false"],
    ["(hash-has? (make-hash-table 1 nil) 1)", "true"],
    ["(hash-keys (make-hash-table 2 'a 1 'b))", "(2 1)"],
    ["(hash-values (make-hash-table 2 'a 1 'b))", "(a b)"],
    ["(hash-entries (make-hash-table 2 'a))", "((2 a))"],
    ["(hash-count (make-hash-table 2 'a))", "1"],
    ["(def t (make-hash-table 1 2)) (hash-clear! t) (hash-count t)", "0"],
    ["(def t (make-hash-table 1 2)) (def c (hash-copy t)) (hash-set! t 3 4) (hash-count c)", "1"],
    ["(hash->dict (make-hash-table :a 1))", "{:a 1}"],
    ["(hash->dict (make-hash-table 1 1))", "type: hash->dict: expected a string as key, got 1"],
    ["(hash-ref (dict->hash {:a 1}) :a)", "1"],
  ]);
});

describe("bytes", () => {
  cases([
    ["(bytes 1 2)", `#bytes "AQI="`],
    ["(bytes 256)", "range: bytes: 256 is not a byte, from 0 to 255"],
    ["(bytes -1)", "range: bytes: -1 is not a byte, from 0 to 255"],
    ["(bytes-ref (bytes 5 6) 1)", "6"],
    ["(bytes-ref (bytes 5 6) 2)", "range: bytes-ref: index 2 is out of range for 2 bytes"],
    ["(bytes-length (bytes 5 6))", "2"],
    ["(bytes->list (bytes-concat (bytes 1) (bytes) (bytes 2 3)))", "(1 2 3)"],
    ["(bytes->list (slice (bytes 1 2 3) 1))", "(2 3)"],
    [`(bytes->list (string->bytes "é"))`, "(195 169)"],
    [
      `(string->bytes (slice "😀" 0 1))`,
      "range: string->bytes: the string has half of a surrogate pair, which UTF-8 cannot hold",
    ],
    ["(bytes->string (bytes 195 169))", `"é"`],
    ["(bytes->string (bytes 65 255 66))", "read: bytes->string: not UTF-8 at byte 1"],
    ["(bytes->string (bytes 65 195))", "read: bytes->string: not UTF-8 at byte 2"],
    ["(len (bytes->string (bytes 239 187 191 65)))", "2"],
    ["(list->bytes '(1 2))", `#bytes "AQI="`],
    [`(list->bytes '("a"))`, `type: list->bytes: expected an integer as n, got "a"`],
    ["(bytes->hex (bytes 1 255))", `"01ff"`],
    [`(hex->bytes "01fF")`, `#bytes "Af8="`],
    [`(hex->bytes "0")`, "read: hex->bytes: expected pairs of hexadecimal digits"],
    ["(= (bytes 1) (bytes 1))", "true"],
  ]);
});

describe("conditions and records", () => {
  cases([
    [`(error-kind (condition "my" "m" 1 2))`, `"my"`],
    [`(error-message (condition "my" "m" 1 2))`, `"m"`],
    [`(error-data (condition "my" "m" 1 2))`, "(1 2)"],
    [`(error-data (%condition "my" "m" '(1)))`, "(1)"],
    [`(error-stack (condition "my" "m"))`, "()"],
    [`(error-kind 5)`, "type: error-kind: expected a condition as c, got 5"],
  ]);
  const point = `(def point (%record-type "point" '("x" "y"))) (def p (%record point 1 2)) (def other (%record-type 'other '(z)))`;
  cases(
    [
      ["(%record-ref point p 1)", "2"],
      [`(%record-ref point 5 0 "px")`, "type: px: expected a point, got 5"],
      ["(%record-ref other p 0)", "type: other-z: expected an other, got #<point x: 1 y: 2>"],
      ["(%record-set! point p 0 9) (%record-ref point p 0)", "9"],
      ["(%record-set! point nil 0 9)", "type: set-point-x!: expected a point, got nil"],
      ["(%record? point p)", "true"],
      ["(%record? other p)", "false"],
      ["(%record? other 5)", "false"],
      ["(%record point 1)", "arity: point: expected 2 fields (x y), got 1"],
      ["(record? p)", "true"],
      ["(record->dict p)", "{:x 1 :y 2}"],
      ["(record-type-name (record-type-of p))", `"point"`],
      ["(record-type-fields other)", `("z")`],
      ["(%record-ref 5 p 0)", "type: %record-ref: expected a record type as type, got 5"],
    ].map(([text, expected]): [string, string] => [`${point} ${text}`, expected ?? ""]),
  );
});

describe("patterns", () => {
  cases([
    ["(%check-list '(1 2) 2 2)", "(1 2)"],
    ["(%check-list '(1 2 3) 2 -1)", "(1 2 3)"],
    ["(%check-list '(1) 2 2)", "match: a list pattern needs 2 items, got 1 in (1)"],
    ["(%check-list () 1 -1)", "match: a list pattern needs at least 1 item, got 0 in ()"],
    ["(%check-list 5 1 1)", "type: a list pattern needs a list, got 5"],
    ["(%check-dict {:a 1})", "{:a 1}"],
    ["(%check-dict '(1))", "type: a dict pattern needs a dict, got (1)"],
  ]);
});

describe("programs as data", () => {
  cases([
    [`(read-string "(a [b :c] \\"d\\" 1n nil true 'e)")`, `(a (b "c") "d" 1n nil true (quote e))`],
    [`(read-string "{:a (1)}")`, "{:a (1)}"],
    [`(read-string "#vector (1 a)")`, "#vector (1 a)"],
    [`(read-string "#set (1 1)")`, "#set (1)"],
    [String.raw`(read-string "#bytes \"AQI=\"")`, `#bytes "AQI="`],
    [`(read-string "{a 1}")`, "read: a dict has strings and keywords as its keys, got a"],
    [`(read-string "")`, "read: read-string: expected a form, found the end of the text"],
    [`(read-string "1 2")`, "read: read-string: expected one form, found more; read-all takes any number"],
    [`(read-all "1 (2)")`, "(1 (2))"],
    [`(read-all "")`, "()"],
  ]);
  test("a mistake says where it is", () => {
    expect(outcome(String.raw`(read-string "(a\n  b")`)).toMatch(
      /^read: read-string: .* at line \d+, column \d+$/,
    );
  });
  test("as deep as it likes", () => {
    const depth = 100_000;
    const value = call("read-string", "(".repeat(depth) + ")".repeat(depth));
    expect(len(value)).toBe(1);
    expect(inspect(value).length).toBe(2 * depth);
  });
  test("data reads back", () => {
    const atom = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.bigInt(),
      fc.constantFrom("nil", "true", "false", "sym").map((s) => evaluate(`'${s}`)),
    );
    const { data } = fc.letrec<{ data: Value }>((tie) => ({
      data: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.array(tie("data"), { maxLength: 4 }).map(fromArray),
        fc.array(tie("data"), { maxLength: 4 }).map((xs) => call("vector", ...xs)),
        fc.array(tie("data"), { maxLength: 4 }).map((xs) => call("set", ...xs)),
        fc
          .dictionary(fc.string(), tie("data"), { maxKeys: 4 })
          .map((d) => call("dict", ...Object.entries(d).flat())),
        fc.uint8Array(),
      ),
    }));
    fc.assert(
      fc.property(data, (v) => {
        expect(inspect(call("read-string", inspect(v)))).toBe(inspect(v));
      }),
    );
  });
});

test("scopes of the tests are their own", () => {
  expect(() => evaluate("v", new Scope())).toThrow("no v");
});
