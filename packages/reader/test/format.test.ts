import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Form, format, formsEqual, printForm, read, UnreadableError } from "../src/index.ts";
import * as token from "../src/lexer.ts";
import { anyForm, anyText } from "./arbitrary.ts";

const tags = { tag: (form: Form): unknown => form };

function commentsOf(text: string): string[] {
  const lexer = new token.Lexer(text, true);
  const found: string[] = [];
  for (let kind = lexer.next(); kind !== token.END; kind = lexer.next()) {
    if (kind === token.COMMENT) found.push(text.slice(lexer.start, lexer.end).trimEnd());
  }
  return found;
}

function lawsHold(text: string, width: number): void {
  const once = format(text, { width });
  const before = read(text, { tags });
  const after = read(once, { tags });
  expect(after.errors).toEqual([]);
  expect(after.forms.length).toBe(before.forms.length);
  before.forms.forEach((form, i) => {
    expect(formsEqual(after.forms[i] as Form, form)).toBe(true);
  });
  expect(commentsOf(once)).toEqual(commentsOf(text));
  expect(format(once, { width })).toBe(once);
}

const widths = fc.constantFrom(10, 20, 40, 100);

describe("laws", () => {
  test("formatting keeps forms and comments, and is idempotent", () => {
    let readable = 0;
    fc.assert(
      fc.property(anyText, widths, (text, width) => {
        if (read(text, { tags }).errors.length > 0) return;
        readable++;
        lawsHold(text, width);
      }),
      { numRuns: 3000 },
    );
    expect(readable).toBeGreaterThan(100);
  });

  test("also over program-like text", () => {
    const gap = fc.constantFrom(
      " ",
      " ",
      " ",
      "\n",
      "\n\n",
      "\n\n\n  ",
      " ; c\n",
      "\n ;; own\n\n",
      " #;(gone 1) ",
    );
    const program = fc.letrec<{ form: string }>((tie) => ({
      form: fc.oneof(
        { maxDepth: 5, depthSize: "medium" },
        fc.constantFrom("x", "longer-name", ":key", "12", '"a string"', '"two\nlines"', "nil", "#|raw|"),
        ...["(", "[", "{"].map((open) =>
          fc
            .tuple(
              fc.constantFrom(
                "f",
                "define",
                "let",
                "let loop",
                "fn",
                "~card",
                "cond",
                "if",
                "when",
                "do",
                "guard",
                "(g)",
                "div :a 1",
              ),
              fc.array(fc.tuple(gap, tie("form")), { maxLength: 6 }),
              fc.constantFrom("", "", "", "\n", " ; last\n"),
            )
            .map(([head, items, tail]) => {
              const shown = open === "(" ? items : items.slice(0, items.length & ~1);
              const rest = shown.map(([space, item], i) =>
                open === "{" && i % 2 === 0 ? `${space}"k${i}"` : `${space}${item}`,
              );
              const close = open === "(" ? ")" : open === "[" ? "]" : "}";
              return `${open}${open === "(" ? head : ""}${rest.join("")}${tail}${close}`;
            }),
        ),
        fc
          .tuple(fc.constantFrom("'", "`", ",", ",@", "#'", "#vector ", "#tag\n"), tie("form"))
          .map(([p, form]) => (p === "#vector " ? `${p}(${form})` : p + form)),
      ),
    })).form;
    let readable = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, program), { maxLength: 4 }), widths, (parts, width) => {
        const text = parts.flat().join("");
        if (read(text, { tags }).errors.length > 0) return;
        readable++;
        lawsHold(text, width);
      }),
      { numRuns: 3000 },
    );
    expect(readable).toBeGreaterThan(1000);
  });

  test("and over printed forms", () => {
    fc.assert(fc.property(anyForm, widths, (form, width) => lawsHold(printForm(form), width)));
  });
});

describe("examples", () => {
  const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
    "bodies, two deep": [
      "(define (f x)\n(let ((a 1)\n(b 2))\n(when a\n(g a)\n(h b))))",
      "(define (f x)\n  (let ((a 1)\n        (b 2))\n    (when a\n      (g a)\n      (h b))))\n",
    ],
    "a call's arguments, beside and below its name": [
      "(or a\nb\nc)\n(foo\na\nb)\n(fold a b\n(fn (x)\nx))",
      "(or a\n    b\n    c)\n(foo\n  a\n  b)\n(fold a b\n  (fn (x)\n    x))\n",
    ],
    "a body that was on the head's line": ["(when a (b\nc))", "(when a\n  (b\n    c))\n"],
    clauses: [
      "(cond\n((a? x)\ny)\n(else z))\n(match x\n([a b] :when a\nb)\n(_\nnil))\n(guard (e\n((error? e)\n1))\n2)",
      "(cond\n  ((a? x)\n    y)\n  (else z))\n(match x\n  ([a b] :when a\n    b)\n  (_\n    nil))\n" +
        "(guard (e\n         ((error? e)\n           1))\n  2)\n",
    ],
    "a function comes last, or first": [
      "(reinstate k\n(fn ()\nx))\n(map (fn (x)\nx)\nxs)",
      "(reinstate k\n  (fn ()\n    x))\n(map (fn (x)\n       x)\n     xs)\n",
    ],
    "spaces and blank lines": ["\n\n( a   b )\n\n\n\n\t(c)   (d)\n\n", "(a b)\n\n(c)\n(d)\n"],
    "comments behind, between, before a bracket": [
      "(a ; one\n;; two\n\n  b\n; three\n)",
      "(a ; one\n  ;; two\n\n  b\n  ; three\n  )\n",
    ],
    "comments alone": ["  ; a\n\n\n;b  \n", "; a\n\n;b\n"],
    nothing: ["  \n ", ""],
    "pairs of dicts and bindings": [
      "(let [a 1\n{:t t} p]\n{:a 1\n:b\n2 :c 3})",
      "(let [a 1\n      {:t t} p]\n  {:a 1\n   :b\n     2 :c 3})\n",
    ],
    "attributes on the line, children below": [
      '(div :class "a" :id 1\n(p "b")\n(~c :d 1\n:e 2\n"f"))',
      '(div :class "a" :id 1\n  (p "b")\n  (~c :d 1\n    :e 2\n    "f"))\n',
    ],
    "an effect's op is no attribute": ["(perform :kv/get\nk)", "(perform :kv/get\n         k)\n"],
    "a named let": ["(let loop ((i 0))\n(loop i))", "(let loop ((i 0))\n  (loop i))\n"],
    "data is no code": ["'(define a\nb)", "'(define a\n  b)\n"],
    "templates are": ["`(define ,a\n,@b)", "`(define ,a\n   ,@b)\n"],
    "spelling is kept": [
      '(a 0xFF 5/2 #|r|  "\\x41"\n#;(gone  1) [1  2] #\'f , @x #tag   y)',
      '(a 0xFF 5/2 #|r| "\\x41"\n  #;(gone 1) [1 2] #\'f , @x #tag y)\n',
    ],
    "strings of several lines": ['(f "a\n   b"   c)', '(f "a\n   b"\n   c)\n'],
    "carriage returns": ["(a\r\n b) ; c\r\n", "(a\n  b) ; c\n"],
  };
  for (const [name, [text, expected]] of Object.entries(EXAMPLES)) {
    test(name, () => {
      expect(format(text)).toBe(expected);
    });
  }

  const TO_FIT: Readonly<Record<string, readonly [string, string]>> = {
    "breaks the outermost list first": [
      "(define (f x) (some-call (first x) (second x)) x)",
      "(define (f x)\n  (some-call (first x) (second x))\n  x)\n",
    ],
    "arguments below each other, or below the name": [
      "(call (argument 1) (argument 2) (argument 3))\n(rather-a-long-name (argument 1) (the-argument 222 333))",
      "(call (argument 1)\n      (argument 2)\n      (argument 3))\n" +
        "(rather-a-long-name\n  (argument 1)\n  (the-argument 222 333))\n",
    ],
    "fills rows of atoms": [
      "'(1111 2222 3333 4444 5555 6666 7777 8888 9999)",
      "'(1111 2222 3333 4444 5555 6666 7777\n  8888 9999)\n",
    ],
    "keeps pairs together": [
      "(cond (a? x) (first x) (b? x) (second x) :else nil)",
      "(cond (a? x) (first x)\n      (b? x) (second x)\n      :else nil)\n",
    ],
    "a value goes below its name where it fits there": [
      "(define a-long-name (call-of b-long-name 1))\n(define x {:a-key (value 1) :other-key (value 2)})",
      "(define a-long-name\n  (call-of b-long-name 1))\n(define x {:a-key (value 1)\n           :other-key (value 2)})\n",
    ],
    parameters: [
      "(fn (a-parameter (b 2) &key another-one) x)",
      "(fn (a-parameter (b 2) &key another-one)\n  x)\n",
    ],
  };
  for (const [name, [text, expected]] of Object.entries(TO_FIT)) {
    test(name, () => {
      expect(format(text, { width: 40 })).toBe(expected);
    });
  }

  test("more body forms may be given", () => {
    expect(format("(section (h2 a)\n(p b))", { forms: { section: 0 } })).toBe(
      "(section\n  (h2 a)\n  (p b))\n",
    );
    expect(format("(loop-over x xs\n(p b))", { forms: { "loop-over": 2 } })).toBe(
      "(loop-over x xs\n  (p b))\n",
    );
  });

  test("a text with mistakes is refused, with all of them", () => {
    const attempt = (): string => format("(a\n1x", { file: "f.sx" });
    expect(attempt).toThrow(UnreadableError);
    expect(attempt).toThrow(/^f\.sx:1:1: expected `\)` .* \(and 1 more\)$/);
  });
});
