/** Bytes: immutable. Base64 and hashing are in codec.ts. */
import { fromArray, raise } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf } from "./sequences.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a string. A half of a surrogate pair alone has none and raises "range". */
export function utf8(name: string, s: string): Uint8Array {
  if (!s.isWellFormed())
    raise("range", `${name}: the string has half of a surrogate pair, which UTF-8 cannot hold`, s);
  return encoder.encode(s);
}

function octets(name: string, ns: readonly Value[]): Uint8Array {
  const result = new Uint8Array(ns.length);
  ns.forEach((n, i) => {
    if (typeof n !== "number" || !Number.isInteger(n)) typeError(name, "int", "n", n);
    else if (n < 0 || n > 255) raise("range", `${name}: ${n} is not a byte, from 0 to 255`, n);
    else result[i] = n;
  });
  return result;
}

/** Where the first byte is that belongs to no character. */
function badByte(b: Uint8Array): number {
  let low = 0;
  let high = b.length;
  const readable = (end: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(b.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = (low + high) >> 1;
    if (readable(middle + 1)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const bytePrimitives: readonly Primitive[] = [
  declare("bytes", "&rest ns:int", "pure", "Bytes of these numbers, each from 0 to 255.", (...ns) =>
    octets("bytes", ns),
  ),
  declare("bytes-length", "b:bytes", "pure", "How many bytes there are.", (b) => b.length),
  declare(
    "bytes-ref",
    "b:bytes i:int",
    "pure",
    'The byte at index `i`, a number; "range" is raised when there is none.',
    (b, i) => b[i] ?? raise("range", `bytes-ref: index ${i} is out of range for ${b.length} bytes`, b, i),
  ),
  declare("bytes-concat", "&rest bs:bytes", "pure", "The bytes of all arguments in order.", (...bs) => {
    const result = new Uint8Array(bs.reduce((size, b) => size + b.length, 0));
    let at = 0;
    for (const b of bs) {
      result.set(b, at);
      at += b.length;
    }
    return result;
  }),
  declare("string->bytes", "s:string", "pure", "The UTF-8 bytes of a string.", (s) =>
    utf8("string->bytes", s),
  ),
  declare(
    "bytes->string",
    "b:bytes",
    "pure",
    'The string that the bytes are in UTF-8. Bytes that are not UTF-8 raise "read".',
    (b) => {
      try {
        return decoder.decode(b);
      } catch {
        return raise("read", `bytes->string: not UTF-8 at byte ${badByte(b)}`, b);
      }
    },
  ),
  declare("bytes->list", "b:bytes", "pure", "A list of the bytes as numbers.", (b) => fromArray([...b])),
  declare(
    "list->bytes",
    "xs:sequence",
    "reads",
    "Bytes of the numbers of a list, each from 0 to 255.",
    (xs) => octets("list->bytes", itemsOf(xs)),
  ),
  declare("bytes->hex", "b:bytes", "pure", "Two lower-case hexadecimal digits for each byte.", (b) => hex(b)),
  declare("hex->bytes", "s:string", "pure", "The bytes that pairs of hexadecimal digits spell.", (s) => {
    if (!/^(?:[0-9a-fA-F]{2})*$/.test(s))
      raise("read", "hex->bytes: expected pairs of hexadecimal digits", s);
    const result = new Uint8Array(s.length / 2);
    for (let i = 0; i < result.length; i++) result[i] = Number.parseInt(s.slice(2 * i, 2 * i + 2), 16);
    return result;
  }),
];

export function hex(b: Uint8Array): string {
  let text = "";
  for (const byte of b) text += byte.toString(16).padStart(2, "0");
  return text;
}
