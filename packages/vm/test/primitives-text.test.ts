/** Strings, characters and regular expressions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal } from "../src/heap/index.ts";
import type { Value } from "../src/heap/value.ts";
import { primitives, type Regex, regexExtension } from "../src/primitives/index.ts";
import { evaluate, outcome } from "./support/evaluate.ts";

const cases = (rows: readonly (readonly [string, string])[]) =>
  test.each(rows)("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
const call = (name: string, ...args: Value[]): Value => {
  const p = primitives.get(name);
  if (p === undefined) throw new Error(name);
  return p.fn(...args);
};

describe("strings", () => {
  cases([
    [`(str)`, `""`],
    [`(str "a" 1 nil true '(1 "b") 5n 'sym)`, String.raw`"a1true(1 \"b\")5sym"`],
    [`(str (p "<b>"))`, `"<p>&lt;b&gt;</p>"`],
    [`(inspect {:a (list "x" nil)})`, String.raw`"{:a (\"x\" nil)}"`],
    [`(join ", " '("a" 1 nil))`, `"a, 1, "`],
    [`(join "" ())`, `""`],
    [`(join "-" (vector 1 2))`, `"1-2"`],
    [`(join "-" (set 1 2))`, `"1-2"`],
    [`(join '(1) ",")`, `type: join: expected a string as sep, got (1)`],
    [`(join "," 5)`, `type: join: expected a list, vector or set as xs, got 5`],
    [`(split "a,b,,c" ",")`, `("a" "b" "" "c")`],
    [`(split "" ",")`, `("")`],
    [`(split "a😀b" "")`, `("a" "😀" "b")`],
    [String.raw`(split "a1b22c" (regex #|\d+|))`, `("a" "b" "c")`],
    [`(replace "a.b.c" "." "-")`, `"a-b-c"`],
    [`(replace "aa" "a" "$&$1")`, `"$&$1$&$1"`],
    [String.raw`(replace "a1b2" (regex #|(\d)|) "<$1>")`, `"a<1>b<2>"`],
    [`(replace "a" "" "-")`, `"-a-"`],
    [`(replace "a" "a" 1)`, `type: replace: expected a string as to, got 1`],
    [`(starts-with? "abc" "ab")`, "true"],
    [`(ends-with? "abc" "bc")`, "true"],
    [`(contains? "abc" "")`, "true"],
    [`(contains? "abc" 1)`, "type: contains?: expected a string as item, got 1"],
    [`(upper "straße")`, `"STRASSE"`],
    [`(lower "ÀB")`, `"àb"`],
    [`(capitalize "élan vital")`, `"Élan vital"`],
    [`(capitalize "")`, `""`],
    [String.raw`(trim " a\n")`, `"a"`],
    [`(trim-start " a ")`, `"a "`],
    [`(trim-end " a ")`, `" a"`],
    [String.raw`(blank? " \t")`, "true"],
    [`(pad-left "7" 3)`, `"  7"`],
    [`(pad-left "1234" 3 "0")`, `"1234"`],
    [`(pad-right "a" 4 "xy")`, `"axyx"`],
    [`(pad-left "a" 3 "")`, "range: pad-left: cannot pad with an empty string"],
    [
      `(pad-left "a" 1e12)`,
      "limit: pad-left: a string of 1000000000000 units is longer than the limit of 536870880",
    ],
    [`(repeat "ab" 0)`, `""`],
    [`(repeat "ab" -1)`, "type: repeat: expected an integer from 0 up as n, got -1"],
    [
      `(repeat "ab" 1e9)`,
      "limit: repeat: a string of 2000000000 units is longer than the limit of 536870880",
    ],
    [`(slice "abc" 1)`, `"bc"`],
    [`(slice "abc" -2 -1)`, `"b"`],
    [`(slice "abc" 2 1)`, `""`],
    [`(slice "abc" -9 9)`, `"abc"`],
    [`(index-of "hello" "l" 3)`, "3"],
    [`(index-of "hello" "z")`, "nil"],
    [`(last-index-of "hello" "l")`, "3"],
    [`(index-of "a" 1)`, "type: index-of: expected a string as item, got 1"],
    [`(len "😀")`, "2"],
    [`(get "abc" 1)`, `"b"`],
    [`(get "abc" 9)`, "nil"],
  ]);
});

describe("format", () => {
  cases([
    [`(format "~a ~s" "x" "x")`, String.raw`"x \"x\""`],
    [`(format "~d~%~~" 5)`, String.raw`"5\n~"`],
    [`(format "~f ~,0f" 1.5 2.6)`, `"1.5 3"`],
    [`(format "~d" 1.5)`, "type: format: expected an integer or bigint as ~d, got 1.5"],
    [`(format "~,2f" "x")`, `type: format: expected a number as ~,2f, got "x"`],
    [`(format "~a")`, "arity: format: no argument for ~a: there are 0"],
    [`(format "~a" 1 2)`, "arity: format: the template takes 1 arguments, got 2"],
    [`(format "~q" 1)`, "syntax: format: unknown directive ~q; there are ~a ~s ~d ~f ~,2f ~% and ~~"],
    [`(format "~,2d" 1)`, "syntax: format: unknown directive ~,2d; there are ~a ~s ~d ~f ~,2f ~% and ~~"],
    [`(format "100~")`, "syntax: format: unknown directive ~; there are ~a ~s ~d ~f ~,2f ~% and ~~"],
  ]);
});

describe("characters", () => {
  cases([
    [`(code-points "a😀")`, `("a" "😀")`],
    [`(string->list "")`, `()`],
    [`(graphemes "e\u0301👩‍👩‍👧")`, `("e\u0301" "👩‍👩‍👧")`],
    [`(char-code "abc" 2)`, "99"],
    [`(char-code "")`, "range: char-code: index 0 is out of range for a string of 0 units"],
    [`(code-point "😀" 2)`, "range: code-point: index 2 is out of range for a string of 2 units"],
    [`(from-code-point 128512 33)`, `"😀!"`],
    [`(from-code-point 1114112)`, "range: from-code-point: 1114112 is not a code point"],
    [`(from-char-code 65536)`, "range: from-char-code: 65536 is not a UTF-16 unit; from-code-point takes it"],
    [`(normalize "e\u0301")`, `"é"`],
    [`(normalize "é" "X")`, "range: normalize: expected one of NFC NFD NFKC NFKD, got X"],
    [`(string->symbol "a b")`, "a b"],
    [`(symbol->string 'x)`, `"x"`],
    [`(symbol->string "x")`, `type: symbol->string: expected a symbol as sym, got "x"`],
    [`(symbol? (gensym))`, "true"],
    [`(= (gensym "a") (gensym "a"))`, "false"],
    [`(gensym 1)`, "type: gensym: expected a string as prefix, got 1"],
  ]);
});

describe("regular expressions", () => {
  const r = String.raw;
  cases([
    [r`(re-test #|^\d+$| "12")`, "true"],
    [r`(re-test (regex "B" "i") "abc")`, "true"],
    [`(re-find "(a)|(b)" "xb")`, `("b" nil "b")`],
    [`(re-find "z" "abc")`, "nil"],
    [`(re-match "a+" "aa")`, `("aa")`],
    [`(re-match "a|ab" "ab")`, `("ab")`],
    [`(re-match "a" "ab")`, "nil"],
    [r`(re-match (regex "a" "m") "a\na")`, "nil"],
    [r`(re-match (regex "b" "m") "a\nb")`, "nil"],
    [r`(re-find-all #|(\w)(\d)| "a1 b2")`, `(("a1" "a" "1") ("b2" "b" "2"))`],
    [`(re-find-all "" "ab")`, `(("") ("") (""))`],
    [`(re-groups "(?<x>a)|(?<y>b)" "b")`, `{:x nil :y "b"}`],
    [`(re-index "b" "abcb" 2)`, "3"],
    [`(re-index "b" "abc" 9)`, "nil"],
    [`(re-replace "(a)(b)" "ab" "$2$1$$")`, `"ba$"`],
    [r`(re-split #|\s*,\s*| "a , b,c")`, `("a" "b" "c")`],
    [`(re-split "(,)" "a,b")`, `("a" "b")`],
    [`(re-split "" "ab")`, `("a" "b")`],
    [`(re-match (re-escape "a.b*c-[x]") "a.b*c-[x]")`, `("a.b*c-[x]")`],
    [`(regex "(")`, `syntax: regex: "(" is not a regular expression: Unterminated group`],
    [`(regex "a" "g")`, `syntax: regex: unknown flag "g"; flags are i, m, s and v`],
    [`(re-find "[" "a")`, `syntax: re-find: "[" is not a regular expression: Unterminated character class`],
    [`(regex "a/b" "i")`, `#<regex "a/b" i>`],
    [`(regex? (regex "a"))`, "true"],
    [`(type-of (regex "a"))`, `"regex"`],
  ]);
  test("a search leaves nothing behind for the next one", () => {
    const re = evaluate(`(regex "a")`);
    for (let i = 0; i < 3; i++)
      expect(call("re-find", re, "ba")).toSatisfy((v: Value) => equal(v, evaluate(`'("a")`)));
  });
  test("many patterns do not stay in memory, and still work", () => {
    for (let i = 0; i < 1000; i++) expect(outcome(`(re-test "^a${i}$" "a${i}")`)).toBe("true");
  });
  test("freezes as its source and flags", () => {
    const re = evaluate(`(regex "a+" "i")`) as Regex;
    const { plain } = regexExtension.parts(re);
    const copy = regexExtension.make(structuredClone(plain)) as Regex;
    expect([copy.source, copy.flags, copy.compiled.test("xA")]).toEqual(["a+", "i", true]);
  });
  test("an escaped string matches itself alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (s) => {
        const escaped = call("re-escape", s);
        expect(call("re-test", `^(?:${escaped})$`, s)).toBe(evaluate("true"));
      }),
    );
  });
});

describe("laws", () => {
  test("slices join to the whole", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (s, i) => {
        expect(`${call("slice", s, 0, i)}${call("slice", s, i)}`).toBe(s);
      }),
    );
  });
  test("join undoes split", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1, maxLength: 2 }), (s, sep) => {
        expect(call("join", sep, call("split", s, sep))).toBe(s);
      }),
    );
  });
  test("code points join to the whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (s) => {
        expect(call("join", "", call("code-points", s))).toBe(s);
      }),
    );
  });
});
