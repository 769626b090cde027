/** The inside of a string literal: escapes to text, and back. */
import { isDigit } from "./chars.ts";

/** The one-letter escapes, by the letter's code. */
const LETTERS: ReadonlyMap<number, number> = new Map([
  [110, 10], // \n
  [116, 9], // \t
  [114, 13], // \r
  [48, 0], // \0
  [92, 92], // \\
  [34, 34], // \"
]);

const WRITTEN: ReadonlyMap<number, string> = new Map(
  [...LETTERS].map(([letter, unit]) => [unit, `\\${String.fromCharCode(letter)}`]),
);

/** Told of each bad escape: its offsets in the text and what was expected. */
export type EscapeProblem = (start: number, end: number, message: string) => void;

const CHUNK = 4096;
/** Shared: decoding runs to its end before anything else can. */
const units = new Uint16Array(CHUNK);

/**
 * The value of the string whose inside is `text` from `start` to `end`, backslashes and all. A bad
 * escape is reported and left out. Linear, also where the string is nothing but escapes.
 */
export function decodeString(text: string, start: number, end: number, problem: EscapeProblem): string {
  const parts: string[] = [];
  let filled = 0;
  let at = start;
  while (at < end) {
    if (filled + 2 > CHUNK) {
      parts.push(String.fromCharCode(...units.subarray(0, filled)));
      filled = 0;
    }
    const c = text.charCodeAt(at);
    if (c !== 92) {
      units[filled++] = c;
      at++;
      continue;
    }
    const letter = text.charCodeAt(at + 1);
    const unit = LETTERS.get(letter);
    if (unit !== undefined) {
      units[filled++] = unit;
      at += 2;
      continue;
    }
    const escaped = numericEscape(text, at, end, letter);
    if (typeof escaped.value === "string") {
      problem(at, escaped.end, escaped.value);
    } else if (escaped.value > 0xffff) {
      const above = escaped.value - 0x10000;
      units[filled++] = 0xd800 + (above >> 10);
      units[filled++] = 0xdc00 + (above & 0x3ff);
    } else {
      units[filled++] = escaped.value;
    }
    at = escaped.end;
  }
  parts.push(String.fromCharCode(...units.subarray(0, filled)));
  return parts.length === 1 ? (parts[0] as string) : parts.join("");
}

/** `\xHH`, `\uXXXX` or `\u{…}` at `at`: a code point, or what was expected. */
function numericEscape(
  text: string,
  at: number,
  end: number,
  letter: number,
): { value: number | string; end: number } {
  if (letter === 120) return fixedHex(text, at, end, 2, "expected two hex digits after `\\x`");
  if (letter === 117 && text.charCodeAt(at + 2) !== 123) {
    return fixedHex(text, at, end, 4, "expected four hex digits or `{…}` after `\\u`");
  }
  if (letter === 117) {
    const digitsEnd = endOfHex(text, at + 3, end);
    const closed = digitsEnd < end && text.charCodeAt(digitsEnd) === 125;
    const message = "expected one to six hex digits, up to 10FFFF, and `}` after `\\u{`";
    if (!closed || digitsEnd === at + 3) {
      return { value: message, end: closed ? digitsEnd + 1 : digitsEnd };
    }
    const value = Number.parseInt(text.slice(at + 3, digitsEnd), 16);
    return { value: value > 0x10ffff ? message : value, end: digitsEnd + 1 };
  }
  if (letter === 10 || letter === 13) {
    const expected = "expected an escape after `\\`: a string may simply go on over the line's end";
    return { value: expected, end: at + 1 };
  }
  const point = text.codePointAt(at + 1);
  const shown = point === undefined ? "" : String.fromCodePoint(point);
  return {
    value: `unknown escape \`\\${shown}\`: expected one of \\n \\t \\r \\0 \\\\ \\" \\xHH \\uXXXX \\u{…}`,
    end: Math.min(end, at + 1 + shown.length),
  };
}

function fixedHex(
  text: string,
  at: number,
  end: number,
  count: number,
  message: string,
): { value: number | string; end: number } {
  const from = at + 2;
  const digitsEnd = endOfHex(text, from, Math.min(end, from + count));
  if (digitsEnd < from + count) return { value: message, end: digitsEnd };
  return { value: Number.parseInt(text.slice(from, digitsEnd), 16), end: digitsEnd };
}

function endOfHex(text: string, from: number, end: number): number {
  let i = from;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    const lower = c | 32;
    if (!isDigit(c) && !(lower >= 97 && lower <= 102)) break;
  }
  return i;
}

/**
 * A string as a literal that reads back to it, quotes included; what `inspect` writes. Control
 * characters, line and paragraph separators and lone surrogates are escaped, all else is as it is.
 */
export function printString(value: string): string {
  const parts: string[] = [];
  let plain = 0;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c >= 32 && c < 127 && c !== 34 && c !== 92) continue;
    if (c > 0xa0 && c < 0xd800 && c !== 0x2028 && c !== 0x2029) continue;
    if (c >= 0xd800 && c < 0xdc00) {
      const low = value.charCodeAt(i + 1);
      if (low >= 0xdc00 && low < 0xe000) {
        i++;
        continue;
      }
    }
    if (c >= 0xe000 && c !== 0xfeff) continue;
    parts.push(value.slice(plain, i), WRITTEN.get(c) ?? hexEscape(c));
    plain = i + 1;
  }
  return parts.length === 0 ? `"${value}"` : `"${parts.join("")}${value.slice(plain)}"`;
}

function hexEscape(c: number): string {
  const hex = c.toString(16);
  return c < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
