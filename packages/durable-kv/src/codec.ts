/**
 * The default codec: null, booleans, numbers, bigints, strings, bytes, arrays, plain objects, Maps and Sets,
 * each to bytes and back exactly (`-0`, NaN, key order and the key `__proto__` included). Anything else is
 * refused, with the path to it: what cannot come back must not go in.
 *
 * Our own and not msgpackr, because msgpackr's extensions are global to the process (another library's would
 * change how our data reads), it stores `-0` as `0`, and it renames the key `__proto__`.
 */
import { kvError } from "./errors.ts";
import { describe } from "./key.ts";

export interface Codec {
  /** @throws KvError "value" for what cannot be stored */
  encode(value: unknown): Uint8Array;
  /** Gets exactly the bytes that `encode` gave; they were checked. The result must not alias them. */
  decode(bytes: Uint8Array): unknown;
}

/** Deeper values are refused, which also ends cycles. */
export const MAX_DEPTH = 1000;

/**
 * First byte of a value. 0x00–0x7f are the integers themselves, 0xa0–0xbf strings of 0 to 31 bytes.
 * A varint has 7 bits a byte, low first; lengths and counts are varints.
 */
const TAG = {
  null: 0x80,
  false: 0x81,
  true: 0x82,
  /** Eight bytes, big-endian. */
  float: 0x83,
  /** Varint of n, for n in 128 … 2^53 - 1. */
  positive: 0x84,
  /** Varint of -n. */
  negative: 0x85,
  /** Length and hexadecimal digits, with `-` if negative. */
  bigint: 0x86,
  bytes: 0x87,
  string: 0x88,
  array: 0x89,
  /** Count, then keys (length and UTF-8) and values in turn. */
  object: 0x8a,
  map: 0x8b,
  set: 0x8c,
  /** The tag of an extension, then what it has made of the value. */
  extension: 0x8d,
  shortString: 0xa0,
} as const;

/** Values of a kind of their own: symbols of a language, markup, frozen programs. */
export interface Extension<T = unknown> {
  /** 0 to 255; what is stored says it, so it must not change its meaning. */
  readonly tag: number;
  is(value: unknown): value is T;
  /** What to store for it: any value that the codec knows, extensions too. */
  encode(value: T): unknown;
  decode(content: unknown): T;
}

/**
 * The default codec with extensions: they belong to it alone, and not to the process.
 *
 * @throws RangeError for a tag that is no byte, or is there twice
 */
export function createCodec(extensions: readonly Extension[]): Codec {
  const byTag = new Map<number, Extension>();
  for (const extension of extensions) {
    const { tag } = extension;
    if (!Number.isInteger(tag) || tag < 0 || tag > 255)
      throw new RangeError(`The tag of an extension is a byte, not ${tag}`);
    if (byTag.has(tag)) throw new RangeError(`Two extensions have the tag ${tag}`);
    byTag.set(tag, extension);
  }
  return {
    encode: (value) => within(byTag, () => encode(value)),
    decode: (bytes) => within(byTag, () => decode(bytes)),
  };
}

export const defaultCodec: Codec = createCodec([]);

let current: ReadonlyMap<number, Extension> = new Map();

/** Extensions may use a codec themselves, this one or another: what is half done is put aside. */
function within<T>(extensions: ReadonlyMap<number, Extension>, f: () => T): T {
  const [outer, outside, written, reading, read] = [current, out, position, input, at];
  current = extensions;
  if (nested) out = Buffer.allocUnsafeSlow(1024);
  const inner = nested;
  nested = true;
  try {
    return f();
  } finally {
    nested = inner;
    current = outer;
    if (inner) {
      out = outside;
      position = written;
      input = reading;
      at = read;
    }
  }
}
let nested = false;

let out: Buffer = Buffer.allocUnsafeSlow(16_384);
let position = 0;
let input: Buffer = Buffer.alloc(0);
let at = 0;
/** Larger buffers are not kept. */
const KEEP = 2 ** 20;

function encode(value: unknown): Uint8Array {
  position = 0;
  try {
    write(value, 0);
    return Uint8Array.prototype.slice.call(out, 0, position);
  } catch (error) {
    if (error instanceof Unstorable)
      throw kvError(
        "value",
        `Cannot store ${error.what}${error.path === "" ? "" : `, at ${error.path.replace(/^\./, "")}`}`,
      );
    throw error;
  } finally {
    if (out.length > KEEP) out = Buffer.allocUnsafeSlow(16_384);
  }
}

/** On its way up, the path to the culprit is put together. */
class Unstorable extends Error {
  readonly what: string;
  path = "";
  constructor(what: string) {
    super(what);
    this.what = what;
  }
}

function room(bytes: number): void {
  if (position + bytes <= out.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(out.length * 2, position + bytes));
  out.copy(larger, 0, 0, position);
  out = larger;
}

function write(value: unknown, depth: number): void {
  room(10);
  switch (typeof value) {
    case "string":
      writeString(value, true);
      return;
    case "number":
      writeNumber(value);
      return;
    case "boolean":
      out[position++] = value ? TAG.true : TAG.false;
      return;
    case "bigint": {
      const digits = value.toString(16);
      out[position++] = TAG.bigint;
      writeVarint(digits.length);
      room(digits.length);
      position += out.write(digits, position, "latin1");
      return;
    }
    case "object":
      if (value === null) out[position++] = TAG.null;
      else writeObject(value, depth + 1);
      return;
    default:
      if (!writeExtension(value, depth + 1)) throw new Unstorable(describe(value));
  }
}

function writeExtension(value: unknown, depth: number): boolean {
  for (const extension of current.values()) {
    if (!extension.is(value)) continue;
    const content = extension.encode(value);
    out[position++] = TAG.extension;
    out[position++] = extension.tag;
    write(content, depth);
    return true;
  }
  return false;
}

function writeNumber(value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (value >= 0 && value < 0x80) {
      out[position++] = value;
    } else {
      out[position++] = value < 0 ? TAG.negative : TAG.positive;
      writeVarint(Math.abs(value));
    }
  } else {
    out[position++] = TAG.float;
    out.writeDoubleBE(value, position);
    position += 8;
  }
}

/** Up to 2^53 - 1: eight bytes at most. */
function writeVarint(n: number): void {
  let left = n;
  while (left >= 0x80) {
    out[position++] = (left % 0x80) | 0x80;
    left = Math.floor(left / 0x80);
  }
  out[position++] = left;
}

function writeString(value: string, tagged: boolean): void {
  const { length } = value;
  room(10 + 3 * length);
  if (length < 32) {
    // Mostly short ASCII: done by hand, faster than a call into native code.
    const start = position++;
    let i = 0;
    for (; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) break;
      out[position++] = unit;
    }
    if (i === length) {
      out[start] = tagged ? TAG.shortString | length : length;
      return;
    }
    position = start;
  }
  if (!value.isWellFormed()) throw new Unstorable("a string with half a surrogate pair");
  const bytes = Buffer.byteLength(value);
  if (tagged && bytes < 32) out[position++] = TAG.shortString | bytes;
  else {
    if (tagged) out[position++] = TAG.string;
    writeVarint(bytes);
  }
  position += out.write(value, position, "utf8");
}

function writeObject(value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new Unstorable(`a value nested more than ${MAX_DEPTH} deep (or in a cycle)`);
  if (writeExtension(value, depth)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    writePlain(value as Record<string, unknown>, depth);
  else if (Array.isArray(value)) writeItems(TAG.array, value, value.length, depth);
  else if (value instanceof Uint8Array) writeBytes(value);
  else if (value instanceof Map) writeMap(value, depth);
  else if (value instanceof Set) writeItems(TAG.set, value, value.size, depth);
  else throw new Unstorable(describe(value));
}

function writeBytes(value: Uint8Array): void {
  out[position++] = TAG.bytes;
  writeVarint(value.length);
  room(value.length);
  out.set(value, position);
  position += value.length;
}

function writeItems(tag: number, items: Iterable<unknown>, count: number, depth: number): void {
  out[position++] = tag;
  writeVarint(count);
  let index = 0;
  try {
    for (const item of items) {
      write(item, depth);
      index++;
    }
  } catch (error) {
    throw inside(error, `[${index}]`);
  }
}

function writeMap(map: ReadonlyMap<unknown, unknown>, depth: number): void {
  out[position++] = TAG.map;
  writeVarint(map.size);
  let current: unknown;
  try {
    for (const [key, item] of map) {
      current = key;
      write(key, depth);
      write(item, depth);
    }
  } catch (error) {
    throw inside(error, typeof current === "object" ? ".get(…)" : `.get(${JSON.stringify(String(current))})`);
  }
}

function writePlain(object: Record<string, unknown>, depth: number): void {
  const keys = Object.keys(object);
  out[position++] = TAG.object;
  writeVarint(keys.length);
  let current = "";
  try {
    for (const key of keys) {
      current = key;
      writeString(key, false);
      write(object[key], depth);
    }
  } catch (error) {
    throw inside(
      error,
      /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(current) ? `.${current}` : `[${JSON.stringify(current)}]`,
    );
  }
}

function inside(error: unknown, step: string): unknown {
  if (error instanceof Unstorable) error.path = step + error.path;
  return error;
}

function decode(bytes: Uint8Array): unknown {
  input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  at = 0;
  try {
    const value = read();
    if (at !== bytes.length) throw new RangeError("bytes are left over");
    return value;
  } catch (error) {
    // The checksum has matched, so these bytes were written so: by another codec.
    if (error instanceof RangeError || error instanceof SyntaxError)
      throw kvError("corrupt", `not a value of the default codec: ${error.message}`);
    throw error;
  } finally {
    input = Buffer.alloc(0);
  }
}

function read(): unknown {
  const tag = byte();
  if (tag < 0x80) return tag;
  if (tag >= TAG.shortString) return readString(tag & 0x1f);
  switch (tag) {
    case TAG.null:
      return null;
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.float:
      at += 8;
      return input.readDoubleBE(at - 8);
    case TAG.positive:
      return readVarint();
    case TAG.negative:
      return -readVarint();
    case TAG.bigint: {
      const digits = readString(readVarint());
      return digits.startsWith("-") ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
    }
    case TAG.bytes: {
      const length = readVarint();
      at += length;
      return new Uint8Array(input.subarray(at - length, at));
    }
    case TAG.string:
      return readString(readVarint());
    case TAG.array: {
      const items: unknown[] = [];
      for (let left = readVarint(); left > 0; left--) items.push(read());
      return items;
    }
    case TAG.object: {
      const object: Record<string, unknown> = {};
      for (let left = readVarint(); left > 0; left--) {
        const key = readString(readVarint());
        // Assigning it would set the prototype.
        if (key === "__proto__")
          Object.defineProperty(object, key, {
            value: read(),
            enumerable: true,
            writable: true,
            configurable: true,
          });
        else object[key] = read();
      }
      return object;
    }
    case TAG.map: {
      const map = new Map<unknown, unknown>();
      for (let left = readVarint(); left > 0; left--) map.set(read(), read());
      return map;
    }
    case TAG.set: {
      const set = new Set<unknown>();
      for (let left = readVarint(); left > 0; left--) set.add(read());
      return set;
    }
    case TAG.extension: {
      const extension = current.get(byte());
      if (extension === undefined) throw new RangeError(`there is no extension ${input[at - 1]}`);
      return extension.decode(read());
    }
    default:
      throw new RangeError(`there is no tag ${tag}`);
  }
}

function byte(): number {
  const b = input[at++];
  if (b === undefined) throw new RangeError("the bytes end early");
  return b;
}

function readVarint(): number {
  let n = 0;
  let scale = 1;
  for (;;) {
    const b = byte();
    n += (b & 0x7f) * scale;
    if (b < 0x80) return n;
    scale *= 0x80;
    if (scale > 2 ** 56) throw new RangeError("a count is too large");
  }
}

function readString(length: number): string {
  const end = at + length;
  if (end > input.length) throw new RangeError("the bytes end early");
  const value = input.toString("utf8", at, end);
  at = end;
  return value;
}
