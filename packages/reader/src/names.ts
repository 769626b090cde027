/** One string per name, found without cutting it out of the text first. */

const INITIAL = 64;
/** Slots to look at. A text made to collide, whose names need more, costs no more than a `Map`. */
const PROBES = 16;

/**
 * A table of the names in a text. Equal names are the same string, so they compare and hash fast
 * wherever they go, and none of them keeps the text alive.
 */
export class Names {
  /** Open addressing; the length is a power of two, and at most half of it is used. */
  private table: (string | undefined)[] = new Array<string | undefined>(INITIAL).fill(undefined);
  private count = 0;
  private readonly others = new Map<string, string>();

  /** The name in `text` from `from` to `to`. */
  at(text: string, from: number, to: number): string {
    const mask = this.table.length - 1;
    let slot = hash(text, from, to) & mask;
    for (let probe = 0; probe < PROBES; probe++) {
      const name = this.table[slot];
      if (name === undefined) {
        const slice = text.slice(from, to);
        // It may have been crowded out before the table grew.
        const added = this.others.get(slice) ?? detached(slice);
        this.table[slot] = added;
        if (++this.count * 2 > this.table.length) this.grow();
        return added;
      }
      if (name.length === to - from && matches(name, text, from)) return name;
      slot = (slot + 1) & mask;
    }
    return this.crowded(text.slice(from, to));
  }

  private crowded(slice: string): string {
    const known = this.others.get(slice);
    if (known !== undefined) return known;
    const name = detached(slice);
    this.others.set(name, name);
    return name;
  }

  /** Names move to another slot or to `others`, and are found there: by the same probes. */
  private grow(): void {
    const names = this.table;
    this.table = new Array<string | undefined>(names.length * 4).fill(undefined);
    const mask = this.table.length - 1;
    for (const name of names) {
      if (name === undefined) continue;
      let slot = hash(name, 0, name.length) & mask;
      let probe = 0;
      while (this.table[slot] !== undefined && probe++ < PROBES) slot = (slot + 1) & mask;
      if (probe < PROBES) this.table[slot] = name;
      else this.others.set(name, name);
    }
  }
}

function hash(text: string, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  // Names that differ in one letter have neighbouring sums: this takes them apart.
  return sum ^ (sum >>> 15) ^ (sum >>> 7);
}

function matches(name: string, text: string, from: number): boolean {
  for (let i = 0; i < name.length; i++) {
    if (name.charCodeAt(i) !== text.charCodeAt(from + i)) return false;
  }
  return true;
}

/**
 * A copy of a slice. Engines let a long slice share the memory of the text it was cut from, which
 * would keep every version of an edited file alive for as long as one name of it.
 */
export function detached(slice: string): string {
  return slice.length < 13 ? slice : ` ${slice}`.slice(1);
}
