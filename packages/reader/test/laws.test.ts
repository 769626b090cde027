import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Form, formsEqual, printForm, type ReadResult, read, reread, spanOf } from "../src/index.ts";
import { anyForm, anyText } from "./arbitrary.ts";

const tags = { tag: (form: Form): unknown => ({ of: printForm(form) }) };

describe("printing", () => {
  test("what is printed reads back to an equal form", () => {
    fc.assert(
      fc.property(anyForm, (form) => {
        const text = printForm(form);
        const back = read(text);
        expect(back.errors).toEqual([]);
        expect(back.forms).toHaveLength(1);
        expect(formsEqual(back.forms[0] as Form, form)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("what was read from any text prints and reads back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const form of read(text, { tags }).forms) {
          const back = read(printForm(form), { tags });
          expect(back.errors).toEqual([]);
          expect(formsEqual(back.forms[0] as Form, form)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("equality", () => {
  test("is reflexive over two reads, and a changed form is not equal", () => {
    fc.assert(
      fc.property(anyForm, anyForm, (a, b) => {
        expect(formsEqual(a, b)).toBe(printForm(a) === printForm(b));
      }),
    );
  });
});

/** Every form inside, the form itself first. */
function* inside(form: Form): Generator<Form> {
  yield form;
  if (form.type === "list" || form.type === "dict") for (const item of form.items) yield* inside(item);
  if (form.type === "tagged") yield* inside(form.form);
}

describe("any text at all", () => {
  test("is read or has mistakes, whose places are in it", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: "binary", maxLength: 60 })), (text) => {
        const { errors, forms } = read(text);
        let before = 0;
        for (const { span, message } of errors) {
          expect(span.start).toBeGreaterThanOrEqual(before);
          before = span.start;
          expect(span.end).toBeGreaterThan(span.start);
          expect(span.end).toBeLessThanOrEqual(text.length);
          expect(message).toMatch(/expected/);
        }
        for (const form of forms) expect(spanOf(form).end).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("spans", () => {
  test("the text of a form's span reads to that form, and lies within its parent's", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { forms } = read(text, { tags });
        let before = 0;
        for (const top of forms) {
          expect(spanOf(top).start).toBeGreaterThanOrEqual(before);
          before = spanOf(top).end;
          for (const form of inside(top)) {
            const { start, end } = spanOf(form);
            expect(start).toBeGreaterThanOrEqual(spanOf(top).start);
            expect(end).toBeLessThanOrEqual(spanOf(top).end);
            if (form.type === "symbol" && /^[#'`,]/.test(text.slice(start, end))) continue;
            const again = read(text.slice(start, end), { tags });
            expect(again.errors).toEqual([]);
            expect(formsEqual(again.forms[0] as Form, form)).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** All that a read says, without identities. */
function told(result: ReadResult): unknown {
  return {
    text: result.source.text,
    errors: result.errors,
    forms: result.forms.map((form) => [...inside(form)].map((f) => [f.type, spanOf(f), printForm(f)])),
  };
}

const edit = fc.record({
  at: fc.nat(),
  drop: fc.nat({ max: 12 }),
  insert: fc.oneof(fc.constant(""), anyText),
});

describe("reading again", () => {
  test("equals a full read after any edits", () => {
    fc.assert(
      fc.property(anyText, fc.array(edit, { minLength: 1, maxLength: 6 }), (start, edits) => {
        let text = start;
        let result = read(text, { tags });
        for (const { at, drop, insert } of edits) {
          const from = at % (text.length + 1);
          text = text.slice(0, from) + insert + text.slice(from + drop);
          result = reread(result, text, { tags });
          expect(told(result)).toEqual(told(read(text, { tags })));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("keeps every form that the edits leave alone, one edit or several", () => {
    const forms = fc.uniqueArray(anyForm, { minLength: 1, maxLength: 8, selector: printForm });
    const changes = fc.array(fc.tuple(fc.nat(), anyForm), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(forms, changes, (made, edits) => {
        const lines = made.map(printForm);
        const first = read(lines.join("\n\n"));
        const before = [...first.forms];
        const changed = new Set<number>();
        for (const [at, other] of edits) {
          const line = at % lines.length;
          changed.add(line);
          lines[line] = `; edited\n${printForm(other)} ; so`;
        }
        const second = reread(first, lines.join("\n\n"));
        expect(second.errors).toEqual([]);
        for (let i = 0; i < lines.length; i++) {
          // An edit may have made a twin of another form, and have taken its place.
          const twin = edits.some(([, other]) => printForm(other) === lines[i]);
          if (!changed.has(i) && !twin) expect(second.forms[i]).toBe(before[i]);
        }
      }),
    );
  });

  test("keeps forms that change places, and each of several that look alike", () => {
    const first = read("(a)\n(b)\n(c)\n(c)\n(d)");
    const [a, b, c, c2, d] = first.forms;
    const second = reread(first, "(b)\n(c)\n(x)\n(c)\n(d)\n(a)");
    expect(second.forms.map((form) => [a, b, c, c2, d].indexOf(form))).toEqual([1, 2, -1, 3, 4, 0]);
  });

  test("keeps forms over a mistake and its mending", () => {
    const good = "(define a 1)\n(define b (f 2))\n(define c 3)\n";
    const first = read(good);
    const [a, b, c] = first.forms;
    const broken = reread(first, good.replace("(f 2))", "(f 2)"));
    expect(broken.errors.map((e) => e.code)).toEqual(["unclosed"]);
    expect(broken.forms).toEqual([a, c]);
    expect(broken.forms[0]).toBe(a);
    const mended = reread(broken, good);
    expect(mended.forms[0]).toBe(a);
    expect(mended.forms[1]).not.toBe(b);
    expect(mended.forms[1]).toEqual(b);
  });

  test("moves the places of what it keeps", () => {
    const first = read("(a)\n(b)", { file: "f.sx" });
    const b = first.forms[1] as Form;
    reread(first, "(longer)\n\n(b)");
    expect(spanOf(b)).toEqual({
      file: "f.sx",
      start: 10,
      end: 13,
      line: 3,
      column: 1,
      endLine: 3,
      endColumn: 4,
    });
  });

  test("refuses a result that is not the last of its source", () => {
    const first = read("(a)");
    reread(first, "(b)");
    expect(() => reread(first, "(c)")).toThrow(/last result/);
  });
});
