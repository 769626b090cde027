/** `pipeline.sx` as a compiler to JavaScript would emit it, with its library's functions over lists. */
import { add, callable, mod, mul, settled, type Value } from "./runtime.ts";

function list(value: Value, who: string): readonly Value[] {
  if (!Array.isArray(value)) throw new TypeError(`${who}: expected a list, got ${String(value)}`);
  return value;
}

const range = (end: number): readonly Value[] => Array.from({ length: end }, (_, i) => i);

function map(f: Value, xs: Value): Value {
  const code = callable(f);
  const out: Value[] = [];
  for (const x of list(xs, "map")) out.push(settled(code(x)));
  return out;
}

function filter(f: Value, xs: Value): Value {
  const code = callable(f);
  const out: Value[] = [];
  for (const x of list(xs, "filter")) {
    const kept = settled(code(x));
    if (kept !== false && kept !== null) out.push(x);
  }
  return out;
}

function reduce(f: Value, init: Value, xs: Value): Value {
  const code = callable(f);
  let result = init;
  for (const x of list(xs, "reduce")) result = settled(code(result, x));
  return result;
}

const next = (sum: Value, x: Value): Value =>
  mod(typeof sum === "number" && typeof x === "number" ? sum + x : add(sum, x), 1_000_003);

const even = (x: Value): Value => mod(x, 2) === 0;

const tripled = (x: Value): Value => {
  const product = typeof x === "number" ? x * 3 : mul(x, 3);
  return product + 1;
};

export const run = (n: number): Value => reduce(next, 0, filter(even, map(tripled, range(n))));
