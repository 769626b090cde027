/** Equality and order. */
import {
  bool,
  eq,
  equal,
  eqv,
  isList,
  isVector,
  kindOf,
  raise,
  toArray,
  truthy,
  vectorItems,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { Sym } from "../heap/value.ts";
import { badOperands, checkNumeric } from "./arithmetic.ts";
import { declare, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

type Order = <T extends number | bigint | string>(a: T, b: T) => boolean;

/** Every argument is checked, also after the answer is known to be false. */
function ordered(name: string, holds: Order): (...ns: Value[]) => Value {
  return (...ns) => {
    let result = true;
    let previous: Value | undefined;
    for (const n of ns) {
      if (previous === undefined) checkNumeric(name, n);
      else if (typeof previous === "number" && typeof n === "number") result &&= holds(previous, n);
      else if (typeof previous === "bigint" && typeof n === "bigint") result &&= holds(previous, n);
      else badOperands(name, previous, n);
      previous = n;
    }
    return bool(result);
  };
}

function neighbours(same: (a: Value, b: Value) => boolean): (...xs: Value[]) => Value {
  return (...xs) => {
    for (let i = 1; i < xs.length; i++) {
      const a = xs[i - 1];
      const b = xs[i];
      if (a !== undefined && b !== undefined && !same(a, b)) return bool(false);
    }
    return bool(true);
  };
}

const lessThan: Order = (a, b) => a < b;
const atMost: Order = (a, b) => a <= b;
const greaterThan: Order = (a, b) => a > b;
const atLeast: Order = (a, b) => a >= b;

const stringOrder = (name: string, holds: Order, doc: string): Primitive =>
  declare(name, "a:string b:string", "pure", doc, (a, b) => bool(holds(a, b)));

function atoms<T extends number | bigint | string | boolean>(a: T, b: T): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** Numbers in order with NaN after all others, so that sorting has one result. */
function compareNumbers(a: number, b: number): number {
  const [x, y] = [Number.isNaN(a), Number.isNaN(b)];
  return x || y ? atoms(x, y) : atoms(a, b);
}

function items(v: Value): Value[] | undefined {
  if (isList(v)) return toArray(v);
  return isVector(v) ? vectorItems(v) : undefined;
}

/** -1, 0 or 1. Sequences are compared with a stack of their own: they may be nested deeply. */
export function compare(a: Value, b: Value): number {
  const pending: { xs: Value[]; ys: Value[]; at: number }[] = [];
  let x: Value = a;
  let y: Value = b;
  for (;;) {
    let order = 0;
    if (typeof x === "number" && typeof y === "number") order = compareNumbers(x, y);
    else if (typeof x === "string" && typeof y === "string") order = atoms(x, y);
    else if (typeof x === "bigint" && typeof y === "bigint") order = atoms(x, y);
    else if (x instanceof Sym && y instanceof Sym) order = atoms(x.name, y.name);
    else {
      const kind = kindOf(x);
      const xs = kind === kindOf(y) ? items(x) : undefined;
      const ys = items(y);
      if (kind === kindOf(y) && kind === "boolean") order = atoms(truthy(x), truthy(y));
      else if (kind === kindOf(y) && kind === "nil") order = 0;
      else if (xs === undefined || ys === undefined) {
        return raise("type", `compare: ${shown(x)} and ${shown(y)} have no order`, x, y);
      } else if (x !== y) {
        if (pending.length > 100_000) return raise("limit", "compare: nested too deeply", a, b);
        pending.push({ xs, ys, at: 0 });
      }
    }
    if (order !== 0) return order;
    // The next pair of the innermost sequences that are not used up.
    for (;;) {
      const top = pending.at(-1);
      if (top === undefined) return 0;
      const nextX = top.xs[top.at];
      const nextY = top.ys[top.at];
      if (nextX !== undefined && nextY !== undefined) {
        top.at++;
        x = nextX;
        y = nextY;
        break;
      }
      if (top.xs.length !== top.ys.length) return top.xs.length < top.ys.length ? -1 : 1;
      pending.pop();
    }
  }
}

export const comparison: readonly Primitive[] = [
  declare("<", "n &rest ns", "pure", "Whether each number is less than the next.", ordered("<", lessThan)),
  declare("<=", "n &rest ns", "pure", "Whether no number is greater than the next.", ordered("<=", atMost)),
  declare(
    ">",
    "n &rest ns",
    "pure",
    "Whether each number is greater than the next.",
    ordered(">", greaterThan),
  ),
  declare(">=", "n &rest ns", "pure", "Whether no number is less than the next.", ordered(">=", atLeast)),
  declare(
    "=",
    "x &rest xs",
    "reads",
    "Whether all arguments are equal: the same data, however deep. Dicts and sets are equal in any order, a list " +
      "never equals a vector, `(= 1 1n)` is false, NaN equals nothing, functions are equal to themselves.",
    neighbours(equal),
  ),
  declare("equal?", "x &rest xs", "reads", "The same as `=`.", neighbours(equal)),
  declare("not=", "x &rest xs", "reads", "Whether `=` is false.", (...xs) =>
    bool(!truthy(neighbours(equal)(...xs))),
  ),
  declare(
    "eq?",
    "a b",
    "pure",
    "Whether `a` and `b` are one object. For numbers and strings, which have no identity, the same as `eqv?`.",
    (a, b) => bool(eq(a, b)),
  ),
  declare("eqv?", "a b", "pure", "Identity for compound values, equality for atoms.", (a, b) =>
    bool(eqv(a, b)),
  ),
  declare(
    "compare",
    "a b",
    "reads",
    "-1, 0 or 1 as `a` comes before, with or after `b`: numbers by value (NaN last), strings by UTF-16 units, symbols by " +
      "name, false before true, lists and vectors by their first difference. Anything else has no order and raises.",
    (a, b) => compare(a, b),
  ),
  declare("%compare", "a b", "reads", "As `compare`, for the core module.", (a, b) => compare(a, b)),
  stringOrder("string<?", lessThan, "Whether `a` comes before `b` by UTF-16 units."),
  stringOrder("string<=?", atMost, "Whether `a` does not come after `b` by UTF-16 units."),
  stringOrder("string>?", greaterThan, "Whether `a` comes after `b` by UTF-16 units."),
  stringOrder("string>=?", atLeast, "Whether `a` does not come before `b` by UTF-16 units."),
];
