/** Generators: forms of every kind, and texts from well-formed to garbage. */
import fc from "fast-check";
import {
  type Form,
  isKeywordName,
  isSymbolName,
  type ListForm,
  type Origin,
  PREFIX_NAMES,
} from "../src/index.ts";

const origin: Origin = { source: { file: "made", text: "" }, offset: 0 };
const place = { origin, start: 0, end: 0 };

const nameLike = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "x",
      "->",
      "html/map",
      "x#",
      "~card",
      "@",
      "@x",
      "...",
      "+",
      "-",
      "a.b",
      "%x",
      "set!",
      "é",
      "|",
      "\\",
      "..",
      "-a",
      ".a",
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }) },
);

const atom: fc.Arbitrary<Form> = fc.oneof(
  nameLike.filter(isSymbolName).map((name): Form => ({ type: "symbol", ...place, name })),
  nameLike.filter(isKeywordName).map((name): Form => ({ type: "keyword", ...place, name })),
  fc.string({ unit: "binary", maxLength: 12 }).map((value): Form => ({ type: "string", ...place, value })),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units): Form => ({ type: "string", ...place, value: String.fromCharCode(...units) })),
  fc
    .oneof(fc.double(), fc.integer(), fc.constantFrom(1e21, 5e-324, 2 ** 53))
    .map((value): Form => ({ type: "number", ...place, value })),
  fc.bigInt().map((value): Form => ({ type: "bigint", ...place, value })),
  fc.boolean().map((value): Form => ({ type: "boolean", ...place, value })),
  fc.constant<Form>({ type: "nil", ...place }),
  fc
    .uint8Array({ maxLength: 5 })
    .map((bytes): Form => tagged("bytes", { type: "string", ...place, value: base64(bytes) })),
);

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function tagged(tag: "vector" | "set" | "bytes", form: Form): Form {
  return { type: "tagged", ...place, tag, form };
}

function list(items: readonly Form[], bracket: "(" | "["): ListForm {
  return { type: "list", ...place, items, bracket };
}

function dict(pairs: readonly (readonly [Form, Form])[]): Form {
  const seen = new Set<string>();
  const items: Form[] = [];
  for (const [key, value] of pairs) {
    const name = key.type === "keyword" ? key.name : key.type === "string" ? key.value : undefined;
    if (name !== undefined && seen.has(name)) continue;
    if (name !== undefined) seen.add(name);
    items.push(key, value);
  }
  return { type: "dict", ...place, items };
}

type Prefix = NonNullable<ListForm["prefix"]>;

/** Any form that has a text. */
export const anyForm: fc.Arbitrary<Form> = fc.letrec<{ form: Form }>((tie) => ({
  form: fc.oneof(
    { maxDepth: 5, depthSize: "medium", withCrossShrink: true },
    atom,
    fc.array(tie("form"), { maxLength: 5 }).map((items): Form => list(items, "(")),
    fc.array(tie("form"), { maxLength: 5 }).map((items): Form => list(items, "[")),
    fc.array(fc.tuple(tie("form"), tie("form")), { maxLength: 4 }).map(dict),
    fc
      .tuple(fc.constantFrom(...(Object.keys(PREFIX_NAMES) as Prefix[])), tie("form"))
      .map(([prefix, inner]): Form => {
        const quote: Form = { type: "symbol", ...place, name: PREFIX_NAMES[prefix] };
        return { ...list([quote, inner], "("), prefix };
      }),
    fc
      .tuple(fc.constantFrom("vector" as const, "set" as const), fc.array(tie("form"), { maxLength: 4 }))
      .map(([tag, items]) => tagged(tag, list(items, "("))),
  ),
})).form;

/** Pieces that a text may be made of, wrong ones among them. */
const piece = fc.constantFrom(
  "(",
  ")",
  "(",
  ")",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "'",
  "`",
  ",",
  ",@",
  "#'",
  "#;",
  "#",
  "#|",
  "|",
  '"',
  '"',
  "\\",
  "\\q",
  "\\n",
  "\n",
  "\n",
  "\n\n",
  "\n(",
  "\n(",
  "\n  (",
  "\n  ",
  " ",
  " ",
  " ",
  "\t",
  "\r\n",
  ";",
  "; c\n",
  ";; comment (\n",
  "#!",
  "#<fn f>",
  "#t",
  "a",
  "b",
  "define",
  "let",
  "foo-bar",
  ":a",
  ":b",
  ":",
  ".",
  "1",
  "-2.5",
  "5/2",
  "10n",
  "1x2",
  "nil",
  "true",
  "#vector",
  "#set",
  "#bytes",
  "#tag",
  '"str"',
  '"a\nb"',
  '"\n("',
  "#|r\n(|",
  "\u0001",
  "\u00a0",
  "λ",
  "😀",
);

/** Anything at all that looks a little like a program. */
export const anyText: fc.Arbitrary<string> = fc
  .array(piece, { maxLength: 40, size: "max" })
  .map((pieces) => pieces.join(""));
