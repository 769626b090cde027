/** Random programs as trees: what the generator makes and the shrinker cuts. */

export type Node = string | Branch;

export interface Branch {
  readonly open: "(" | "[" | "{";
  readonly items: readonly Node[];
}

const CLOSE = { "(": ")", "[": "]", "{": "}" } as const;

export function list(...items: readonly Node[]): Branch {
  return { open: "(", items };
}

export function bracket(...items: readonly Node[]): Branch {
  return { open: "[", items };
}

export function dict(...items: readonly Node[]): Branch {
  return { open: "{", items };
}

export function quote(node: Node): Branch {
  return list("quote", node);
}

/** On one line. */
export function show(node: Node): string {
  if (typeof node === "string") return node;
  return node.open + node.items.map(show).join(" ") + CLOSE[node.open];
}

/** One top-level form a line, long ones broken by hand of the reader. */
export function showProgram(forms: readonly Node[]): string {
  return `${forms.map(show).join("\n")}\n`;
}

export function sizeOf(node: Node): number {
  return typeof node === "string" ? 1 : node.items.reduce((n, item) => n + sizeOf(item), 1);
}

/** Random numbers from a seed: xorshift on 32 bits, the same everywhere. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0 || 1;
    for (let i = 0; i < 8; i += 1) this.next();
  }

  /** In [0, 1). */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state / 0x1_0000_0000;
  }

  /** In [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)];
    if (one === undefined) throw new RangeError("nothing to pick from");
    return one;
  }
}
