/** `mutual.sx` as a compiler to JavaScript would emit it. */
import { add, type Cell, callable, equal, mod, mul, settled, sub, tail, type Value } from "./runtime.ts";

const ping: Cell = {
  value: (n: Value, sum: Value): Value => {
    if (typeof n === "number" ? n === 0 : equal(n, 0)) return sum;
    const left = typeof n === "number" ? n - 1 : sub(n, 1);
    const next = typeof sum === "number" && typeof n === "number" ? sum + n : add(sum, n);
    return tail(pong.value, left, mod(next, 1_000_003));
  },
};

const pong: Cell = {
  value: (n: Value, sum: Value): Value => {
    if (typeof n === "number" ? n === 0 : equal(n, 0)) return sum;
    const left = typeof n === "number" ? n - 1 : sub(n, 1);
    const next = typeof sum === "number" ? sum * 3 : mul(sum, 3);
    return tail(ping.value, left, mod(next, 1_000_003));
  },
};

export const run = (n: number): Value => settled(callable(ping.value)(n, 1));
