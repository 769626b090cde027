/** Random programs as trees: what the generator makes and the shrinker cuts. */

export type Node = string | Branch;

export interface Branch {
  readonly open: "(" | "[" | "{";
  readonly items: readonly Node[];
}

const CLOSE = { "(": ")", "[": "]", "{": "}" } as const;

const TOKEN = /\s*([()[\]{}]|"(?:[^"\\]|\\.)*"|[^\s()[\]{}"]+)/y;

/** Parses our own texts (templates and the like): lists, dicts, strings and other atoms. @throws SyntaxError */
export function parse(text: string): Node[] {
  const top: Node[] = [];
  const open: { readonly bracket: Branch["open"]; readonly items: Node[] }[] = [];
  TOKEN.lastIndex = 0;
  const source = text.trim();
  while (TOKEN.lastIndex < source.length) {
    const [, token] = TOKEN.exec(source) ?? [];
    if (token === undefined) throw new SyntaxError(`cannot read ${source}`);
    if (token === "(" || token === "[" || token === "{") open.push({ bracket: token, items: [] });
    else {
      let node: Node = token;
      if (token === ")" || token === "]" || token === "}") {
        const closed = open.pop();
        if (closed === undefined || CLOSE[closed.bracket] !== token)
          throw new SyntaxError(`unbalanced ${token} in ${source}`);
        node = { open: closed.bracket, items: closed.items };
      }
      (open.at(-1)?.items ?? top).push(node);
    }
  }
  if (open.length > 0) throw new SyntaxError(`unclosed ${open.at(-1)?.bracket} in ${source}`);
  return top;
}

/** On one line. */
export function show(node: Node): string {
  if (typeof node === "string") return node;
  return node.open + node.items.map(show).join(" ") + CLOSE[node.open];
}

/** One top-level form a line. */
export function showProgram(forms: readonly Node[]): string {
  return `${forms.map(show).join("\n")}\n`;
}

export function sizeOf(node: Node): number {
  return typeof node === "string" ? 1 : node.items.reduce((n, item) => n + sizeOf(item), 1);
}

export interface Place {
  readonly node: Node;
  /** The index of the form, then of the item in each list. */
  readonly path: readonly number[];
}

/** Every node of a program. */
export function* walk(forms: readonly Node[]): Generator<Place> {
  for (const [i, form] of forms.entries()) yield* walkNode(form, [i]);
}

function* walkNode(node: Node, path: readonly number[]): Generator<Place> {
  yield { node, path };
  if (typeof node === "string") return;
  for (const [i, item] of node.items.entries()) yield* walkNode(item, [...path, i]);
}

export function replaceAt(forms: readonly Node[], path: readonly number[], by: Node): Node[] {
  const [first = 0, ...rest] = path;
  return forms.map((form, i) => (i === first ? replaceIn(form, rest, by) : form));
}

function replaceIn(node: Node, path: readonly number[], by: Node): Node {
  const [first, ...rest] = path;
  if (first === undefined || typeof node === "string") return by;
  return { ...node, items: node.items.map((item, i) => (i === first ? replaceIn(item, rest, by) : item)) };
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
