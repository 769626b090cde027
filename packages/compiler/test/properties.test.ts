/** Laws that hold for any form. */
import { printForm, read } from "@sorbus/reader";
import { Raise } from "@sorbus/vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { printCore, specialForms } from "../src/index.ts";
import { World } from "./world.ts";

const name = fc.constantFrom(
  "x",
  "y",
  "f",
  "map",
  "div",
  "else",
  "&rest",
  "&key",
  "_",
  "=>",
  "~c",
  "t#",
  "%all",
  "m",
);
const atom = fc.oneof(
  name,
  fc.constantFrom("1", '"s"', ":k", ":when", ":as", "nil", "true", "2n", "#vector (1 x)", "'q"),
);
const head = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...specialForms.keys()) },
  { weight: 1, arbitrary: name },
);
/** Any text of well-formed parentheses, with special forms in operator position more often than not. */
const form = fc.letrec<{ form: string }>((tie) => ({
  form: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    atom,
    fc.tuple(head, fc.array(tie("form"), { maxLength: 5 })).map(([h, rest]) => `(${[h, ...rest].join(" ")})`),
    fc.array(tie("form"), { maxLength: 4 }).map((items) => `[${items.join(" ")}]`),
    fc
      .array(fc.tuple(fc.constantFrom(":a", '"b"', ":keys"), tie("form")), { maxLength: 1 })
      .map((items) => `{${items.flat().join(" ")}}`),
    tie("form").map((f) => `\`${f}`),
    tie("form").map((f) => `,${f}`),
  ),
})).form;

test("expansion throws nothing but conditions, with a place", () => {
  fc.assert(
    fc.property(fc.array(form, { maxLength: 3 }), (forms) => {
      const world = new World({ development: true, diagnose: true, record: true });
      world.eval("(defmacro m (&rest xs) `(list ,@xs))");
      const { forms: read_, errors } = read(forms.join(" "), { file: "any.sx" });
      fc.pre(errors.length === 0);
      for (const one of read_) {
        try {
          for (const unit of world.expander.expandTopLevel(one, world.main)) {
            printCore(unit.core);
            expect(unit.contentHash).toMatch(/^[0-9a-f]{16}$/);
          }
        } catch (error) {
          if (!(error instanceof Raise))
            throw new Error(`${printForm(one)}: ${String(error)}`, { cause: error });
          expect(error.payload).toHaveProperty("span.file");
        }
      }
    }),
    { numRuns: 600 },
  );
});

test("expansion is a function of the text", () => {
  fc.assert(
    fc.property(form, (text) => {
      const hashes = [0, 1].map(() => {
        const world = new World();
        try {
          return world.expander
            .expandTopLevel(world.readForms(text)[0] as never, world.main)
            .map((u) => [u.contentHash, printCore(u.core)]);
        } catch (error) {
          return String(error);
        }
      });
      expect(hashes[0]).toEqual(hashes[1]);
    }),
    { numRuns: 150 },
  );
});
