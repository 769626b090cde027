/** The table of primitives as a whole: what every declaration must have, and the examples in the docs. */
import { describe, expect, test } from "vitest";
import { NIL } from "../src/heap/index.ts";
import { elementFunctions } from "../src/markup/index.ts";
import { DeclaredPrimitive, declare, groups, primitives } from "../src/primitives/index.ts";
import { outcome } from "./support/evaluate.ts";

const all = [...primitives.values()];

describe("declarations", () => {
  test("each name is declared once", () => {
    const names = Object.values(groups).flatMap((group) => group.map((p) => p.name));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test("each has a doc of sentences", () => {
    expect(all.filter((p) => !/^[^a-z].*[.…`]$/s.test(p.doc)).map((p) => p.name)).toEqual([]);
  });

  test("arity follows from the parameters", () => {
    const slice = primitives.get("slice");
    expect([slice?.params, slice?.min, slice?.max]).toEqual(["x from &optional to", 2, 3]);
    expect(slice instanceof DeclaredPrimitive && slice.spec).toBe(
      "x:string|list|vector|bytes from:int &optional to:int",
    );
    const str = primitives.get("str");
    expect([str?.params, str?.min, str?.max]).toEqual(["&rest xs", 0, Infinity]);
  });

  test("no primitive hides that it changes something", () => {
    const changing = all.filter((p) => p.name.endsWith("!") && p.name !== "raw!");
    expect(changing.filter((p) => p.purity !== "writes").map((p) => p.name)).toEqual([]);
    expect(all.filter((p) => p.purity === "writes" && !p.name.endsWith("!")).map((p) => p.name)).toEqual([]);
  });

  test("elements are there under both names", () => {
    expect(elementFunctions.get("div")).toBe(elementFunctions.get("html/div"));
    expect(elementFunctions.get("map")?.element).toBe("map");
  });
});

describe("types of parameters", () => {
  const take = (name: string, ...args: Parameters<DeclaredPrimitive["fn"]>) =>
    primitives.get(name)?.fn(...args);

  test.each([
    [`(upper 5)`, "type: upper: expected a string as s, got 5"],
    [`(slice 5 1)`, "type: slice: expected a string, list, vector or bytes as x, got 5"],
    [`(slice "abc" 1.5)`, "type: slice: expected an integer as from, got 1.5"],
    [`(slice "abc" 1 "x")`, `type: slice: expected an integer as to, got "x"`],
    [`(make-list -1 0)`, "type: make-list: expected an integer from 0 up as n, got -1"],
    [`(bytes 1 "x" 2)`, `type: bytes: expected an integer as ns, got "x"`],
    [`(pad-left "a" 3 4)`, "type: pad-left: expected a string as ch, got 4"],
    [`(date-diff 0 0 1 "UTC")`, "type: date-diff: expected a string as unit, got 1"],
    [`(first {:a 1})`, "type: first: expected a list or vector as xs, got {:a 1}"],
    [`(hash-ref 1 2)`, "type: hash-ref: expected a hash-table as t, got 1"],
    [`(re-find 1 "")`, "type: re-find: expected a regex or string as re, got 1"],
    [`(even? 1.5)`, "type: even?: expected an integer or bigint as n, got 1.5"],
  ])("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  test("a long value is shown in part", () => {
    expect(outcome("(upper (range 1000))").length).toBeLessThan(140);
  });

  test("an absent optional argument is absent, not nil", () => {
    const seen: unknown[] = [];
    const p = declare("p", "a &optional b:int", "pure", "", (a, b) => {
      seen.push(b);
      return a;
    });
    p.fn(1);
    expect(seen).toEqual([undefined]);
    expect(() => p.fn(1, NIL)).toThrow("expected an integer as b, got nil");
  });

  test("a mistake in a specification is found when it is declared", () => {
    expect(() => declare("p", "a:strng", "pure", "", () => NIL)).toThrow("unknown type strng");
  });

  test("more than four parameters", () => {
    const p = declare(
      "p",
      "a:int b:int c:int d:int e:string",
      "pure",
      "",
      (a, b, c, d, e) => `${a}${b}${c}${d}${e}`,
    );
    expect(p.fn(1, 2, 3, 4, "x")).toBe("1234x");
    expect(() => p.fn(1, 2, 3, 4, 5)).toThrow("expected a string as e, got 5");
    expect(take("identity", 1)).toBe(1);
  });
});

describe("examples in the docs", () => {
  const examples = all.flatMap((p) =>
    Array.from(p.doc.matchAll(/`(\([^`]+\))` is (?:`([^`]+)`|(true|false|nil)\b)/g), (m) => [
      m[1] ?? "",
      m[2] ?? m[3] ?? "",
    ]),
  );

  test("there are some", () => {
    expect(examples.length).toBeGreaterThan(40);
  });

  test.each(examples)("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
});
