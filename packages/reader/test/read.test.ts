/** What each literal reads as. */
import { describe, expect, test } from "vitest";
import {
  BUILTIN_TAGS,
  type Form,
  formsEqual,
  isKeywordName,
  isSymbolName,
  parseNumber,
  printForm,
  printString,
  read,
  spanAt,
  spanOf,
} from "../src/index.ts";

function one(text: string): Form {
  const { forms, errors } = read(text);
  expect(errors).toEqual([]);
  expect(forms).toHaveLength(1);
  return forms[0] as Form;
}

/** A form without its place. */
function bare(form: Form): unknown {
  return JSON.parse(
    JSON.stringify(form, (key, value: unknown) =>
      key === "origin" || key === "start" || key === "end"
        ? undefined
        : typeof value === "bigint"
          ? `${value}n`
          : value,
    ),
  );
}

describe("numbers", () => {
  const NUMBERS: readonly (readonly [string, number | bigint])[] = [
    ["42", 42],
    ["-1.5", -1.5],
    ["+7", 7],
    ["007", 7],
    [".5", 0.5],
    ["-.5", -0.5],
    ["5.", 5],
    ["1e9", 1e9],
    ["1E-3", 0.001],
    ["1.5e+2", 150],
    ["0xff", 255],
    ["-0xFF", -255],
    ["0b101", 5],
    ["0o17", 15],
    ["5/2", 2.5],
    ["-1/4", -0.25],
    ["10n", 10n],
    ["-0xffn", -255n],
    ["0", 0],
    ["-0", -0],
    ["-0x0", -0],
    ["9007199254740993", 9007199254740992],
    ["123456789012345678901234567890n", 123456789012345678901234567890n],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
  ];
  test.each(NUMBERS)("%s", (text, value) => {
    expect(parseNumber(text)).toBe(value);
    const form = one(text);
    expect(form).toMatchObject({ type: typeof value, value });
    expect(formsEqual(one(printForm(form)), form)).toBe(true);
  });

  test.each([
    "",
    " 1",
    "1 ",
    "-",
    "+",
    ".",
    "...",
    "1x2",
    "1..2",
    "1e",
    "1e+",
    "0x",
    "0xn",
    "0b2",
    "0o8",
    "1_000",
    "5/0",
    "0/0",
    "5/",
    "/5",
    "5/-2",
    "1.5/2",
    "5/2n",
    "1.5n",
    "1e3n",
    "1e999",
    "9".repeat(400),
    "1n1",
    `0x${"f".repeat(300)}`,
    "--1",
    "nil",
    "true",
    "infinity",
    "١",
  ])("%j is none", (text) => {
    expect(parseNumber(text)).toBeUndefined();
  });
});

describe("symbols and keywords", () => {
  test.each([
    "->",
    "->>",
    "x#",
    "~card",
    "html/map",
    "+",
    "-",
    "...",
    "a.b",
    "call/cc",
    "vector-set!",
    "%x",
    "<>",
    "=",
    "a|b",
    "@x",
    "\\",
    "é",
    "λ",
    "😀",
    "-a",
    "+a",
    ".a",
    "-.",
    "a1",
    "nil?",
    "True",
    "a:b",
    "*",
    "/",
  ])("%s is a symbol", (name) => {
    expect(bare(one(name))).toEqual({ type: "symbol", name });
    expect(isSymbolName(name)).toBe(true);
  });

  test.each([
    "",
    "a b",
    "1",
    "-1",
    "nil",
    "NaN",
    ".",
    ":a",
    "#a",
    "a'b",
    "a;",
    '"',
    "(",
    "a\u00a0b",
    "\u0001",
  ])("%j is not the name of a symbol", (name) => {
    expect(isSymbolName(name)).toBe(false);
  });

  test("keywords hold any name that has no delimiter", () => {
    for (const name of ["title", "kv/get", "1", "nil", ".", ":", "#", "a#b"]) {
      expect(bare(one(`:${name}`))).toEqual({ type: "keyword", name });
      expect(isKeywordName(name)).toBe(true);
    }
    for (const name of ["", "a b", "a(", "\n"]) expect(isKeywordName(name)).toBe(false);
  });

  test("the literals that look like symbols", () => {
    expect(bare(one("nil"))).toEqual({ type: "nil" });
    expect(bare(one("true"))).toEqual({ type: "boolean", value: true });
    expect(bare(one("false"))).toEqual({ type: "boolean", value: false });
  });
});

describe("strings", () => {
  test("escapes", () => {
    expect(one('"\\n\\t\\r\\0\\\\\\"\\x41\\u00e9\\u{1F600}\\u{a}"')).toMatchObject({
      value: '\n\t\r\0\\"Aé😀\n',
    });
  });

  test("may go on over lines, which stay as they are", () => {
    expect(one('"a\n  b\r\nc"')).toMatchObject({ value: "a\n  b\r\nc" });
  });

  test("raw strings have no escapes", () => {
    expect(one('#|a\\n"b"\n;c|')).toMatchObject({ type: "string", value: 'a\\n"b"\n;c' });
    expect(one("#||")).toMatchObject({ value: "" });
  });

  test("longer than any buffer, with escapes across its borders", () => {
    const value = "\\\n😀x".repeat(5000);
    expect(one(printString(value))).toMatchObject({ value });
  });

  test("print readably", () => {
    expect(printString('a"\\\n\t\r\0\x07\x7f\u2028\ud800é😀')).toBe(
      '"a\\"\\\\\\n\\t\\r\\0\\x07\\x7f\\u2028\\ud800é😀"',
    );
  });
});

describe("lists, prefixes, tags", () => {
  test("keep the bracket that was written", () => {
    expect(bare(one("(a [b] {:c d})"))).toEqual({
      type: "list",
      bracket: "(",
      items: [
        { type: "symbol", name: "a" },
        { type: "list", bracket: "[", items: [{ type: "symbol", name: "b" }] },
        {
          type: "dict",
          items: [
            { type: "keyword", name: "c" },
            { type: "symbol", name: "d" },
          ],
        },
      ],
    });
  });

  test.each([
    ["'", "quote"],
    ["`", "quasiquote"],
    [",", "unquote"],
    [",@", "unquote-splicing"],
    ["#'", "quote"],
  ])("%s is (%s …)", (prefix, name) => {
    const form = one(`${prefix}x`);
    expect(bare(form)).toEqual({
      type: "list",
      bracket: "(",
      prefix,
      items: [
        { type: "symbol", name },
        { type: "symbol", name: "x" },
      ],
    });
    expect(formsEqual(form, one(`(${name} x)`))).toBe(false);
    expect(printForm(form)).toBe(`${prefix}x`);
  });

  test("an unquoted name may start with @, after a space", () => {
    expect(printForm(one(", @x"))).toBe(", @x");
    expect(formsEqual(one(", @x"), one(",@x"))).toBe(false);
  });

  test("a prefix that a macro's rebuilding has made untrue is not printed", () => {
    const form = one("'x");
    if (form.type !== "list") throw new Error("not a list");
    expect(printForm({ ...form, items: form.items.slice(1) })).toBe("(x)");
  });

  test("delimiters end an atom", () => {
    expect(read('a\'b`c,d"e"f;g\n(h)i').forms.map(printForm).join(" ")).toBe('a \'b `c ,d "e" f (h) i');
  });

  test("the language's own tags are data, whatever handlers there are", () => {
    const tags = Object.fromEntries(BUILTIN_TAGS.map((tag) => [tag, () => 1]));
    for (const text of ["#vector (1 (2))", "#set ()", '#bytes "AQI="']) {
      const { forms, errors } = read(text, { tags });
      expect(errors).toEqual([]);
      expect(forms[0]).toMatchObject({ type: "tagged" });
      expect(forms.map(printForm)).toEqual([text]);
    }
  });

  test("a handler makes a value, which prints and compares as it was written", () => {
    const tags = {
      date: (form: Form): unknown => {
        if (form.type !== "string") throw new Error("expected a string such as 2024-01-31");
        return new Date(form.value);
      },
    };
    const { forms } = read('#date "2024-01-31"', { tags });
    expect(forms[0]).toMatchObject({ type: "value", value: new Date("2024-01-31") });
    expect(printForm(forms[0] as Form)).toBe('#date "2024-01-31"');
    expect(formsEqual(forms[0] as Form, read('#date   "2024-01-31"', { tags }).forms[0] as Form)).toBe(true);
    const refused = read("(a #date 5)", { tags });
    expect(refused.forms).toEqual([]);
    expect(refused.errors).toMatchObject([
      {
        code: "bad-tag",
        message: "`#date`: expected a string such as 2024-01-31",
        span: { start: 3, end: 10 },
      },
    ]);
  });

  test("no handler sees what is discarded", () => {
    const seen: string[] = [];
    const tags = { see: (form: Form): unknown => seen.push(printForm(form)) };
    read("#see 1 #;(#see 2) #;#see 3 (a #; #see 4 #see 5)", { tags });
    expect(seen).toEqual(["1", "5"]);
  });

  test("an inherited property is no handler", () => {
    expect(read("#toString 1").errors).toMatchObject([{ code: "unknown-tag" }]);
  });

  test("comments", () => {
    const text = "#!/usr/bin/env sx\n; one\na #;(b ; two\n c) d #; #; e f g ;";
    expect(read(text).forms.map(printForm)).toEqual(["a", "d", "g"]);
  });

  test("spaces beyond ASCII and a byte order mark are spaces", () => {
    expect(read("\ufeff(a\u00a0b\u3000c)").forms.map(printForm)).toEqual(["(a b c)"]);
  });
});

describe("places", () => {
  const text = '(a\n  \'b) #vector (1)\r\n"😀" c';
  const { forms, source } = read(text, { file: "f.sx" });

  test("are exact, with lines and columns", () => {
    const spans = forms.map((form) => {
      const s = spanOf(form);
      expect(s.file).toBe("f.sx");
      return `${s.line}:${s.column}-${s.endLine}:${s.endColumn} ${text.slice(s.start, s.end)}`;
    });
    expect(spans).toEqual(["1:1-2:6 (a\n  'b)", "2:7-2:18 #vector (1)", '3:1-3:5 "😀"', "3:6-3:7 c"]);
  });

  test("the head that a prefix stands for has the place of the prefix", () => {
    const quoted = forms[0]?.type === "list" ? forms[0].items[1] : undefined;
    const head = quoted?.type === "list" ? quoted.items[0] : undefined;
    expect(spanOf(head as Form)).toMatchObject({ line: 2, column: 3, endColumn: 4 });
  });

  test("every form of a top-level form shares its origin", () => {
    const top = forms[0] as Form;
    expect(top).toMatchObject({ start: 0, end: 8, origin: { source, offset: 0 } });
    if (top.type !== "list") throw new Error("not a list");
    for (const item of top.items) expect(item.origin).toBe(top.origin);
    expect((forms[1] as Form).origin).not.toBe(top.origin);
  });

  test("of offsets at line ends and at the end of the text", () => {
    const lines = { file: "x", text: "a\n\nb" };
    const at = (i: number): string => {
      const { line, column } = spanAt(lines, i, i);
      return `${line}:${column}`;
    };
    expect([0, 1, 2, 3, 4].map(at)).toEqual(["1:1", "1:2", "2:1", "3:1", "3:2"]);
  });
});
