/** What an edit left alone, found by comparing the texts. */

/** The units that two texts share at their start and, not overlapping, at their end. */
export interface Common {
  readonly prefix: number;
  readonly suffix: number;
}

const BLOCK = 1024;

/** Compares block by block, which engines do a word at a time, then unit by unit. O(length). */
export function commonEnds(a: string, b: string): Common {
  const limit = Math.min(a.length, b.length);
  let prefix = 0;
  while (prefix + BLOCK <= limit && same(a, prefix, b, prefix)) prefix += BLOCK;
  while (prefix < limit && a.charCodeAt(prefix) === b.charCodeAt(prefix)) prefix++;
  const rest = limit - prefix;
  let suffix = 0;
  while (suffix + BLOCK <= rest && same(a, a.length - suffix - BLOCK, b, b.length - suffix - BLOCK)) {
    suffix += BLOCK;
  }
  while (suffix < rest && a.charCodeAt(a.length - suffix - 1) === b.charCodeAt(b.length - suffix - 1)) {
    suffix++;
  }
  return { prefix, suffix };
}

function same(a: string, i: number, b: string, j: number): boolean {
  return a.slice(i, i + BLOCK) === b.slice(j, j + BLOCK);
}
