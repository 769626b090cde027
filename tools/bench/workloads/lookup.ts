/** Lookups by keys that are not known before, in a map of 64 entries; some of them miss. */
const key = (i: number): string => `key-${i}`;

const table = new Map(Array.from({ length: 64 }, (_, i) => [key(i), i]));

const keys = Array.from({ length: 43 }, (_, i) => key(i * 3));

export const small = 100;
export const size = 500_000;
export function run(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += table.get(keys[i % keys.length] as string) ?? 1;
  return sum;
}
