/** Datalog by hand, semi-naive: who is of the same generation in a family tree of n people. */
type Fact = readonly [x: number, y: number];

function family(n: number): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (let child = 1; child < n; child++) {
    const parent = Math.floor((child - 1) / 3);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [child]);
    else siblings.push(child);
  }
  return children;
}

export const small = 13;
export const size = 200;
export function run(n: number): number {
  const children = family(n);
  // A pair is no key in JavaScript; its text is.
  const known = new Map<string, Fact>();
  const pairs = (p: number, q: number, into: Fact[]): void => {
    for (const x of children.get(p) ?? []) {
      for (const y of children.get(q) ?? []) {
        const key = `${x},${y}`;
        if (known.has(key)) continue;
        known.set(key, [x, y]);
        into.push([x, y]);
      }
    }
  };
  let delta: Fact[] = [];
  for (let p = 0; p < n; p++) pairs(p, p, delta);
  while (delta.length > 0) {
    const news: Fact[] = [];
    for (const [p, q] of delta) pairs(p, q, news);
    delta = news;
  }
  let sum = 0;
  for (const [x, y] of known.values()) sum = (sum + x * y) % 1_000_003;
  return sum;
}
