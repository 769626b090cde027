/** `mandelbrot.sx` as a compiler to JavaScript would emit it: a call of a loop's own name is a jump. */
import { add, type Cell, callable, div, settled, type Value } from "./runtime.ts";

const stays: Cell = {
  value: (cr: Value, ci: Value): Value => {
    // The loop's variables start as numbers, and only arithmetic is assigned to them.
    let zr = 0;
    let zi = 0;
    let steps = 50;
    for (;;) {
      if (zr * zr + zi * zi > 4) return false;
      if (steps === 0) return true;
      const real = zr * zr - zi * zi;
      const imaginary = 2 * zr * zi;
      zr = typeof cr === "number" ? real + cr : add(real, cr);
      zi = typeof ci === "number" ? imaginary + ci : add(imaginary, ci);
      steps = steps - 1;
    }
  },
};

export function run(n: Value): Value {
  let count = 0;
  for (let y = 0; y !== n; y += 1) {
    for (let x = 0; x !== n; x += 1) {
      const cr = div(3 * x, n) - 2;
      const ci = div(2 * y, n) - 1;
      const inside = settled(callable(stays.value)(cr, ci));
      if (inside !== false && inside !== null) count += 1;
    }
  }
  return count;
}
