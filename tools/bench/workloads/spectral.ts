/** The spectral norm of an infinite matrix, cut to n by n. After the Computer Language Benchmarks Game. */
type Entry = (i: number, j: number) => number;

const a: Entry = (i, j) => 1 / ((i + j) * (i + j + 1) * 0.5 + i + 1);
const transposed: Entry = (i, j) => a(j, i);

function times(entry: Entry, v: readonly number[], n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += entry(i, j) * (v[j] as number);
    out.push(sum);
  }
  return out;
}

const square = (v: readonly number[], n: number): number[] => times(transposed, times(a, v, n), n);

function dot(u: readonly number[], v: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += (u[i] as number) * (v[i] as number);
  return sum;
}

export const small = 5;
export const brief = 8;
export const size = 160;
export function run(n: number): number {
  let u: number[] = new Array(n).fill(1);
  for (let round = 0; ; round++) {
    const v = square(u, n);
    // `u` is the vector before the last squaring, so that v = A·u and the norm is their ratio.
    if (round === 9) return Math.sqrt(dot(u, v) / dot(v, v));
    u = square(v, n);
  }
}
