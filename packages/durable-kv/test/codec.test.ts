import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCodec, defaultCodec, type Extension, KvError } from "../src/index.ts";

const { encode, decode } = defaultCodec;

const string = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom("", "__proto__", "constructor", "é".repeat(40)),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(
      null,
      true,
      false,
      0,
      -0,
      127,
      128,
      -1,
      2 ** 31,
      -(2 ** 53) + 1,
      2 ** 53 - 1,
      2 ** 53,
      Number.NaN,
      Infinity,
      -Infinity,
      0.1,
    ),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.bigInt(),
    string,
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(string, tie("value"), { noNullPrototype: true }),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
    fc.array(tie("value")).map((items) => new Set(items)),
  ),
}));

describe("default codec", () => {
  test("values come back exactly", () => {
    fc.assert(
      fc.property(value, (v) => {
        const back = decode(encode(v));
        // Vitest's own comparison stumbles over a key named "constructor".
        deepStrictEqual(back, v);
        // The order of keys, too.
        expect(encode(back)).toEqual(encode(v));
      }),
      { numRuns: 2000 },
    );
  });

  test("the key __proto__ is a key like others", () => {
    const object = JSON.parse('{"__proto__": {"polluted": true}, "b": 1}') as object;
    const back = decode(encode(object)) as object;
    expect(Object.keys(back)).toEqual(["__proto__", "b"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  test("an object without a prototype comes back as a plain one", () => {
    expect(decode(encode(Object.assign(Object.create(null), { a: 1 })))).toStrictEqual({ a: 1 });
  });

  test("a decoded value shares no bytes with what it was read from", () => {
    const bytes = encode([new Uint8Array([1, 2, 3])]);
    const [back] = decode(bytes) as [Uint8Array];
    bytes.fill(0);
    expect(back).toEqual(new Uint8Array([1, 2, 3]));
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const deep = (n: number): unknown => (n === 0 ? 1 : [deep(n - 1)]);
  test.each<[string, unknown, string]>([
    ["undefined", undefined, "Cannot store undefined"],
    ["a function", { tags: [1, () => 1] }, "Cannot store a function, at tags[1]"],
    ["a symbol", [Symbol("s")], "Cannot store a symbol, at [0]"],
    ["a date", { "created at": new Date() }, 'Cannot store an object (Date), at ["created at"]'],
    ["an instance", new (class Post {})(), "Cannot store an object (Post)"],
    ["undefined inside", { a: undefined }, "Cannot store undefined, at a"],
    ["half a character", { a: ["\ud800"] }, "half a surrogate pair, at a[0]"],
    ["half a character in a key", { "\udc00": 1 }, "half a surrogate pair"],
    ["a cycle", cycle, "nested more than 1000 deep (or in a cycle)"],
    ["too deep", deep(1001), "nested more than 1000 deep"],
    ["a map's value", new Map([["k", Symbol("s")]]), 'a symbol, at get("k")'],
  ])("%s is refused with the path to it", (_, wrong, message) => {
    expect(() => encode(wrong)).toThrow(KvError);
    expect(() => encode(wrong)).toThrow(message);
  });

  test("the deepest that is accepted comes back", () => {
    expect(decode(encode(deep(1000)))).toEqual(deep(1000));
  });

  test("bytes of another codec are refused or decode, never hang or crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "corrupt" });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("extensions", () => {
  class Symbol2 {
    readonly name: string;
    constructor(name: string) {
      this.name = name;
    }
  }
  const symbols: Extension<Symbol2> = {
    tag: 1,
    is: (value) => value instanceof Symbol2,
    encode: ({ name }) => name,
    decode: (content) => new Symbol2(String(content)),
  };
  const boxes: Extension<WeakRef<object>> = {
    tag: 2,
    is: (value) => value instanceof WeakRef,
    // Uses a codec itself, in the middle of being used by one.
    encode: (value) => inner.encode(value.deref()),
    decode: (content) => new WeakRef(inner.decode(content as Uint8Array) as object),
  };
  const inner = createCodec([symbols]);
  const codec = createCodec([symbols, boxes]);

  test("come back as what they are, anywhere in a value", () => {
    const held = [new Symbol2("inside"), "x".repeat(5000)];
    const value = {
      a: [new Symbol2("plus"), 1],
      b: new Map([[new Symbol2("k"), new Set([2])]]),
      c: new WeakRef(held),
      d: "after",
    };
    const back = codec.decode(codec.encode(value)) as typeof value;
    expect(back.a).toEqual([new Symbol2("plus"), 1]);
    expect([...back.b.keys()][0]).toBeInstanceOf(Symbol2);
    expect(back.c.deref()).toEqual(held);
    expect(back.d).toBe("after");
  });

  test("belong to one codec: another refuses what it does not know, and does not misread it", () => {
    expect(() => defaultCodec.encode([new Symbol2("s")])).toThrow("Cannot store an object (Symbol2), at [0]");
    expect(() => defaultCodec.decode(codec.encode(new Symbol2("s")))).toThrow("there is no extension 1");
    expect(() => createCodec([symbols, symbols])).toThrow("Two extensions have the tag 1");
    expect(() => createCodec([{ ...symbols, tag: 256 }])).toThrow("is a byte");
  });
});
