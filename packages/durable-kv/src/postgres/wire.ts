/**
 * How bytes and numbers travel: parameters as PostgreSQL's binary arrays, so that a thousand keys are one
 * parameter of one statement; results as the text that `pg` hands out.
 */

const BYTEA = 17;
const INT8 = 20;

/** A `bytea[]`; undefined: null. */
export function byteaArray(items: readonly (Uint8Array | undefined)[]): Buffer {
  const size = items.reduce((sum, item) => sum + 4 + (item?.length ?? 0), 0);
  const { out, start } = arrayOf(BYTEA, items.length, size);
  let at = start;
  for (const item of items) {
    at = out.writeInt32BE(item?.length ?? -1, at);
    if (item !== undefined) {
      out.set(item, at);
      at += item.length;
    }
  }
  return out;
}

/** An `int8[]`; null: null. */
export function int8Array(items: readonly (number | null)[]): Buffer {
  const { out, start } = arrayOf(INT8, items.length, items.length * 12);
  let at = start;
  for (const item of items) {
    at = out.writeInt32BE(item === null ? -1 : 8, at);
    if (item !== null) at = out.writeBigInt64BE(BigInt(item), at);
  }
  return out.subarray(0, at);
}

/** A header for one dimension: https://www.postgresql.org/docs/current/protocol-message-formats.html and array_recv. */
function arrayOf(type: number, length: number, size: number): { out: Buffer; start: number } {
  const out = Buffer.allocUnsafe(20 + size);
  out.writeInt32BE(length === 0 ? 0 : 1, 0);
  out.writeInt32BE(1, 4);
  out.writeInt32BE(type, 8);
  if (length === 0) return { out: out.subarray(0, 12), start: 12 };
  out.writeInt32BE(length, 12);
  out.writeInt32BE(1, 16);
  return { out, start: 20 };
}

/** A `bytea` parameter, without a copy. */
export function bytea(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A `bytea` of a result: `\x` and hexadecimal digits. */
export function fromBytea(text: unknown): Uint8Array {
  if (typeof text !== "string" || !text.startsWith("\\x")) throw new TypeError("The server sent no bytea");
  // Without the pool that small buffers share: it would be kept as long as the smallest of them.
  const bytes = new Uint8Array((text.length - 2) / 2);
  Buffer.from(bytes.buffer).write(text.slice(2), "hex");
  return bytes;
}

/** An `int8` of a result. Versions and times stay far below 2^53. */
export function fromInt8(text: unknown): number {
  const n = Number(text);
  if (text === null || !Number.isSafeInteger(n)) throw new TypeError("The server sent no integer");
  return n;
}

export function fromInt8OrNull(text: unknown): number | null {
  return text === null ? null : fromInt8(text);
}

/** An `int8[]` of a result: `{1,2}`. */
export function fromInt8Array(text: unknown): number[] {
  if (typeof text !== "string" || !text.startsWith("{")) throw new TypeError("The server sent no array");
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(fromInt8);
}

export const fromBool = (text: unknown): boolean => text === "t";
