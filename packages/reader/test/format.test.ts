import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Form, format, formsEqual, read, UnreadableError } from "../src/index.ts";
import * as token from "../src/lexer.ts";
import { printForm } from "../src/index.ts";
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
    const gap = fc.constantFrom(" ", " ", " ", "\n", "\n\n", "\n\n\n  ", " ; c\n", "\n ;; own\n\n", " #;(gone 1) ");
    const program = fc.letrec<{ form: string }>((tie) => ({
      form: fc.oneof(
        { maxDepth: 5, depthSize: "medium" },
        fc.constantFrom("x", "longer-name", ":key", "12", '"a string"', '"two\nlines"', "nil", "#|raw|"),
        ...["(", "[", "{"].map((open) =>
          fc
            .tuple(
              fc.constantFrom("f", "define", "let", "let loop", "fn", "~card", "cond", "if", "when", "do", "guard", "(g)", "div :a 1"),
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
        fc.tuple(fc.constantFrom("'", "`", ",", ",@", "#'", "#vector ", "#tag\n"), tie("form")).map(([p, form]) =>
          p === "#vector " ? `${p}(${form})` : p + form,
        ),
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
