/** Depth costs no stack, and size no more than linear time: these would overflow, or take hours. */
import { describe, expect, test } from "vitest";
import { codeFrame, type Form, format, formsEqual, printForm, read, reread } from "../src/index.ts";

const MILLION = 1_000_000;

function only(text: string): Form {
  const { forms, errors } = read(text);
  expect(errors).toEqual([]);
  expect(forms).toHaveLength(1);
  return forms[0] as Form;
}

describe("deep, up to a million", () => {
  const DEEP: Readonly<Record<string, string>> = {
    parens: "(".repeat(MILLION) + ")".repeat(MILLION),
    quotes: `${"'".repeat(MILLION)}x`,
    dicts: `${"{:a ".repeat(MILLION / 5)}1${"}".repeat(MILLION / 5)}`,
    tags: `${"#vector (".repeat(MILLION / 5)}${")".repeat(MILLION / 5)}`,
  };
  for (const [name, text] of Object.entries(DEEP)) {
    test(name, () => {
      const form = only(text);
      // Not `toBe`: nobody wants to see the difference.
      expect(printForm(form).replaceAll(" )", ")") === text).toBe(true);
      expect(formsEqual(form, only(text))).toBe(true);
      expect(format(text) === `${text}\n`).toBe(true);
    });
  }

  test("datum comments", () => {
    expect(read("#;".repeat(MILLION) + "x ".repeat(MILLION)).forms).toEqual([]);
  });

  test("bodies that need a line each are indented no further than the width", () => {
    const depth = 100_000;
    const text = `${"(do ".repeat(depth)}${")".repeat(depth)}`.replaceAll(" )", ")");
    const once = format(text);
    expect(once.length).toBeLessThan(depth * 120);
    expect(formsEqual(only(once), only(text))).toBe(true);
    expect(format(once) === once).toBe(true);
  });
});

describe("large", () => {
  test("a string of 50 MB", () => {
    const value = "0123456789".repeat(5_000_000);
    const form = only(`"${value}"`);
    expect(form.type === "string" && form.value === value).toBe(true);
  });

  test("a string of ten million escapes", () => {
    const form = only(`"${"\\n".repeat(10 * MILLION)}"`);
    expect(form.type === "string" && form.value.length === 10 * MILLION).toBe(true);
  });

  test("a symbol of 10 MB, and a frame around it", () => {
    const text = `(${"x".repeat(10 * MILLION)}`;
    const { source, errors } = read(text);
    expect(errors).toHaveLength(1);
    const error = errors[0];
    if (error !== undefined) expect(codeFrame(source, error.span, error.message).length).toBeLessThan(1000);
  });

  test("a dict of 200,000 keys, with one of them twice", () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `:k${i} ${i}`);
    only(`{${keys.join(" ")}}`);
    expect(read(`{${keys.join(" ")} :k7 0}`).errors).toMatchObject([{ code: "duplicate-key" }]);
  });

  test("names made to collide", () => {
    // "Aa" and "BB" have equal sums in the usual hash, and so has anything made of them.
    const names = Array.from({ length: 1 << 16 }, (_, i) =>
      Array.from({ length: 16 }, (_, bit) => ((i >> bit) & 1 ? "Aa" : "BB")).join(""),
    );
    const forms = read(names.join(" ")).forms;
    expect(forms.every((form, i) => form.type === "symbol" && form.name === names[i])).toBe(true);
  });
});

describe("a mistake on every line", () => {
  const MANY: Readonly<Record<string, readonly [string, number]>> = {
    "nothing closed": ["(".repeat(MILLION), 1],
    "nothing opened": [")".repeat(MILLION), MILLION],
    "every closer wrong": ["(".repeat(MILLION) + "]".repeat(MILLION), MILLION],
    "every other opener unclosed": ["[(".repeat(100_000) + "]".repeat(100_000), 100_000],
    "every line unclosed": ["(a\n".repeat(MILLION / 5), MILLION / 5],
    "every line deeper": ["(a\n ".repeat(100_000), 1],
    "every string unterminated": ['("a\n'.repeat(MILLION / 5), MILLION / 10],
    "every escape bad": [`"${"\\q".repeat(MILLION)}"`, MILLION],
    hashes: ["#<a ".repeat(MILLION), MILLION],
    bars: ["(#|a|#\n".repeat(100_000), 200_000],
  };
  for (const [name, [text, count]] of Object.entries(MANY)) {
    test(name, () => {
      expect(read(text).errors.length).toBe(count);
    });
  }

  test("re-reading a hundred thousand equal lines", () => {
    const lines = "(a)\n".repeat(100_000);
    const first = read(`1\n${lines}`);
    const second = reread(first, `2\n${lines.slice(4)}3`);
    expect(second.forms.length).toBe(100_001);
    expect(second.forms[1] === first.forms[1]).toBe(true);
  });

  test("and re-reading keeps a million-deep form", () => {
    const text = "(".repeat(MILLION) + ")".repeat(MILLION);
    const first = read(`${text}\n(a)`);
    const form = first.forms[0];
    const second = reread(first, `; new\n${text}\n(a)`);
    expect(second.forms[0] === form).toBe(true);
    expect(second.forms).toHaveLength(2);
  });
});
