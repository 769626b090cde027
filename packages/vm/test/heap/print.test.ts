import { type Form, read } from "@sorbus/reader";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  closure,
  cons,
  dictFrom,
  EMPTY,
  EMPTY_DICT,
  equal,
  FALSE,
  fromArray,
  HashTable,
  inspect,
  inspectBriefly,
  KIND,
  kindOf,
  list,
  NIL,
  PRINT,
  record,
  recordSet,
  SxSet,
  str,
  TRUE,
  vector,
  vectorSet,
} from "../../src/heap/index.ts";
import {
  Applicable,
  Condition,
  Deferred,
  intern,
  Markup,
  RecordType,
  TrustedUrl,
  type Value,
} from "../../src/heap/value.ts";
import { number, POINT } from "./arbitrary.ts";

const f = closure({ name: "f", kind: "function" }, []);

test.each<[Value, string]>([
  [NIL, "nil"],
  [TRUE, "true"],
  [FALSE, "false"],
  [2, "2"],
  [0.1, "0.1"],
  [1e21, "1e+21"],
  [-0, "-0"],
  [10n, "10n"],
  [-10n, "-10n"],
  ["a\n", '"a\\n"'],
  ['say "hi" \\', '"say \\"hi\\" \\\\"'],
  [intern("foo"), "foo"],
  [EMPTY, "()"],
  [list(1, 2, list(3)), "(1 2 (3))"],
  [cons(1, list("x")), '(1 "x")'],
  [EMPTY_DICT, "{}"],
  [
    dictFrom([
      ["a", 1],
      ["not a keyword", 2],
    ]),
    '{:a 1 "not a keyword" 2}',
  ],
  [dictFrom([["", 1]]), '{"" 1}'],
  [vector([1, 2]), "#vector (1 2)"],
  [vector([]), "#vector ()"],
  [SxSet.from([1, 2]), "#set (1 2)"],
  [new Uint8Array([104, 105]), '#bytes "aGk="'],
  [f, "#<fn f>"],
  [closure({ name: "", kind: "function" }, []), "#<fn>"],
  [closure({ name: "~card", kind: "component" }, []), "#<component ~card>"],
  [new Markup("<p>hi</p>"), '#markup "<p>hi</p>"'],
  [new Markup(["<p>", "hi</p>"]), '#markup "<p>hi</p>"'],
  [new Markup(["<p>", new Deferred(f), "</p>"]), '#markup "<p>…</p>"'],
  [record(POINT, [1, list(2)]), "#<point x: 1 y: (2)>"],
  [record(new RecordType("unit", []), []), "#<unit>"],
  [POINT, "#<record-type point>"],
  [new Condition("user", 'a "b"', list(1)), '#<condition user "a \\"b\\"">'],
  [new Applicable("continuation", f), "#<continuation>"],
  [new TrustedUrl("javascript:0"), '#<trusted-url "javascript:0">'],
  [new Map(), "#<host Map>"],
  [{}, "#<host>"],
  [{ [PRINT]: () => "#<mine>", [KIND]: () => "macro" }, "#<mine>"],
])("inspect %#", (v, text) => {
  expect(inspect(v)).toBe(text);
});

test("inspect of a hash table", () => {
  const t = new HashTable();
  t.set(1, "a");
  t.set(list(2), t);
  expect(inspect(t)).toBe('#hash-table ((1 "a") ((2) #<cycle>))');
});

test.each<[Value, string]>([
  ["a\n", "a\n"],
  [NIL, ""],
  [TRUE, "true"],
  [FALSE, "false"],
  [2, "2"],
  [1e21, "1e+21"],
  [-0, "0"],
  [10n, "10"],
  [intern("foo"), "foo"],
  [list("a", NIL), '("a" nil)'],
  [dictFrom([["a", "b"]]), '{:a "b"}'],
  [new Markup(["<p>", "hi</p>"]), "<p>hi</p>"],
])("str %#", (v, text) => {
  expect(str(v)).toBe(text);
});

test("str of markup raises what it refused, and has no text for what comes later", () => {
  expect(() => str(new Markup("x", new Condition("url", "refused", EMPTY)))).toThrow("url: refused");
  expect(() => str(new Markup([new Deferred(f)]))).toThrow(/render-to-html/);
});

test("kinds", () => {
  const kinds: [Value, string][] = [
    [NIL, "nil"],
    [TRUE, "boolean"],
    [1, "number"],
    [1n, "bigint"],
    ["", "string"],
    [intern("a"), "symbol"],
    [EMPTY, "list"],
    [list(1), "list"],
    [cons(1, EMPTY), "list"],
    [vector([]), "vector"],
    [EMPTY_DICT, "dict"],
    [new HashTable(), "hash-table"],
    [SxSet.from([]), "set"],
    [new Uint8Array(), "bytes"],
    [f, "function"],
    [closure({ name: "~c", kind: "component" }, []), "component"],
    [new Markup(""), "markup"],
    [new Applicable("continuation", f), "continuation"],
    [new Applicable("parameter", f), "parameter"],
    [record(POINT, [1, 2]), "record"],
    [POINT, "record-type"],
    [new Condition("user", "", EMPTY), "condition"],
    [new TrustedUrl(""), "trusted-url"],
    [new Map(), "host"],
    [{ [KIND]: () => "macro" }, "macro"],
  ];
  for (const [v, kind] of kinds) expect(kindOf(v)).toBe(kind);
});

test("what is inside itself prints", () => {
  const v = vector([1, 2]);
  vectorSet(v, 1, list(v));
  expect(inspect(v)).toBe("#vector (1 (#<cycle>))");
  const shared = vector([1]);
  expect(inspect(list(shared, shared))).toBe("(#vector (1) #vector (1))");
  const r = record(POINT, [1, 2]);
  recordSet(r, 0, r);
  expect(inspect(r)).toBe("#<point x: #<cycle> y: 2>");
});

test("depth 100,000 and length 1,000,000", () => {
  let deep: Value = 1;
  for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? list(deep) : dictFrom([["a", deep]]);
  expect(inspect(deep).length).toBe(50_000 * 2 + 50_000 * 5 + 1);
  const long = fromArray(Array.from({ length: 1_000_000 }, () => 1));
  expect(inspect(long).length).toBe(2_000_001);
  expect(inspectBriefly(long, 10)).toBe("(1 1 1 1 …");
  expect(inspectBriefly(list(1), 10)).toBe("(1)");
});

/** What the reader gives for data, as values. */
function value(form: Form): Value {
  switch (form.type) {
    case "list":
      return fromArray(form.items.map(value));
    case "dict": {
      const items = form.items.map(value);
      return dictFrom(
        items.flatMap((k, i): [string, Value][] =>
          i % 2 === 0 ? [[k as string, items[i + 1] as Value]] : [],
        ),
      );
    }
    case "symbol":
      return intern(form.name);
    case "keyword":
      return form.name;
    case "string":
    case "number":
    case "bigint":
      return form.value;
    case "boolean":
      return form.value ? TRUE : FALSE;
    case "nil":
      return NIL;
    default:
      throw new Error(`unexpected ${form.type}`);
  }
}

test("data read back", () => {
  const text = fc.string({ unit: "binary", maxLength: 10 });
  const units = fc.array(fc.nat(0xffff), { maxLength: 6 }).map((codes) => String.fromCharCode(...codes));
  const data = fc.letrec<{ v: Value }>((tie) => ({
    v: fc.oneof(
      { depthSize: "small" },
      number.filter((n) => Number.isFinite(n)),
      fc.bigInt(),
      text,
      units,
      fc.constantFrom<Value>(NIL, TRUE, FALSE, intern("foo"), intern("->x")),
      fc.array(tie("v"), { maxLength: 4 }).map(fromArray),
      fc
        .array(fc.tuple(fc.oneof(text, fc.constantFrom("a", "a-b?", "1", "x/y")), tie("v")), { maxLength: 4 })
        .map(dictFrom),
    ),
  })).v;
  fc.assert(
    fc.property(data, (v) => {
      const { forms, errors } = read(inspect(v), { file: "t" });
      expect(errors).toEqual([]);
      expect(forms.length).toBe(1);
      expect(equal(value(forms[0] as Form), v)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
