/** Our checksum of short bytes is zlib's. */
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crcOf, crcOfByte } from "../src/crc.ts";

test("the checksum is zlib's, whatever the length and what came before", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 130 }),
      fc.uint8Array({ maxLength: 80 }),
      fc.nat(255),
      (a, b, byte) => {
        expect(crcOf(b, crcOf(a))).toBe(crc32(b, crc32(a)));
        expect(crcOfByte(byte, crcOf(a))).toBe(crc32(Uint8Array.of(byte), crc32(a)));
      },
    ),
  );
});
