/** Every mistake with its message as people see it, and what is read in spite of it. */
import { describe, expect, test } from "vitest";
import { codeFrame, printForm, READ_ERRORS, read } from "../src/index.ts";

interface Case {
  readonly text: string;
  /** `line:column-endLine:endColumn code message`, in order. */
  readonly errors: readonly string[];
  /** The forms that are read all the same. */
  readonly forms?: string;
}

const CASES: Readonly<Record<string, Case>> = {
  "unclosed list": {
    text: "(a) (b (c",
    errors: ["1:8-1:9 unclosed expected `)` to close this `(` before the end of the text"],
    forms: "(a)",
  },
  "unclosed bracket in a dict": {
    text: "{:a [1 2}",
    errors: ["1:9-1:10 mismatched expected `]` to close the `[` at 1:5, but found `}`"],
  },
  "a form that misses a bracket, and good ones after it": {
    text: "(define (f x)\n  (g (h x)\n  (i x))\n\n(define (j) 1)\n(k",
    errors: [
      "2:3-2:4 unclosed expected `)` to close this `(`, by the indentation at 2:11",
      "6:1-6:2 unclosed expected `)` to close this `(` before the end of the text",
    ],
    forms: "(define (j) 1)",
  },
  "an unclosed form whose indentation is good": {
    text: "(define (f x)\n  (g x)\n\n(define (j) 1)",
    errors: ["1:1-1:2 unclosed expected `)` to close this `(` before 4:1"],
    forms: "(define (j) 1)",
  },
  "a list in column one is fine where brackets are": {
    text: "(module\n(define a 1)\n(define b 2))",
    errors: [],
    forms: "(module (define a 1) (define b 2))",
  },
  "stray closers": {
    text: "a) ]\n(b)",
    errors: [
      "1:2-1:3 stray-closer unexpected `)`: expected a form, no bracket is open here",
      "1:4-1:5 stray-closer unexpected `]`: expected a form, no bracket is open here",
    ],
    forms: "a (b)",
  },
  "the wrong closer": {
    text: "(let [a 1) a) (b]",
    errors: [
      "1:10-1:11 mismatched expected `]` to close the `[` at 1:6, but found `)`",
      "1:13-1:14 stray-closer unexpected `)`: expected a form, no bracket is open here",
      "1:17-1:18 mismatched expected `)` to close the `(` at 1:15, but found `]`",
    ],
    forms: "a",
  },
  "a dict without its last value": {
    text: "{:a 1 :b} {x}",
    errors: [
      "1:7-1:9 odd-dict expected a value for the key `:b`: a dict is pairs of key and value",
      "1:12-1:13 odd-dict expected a value for the key `x`: a dict is pairs of key and value",
    ],
  },
  "a key given twice, in either spelling": {
    text: '{:a 1 :b 2 "a" 3}\n{x 1 x 2}',
    errors: ['1:12-1:15 duplicate-key expected each key once: `"a"` is already given at 1:2'],
    forms: "{x 1 x 2}",
  },
  "what starts as a number": {
    text: "1x2 (f 5/0 1e999) 0xfg 1.2.3 12n3 -1a .5. 1+",
    errors: ["1x2", "5/0", "1e999", "0xfg", "1.2.3", "12n3", "-1a", ".5.", "1+"].map((text, i) => {
      const column = [1, 8, 12, 19, 24, 30, 35, 39, 43][i] as number;
      return (
        `1:${column}-1:${column + text.length} bad-number \`${text}\` is not a number: ` +
        "expected one such as 42, -1.5, 1e9, 5/2, 0xff or 10n, " +
        "within the range of doubles (a symbol cannot begin with a digit)"
      );
    }),
  },
  "escapes, each with its place": {
    text: '"\\q \\x1 \\u12 \\u{} \\u{110000} \\😀 fine\\n"',
    errors: [
      '1:2-1:4 bad-escape unknown escape `\\q`: expected one of \\n \\t \\r \\0 \\\\ \\" \\xHH \\uXXXX \\u{…}',
      "1:5-1:8 bad-escape expected two hex digits after `\\x`",
      "1:9-1:13 bad-escape expected four hex digits or `{…}` after `\\u`",
      "1:14-1:18 bad-escape expected one to six hex digits, up to 10FFFF, and `}` after `\\u{`",
      "1:19-1:29 bad-escape expected one to six hex digits, up to 10FFFF, and `}` after `\\u{`",
      '1:30-1:33 bad-escape unknown escape `\\😀`: expected one of \\n \\t \\r \\0 \\\\ \\" \\xHH \\uXXXX \\u{…}',
    ],
  },
  "a backslash at the end of a line": {
    text: '"a\\\nb"',
    errors: [
      "1:3-1:4 bad-escape expected an escape after `\\`: a string may simply go on over the line's end",
    ],
  },
  "a string without its end": {
    text: '(a "b\n  c',
    errors: ['1:4-1:6 unterminated-string expected `"` to end the string that begins here'],
  },
  "a string without its end, and forms after it": {
    text: '(a "b)\n(c "d")\n(e)',
    errors: ['1:4-1:7 unterminated-string expected `"` to end the string that begins here'],
    forms: '(c "d") (e)',
  },
  "a raw string without its end": {
    text: "a #|b",
    errors: ["1:3-1:6 unterminated-string expected `|` to end the string that begins here"],
    forms: "a",
  },
  "prefixes without a form": {
    text: "(a ') `] #;",
    errors: [
      "1:4-1:5 missing-form expected a form after `'`, but found `)`",
      "1:7-1:8 missing-form expected a form after ```, but found `]`",
      "1:8-1:9 stray-closer unexpected `]`: expected a form, no bracket is open here",
      "1:10-1:12 missing-form expected a form after `#;`, but found the end of the text",
    ],
  },
  "unknown tags": {
    text: "#foo (1) (f #t #f) #\\a x",
    errors: [
      "1:1-1:5 unknown-tag unknown tag `#foo`: expected one of `#vector`, `#set`, `#bytes`",
      "1:13-1:15 unknown-tag unknown tag `#t`: expected `true`",
      "1:16-1:18 unknown-tag unknown tag `#f`: expected `false`",
      "1:20-1:23 unknown-tag unknown tag `#\\a`: expected a string, a character is a string of one",
    ],
    forms: "x",
  },
  "the syntax of other Lisps": {
    text: "#(1) #{1} # #<fn f> #| note |# x",
    errors: [
      "1:1-1:2 unknown-tag expected `#vector (…)` or a tag's name after `#`",
      "1:6-1:7 unknown-tag expected `#set (…)` or a tag's name after `#`",
      "1:11-1:12 unknown-tag expected a tag's name after `#`",
      "1:13-1:20 unknown-tag `#<…>` is how a value without a literal prints: expected a form",
      "1:29-1:31 unknown-tag `#|…|` is a raw string: expected `;` or `#;` for a comment, not `|#`",
    ],
    forms: "x",
  },
  "the language's own tags with the wrong form": {
    text: '#vector 1 #set [1] #bytes "?" #bytes (1)',
    errors: [
      "1:1-1:10 bad-tag expected a list of the elements after `#vector`, such as `#vector (1 2)`",
      "1:11-1:19 bad-tag expected a list of the elements after `#set`, such as `#set (1 2)`",
      '1:20-1:30 bad-tag expected a string of base64 after `#bytes`, such as `#bytes "AQI="`',
      '1:31-1:41 bad-tag expected a string of base64 after `#bytes`, such as `#bytes "AQI="`',
    ],
  },
  "a lone dot and a lone colon": {
    text: "(a . b) (: c)",
    errors: [
      "1:4-1:5 lone-dot expected a form, but found a lone `.`: lists have no dotted tail",
      "1:10-1:11 bad-keyword expected a name after `:`, such as `:title`",
    ],
  },
  "a control character": {
    text: "a\u0001b",
    errors: ["1:2-1:3 bad-character unexpected character U+0001: expected it only as an escape in a string"],
    forms: "a b",
  },
  "all at once": {
    text: '(f 1x)\n(g "\\q")\n}\n(h {:a})\n(ok)\n(i\n',
    errors: [
      "1:4-1:6 bad-number `1x` is not a number: expected one such as 42, -1.5, 1e9, 5/2, 0xff or 10n, within the range of doubles (a symbol cannot begin with a digit)",
      '2:5-2:7 bad-escape unknown escape `\\q`: expected one of \\n \\t \\r \\0 \\\\ \\" \\xHH \\uXXXX \\u{…}',
      "3:1-3:2 stray-closer unexpected `}`: expected a form, no bracket is open here",
      "4:5-4:7 odd-dict expected a value for the key `:a`: a dict is pairs of key and value",
      "6:1-6:2 unclosed expected `)` to close this `(` before the end of the text",
    ],
    forms: "(ok)",
  },
};

describe("mistakes", () => {
  for (const [name, { text, errors, forms = "" }] of Object.entries(CASES)) {
    test(name, () => {
      const result = read(text);
      expect(
        result.errors.map(({ span, code, message }) => {
          const { line, column, endLine, endColumn } = span;
          return `${line}:${column}-${endLine}:${endColumn} ${code} ${message}`;
        }),
      ).toEqual(errors);
      expect(result.forms.map(printForm).join(" ")).toBe(forms);
    });
  }

  test("every code is in one of the cases", () => {
    const seen = new Set(Object.values(CASES).flatMap(({ text }) => read(text).errors.map((e) => e.code)));
    expect([...seen].sort()).toEqual(Object.keys(READ_ERRORS).sort());
  });

  test("a datum comment may hold tags that nobody knows", () => {
    const result = read("(a #;(b #foo c) d)");
    expect(result.errors).toEqual([]);
    expect(result.forms.map(printForm)).toEqual(["(a d)"]);
  });

  test("long things are cut in messages", () => {
    for (const text of [`#${"t".repeat(1e5)} x`, `1${"x".repeat(1e5)}`, `{${"k".repeat(1e5)}}`]) {
      for (const error of read(text).errors) expect(error.message.length).toBeLessThan(300);
    }
  });
});

describe("code frames", () => {
  test("show the lines around, with the place marked", () => {
    const text = "one\ntwo\nthree four\n\tfive six\nseven\neight\nnine\n";
    const source = { text };
    const at = (word: string): { start: number; end: number } => {
      const start = text.indexOf(word);
      return { start, end: start + word.length };
    };
    expect(codeFrame(source, at("six"), "here")).toBe(
      [
        "  2 | two",
        "  3 | three four",
        "> 4 | \tfive six",
        "    | \t     ^^^ here",
        "  5 | seven",
        "  6 | eight",
      ].join("\n"),
    );
    expect(codeFrame(source, at("one"))).toBe("> 1 | one\n    | ^^^\n  2 | two\n  3 | three four");
    expect(codeFrame(source, at("four\n\tfive"))).toBe(
      "  1 | one\n  2 | two\n> 3 | three four\n    |       ^^^^\n  4 | \tfive six\n  5 | seven",
    );
  });

  test("stand at the very end, in an empty text, and in line numbers of two widths", () => {
    expect(codeFrame({ text: "" }, { start: 0, end: 0 }, "m")).toBe("> 1 |\n    | ^ m");
    expect(codeFrame({ text: "a\n" }, { start: 2, end: 2 })).toBe("  1 | a\n> 2 |\n    | ^");
    const text = Array.from({ length: 12 }, (_, i) => `l${i + 1}`).join("\n");
    const start = text.indexOf("l9");
    expect(codeFrame({ text }, { start, end: start + 2 })).toBe(
      "   7 | l7\n   8 | l8\n>  9 | l9\n     | ^^\n  10 | l10\n  11 | l11",
    );
  });

  test("cut long lines around the mark", () => {
    const text = `${"a".repeat(1000)}!${"b".repeat(1000)}`;
    const frame = codeFrame({ text }, { start: 1000, end: 1001 });
    const [line, mark] = frame.split("\n") as [string, string];
    expect(line.length).toBeLessThan(150);
    expect(line[mark.indexOf("^")]).toBe("!");
  });

  test("cope with carriage returns", () => {
    expect(codeFrame({ text: "a\r\nb c\r\nd" }, { start: 5, end: 6 })).toBe(
      "  1 | a\n> 2 | b c\n    |   ^\n  3 | d",
    );
  });
});
