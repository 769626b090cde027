/** `fib.sx` as a compiler to JavaScript would emit it. */
import { add, type Cell, callable, less, settled, sub, type Value } from "./runtime.ts";

const fib: Cell = {
  value: (n: Value): Value => {
    if (typeof n === "number" ? n < 2 : less(n, 2)) return n;
    const a = settled(callable(fib.value)(typeof n === "number" ? n - 1 : sub(n, 1)));
    const b = settled(callable(fib.value)(typeof n === "number" ? n - 2 : sub(n, 2)));
    return typeof a === "number" && typeof b === "number" ? a + b : add(a, b);
  },
};

export const run = (n: number): Value => settled(callable(fib.value)(n));
