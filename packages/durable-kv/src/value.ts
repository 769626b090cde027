/**
 * Values as bytes. Around every value: a format byte and a checksum over key, format and content, because
 * SQLite notices few flipped bits by itself (2 of 150 in our measurement; with the checksum, 101).
 *
 * Numbers and bigints on their own have formats that need no codec: the committer adds to them where they
 * lie. Everything else is the codec's.
 */
import { crc32 } from "node:zlib";
import type { Codec } from "./codec.ts";
import { KvError } from "./errors.ts";

const FORMAT = { codec: 1, number: 2, bigint: 3 } as const;
/** Format byte and CRC-32. */
const HEADER = 5;

/** The longest value, in encoded bytes. */
export const MAX_VALUE_BYTES: number = 64 * 2 ** 20;

/** @throws KvError "value" */
export function encodeValue(key: Uint8Array, value: unknown, codec: Codec): Uint8Array {
  if (typeof value === "number" || typeof value === "bigint") return encodeNumber(key, value);
  return envelope(key, FORMAT.codec, codec.encode(value));
}

export function encodeNumber(key: Uint8Array, value: number | bigint): Uint8Array {
  if (typeof value === "bigint") return envelope(key, FORMAT.bigint, Buffer.from(value.toString(16)));
  const content = new Uint8Array(8);
  new DataView(content.buffer).setFloat64(0, value);
  return envelope(key, FORMAT.number, content);
}

/** @throws KvError "corrupt" without the key's name, which the caller knows */
export function decodeValue(key: Uint8Array, bytes: Uint8Array, codec: Codec): unknown {
  const content = opened(key, bytes);
  return bytes[0] === FORMAT.codec ? codec.decode(content) : numberIn(bytes[0], content);
}

/** The number that `add` adds to; `undefined` if the value is none. */
export function decodeNumber(key: Uint8Array, bytes: Uint8Array): number | bigint | undefined {
  const content = opened(key, bytes);
  return bytes[0] === FORMAT.codec ? undefined : numberIn(bytes[0], content);
}

function numberIn(format: number | undefined, content: Uint8Array): number | bigint {
  if (format === FORMAT.number) return new DataView(content.buffer, content.byteOffset, 8).getFloat64(0);
  if (format === FORMAT.bigint) {
    const hex = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
    return hex.startsWith("-") ? -BigInt(`0x${hex.slice(1)}`) : BigInt(`0x${hex}`);
  }
  throw new KvError(
    "newer-format",
    `A value has the format ${format}, which this version of @sorbus/durable-kv cannot read: upgrade it`,
  );
}

function envelope(key: Uint8Array, format: number, content: Uint8Array): Uint8Array {
  const size = HEADER + content.length;
  if (size > MAX_VALUE_BYTES)
    throw new KvError("value", `A value takes ${size} bytes; the most is ${MAX_VALUE_BYTES}`);
  const bytes = new Uint8Array(size);
  bytes[0] = format;
  bytes.set(content, HEADER);
  new DataView(bytes.buffer).setUint32(1, checksum(key, format, content));
  return bytes;
}

function opened(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const content = bytes.subarray(HEADER);
  const intact =
    bytes.length >= HEADER &&
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(1) === checksum(key, bytes[0] ?? 0, content);
  if (!intact) throw new KvError("corrupt", "checksum mismatch");
  return content;
}

const formatByte = new Uint8Array(1);
function checksum(key: Uint8Array, format: number, content: Uint8Array): number {
  formatByte[0] = format;
  return crc32(content, crc32(formatByte, crc32(key)));
}
