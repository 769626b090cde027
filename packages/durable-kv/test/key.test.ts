import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeKey, encodeKey, type Key, KvError, MAX_KEY_BYTES, type Part, showKey } from "../src/index.ts";
import { extensionsOf } from "../src/key.ts";

const string = fc.string({ unit: "binary", maxLength: 12 }).filter((s) => s.isWellFormed());
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  string,
  fc.constantFrom("", "\0", "a", "a\0", "a\0b", "ab", "\u{ffff}", "\u{10000}"),
  fc.uint8Array({ maxLength: 12 }),
);
const key: fc.Arbitrary<Key> = fc.array(part, { maxLength: 4 });

/** The order of keys, said slowly. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i] as Part, b[i] as Part);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
function compareParts(a: Part, b: Part): number {
  const rank = (p: Part): number =>
    p === null
      ? 0
      : p instanceof Uint8Array
        ? 6
        : p === false
          ? 1
          : p === true
            ? 2
            : { number: 3, bigint: 4, string: 5 }[typeof p as "number"];
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (typeof a === "string" && typeof b === "string") {
    const [x, y] = [Array.from(a), Array.from(b)].map((chars) => chars.map((c) => c.codePointAt(0) ?? 0)) as [
      number[],
      number[],
    ];
    for (let i = 0; i < Math.min(x.length, y.length); i++)
      if (x[i] !== y[i]) return (x[i] ?? 0) - (y[i] ?? 0);
    return x.length - y.length;
  }
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}

describe("key codec", () => {
  test("bytes are in the order of keys", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b)))).toBe(Math.sign(compareKeys(a, b)));
      }),
      { numRuns: 3000 },
    );
  });

  test("keys come back, -0 as 0", () => {
    const expected = (k: Key): Key => k.map((p) => (p === 0 ? 0 : p));
    fc.assert(
      fc.property(key, (k) => {
        expect(decodeKey(encodeKey(k))).toStrictEqual(expected(k));
      }),
      { numRuns: 2000 },
    );
    expect(decodeKey(encodeKey([-0]))).toStrictEqual([0]);
    for (const k of [[Infinity], [-Infinity], [Number.MIN_VALUE], [2 ** 53]])
      expect(decodeKey(encodeKey(k))).toEqual(k);
  });

  test("a prefix's range has its extensions and nothing else", () => {
    fc.assert(
      fc.property(key, key, fc.boolean(), (prefix, other, extend) => {
        const k = extend ? [...prefix, ...other] : other;
        const { start, end } = extensionsOf(encodeKey(prefix));
        const bytes = encodeKey(k);
        const inside = Buffer.compare(bytes, start) >= 0 && Buffer.compare(bytes, end) < 0;
        const extension = k.length > prefix.length && compareKeys(k.slice(0, prefix.length), prefix) === 0;
        expect(inside).toBe(extension);
      }),
      { numRuns: 2000 },
    );
  });

  test("damaged bytes are refused or decode, never hang or crash", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeKey(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "corrupt" });
        }
      }),
    );
  });

  test.each<[unknown, string]>([
    [[Number.NaN], "Part 0 of a key is NaN"],
    [["ok", "\ud800"], "Part 1 of a key has half a surrogate pair"],
    [["é\udc00"], "half a surrogate pair"],
    [[undefined], "Part 0 of a key is undefined"],
    [[{}], "is an object (Object)"],
    [[["a"]], "is an array"],
    [["x".repeat(MAX_KEY_BYTES + 1)], `longer than ${MAX_KEY_BYTES}`],
    [["é".repeat(MAX_KEY_BYTES)], `longer than ${MAX_KEY_BYTES}`],
    [["\0".repeat(MAX_KEY_BYTES)], `longer than ${MAX_KEY_BYTES}`],
    [Array(MAX_KEY_BYTES).fill(1), `longer than ${MAX_KEY_BYTES}`],
    [[2n ** BigInt(8 * MAX_KEY_BYTES)], `longer than ${MAX_KEY_BYTES}`],
  ])("%# is refused", (wrong, message) => {
    const encode = (): unknown => encodeKey(wrong as Key);
    expect(encode).toThrow(KvError);
    expect(encode).toThrow(message);
  });

  test("a key is shown as people would write it", () => {
    expect(showKey(["post", 1, 2n, null, true, new Uint8Array([1, 2])])).toBe(
      '("post" 1 2n nil true #bytes "AQI=")',
    );
  });
});
