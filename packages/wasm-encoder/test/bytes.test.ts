import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../src/index.ts";
import { hex } from "./helpers.ts";

function written(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter();
  write(w);
  return w.toBytes();
}

/** LEB128 read back the way the specification defines it: bigint arithmetic, no 32-bit tricks. */
function decode(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n;
  let shift = 0n;
  for (const [i, byte] of bytes.entries()) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    const last = i === bytes.length - 1;
    if (((byte & 0x80) === 0) !== last) throw new Error("continuation bit");
    if (last && signed && (byte & 0x40) !== 0) value -= 1n << shift;
  }
  return value;
}

test("the examples of the DWARF specification, where LEB128 comes from", () => {
  expect(hex(written((w) => w.u32(2)))).toBe("02");
  expect(hex(written((w) => w.u32(127)))).toBe("7f");
  expect(hex(written((w) => w.u32(128)))).toBe("80 01");
  expect(hex(written((w) => w.u32(12857)))).toBe("b9 64");
  expect(hex(written((w) => w.s32(2)))).toBe("02");
  expect(hex(written((w) => w.s32(-2)))).toBe("7e");
  expect(hex(written((w) => w.s32(127)))).toBe("ff 00");
  expect(hex(written((w) => w.s32(-127)))).toBe("81 7f");
  expect(hex(written((w) => w.s32(128)))).toBe("80 01");
  expect(hex(written((w) => w.s32(-128)))).toBe("80 7f");
  expect(hex(written((w) => w.s32(-129)))).toBe("ff 7e");
  expect(hex(written((w) => w.s32(-1)))).toBe("7f");
  expect(hex(written((w) => w.s32(64)))).toBe("c0 00");
  expect(hex(written((w) => w.s32(-64)))).toBe("40");
});

test("u32 reads back, in as few bytes as can be", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (n) => {
      const bytes = written((w) => w.u32(n));
      expect(decode(bytes, false)).toBe(BigInt(n));
      expect(bytes.length).toBe(Math.max(1, Math.ceil(n.toString(2).length / 7)));
    }),
  );
});

test("s32 reads back", () => {
  fc.assert(
    fc.property(fc.integer({ min: -0x80000000, max: 0x7fffffff }), (n) => {
      const bytes = written((w) => w.s32(n));
      expect(decode(bytes, true)).toBe(BigInt(n));
      expect(bytes.length).toBeLessThanOrEqual(5);
    }),
  );
  expect(
    decode(
      written((w) => w.s32(0xffffffff)),
      true,
    ),
  ).toBe(-1n);
});

test("s64 reads back", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
      expect(
        decode(
          written((w) => w.s64(n)),
          true,
        ),
      ).toBe(n);
    }),
  );
  expect(
    decode(
      written((w) => w.s64(2n ** 64n - 1n)),
      true,
    ),
  ).toBe(-1n);
});

test("what does not fit throws", () => {
  for (const n of [-1, 2 ** 32, 0.5, Number.NaN]) expect(() => written((w) => w.u32(n))).toThrow(RangeError);
  for (const n of [-(2 ** 31) - 1, 2 ** 32, 0.5]) expect(() => written((w) => w.s32(n))).toThrow(RangeError);
  for (const n of [-(2n ** 63n) - 1n, 2n ** 64n]) expect(() => written((w) => w.s64(n))).toThrow(RangeError);
});

test("floats are little-endian; names are UTF-8 with a length in bytes", () => {
  expect(hex(written((w) => w.f64(1)))).toBe("00 00 00 00 00 00 f0 3f");
  expect(hex(written((w) => w.f32(-2)))).toBe("00 00 00 c0");
  expect(hex(written((w) => w.name("é")))).toBe("02 c3 a9");
});

test("a writer grows, and appends another", () => {
  const a = new ByteWriter();
  for (let i = 0; i < 1000; i++) a.byte(i & 0xff);
  const b = new ByteWriter();
  b.byte(1);
  b.append(a);
  expect(b.length).toBe(1001);
  expect(Array.from(b.toBytes().slice(0, 4))).toEqual([1, 0, 1, 2]);
});
