/** How many points of an n by n grid over the Mandelbrot set have not escaped after 50 steps. */
function stays(cr: number, ci: number): boolean {
  let zr = 0;
  let zi = 0;
  for (let steps = 50; ; steps--) {
    if (zr * zr + zi * zi > 4) return false;
    if (steps === 0) return true;
    const next = zr * zr - zi * zi + cr;
    zi = 2 * zr * zi + ci;
    zr = next;
  }
}

export const small = 10;
export const size = 200;
export function run(n: number): number {
  let count = 0;
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) if (stays((3 * x) / n - 2, (2 * y) / n - 1)) count++;
  }
  return count;
}
