/** The transitive closure of a graph of n nodes, semi-naive as Datalog does it: how many pairs it has. */
function edges(n: number): [number, number][] {
  const found: [number, number][] = [];
  for (let i = 0; i < n; i++) {
    found.push([i, (i * 7 + 1) % n], [i, (i * 3 + 2) % n]);
  }
  return found;
}

export const small = 10;
export const brief = 30;
export const size = 300;
export function run(n: number): number {
  const from = new Map<number, number[]>();
  for (const [a, b] of edges(n)) {
    const targets = from.get(a);
    if (targets === undefined) from.set(a, [b]);
    else targets.push(b);
  }
  const known = new Set<number>();
  let delta: [number, number][] = [];
  const learn = (a: number, b: number, news: [number, number][]): void => {
    const fact = a * n + b;
    if (known.has(fact)) return;
    known.add(fact);
    news.push([a, b]);
  };
  for (const [a, b] of edges(n)) learn(a, b, delta);
  while (delta.length > 0) {
    const news: [number, number][] = [];
    for (const [a, b] of delta) for (const c of from.get(b) ?? []) learn(a, c, news);
    delta = news;
  }
  return known.size;
}
