/** CRC-32. A call into zlib costs as much as some dozens of bytes here, and keys and most values are short. */
import { crc32 } from "node:zlib";

const SHORT = 64;

/** Sarwate's table, for the reversed polynomial. */
const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The checksum of what `seed` is the checksum of, followed by these bytes. O(n). */
export function crcOf(bytes: Uint8Array, seed = 0): number {
  if (bytes.length > SHORT) return crc32(bytes, seed);
  let crc = ~seed;
  for (let i = 0; i < bytes.length; i++) crc = step(crc, bytes[i] ?? 0);
  return ~crc >>> 0;
}

export function crcOfByte(byte: number, seed: number): number {
  return ~step(~seed, byte) >>> 0;
}

function step(crc: number, byte: number): number {
  return (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
}
