/**
 * Values as bytes. Around every value: a format byte and a checksum over key, format and content, because
 * SQLite notices few flipped bits by itself (2 of 150 in our measurement; with the checksum, 101).
 *
 * Numbers and bigints on their own have formats that need no codec: the committer adds to them where they
 * lie. Everything else is the codec's.
 */
import type { Codec } from "./codec.ts";
import { crcOf, crcOfByte } from "./crc.ts";
import { asKvError, kvError } from "./errors.ts";
import { decodeKey, STAMP_BYTES, showKey } from "./key.ts";

const FORMAT = { codec: 1, number: 2, bigint: 3 } as const;
/**
 * Added to the format of a value whose key ends in the version of its commit, which was not known when its
 * checksum was made: it covers the key up to there.
 */
const STAMPED = 0x80;
/** Format byte and CRC-32. */
const HEADER = 5;

/** The longest value, in encoded bytes. */
export const MAX_VALUE_BYTES: number = 64 * 2 ** 20;

/** @throws KvError "value" */
export function encodeValue(key: Uint8Array, value: unknown, codec: Codec): Uint8Array {
  if (typeof value === "number" || typeof value === "bigint") return encodeNumber(key, value);
  return envelope(key, FORMAT.codec, codec.encode(value));
}

/** A value for `setVersionstamped`. @throws KvError "value" */
export function encodeStamped(prefix: Uint8Array, value: unknown, codec: Codec): Uint8Array {
  const bytes = encodeValue(prefix, value, codec);
  return envelope(prefix, (bytes[0] ?? 0) | STAMPED, bytes.subarray(HEADER));
}

/** The same value for another key. @throws KvError "corrupt" without the key's name */
export function moved(from: Uint8Array, to: Uint8Array, bytes: Uint8Array): Uint8Array {
  return envelope(to, formatOf(bytes), opened(from, bytes));
}

/** @throws KvError "corrupt" without the key's name, if the bytes are not what was written for that key */
export function verifyValue(key: Uint8Array, bytes: Uint8Array): void {
  opened(key, bytes);
}

/**
 * What `add` makes of the value under a key (undefined: absent).
 *
 * @throws KvError "value" for what cannot be added, "corrupt"
 */
export function sum(key: Uint8Array, bytes: Uint8Array | undefined, n: number | bigint): Uint8Array {
  if (bytes === undefined) return encodeNumber(key, n);
  let value: number | bigint | undefined;
  try {
    value = decodeNumber(key, bytes);
  } catch (error) {
    const { code, message } = asKvError(error);
    throw kvError(code, `The value of ${showKey(decodeKey(key))} is damaged: ${message}`, { cause: error });
  }
  if (typeof value === "number" && typeof n === "number") return encodeNumber(key, value + n);
  if (typeof value === "bigint" && typeof n === "bigint") return encodeNumber(key, value + n);
  throw kvError(
    "value",
    `Cannot add a ${typeof n} to the value of ${showKey(decodeKey(key))}, which is ${value === undefined ? "no number" : `a ${typeof value}`}`,
  );
}

function encodeNumber(key: Uint8Array, value: number | bigint): Uint8Array {
  if (typeof value === "bigint") return envelope(key, FORMAT.bigint, Buffer.from(value.toString(16)));
  const content = new Uint8Array(8);
  new DataView(content.buffer).setFloat64(0, value);
  return envelope(key, FORMAT.number, content);
}

/** @throws KvError "corrupt" without the key's name, which the caller knows */
export function decodeValue(key: Uint8Array, bytes: Uint8Array, codec: Codec): unknown {
  const content = opened(key, bytes);
  return formatOf(bytes) === FORMAT.codec ? codec.decode(content) : numberIn(formatOf(bytes), content);
}

/** `undefined` if the value is no number. */
function decodeNumber(key: Uint8Array, bytes: Uint8Array): number | bigint | undefined {
  const content = opened(key, bytes);
  return formatOf(bytes) === FORMAT.codec ? undefined : numberIn(formatOf(bytes), content);
}

const formatOf = (bytes: Uint8Array): number => (bytes[0] ?? 0) & ~STAMPED;

function numberIn(format: number, content: Uint8Array): number | bigint {
  if (format === FORMAT.number) return new DataView(content.buffer, content.byteOffset, 8).getFloat64(0);
  if (format === FORMAT.bigint) {
    const hex = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
    return hex.startsWith("-") ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
  }
  throw kvError(
    "newer-format",
    `A value has the format ${format}, which this version of @sorbus/durable-kv cannot read: upgrade it`,
  );
}

function envelope(key: Uint8Array, format: number, content: Uint8Array): Uint8Array {
  const size = HEADER + content.length;
  if (size > MAX_VALUE_BYTES)
    throw kvError("value", `A value takes ${size} bytes; the most is ${MAX_VALUE_BYTES}`);
  const bytes = new Uint8Array(size);
  bytes[0] = format;
  bytes.set(content, HEADER);
  new DataView(bytes.buffer).setUint32(1, checksum(key, format, content));
  return bytes;
}

function opened(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const content = bytes.subarray(HEADER);
  const format = bytes[0] ?? 0;
  const covered = (format & STAMPED) === 0 ? key : key.subarray(0, -STAMP_BYTES);
  const intact =
    bytes.length >= HEADER &&
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(1) === checksum(covered, format, content);
  if (!intact) throw kvError("corrupt", "checksum mismatch");
  return content;
}

function checksum(key: Uint8Array, format: number, content: Uint8Array): number {
  return crcOf(content, crcOfByte(format, crcOf(key)));
}
