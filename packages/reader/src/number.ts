/** The number syntax of the language, and nothing about where numbers stand. */
import { isDigit, LITERALS } from "./chars.ts";

/**
 * Reads a number as the reader would: `42` `-1.5` `.5` `1e9` `0xff` `0b101` `0o17` `5/2` `10n`
 * `NaN` `Infinity`. Gives `undefined` for anything else, surrounding space included, and for what
 * no number can hold: a zero denominator, or a magnitude beyond the largest double.
 */
export function parseNumber(text: string): number | bigint | undefined {
  const literal = LITERALS.get(text);
  return typeof literal === "number" ? literal : numberIn(text, 0, text.length);
}

/** As `parseNumber`, for the atom in `text` from `start` to `end`; named numbers apart. */
export function numberIn(text: string, start: number, end: number): number | bigint | undefined {
  let at = start;
  const sign = text.charCodeAt(start);
  if (sign === 43 || sign === 45) at++;
  if (at >= end) return undefined;
  const digitsEnd = endOfDigits(text, at, end);
  if (digitsEnd === end) {
    // Up to 15 digits are exact when summed in a double, and most numbers are short.
    if (end - at > 15) return finite(Number(text.slice(start, end)));
    let value = 0;
    for (let i = at; i < end; i++) value = value * 10 + (text.charCodeAt(i) - 48);
    return sign === 45 ? -value : value;
  }
  const next = text.charCodeAt(digitsEnd);
  if (next === 110 && digitsEnd + 1 === end && digitsEnd > at) {
    return withSign(BigInt(text.slice(at, digitsEnd)), sign);
  }
  if (next === 47 && digitsEnd > at) {
    if (digitsEnd + 1 === end || endOfDigits(text, digitsEnd + 1, end) !== end) return undefined;
    return finite(Number(text.slice(start, digitsEnd)) / Number(text.slice(digitsEnd + 1, end)));
  }
  if (digitsEnd === at + 1 && text.charCodeAt(at) === 48 && radixOf(next) !== 0) {
    return radixNumber(text, at, end, radixOf(next), sign);
  }
  return decimal(text, start, at, digitsEnd, end);
}

function endOfDigits(text: string, from: number, end: number): number {
  let i = from;
  while (i < end && isDigit(text.charCodeAt(i))) i++;
  return i;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function withSign(value: bigint, sign: number): bigint {
  return sign === 45 ? -value : value;
}

/** 16, 8 or 2 for the letter after a leading zero, else 0. */
function radixOf(letter: number): number {
  const lower = letter | 32;
  return lower === 120 ? 16 : lower === 111 ? 8 : lower === 98 ? 2 : 0;
}

function radixNumber(
  text: string,
  at: number,
  end: number,
  radix: number,
  sign: number,
): number | bigint | undefined {
  const big = text.charCodeAt(end - 1) === 110;
  const last = big ? end - 1 : end;
  if (last <= at + 2) return undefined;
  for (let i = at + 2; i < last; i++) {
    const c = text.charCodeAt(i);
    const digit = isDigit(c) ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : 16;
    if (digit >= radix) return undefined;
  }
  const digits = text.slice(at, last);
  if (big) return withSign(BigInt(digits), sign);
  const value = Number(digits);
  return finite(sign === 45 ? -value : value);
}

/** `1.5` `1.` `.5` `1e9` `1.5e-3`; `intEnd` is past the digits before the point. */
function decimal(text: string, start: number, at: number, intEnd: number, end: number): number | undefined {
  let i = intEnd;
  let digits = intEnd - at;
  if (i < end && text.charCodeAt(i) === 46) {
    const fractionEnd = endOfDigits(text, i + 1, end);
    digits += fractionEnd - i - 1;
    i = fractionEnd;
  }
  if (digits === 0) return undefined;
  if (i < end && (text.charCodeAt(i) | 32) === 101) {
    i++;
    const c = text.charCodeAt(i);
    if (c === 43 || c === 45) i++;
    const exponentEnd = endOfDigits(text, i, end);
    if (exponentEnd === i) return undefined;
    i = exponentEnd;
  }
  if (i !== end) return undefined;
  return finite(Number(text.slice(start, end)));
}
