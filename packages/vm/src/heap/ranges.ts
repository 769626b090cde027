/** Which parts of a buffer some list shows: so that what many views share is gone through once. */

/** From (inclusive) to (exclusive). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export class Ranges {
  /** Apart from each other, ascending. */
  #ranges: readonly Range[] = [];

  /** The least index, and one past the greatest. */
  get bounds(): Range {
    return { from: this.#ranges[0]?.from ?? 0, to: this.#ranges.at(-1)?.to ?? 0 };
  }

  /** Adds a range; gives the parts of it that were not in yet. O(ranges that are apart), mostly 1. */
  add(from: number, to: number): Range[] {
    const before = this.#ranges.filter((r) => r.to < from);
    const after = this.#ranges.filter((r) => r.from > to);
    const touching = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const gaps: Range[] = [];
    let at = from;
    for (const r of touching) {
      if (r.from > at) gaps.push({ from: at, to: r.from });
      at = Math.max(at, r.to);
    }
    if (at < to) gaps.push({ from: at, to });
    const start = Math.min(from, touching[0]?.from ?? from);
    const end = Math.max(to, touching.at(-1)?.to ?? to);
    this.#ranges = [...before, { from: start, to: end }, ...after];
    return gaps;
  }
}
