/** Calls and small integers. */
function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export const small = 15;
export const brief = 20;
export const size = 32;
export const run = (n: number): number => fib(n);
