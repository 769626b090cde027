/**
 * The four operations, division with remainder, powers and bits. Numbers are doubles, bigints are
 * exact; no operation takes both. The rest of the functions on numbers are in numbers.ts.
 */
import { raise } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, shown, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

type Numeric = number | bigint;

function mixed(name: string, a: Value, b: Value): never {
  return raise(
    "type",
    `${name}: a number and a bigint do not mix, got ${shown(a)} and ${shown(b)}; convert with number->bigint or bigint->number`,
    a,
    b,
  );
}

/** Says what is wrong with two operands that are not both numbers or both bigints. */
export function badOperands(name: string, a: Value, b: Value): never {
  for (const v of [a, b]) {
    if (typeof v !== "number" && typeof v !== "bigint") return typeError(name, "number|bigint", "n", v);
  }
  return mixed(name, a, b);
}

export function checkNumeric(name: string, v: Value): Numeric {
  return typeof v === "number" || typeof v === "bigint" ? v : typeError(name, "number|bigint", "n", v);
}

function byZero(name: string, a: Value): never {
  return raise("arithmetic", `${name}: division by zero`, a);
}

/** JavaScript refuses bigints of more than about 2^30 bits by a RangeError. */
function tooLarge(name: string): never {
  return raise("limit", `${name}: the result is too large for a bigint`);
}

function add(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "bigint" && typeof b === "bigint") return a + b;
  return badOperands("+", a, b);
}
function subtract(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "bigint" && typeof b === "bigint") return a - b;
  return badOperands("-", a, b);
}
function multiply(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (typeof a === "bigint" && typeof b === "bigint") {
    try {
      return a * b;
    } catch {
      return tooLarge("*");
    }
  }
  return badOperands("*", a, b);
}
function divide(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? byZero("/", a) : a / b;
  if (typeof a === "bigint" && typeof b === "bigint") return b === 0n ? byZero("/", a) : a / b;
  return badOperands("/", a, b);
}

function quot(a: Numeric, b: Numeric): Value {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? byZero("quot", a) : Math.trunc(a / b);
  if (typeof a === "bigint" && typeof b === "bigint") return b === 0n ? byZero("quot", a) : a / b;
  return mixed("quot", a, b);
}
function rem(a: Numeric, b: Numeric): Value {
  if (typeof a === "number" && typeof b === "number") return b === 0 ? byZero("rem", a) : a % b;
  if (typeof a === "bigint" && typeof b === "bigint") return b === 0n ? byZero("rem", a) : a % b;
  return mixed("rem", a, b);
}
function mod(a: Numeric, b: Numeric): Value {
  if (typeof a === "number" && typeof b === "number") {
    if (b === 0) return byZero("mod", a);
    const r = a % b;
    return r !== 0 && r < 0 !== b < 0 ? r + b : r;
  }
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) return byZero("mod", a);
    const r = a % b;
    return r !== 0n && r < 0n !== b < 0n ? r + b : r;
  }
  return mixed("mod", a, b);
}

/** More bits than a result may have: some seconds of work, and no way to stop it. */
const MAX_BITS = 2 ** 24;

function bitLength(n: bigint): number {
  return (n < 0n ? -n : n).toString(16).length * 4;
}

function expt(a: Numeric, b: Numeric): Value {
  if (typeof a === "number" && typeof b === "number") return a === 0 && b < 0 ? byZero("expt", a) : a ** b;
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b < 0n) {
      if (a === 0n) return byZero("expt", a);
      if (a === 1n) return 1n;
      if (a === -1n) return b % 2n === 0n ? 1n : -1n;
      return raise("arithmetic", `expt: a negative power of a bigint is not a bigint, got ${b}n`, a, b);
    }
    if (a > 1n || a < -1n) {
      if (b > BigInt(MAX_BITS) || bitLength(a) * Number(b) > MAX_BITS + 64) return tooLarge("expt");
    }
    return a ** b;
  }
  return mixed("expt", a, b);
}

/**
 * Bits of numbers are those of an integer in two's complement without a width, so that nothing
 * wraps round at 32 bits: the slow path goes through bigints.
 */
function bitwise(
  name: string,
  small: (a: number, b: number) => number,
  big: (a: bigint, b: bigint) => bigint,
): (a: Value, b: Value) => Value {
  return (a, b) => {
    if (typeof a === "number" && typeof b === "number") {
      if ((a | 0) === a && (b | 0) === b) return small(a, b);
      return Number(big(BigInt(bits(name, a)), BigInt(bits(name, b))));
    }
    if (typeof a === "bigint" && typeof b === "bigint") return big(a, b);
    return badOperands(name, a, b);
  };
}

function bits(name: string, n: number): number {
  if (!Number.isInteger(n)) return typeError(name, "int", "n", n);
  if (!Number.isSafeInteger(n))
    return raise("range", `${name}: ${n} is not exact: beyond 2^53 take bigints`, n);
  return n;
}

const bitAnd = bitwise(
  "bit-and",
  (a, b) => a & b,
  (a, b) => a & b,
);
const bitOr = bitwise(
  "bit-or",
  (a, b) => a | b,
  (a, b) => a | b,
);
const bitXor = bitwise(
  "bit-xor",
  (a, b) => a ^ b,
  (a, b) => a ^ b,
);

function bitNot(n: Value): Value {
  if (typeof n === "number") return -1 - bits("bit-not", n);
  return typeof n === "bigint" ? ~n : typeError("bit-not", "int|bigint", "n", n);
}

function shift(name: string, n: Value, by: number): Value {
  if (typeof n === "bigint") {
    if (by > 0 && n !== 0n && bitLength(n) + by > MAX_BITS) return tooLarge(name);
    return by >= 0 ? n << BigInt(by) : n >> BigInt(-by);
  }
  if (typeof n !== "number") return typeError(name, "int|bigint", "n", n);
  const exact = bits(name, n);
  if (by <= 0) return Math.floor(exact / 2 ** -by);
  const result = exact * 2 ** by;
  if (!Number.isSafeInteger(result)) {
    return raise("range", `${name}: the result is beyond 2^53; take bigints`, n, by);
  }
  return result;
}

/** Left to right over any number of arguments, two being the common case. */
function fold(
  name: string,
  op: (a: Value, b: Value) => Value,
  zero: Numeric,
  alone: (a: Numeric) => Value,
): (...args: Value[]) => Value {
  return (...args) => {
    const [a, b] = args;
    if (a === undefined) return zero;
    if (b === undefined) return alone(checkNumeric(name, a));
    let result = op(a, b);
    for (let i = 2; i < args.length; i++) result = op(result, args[i] ?? zero);
    return result;
  };
}
const same = (a: Numeric): Value => a;

export const arithmetic: readonly Primitive[] = [
  declare("+", "&rest ns", "pure", "The sum. `(+)` is 0.", fold("+", add, 0, same)),
  declare(
    "-",
    "n &rest ns",
    "pure",
    "The first argument less the others; of one argument, its negation.",
    fold("-", subtract, 0, (a) => -a),
  ),
  declare("*", "&rest ns", "pure", "The product. `(*)` is 1.", fold("*", multiply, 1, same)),
  declare(
    "/",
    "n &rest ns",
    "pure",
    "The first argument divided by the others in turn; of one argument, 1 divided by it. Division by zero raises " +
      '"arithmetic". Bigints drop the fraction: `(/ 7n 2n)` is `3n`.',
    fold("/", divide, 1, (a) => (typeof a === "number" ? divide(1, a) : divide(1n, a))),
  ),
  declare(
    "quot",
    "a:number|bigint b:number|bigint",
    "pure",
    "The quotient without its fraction: `(quot -7 2)` is `-3`.",
    quot,
  ),
  declare(
    "rem",
    "a:number|bigint b:number|bigint",
    "pure",
    "The remainder that goes with `quot`, with the sign of `a`: `(rem -7 2)` is `-1`.",
    rem,
  ),
  declare(
    "mod",
    "a:number|bigint b:number|bigint",
    "pure",
    "The remainder of division rounded down, with the sign of `b`: `(mod -7 2)` is `1`.",
    mod,
  ),
  declare("quotient", "a:number|bigint b:number|bigint", "pure", "The same as `quot`.", quot),
  declare("remainder", "a:number|bigint b:number|bigint", "pure", "The same as `rem`.", rem),
  declare("modulo", "a:number|bigint b:number|bigint", "pure", "The same as `mod`.", mod),
  declare("inc", "n:number|bigint", "pure", "`n` and one.", (n) => (typeof n === "number" ? n + 1 : n + 1n)),
  declare("dec", "n:number|bigint", "pure", "`n` less one.", (n) => (typeof n === "number" ? n - 1 : n - 1n)),
  declare(
    "expt",
    "base:number|bigint power:number|bigint",
    "pure",
    "`base` to the power of `power`: `(expt 2 10)` is `1024`, `(expt 2n 100n)` is exact.",
    expt,
  ),
  declare(
    "bit-and",
    "a b",
    "pure",
    "The bits that both integers have. A negative integer has all its high bits set, at any width: " +
      "`(bit-and -1 0xffffffff)` is `4294967295`.",
    bitAnd,
  ),
  declare("bit-or", "a b", "pure", "The bits that either integer has.", bitOr),
  declare("bit-xor", "a b", "pure", "The bits that one of the two integers has.", bitXor),
  declare(
    "bit-not",
    "n",
    "pure",
    "Every bit turned round, which is -1 less `n`: `(bit-not 5)` is `-6`.",
    bitNot,
  ),
  declare(
    "bit-shift-left",
    "n by:nat",
    "pure",
    '`n` times 2 to the power of `by`. A number beyond 2^53 raises "range"; bigints have no such end.',
    (n, by) => shift("bit-shift-left", n, by),
  ),
  declare(
    "bit-shift-right",
    "n by:nat",
    "pure",
    "`n` divided by 2 to the power of `by`, rounded down.",
    (n, by) => shift("bit-shift-right", n, -by),
  ),
];
