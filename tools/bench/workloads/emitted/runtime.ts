/**
 * What code emitted by a compiler from SX to JavaScript would call where its inline code for numbers does not do:
 * arithmetic that refuses what is no number, structural equality, and a trampoline for tail calls, which JavaScript
 * does not have.
 */
export type Value = unknown;

function number(value: Value, who: string): number {
  if (typeof value !== "number") throw new TypeError(`${who}: expected a number, got ${String(value)}`);
  return value;
}

export const add = (a: Value, b: Value): number => number(a, "+") + number(b, "+");
export const sub = (a: Value, b: Value): number => number(a, "-") - number(b, "-");
export const mul = (a: Value, b: Value): number => number(a, "*") * number(b, "*");
export const less = (a: Value, b: Value): boolean => number(a, "<") < number(b, "<");

export function div(a: Value, b: Value): number {
  const divisor = number(b, "/");
  if (divisor === 0) throw new RangeError("division by zero");
  return number(a, "/") / divisor;
}

/** The remainder with the sign of the divisor. */
export function mod(a: Value, b: Value): number {
  const divisor = number(b, "mod");
  if (divisor === 0) throw new RangeError("division by zero");
  const rest = number(a, "mod") % divisor;
  return rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest;
}

export const equal = (a: Value, b: Value): boolean =>
  typeof a === "object" && typeof b === "object" ? sameLists(a, b) : a === b;

function sameLists(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, i) => equal(item, b[i]));
}

type Code = (...args: Value[]) => Value;

class Tail {
  readonly code: Code;
  readonly args: readonly Value[];
  constructor(code: Code, args: readonly Value[]) {
    this.code = code;
    this.args = args;
  }
}

/** A call in tail position: whoever called the function that returns it makes it. */
export const tail = (code: Value, ...args: readonly Value[]): Value => new Tail(callable(code), args);

/** A call that is not in tail position makes what tail calls are left of it. */
export const settled = (value: Value): Value =>
  typeof value === "object" && value instanceof Tail ? bounced(value) : value;

function bounced(tail: Tail): Value {
  let result: Value = tail;
  while (result instanceof Tail) result = result.code(...result.args);
  return result;
}

export function callable(code: Value): Code {
  if (typeof code !== "function") throw new TypeError(`not a function: ${String(code)}`);
  return code as Code;
}

/** A global that can be defined anew. */
export interface Cell {
  value: Value;
}
