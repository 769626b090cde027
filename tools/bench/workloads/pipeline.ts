/** map, filter, reduce over a list. */
export const small = 100;
export const brief = 3_000;
export const size = 100_000;
export function run(n: number): number {
  return Array.from({ length: n }, (_, i) => i)
    .map((x) => x * 3 + 1)
    .filter((x) => x % 2 === 0)
    .reduce((sum, x) => (sum + x) % 1_000_003, 0);
}
