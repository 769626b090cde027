/** A loop that sums; the remainder keeps the sum a small integer. */
export const small = 1000;
export const brief = 30_000;
export const size = 10_000_000;
export function run(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + i * 7) % 1_000_003;
  return sum;
}
