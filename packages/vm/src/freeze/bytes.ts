/** The codec under frozen graphs: numbers, strings and JSON-like data as compact bytes. */

/** Bytes that are no frozen graph, or not one that this version can read. */
export class CorruptBytes extends Error {
  constructor(what: string) {
    super(`not a frozen graph: ${what}`);
    this.name = "CorruptBytes";
  }
}

/** What a code object or a frame says of itself: JSON with bigints, undefined and bytes. Nested to a small depth. */
export type Plain =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly unknown[]
  | { readonly [key: string]: unknown };

const PLAIN = {
  null: 0,
  undefined: 1,
  true: 2,
  false: 3,
  integer: 4,
  double: 5,
  bigint: 6,
  string: 7,
  bytes: 8,
  array: 9,
  object: 10,
} as const;

/** Plain data are records of a program's own structure; something nested deeper is a mistake. */
const MAX_PLAIN_DEPTH = 200;

export class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #strings = new Map<string, number>();
  readonly #utf8 = new TextEncoder();

  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
  get length(): number {
    return this.#length;
  }

  #room(n: number): void {
    if (this.#length + n <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + n));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }
  bytes(values: Uint8Array): void {
    this.#room(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }
  /** An integer in [0, 2^53). */
  size(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }
  /** A safe integer, small ones short. */
  integer(value: number): void {
    this.byte(value < 0 ? 1 : 0);
    this.size(Math.abs(value));
  }
  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }
  bigint(value: bigint): void {
    const magnitude = value < 0n ? -value : value;
    const hex = magnitude.toString(16);
    const even = hex.length % 2 === 0 ? hex : `0${hex}`;
    this.byte(value < 0n ? 1 : 0);
    this.size(even.length / 2);
    for (let i = 0; i < even.length; i += 2) this.byte(Number.parseInt(even.slice(i, i + 2), 16));
  }
  /** The text at its first occurrence, then its number. Lone surrogates are kept. */
  string(value: string): void {
    const known = this.#strings.get(value);
    if (known !== undefined) {
      this.size(known + 2);
      return;
    }
    this.#strings.set(value, this.#strings.size);
    if (value.isWellFormed()) {
      const bytes = this.#utf8.encode(value);
      this.byte(0);
      this.size(bytes.length);
      this.bytes(bytes);
      return;
    }
    this.byte(1);
    this.size(value.length);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      this.byte(unit & 0xff);
      this.byte(unit >> 8);
    }
  }
  plain(value: unknown, depth: number = 0): void {
    if (depth > MAX_PLAIN_DEPTH) throw new TypeError("plain data nested too deep");
    if (value === null) {
      this.byte(PLAIN.null);
      return;
    }
    switch (typeof value) {
      case "undefined":
        this.byte(PLAIN.undefined);
        return;
      case "boolean":
        this.byte(value ? PLAIN.true : PLAIN.false);
        return;
      case "number":
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
          this.byte(PLAIN.integer);
          this.integer(value);
          return;
        }
        this.byte(PLAIN.double);
        this.double(value);
        return;
      case "bigint":
        this.byte(PLAIN.bigint);
        this.bigint(value);
        return;
      case "string":
        this.byte(PLAIN.string);
        this.string(value);
        return;
      case "object":
        this.#plainObject(value, depth);
        return;
      default:
        throw new TypeError(`not plain data: a ${typeof value}`);
    }
  }
  #plainObject(value: object, depth: number): void {
    if (value instanceof Uint8Array) {
      this.byte(PLAIN.bytes);
      this.size(value.length);
      this.bytes(value);
    } else if (Array.isArray(value)) {
      this.byte(PLAIN.array);
      this.size(value.length);
      for (const item of value as unknown[]) this.plain(item, depth + 1);
    } else {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null)
        throw new TypeError("not plain data: an instance of a class");
      const entries = Object.entries(value);
      this.byte(PLAIN.object);
      this.size(entries.length);
      for (const [key, item] of entries) {
        this.string(key);
        this.plain(item, depth + 1);
      }
    }
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  readonly #strings: string[] = [];
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new CorruptBytes("it ends too early");
    return value;
  }
  bytes(n: number): Uint8Array {
    if (n > this.left) throw new CorruptBytes("it ends too early");
    const from = this.#at;
    this.#at += n;
    return this.#bytes.slice(from, this.#at);
  }
  size(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 53) throw new CorruptBytes("a number is too long");
    }
  }
  /** A number of things of which each takes at least a byte: so it cannot ask for absurd memory. */
  count(): number {
    const n = this.size();
    if (n > this.left) throw new CorruptBytes("it ends too early");
    return n;
  }
  integer(): number {
    const negative = this.byte() === 1;
    const value = this.size();
    return negative ? -value : value;
  }
  double(): number {
    if (this.left < 8) throw new CorruptBytes("it ends too early");
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
  bigint(): bigint {
    const negative = this.byte() === 1;
    const bytes = this.bytes(this.count());
    let hex = "0x0";
    for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
    const value = BigInt(hex);
    return negative ? -value : value;
  }
  string(): string {
    const mode = this.size();
    if (mode >= 2) {
      const known = this.#strings[mode - 2];
      if (known === undefined) throw new CorruptBytes("a string that has not occurred");
      return known;
    }
    const n = this.count();
    let text = "";
    if (mode === 0) {
      text = this.#decode(this.bytes(n));
    } else {
      const units = this.bytes(n * 2);
      for (let i = 0; i < units.length; i += 2)
        text += String.fromCharCode((units[i] ?? 0) | ((units[i + 1] ?? 0) << 8));
    }
    this.#strings.push(text);
    return text;
  }
  #decode(bytes: Uint8Array): string {
    try {
      return this.#utf8.decode(bytes);
    } catch {
      throw new CorruptBytes("a text that is not UTF-8");
    }
  }
  plain(depth: number = 0): Plain {
    if (depth > MAX_PLAIN_DEPTH) throw new CorruptBytes("plain data nested too deep");
    const tag = this.byte();
    switch (tag) {
      case PLAIN.null:
        return null;
      case PLAIN.undefined:
        return undefined;
      case PLAIN.true:
        return true;
      case PLAIN.false:
        return false;
      case PLAIN.integer:
        return this.integer();
      case PLAIN.double:
        return this.double();
      case PLAIN.bigint:
        return this.bigint();
      case PLAIN.string:
        return this.string();
      case PLAIN.bytes:
        return this.bytes(this.size());
      case PLAIN.array:
        return Array.from({ length: this.count() }, () => this.plain(depth + 1));
      case PLAIN.object:
        return Object.fromEntries(
          Array.from({ length: this.count() }, () => [this.string(), this.plain(depth + 1)] as const),
        );
      default:
        throw new CorruptBytes(`plain data with tag ${tag}`);
    }
  }
}
