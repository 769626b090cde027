/** Calls with three arguments, by Takeuchi. */
function tak(x: number, y: number, z: number): number {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

export const small = 9;
export const brief = 12;
export const size = 24;
export const run = (n: number): number => tak(n, Math.floor((n * 2) / 3), Math.floor(n / 3));
