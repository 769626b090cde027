/** How many ways there are to place n queens. */
function safe(column: number, placed: readonly number[]): boolean {
  for (let i = placed.length - 1, distance = 1; i >= 0; i--, distance++) {
    const other = placed[i] as number;
    if (other === column || other === column + distance || other === column - distance) return false;
  }
  return true;
}

function count(n: number, placed: number[]): number {
  if (placed.length === n) return 1;
  let ways = 0;
  for (let column = 0; column < n; column++) {
    if (!safe(column, placed)) continue;
    placed.push(column);
    ways += count(n, placed);
    placed.pop();
  }
  return ways;
}

export const small = 5;
export const brief = 5;
export const size = 10;
export const run = (n: number): number => count(n, []);
