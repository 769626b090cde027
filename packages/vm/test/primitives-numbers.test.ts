/** Arithmetic, numbers, equality and order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "../src/primitives/comparison.ts";
import { primitives } from "../src/primitives/index.ts";
import { outcome } from "./support/evaluate.ts";

const cases = (rows: readonly (readonly [string, string])[]) =>
  test.each(rows)("%s", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

const mixed = "a number and a bigint do not mix";
const convert = "convert with number->bigint or bigint->number";

describe("the four operations", () => {
  cases([
    ["(+)", "0"],
    ["(+ 1)", "1"],
    ["(+ 1 2 3.5)", "6.5"],
    ["(+ 1n 2n)", "3n"],
    ["(+ 1 2n)", `type: +: ${mixed}, got 1 and 2n; ${convert}`],
    ["(+ 1n 2n 3)", `type: +: ${mixed}, got 3n and 3; ${convert}`],
    [`(+ "a")`, `type: +: expected a number or bigint as n, got "a"`],
    [`(+ 1 "a")`, `type: +: expected a number or bigint as n, got "a"`],
    [`(+ 1 2 nil)`, `type: +: expected a number or bigint as n, got nil`],
    ["(- 5)", "-5"],
    ["(- 5n)", "-5n"],
    ["(- 10 1 2)", "7"],
    ["(- true)", "type: -: expected a number or bigint as n, got true"],
    ["(*)", "1"],
    ["(* 2 3 4)", "24"],
    ["(* 99999999999n 99999999999n)", "9999999999800000000001n"],
    ["(/ 1 4)", "0.25"],
    ["(/ 4)", "0.25"],
    ["(/ 7n 2n)", "3n"],
    ["(/ 1 0)", "arithmetic: /: division by zero"],
    ["(/ 0 0)", "arithmetic: /: division by zero"],
    ["(/ 1 -0)", "arithmetic: /: division by zero"],
    ["(/ 0)", "arithmetic: /: division by zero"],
    ["(/ 1n 0n)", "arithmetic: /: division by zero"],
    ["(/ 8 2 0)", "arithmetic: /: division by zero"],
    ["(inc 1)", "2"],
    ["(dec 1n)", "0n"],
  ]);
});

describe("division with remainder", () => {
  cases([
    ["(quot 7 2)", "3"],
    ["(quot -7 2)", "-3"],
    ["(quot -7n 2n)", "-3n"],
    ["(quot 1 0)", "arithmetic: quot: division by zero"],
    ["(rem -7 2)", "-1"],
    ["(rem 7 -2)", "1"],
    ["(rem 1n 0n)", "arithmetic: rem: division by zero"],
    ["(mod -7 2)", "1"],
    ["(mod 7 -2)", "-1"],
    ["(mod -7n 2n)", "1n"],
    ["(mod 5.5 2)", "1.5"],
    ["(mod 1 0)", "arithmetic: mod: division by zero"],
    ["(mod 1 2n)", `type: mod: ${mixed}, got 1 and 2n; ${convert}`],
    ["(quotient 7 2)", "3"],
    ["(modulo -7 2)", "1"],
    ["(remainder -7 2)", "-1"],
  ]);
  test("quot and rem make the number again, and mod has the sign of the divisor", () => {
    const op = (name: string, a: number, b: number) => Number(primitives.get(name)?.fn(a, b));
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer().filter((n) => n !== 0),
        (a, b) => {
          expect(op("quot", a, b) * b + op("rem", a, b)).toBe(a);
          const m = op("mod", a, b);
          expect(m === 0 || m < 0 === b < 0).toBe(true);
          expect(Math.abs((a - m) % b)).toBe(0);
        },
      ),
    );
  });
});

describe("powers and bits", () => {
  cases([
    ["(expt 2 10)", "1024"],
    ["(expt 2 -1)", "0.5"],
    ["(expt 2n 100n)", "1267650600228229401496703205376n"],
    ["(expt -1n -3n)", "-1n"],
    ["(expt 0 -1)", "arithmetic: expt: division by zero"],
    ["(expt 0n -1n)", "arithmetic: expt: division by zero"],
    ["(expt 2n -1n)", "arithmetic: expt: a negative power of a bigint is not a bigint, got -1n"],
    ["(expt 10n 100000000n)", "limit: expt: the result is too large for a bigint"],
    ["(expt 1n 100000000000n)", "1n"],
    ["(bit-and 12 10)", "8"],
    ["(bit-and -1 0xffffffff)", "4294967295"],
    ["(bit-and 0x1ffffffffffff 0xff)", "255"],
    ["(bit-or 1 2)", "3"],
    ["(bit-xor 5n 1n)", "4n"],
    ["(bit-not 0)", "-1"],
    ["(bit-not 0xffffffff)", "-4294967296"],
    ["(bit-shift-left 1 40)", "1099511627776"],
    ["(bit-shift-left 1 60)", "range: bit-shift-left: the result is beyond 2^53; take bigints"],
    ["(bit-shift-left 1n 60)", "1152921504606846976n"],
    ["(bit-shift-left 1n 1000000000)", "limit: bit-shift-left: the result is too large for a bigint"],
    ["(bit-shift-right -5 1)", "-3"],
    ["(bit-shift-right 5 100)", "0"],
    ["(bit-and 1.5 1)", "type: bit-and: expected an integer as n, got 1.5"],
    ["(bit-and 1e300 1)", "range: bit-and: 1e+300 is not exact: beyond 2^53 take bigints"],
    [`(bit-or "a" 1)`, `type: bit-or: expected a number or bigint as n, got "a"`],
    ["(bit-and 1 1n)", `type: bit-and: ${mixed}, got 1 and 1n; ${convert}`],
  ]);
  test("bits of numbers are those of bigints", () => {
    const ops = {
      "bit-and": (a: bigint, b: bigint) => a & b,
      "bit-or": (a: bigint, b: bigint) => a | b,
      "bit-xor": (a: bigint, b: bigint) => a ^ b,
    };
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        for (const [name, big] of Object.entries(ops)) {
          expect(primitives.get(name)?.fn(a, b)).toBe(Number(big(BigInt(a), BigInt(b))));
        }
      }),
    );
  });
});

describe("numbers", () => {
  cases([
    ["(abs -2)", "2"],
    ["(abs -2n)", "2n"],
    ["(sign -3)", "-1"],
    ["(min 3 1 2)", "1"],
    ["(max 3n 5n)", "5n"],
    ["(max 1 NaN 2)", "NaN"],
    ["(max 1 2n)", `type: max: ${mixed}, got 1 and 2n`],
    [`(min 1 "a")`, `type: min: expected a number or bigint as n, got "a"`],
    ["(floor -1.5)", "-2"],
    ["(ceil 1.2)", "2"],
    ["(round 2.5)", "3"],
    ["(round -2.5)", "-2"],
    ["(trunc -1.7)", "-1"],
    ["(floor 3n)", "3n"],
    ["(sqrt 2)", String(Math.SQRT2)],
    ["(sqrt -1)", "NaN"],
    ["(log 8 2)", "3"],
    ["(log 1000 10)", "3"],
    ["(log 0)", "-Infinity"],
    ["(atan 1 -1)", String(Math.atan2(1, -1))],
    ["(sqrt 4n)", "type: sqrt: expected a number as n, got 4n"],
    ["(number->string 255 16)", `"ff"`],
    ["(number->string 10n 2)", `"1010"`],
    ["(number->string 1 37)", "range: number->string: expected a radix from 2 to 36, got 37"],
    ["(to-fixed 1.005 1)", `"1.0"`],
    ["(to-fixed 1 101)", "range: to-fixed: expected 0 to 100 digits, got 101"],
    [`(parse-number "42")`, "42"],
    [`(parse-number "-1.5e3")`, "-1500"],
    [`(parse-number "0xff")`, "255"],
    [`(parse-number "5/2")`, "2.5"],
    [`(parse-number "ff" 16)`, "255"],
    [`(parse-number "-z" 36)`, "-35"],
    [`(parse-number "12" 2)`, "nil"],
    [`(parse-number "")`, "nil"],
    [`(parse-number " 1")`, "nil"],
    [`(parse-number "1px")`, "nil"],
    [`(parse-number "10n")`, "nil"],
    [`(parse-number "NaN")`, "nil"],
    [`(parse-number "Infinity")`, "nil"],
    [`(parse-number 1)`, "type: parse-number: expected a string as s, got 1"],
    [`(parse-bigint "-12n")`, "-12n"],
    [`(parse-bigint "+12")`, "12n"],
    [`(parse-bigint "1.5")`, "nil"],
    ["(number->bigint 5)", "5n"],
    ["(number->bigint 1.5)", "type: number->bigint: expected an integer as n, got 1.5"],
    ["(bigint->number 5n)", "5"],
    ["(bigint->number (expt 10n 400n))", "range: bigint->number: too large for a number"],
    ["(even? 2)", "true"],
    ["(odd? -1)", "true"],
    ["(odd? 2n)", "false"],
    ["(zero? -0)", "true"],
    ["(pos? 1n)", "true"],
    ["(neg? 0)", "false"],
    ["(integer? 1)", "true"],
    ["(integer? 1n)", "true"],
    ["(integer? 1.5)", "false"],
    [`(integer? "a")`, "false"],
    ["(nan? NaN)", "true"],
    ["(finite? Infinity)", "false"],
  ]);
});

describe("equality and order", () => {
  cases([
    ["(= 1 1 1)", "true"],
    ["(= 1 1 2)", "false"],
    ["(= 1)", "true"],
    ["(= 1 1n)", "false"],
    ["(= NaN NaN)", "false"],
    ["(= 0 -0)", "true"],
    ["(= {:a 1 :b 2} {:b 2 :a 1})", "true"],
    ["(= (list 1 2) (vector 1 2))", "false"],
    ["(= (set 1 2) (set 2 1))", "true"],
    ["(equal? '(1 (2)) (list 1 (list 2)))", "true"],
    ["(not= 1 2)", "true"],
    ["(not= 1 1)", "false"],
    ["(eq? 'a 'a)", "true"],
    ["(eq? (vector) (vector))", "false"],
    ["(eqv? 1.5 1.5)", "true"],
    ["(< 1 2 3)", "true"],
    ["(< 1 3 3)", "false"],
    ["(<= 1 3 3)", "true"],
    ["(> 3 2 1)", "true"],
    ["(>= 3 3 4)", "false"],
    ["(< 1)", "true"],
    ["(< 1n 2n)", "true"],
    ["(< 1 NaN)", "false"],
    ["(< 1 2n)", `type: <: ${mixed}, got 1 and 2n; ${convert}`],
    [`(< "a")`, `type: <: expected a number or bigint as n, got "a"`],
    [`(< 2 1 "a")`, `type: <: expected a number or bigint as n, got "a"`],
    [`(string<? "a" "b")`, "true"],
    [`(string>=? "a" "b")`, "false"],
    [`(string<? "a" 1)`, "type: string<?: expected a string as b, got 1"],
    ["(compare 1 2)", "-1"],
    [`(compare "b" "a")`, "1"],
    ["(compare '(1 2) '(1 2 0))", "-1"],
    ["(compare '(1 (2 3)) '(1 (2 2)))", "1"],
    ["(compare (vector 1) (vector 1))", "0"],
    ["(compare NaN 1)", "1"],
    ["(compare NaN NaN)", "0"],
    ["(compare false true)", "-1"],
    ["(compare 'a 'b)", "-1"],
    ["(compare nil nil)", "0"],
    ["(compare 1 nil)", "type: compare: 1 and nil have no order"],
    [`(compare 1 "a")`, `type: compare: 1 and "a" have no order`],
    ["(compare 1 1n)", "type: compare: 1 and 1n have no order"],
    ["(compare '(1) (vector 1))", "type: compare: (1) and #vector (1) have no order"],
    ["(compare {} {})", "type: compare: {} and {} have no order"],
  ]);
  test("compare is a total order of numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (ns) => {
        const sorted = [...ns].sort(compare);
        for (let i = 1; i < sorted.length; i++)
          expect(compare(sorted[i - 1] ?? 0, sorted[i] ?? 0)).toBeLessThanOrEqual(0);
      }),
    );
  });
  test("vectors within themselves end in a condition", () => {
    expect(
      outcome(
        "(def a (vector 1)) (def b (vector 1)) (def x (vector-push! a a)) (vector-push! b b) (compare a b)",
      ),
    ).toBe("limit: compare: nested too deeply");
  });
});
