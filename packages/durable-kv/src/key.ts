/**
 * Keys as bytes, so that comparing bytes compares keys: part by part, and a key before its extensions.
 *
 * Parts of different types are ordered nil, false, true, numbers, bigints, strings, bytes. Numbers are in
 * numeric order, strings by code point, bytes as bytes. `-0` is the key `0`. Each part is self-delimiting, so
 * that the bytes of a key begin with those of its prefixes: that is what namespaces and prefix scans use. The
 * escaping of zero bytes is that of FoundationDB's tuple layer.
 */
import { type KvError, kvError } from "./errors.ts";
import { type Versionstamp, versionstamp } from "./version.ts";

export type Part = null | boolean | number | bigint | string | Uint8Array | Versionstamp;
export type Key = readonly Part[];

/**
 * The longest key, in encoded bytes, with the parts of its namespace: an ASCII string takes its length and 2, a number
 * 9. PostgreSQL's indexes take no more than 2,700.
 */
export const MAX_KEY_BYTES = 2048;

/** First byte of each part; all are below `PAST_PARTS`. A 0x00 ends strings. */
const TAG = {
  nil: 0x02,
  false: 0x04,
  true: 0x05,
  number: 0x08,
  negativeBigint: 0x0c,
  zeroBigint: 0x0d,
  positiveBigint: 0x0e,
  string: 0x20,
  bytes: 0x28,
} as const;

/** No part begins with it, nor with anything above. */
const PAST_PARTS = 0xff;
/** All parts begin above it; a key followed by it sorts after the key and before its extensions. */
const BEFORE_PARTS = 0x01;

const scratch = Buffer.allocUnsafeSlow(MAX_KEY_BYTES + 16);
const scratchView = new DataView(scratch.buffer);
let position = 0;

/**
 * @param prefix already encoded, of the namespace
 * @throws KvError "key"
 */
export function encodeKey(key: Key, prefix?: Uint8Array): Uint8Array {
  position = 0;
  if (prefix !== undefined) {
    if (prefix.length > MAX_KEY_BYTES) throw tooLong();
    scratch.set(prefix);
    position = prefix.length;
  }
  for (let i = 0; i < key.length; i++) writePart(key[i], i);
  if (position > MAX_KEY_BYTES) throw tooLong();
  return Uint8Array.prototype.slice.call(scratch, 0, position);
}

function writePart(part: unknown, index: number): void {
  room(9);
  switch (typeof part) {
    case "string":
      writeString(part, index);
      return;
    case "number":
      if (Number.isNaN(part))
        throw kvError("key", `Part ${index} of a key is NaN, which has no place in an order`);
      writeNumber(part);
      return;
    case "boolean":
      scratch[position++] = part ? TAG.true : TAG.false;
      return;
    case "bigint":
      writeBigint(part);
      return;
    default:
      if (part === null) scratch[position++] = TAG.nil;
      else if (part instanceof Uint8Array) writeEscaped(TAG.bytes, part);
      else
        throw kvError(
          "key",
          `Part ${index} of a key is ${describe(part)}; a part is nil, a boolean, a number, a bigint, a string or bytes`,
        );
  }
}

function room(bytes: number): void {
  if (position + bytes > scratch.length) throw tooLong();
}

const tooLong = (): KvError => kvError("key", `A key is longer than ${MAX_KEY_BYTES} bytes`);

function writeString(part: string, index: number): void {
  const { length } = part;
  if (length > MAX_KEY_BYTES) throw tooLong();
  const start = position;
  scratch[position++] = TAG.string;
  for (let i = 0; i < length; i++) {
    const unit = part.charCodeAt(i);
    if (unit >= 0x80) {
      if (!part.isWellFormed()) throw kvError("key", `Part ${index} of a key has half a surrogate pair`);
      position = start;
      writeEscaped(TAG.string, Buffer.from(part));
      return;
    }
    room(3);
    scratch[position++] = unit;
    if (unit === 0) scratch[position++] = 0xff;
  }
  scratch[position++] = 0;
}

function writeEscaped(tag: number, bytes: Uint8Array): void {
  scratch[position++] = tag;
  for (const byte of bytes) {
    room(3);
    scratch[position++] = byte;
    if (byte === 0) scratch[position++] = 0xff;
  }
  room(1);
  scratch[position++] = 0;
}

/** Big-endian; the sign bit flipped, and the rest too if it is negative, so that bytes order as numbers. */
function writeNumber(part: number): void {
  scratch[position] = TAG.number;
  scratchView.setFloat64(position + 1, part === 0 ? 0 : part);
  const negative = (scratch[position + 1] ?? 0) >= 0x80;
  if (negative) for (let i = 1; i <= 8; i++) scratch[position + i] = ~(scratch[position + i] ?? 0);
  else scratch[position + 1] = (scratch[position + 1] ?? 0) ^ 0x80;
  position += 9;
}

/** Length, then magnitude, both inverted if negative: longer is larger, or smaller. */
function writeBigint(part: bigint): void {
  if (part === 0n) {
    scratch[position++] = TAG.zeroBigint;
    return;
  }
  const negative = part < 0n;
  const hex = (negative ? -part : part).toString(16);
  const length = (hex.length + 1) >> 1;
  if (length > MAX_KEY_BYTES) throw tooLong();
  room(3 + length);
  const flip = negative ? 0xff : 0;
  scratch[position++] = negative ? TAG.negativeBigint : TAG.positiveBigint;
  scratch[position++] = (length >> 8) ^ flip;
  scratch[position++] = (length & 0xff) ^ flip;
  const digits = hex.padStart(2 * length, "0");
  for (let i = 0; i < length; i++)
    scratch[position++] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16) ^ flip;
}

/** @throws KvError "corrupt" when the bytes are not an encoded key */
export function decodeKey(bytes: Uint8Array, from = 0): Part[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Part[] = [];
  let at = from;

  const byte = (): number => {
    const b = bytes[at++];
    if (b === undefined) throw malformed();
    return b;
  };
  const escaped = (): Uint8Array => {
    const out: number[] = [];
    for (;;) {
      const b = byte();
      if (b !== 0) out.push(b);
      else if (bytes[at] === 0xff) {
        out.push(0);
        at++;
      } else return Uint8Array.from(out);
    }
  };

  while (at < bytes.length) {
    const tag = byte();
    switch (tag) {
      case TAG.nil:
        parts.push(null);
        break;
      case TAG.false:
      case TAG.true:
        parts.push(tag === TAG.true);
        break;
      case TAG.number: {
        if (at + 8 > bytes.length) throw malformed();
        const high = view.getUint32(at);
        const low = view.getUint32(at + 4);
        at += 8;
        scratchView.setUint32(0, high >= 0x8000_0000 ? high ^ 0x8000_0000 : ~high);
        scratchView.setUint32(4, high >= 0x8000_0000 ? low : ~low);
        parts.push(scratchView.getFloat64(0));
        break;
      }
      case TAG.zeroBigint:
        parts.push(0n);
        break;
      case TAG.negativeBigint:
      case TAG.positiveBigint: {
        const flip = tag === TAG.negativeBigint ? 0xff : 0;
        const length = ((byte() ^ flip) << 8) | (byte() ^ flip);
        let hex = "";
        for (let i = 0; i < length; i++) hex += (byte() ^ flip).toString(16).padStart(2, "0");
        const magnitude = BigInt(`0x${hex === "" ? "0" : hex}`);
        parts.push(flip === 0 ? magnitude : -magnitude);
        break;
      }
      case TAG.string:
        parts.push(Buffer.from(escaped()).toString());
        break;
      case TAG.bytes:
        parts.push(escaped());
        break;
      default:
        throw malformed();
    }
  }
  return parts;
}

const malformed = (): KvError =>
  kvError("corrupt", "A stored key is damaged: its bytes are not an encoded key");

/** Keys from `start` (inclusive) up to `end` (exclusive), as bytes. */
export interface ByteRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** All keys that begin with the encoded parts and have more. */
export function extensionsOf(prefix: Uint8Array): ByteRange {
  return { start: withByte(prefix, BEFORE_PARTS), end: withByte(prefix, PAST_PARTS) };
}

/** The place right after a key: the least bytes that are greater. */
export function after(key: Uint8Array): Uint8Array {
  return withByte(key, 0);
}

function withByte(bytes: Uint8Array, byte: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  longer[bytes.length] = byte;
  return longer;
}

export function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The bytes that a versionstamp takes as the last part of a key: a string of twenty digits. */
export const STAMP_BYTES = 22;

/** The key that is `prefix` and the versionstamp of that commit and place in it. */
export function stampedKey(prefix: Uint8Array, version: number, order: number): Uint8Array {
  const digits = Buffer.from(versionstamp(version, order), "latin1");
  const key = new Uint8Array(prefix.length + STAMP_BYTES);
  key.set(prefix);
  key[prefix.length] = TAG.string;
  key.set(digits, prefix.length + 1);
  return key;
}

export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

export const within = (key: Uint8Array, { start, end }: ByteRange): boolean =>
  compareBytes(key, start) >= 0 && compareBytes(key, end) < 0;

/** A key for messages: `("post" 1)`. */
export function showKey(key: Key): string {
  return `(${key.map(showPart).join(" ")})`;
}

function showPart(part: Part): string {
  if (part instanceof Uint8Array) return `#bytes "${Buffer.from(part).toString("base64")}"`;
  if (typeof part === "string") return JSON.stringify(part);
  if (typeof part === "bigint") return `${part}n`;
  return part === null ? "nil" : String(part);
}

/** What something is, for messages. */
export function describe(value: unknown): string {
  if (value === null) return "nil";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return `an object (${value.constructor?.name ?? "without a class"})`;
  if (value === undefined) return "undefined";
  return `a ${typeof value}`;
}
