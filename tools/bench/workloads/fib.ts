/** Calls and small integers. */
function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export const small = 15;
export const size = 30;
export const run = (n: number): number => fib(n);
