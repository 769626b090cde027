/** "Did you mean": the known name that a misspelt one is nearest to. */

/**
 * Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and
 * swaps of neighbours. Gives up with a number above `limit` as soon as it cannot stay within it.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? limit + 1;
}

/** Case, `-`, `_`, and a final `!` or `?` are what people get wrong without noticing. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_!?*]/g, "");
}

/** What a name of other Lisps, or of JavaScript, is called here. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["car", "first"],
  ["cdr", "rest"],
  ["cadr", "second"],
  ["null?", "nil?"],
  ["length", "len"],
  ["count", "len"],
  ["size", "len"],
  ["print", "perform"],
  ["println", "perform"],
  ["display", "perform"],
  ["string-append", "str"],
  ["procedure?", "function?"],
  ["fn?", "function?"],
  ["values", "vals"],
  ["truncate", "trunc"],
  ["foldl", "reduce"],
  ["fold", "reduce"],
  ["fold-left", "reduce"],
  ["foldr", "fold-right"],
  ["for-all", "every?"],
  ["any", "some"],
  ["mapcat", "flat-map"],
  ["progn", "do"],
  ["λ", "fn"],
  ["function", "fn"],
  ["defn", "define"],
  ["defun", "define"],
  ["def", "define"],
  ["setq", "set!"],
]);

/**
 * The candidate nearest to `name`, or undefined when none is near: at most a third of the letters
 * differ, or the names differ in case and punctuation only, or one begins the other. The first of
 * equally near candidates. A name that another Lisp has for a candidate is near to it. O(candidates × length²).
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const here = elsewhere.get(name);
  const known = [...candidates];
  if (here !== undefined && known.includes(here)) return here;
  // Of a name of one letter nothing would be left.
  const limit = Math.min(Math.max(1, Math.floor(name.length / 3)), name.length - 1);
  const bare = plain(name);
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (candidate === name) continue;
    let score = distance(name, candidate, limit);
    if (score > limit) {
      if (bare !== "" && plain(candidate) === bare) score = 1;
      else if (candidate.length >= 3 && name.startsWith(candidate))
        score = limit + 0.5 + (name.length - candidate.length) / 100;
      else continue;
    }
    if (score < bestScore) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}
