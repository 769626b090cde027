/** Functions on numbers beyond arithmetic.ts: rounding, roots, trigonometry, text, tests. */
import { parseNumber as readNumber } from "@sorbus/reader";
import { bool, NIL, raise } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { checkNumeric } from "./arithmetic.ts";
import { declare, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

type Numeric = number | bigint;

function extreme(name: "min" | "max"): (...ns: Value[]) => Value {
  return (...ns) => {
    let best: Numeric | undefined;
    for (const v of ns) {
      const n = checkNumeric(name, v);
      if (best === undefined) best = n;
      else if (typeof best !== typeof n) {
        raise(
          "type",
          `${name}: a number and a bigint do not mix, got ${shown(best)} and ${shown(n)}`,
          best,
          n,
        );
      } else if (!Number.isNaN(best)) {
        // NaN stays, as with Math.min: it is the answer to any comparison with it.
        if (Number.isNaN(n) || (name === "min" ? n < best : n > best)) best = n;
      }
    }
    return best ?? NIL;
  };
}

/** A function of numbers that leaves bigints, which have no fraction, as they are. */
const rounding = (f: (n: number) => number): ((n: Numeric) => Value) => {
  return (n) => (typeof n === "number" ? f(n) : n);
};

function real(name: string, doc: string, f: (n: number) => number): Primitive {
  return declare(name, "n:number", "pure", doc, f);
}

/** The number that `text` spells as the language writes numbers, or undefined: also for NaN and infinities. */
function parseNumber(text: string): number | undefined {
  const n = readNumber(text);
  return typeof n === "number" && Number.isFinite(n) ? n : undefined;
}

function parseRadix(text: string, radix: number): number | undefined {
  let n = 0;
  const digits = /^[+-]/.test(text) ? text.slice(1) : text;
  if (digits === "") return undefined;
  for (const ch of digits) {
    const digit = /^[0-9a-zA-Z]$/.test(ch) ? Number.parseInt(ch, 36) : 36;
    if (digit >= radix) return undefined;
    n = n * radix + digit;
  }
  return text.startsWith("-") ? -n : n;
}

function checkRadix(name: string, radix: number): number {
  if (radix < 2 || radix > 36) raise("range", `${name}: expected a radix from 2 to 36, got ${radix}`, radix);
  return radix;
}

export const numbers: readonly Primitive[] = [
  declare("abs", "n:number|bigint", "pure", "`n` without its sign.", (n) =>
    typeof n === "number" ? Math.abs(n) : n < 0n ? -n : n,
  ),
  declare("sign", "n:number|bigint", "pure", "-1, 0 or 1 as `n` is below, at or above zero.", (n) =>
    typeof n === "number" ? Math.sign(n) : n < 0n ? -1n : n > 0n ? 1n : 0n,
  ),
  declare("min", "n &rest ns", "pure", "The least of the arguments.", extreme("min")),
  declare("max", "n &rest ns", "pure", "The greatest of the arguments.", extreme("max")),
  declare("floor", "n:number|bigint", "pure", "The integer at or below `n`.", rounding(Math.floor)),
  declare("ceil", "n:number|bigint", "pure", "The integer at or above `n`.", rounding(Math.ceil)),
  declare(
    "round",
    "n:number|bigint",
    "pure",
    "The nearest integer; halves go up as in JavaScript: `(round 2.5)` is `3`, `(round -2.5)` is `-2`.",
    rounding(Math.round),
  ),
  declare("trunc", "n:number|bigint", "pure", "`n` without its fraction.", rounding(Math.trunc)),
  real("sqrt", "The square root; NaN below zero.", Math.sqrt),
  real("cbrt", "The cube root.", Math.cbrt),
  real("exp", "The number e to the power of `n`.", Math.exp),
  declare(
    "log",
    "n:number &optional base:number",
    "pure",
    "The natural logarithm, or the one to `base`: `(log 8 2)` is `3`. `(log 0)` is minus infinity.",
    (n, base) => {
      if (base === undefined) return Math.log(n);
      if (base === 2) return Math.log2(n);
      return base === 10 ? Math.log10(n) : Math.log(n) / Math.log(base);
    },
  ),
  real("sin", "The sine of `n` radians.", Math.sin),
  real("cos", "The cosine of `n` radians.", Math.cos),
  real("tan", "The tangent of `n` radians.", Math.tan),
  real("asin", "The angle in radians whose sine is `n`.", Math.asin),
  real("acos", "The angle in radians whose cosine is `n`.", Math.acos),
  declare(
    "atan",
    "y:number &optional x:number",
    "pure",
    "The angle in radians whose tangent is `y`; with `x`, the angle of the point (x, y).",
    (y, x) => (x === undefined ? Math.atan(y) : Math.atan2(y, x)),
  ),

  declare(
    "number->string",
    "n:number|bigint &optional radix:int",
    "pure",
    'The digits of `n`, to base 10 or `radix` (2 to 36): `(number->string 255 16)` is `"ff"`.',
    (n, radix) => n.toString(radix === undefined ? 10 : checkRadix("number->string", radix)),
  ),
  declare(
    "to-fixed",
    "n:number digits:nat",
    "pure",
    '`n` written with that many decimals, 0 to 100: `(to-fixed 3.14159 2)` is `"3.14"`.',
    (n, digits) => {
      if (digits > 100) raise("range", `to-fixed: expected 0 to 100 digits, got ${digits}`, digits);
      return n.toFixed(digits);
    },
  ),
  declare(
    "parse-number",
    "s:string &optional radix:int",
    "pure",
    "The number that `s` spells as the language writes numbers, or as digits to base `radix`; nil when it spells " +
      'none. No space is allowed around it. `(parse-number "1e3")` is `1000`, `(parse-number "12px")` is nil.',
    (s, radix) =>
      (radix === undefined ? parseNumber(s) : parseRadix(s, checkRadix("parse-number", radix))) ?? NIL,
  ),
  declare(
    "parse-bigint",
    "s:string",
    "pure",
    "The bigint whose decimal digits `s` holds, with or without an `n` at the end; nil when it holds none.",
    (s) => (/^[+-]?\d+n?$/.test(s) ? BigInt(s.replace(/^\+|n$/g, "")) : NIL),
  ),
  declare("number->bigint", "n:int", "pure", "The bigint equal to the integer `n`.", (n) => BigInt(n)),
  declare(
    "bigint->number",
    "n:bigint",
    "pure",
    'The number nearest to `n`, rounded beyond 2^53. One that no number can hold raises "range".',
    (n) => {
      const result = Number(n);
      if (!Number.isFinite(result)) raise("range", "bigint->number: too large for a number", n);
      return result;
    },
  ),

  declare("even?", "n:int|bigint", "pure", "Whether the integer `n` is even.", (n) =>
    bool(typeof n === "number" ? n % 2 === 0 : n % 2n === 0n),
  ),
  declare("odd?", "n:int|bigint", "pure", "Whether the integer `n` is odd.", (n) =>
    bool(typeof n === "number" ? n % 2 !== 0 : n % 2n !== 0n),
  ),
  declare("zero?", "n:number|bigint", "pure", "Whether `n` is zero.", (n) =>
    bool(typeof n === "number" ? n === 0 : n === 0n),
  ),
  declare("pos?", "n:number|bigint", "pure", "Whether `n` is above zero.", (n) => bool(n > 0)),
  declare("neg?", "n:number|bigint", "pure", "Whether `n` is below zero.", (n) => bool(n < 0)),
  declare("integer?", "x", "pure", "Whether `x` is a number without a fraction, or a bigint.", (x) =>
    bool(typeof x === "bigint" || Number.isInteger(x)),
  ),
  declare("nan?", "n:number", "pure", "Whether `n` is NaN, which equals nothing.", (n) =>
    bool(Number.isNaN(n)),
  ),
  declare("finite?", "n:number", "pure", "Whether `n` is neither NaN nor infinite.", (n) =>
    bool(Number.isFinite(n)),
  ),
];
