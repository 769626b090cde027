import { readdirSync, readFileSync } from "node:fs";
import { read } from "@sorbus/reader";
import { describe, expect, test } from "vitest";
import { parseSpec, SpecError } from "../src/case.ts";

const spec = new URL("../../../spec/", import.meta.url);

describe("parsing of spec files", () => {
  test("expectations belong to the expression above", () => {
    const [one] = parseSpec(
      "x.sx",
      "; intro\n;;; case: a\n(define x 1)\nx\n;=> 1\n(list x\n  x)\n;=> (1 1)\n",
    );
    expect(one?.values).toEqual([
      { line: 5, form: 1, text: "1" },
      { line: 8, form: 2, text: "(1 1)" },
    ]);
  });

  test("places stay those of the spec file", () => {
    const [, two] = parseSpec(
      "x.sx",
      ";;; case: a\n1\n;;; case: b\n;;; file: ./m.sx\n(define y 1)\n;;; main\n(f)\n",
    );
    expect(two?.source.split("\n").indexOf("(f)")).toBe(6);
    expect(two?.files.get("./m.sx")?.split("\n").indexOf("(define y 1)")).toBe(4);
  });

  test("effects, output, endings and limits", () => {
    const [one] = parseSpec(
      "x.sx",
      ';;; case: a\n(f)\n;out> hello\n;out>\n;trace> (a 1) -> 2\n;!> type "+" on "(f)"\n;;; limits: steps 10\n',
    );
    expect(one?.output?.lines).toEqual(["hello", ""]);
    expect(one?.trace).toEqual({ line: 5, ordered: true, entries: ["(a 1) -> 2"] });
    expect(one?.ending).toEqual({ type: "condition", line: 6, kind: "type", message: "+", on: "(f)" });
    expect(one?.limits).toEqual({ steps: 10 });
  });

  test.each([
    [";;; case: a\n;=> 1\n", "no expression above"],
    [";;; case: a\n1\n;;; case: a\n2\n", "of this name"],
    [";;; case: a\n1\n;!> whatever\n", "expected: kind"],
    [";;; case: a\n1\n;;; fiel: x\n", "unknown directive"],
    [";;; case: a\n1\n;-> 2\n", "unknown expectation"],
    [";;; case: a\n1\n;trace> (a) -> 1\n;trace~> (a) -> 1\n", "not both"],
  ])("refuses %j", (text, message) => {
    expect(() => parseSpec("x.sx", text)).toThrow(SpecError);
    expect(() => parseSpec("x.sx", text)).toThrow(message);
  });
});

describe("the spec folder", () => {
  const files = readdirSync(spec).filter((name) => name.endsWith(".sx"));

  test.each(files)("%s is well-formed", (name) => {
    const cases = parseSpec(`spec/${name}`, readFileSync(new URL(name, spec), "utf8"));
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) {
      const readable = one.ending?.type !== "condition" || one.ending.kind !== "read";
      const { errors } = read(one.source, { file: one.file });
      if (readable)
        expect(errors.map((e) => `${one.file}:${one.line} ${one.name}: ${e.message}`)).toEqual([]);
      expect(
        one.values.length > 0 ||
          one.ending !== undefined ||
          one.trace !== undefined ||
          one.output !== undefined,
        `${one.file}:${one.line}: ${one.name} expects nothing`,
      ).toBe(true);
    }
  });

  test("there are at least 600 cases", () => {
    const count = files.reduce(
      (n, name) => n + parseSpec(name, readFileSync(new URL(name, spec), "utf8")).length,
      0,
    );
    expect(count).toBeGreaterThanOrEqual(600);
  });
});
