/** What a character means to the reader: one table, and the names that can be written with it. */

/** Part of a symbol, keyword, number or tag. */
export const CONSTITUENT = 0;
export const SPACE = 1;
/** Ends an atom and begins something else: a bracket, a quote, a string, a comment. */
export const DELIMITER = 2;
/** A control character, which means nothing anywhere outside a string or comment. */
export const CONTROL = 3;

const ASCII: Uint8Array = new Uint8Array(128);
for (let c = 0; c < 128; c++) {
  if (c < 32 || c === 127) ASCII[c] = CONTROL;
}
for (const c of "\t\n\v\f\r ") ASCII[c.charCodeAt(0)] = SPACE;
for (const c of "()[]{}\"';`,") ASCII[c.charCodeAt(0)] = DELIMITER;

/** Class of one UTF-16 unit. Spaces beyond ASCII are those of JavaScript's `\s`. */
export function classOf(c: number): number {
  return c < 128 ? (ASCII[c] as number) : isWideSpace(c) ? SPACE : CONSTITUENT;
}

function isWideSpace(c: number): boolean {
  return (
    c === 0xa0 ||
    (c >= 0x1680 &&
      (c === 0x1680 ||
        (c >= 0x2000 && c <= 0x200a) ||
        c === 0x2028 ||
        c === 0x2029 ||
        c === 0x202f ||
        c === 0x205f ||
        c === 0x3000 ||
        c === 0xfeff))
  );
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Index past the run of constituents that starts at `from`. */
export function endOfAtom(text: string, from: number): number {
  const length = text.length;
  let i = from;
  while (i < length) {
    const c = text.charCodeAt(i);
    if (c < 128 ? ASCII[c] !== CONSTITUENT : isWideSpace(c)) break;
    i++;
  }
  return i;
}

/**
 * Whether an atom that starts here must be a number: a digit, perhaps after a sign and a point.
 * Anything else that starts so is a mistake (`1x2`), never a symbol.
 */
export function startsNumber(text: string, start: number, end: number): boolean {
  const c = text.charCodeAt(start);
  if (isDigit(c)) return true;
  if (c !== 43 && c !== 45 && c !== 46) return false;
  if (start + 1 >= end) return false;
  const d = text.charCodeAt(start + 1);
  if (isDigit(d)) return true;
  return c !== 46 && d === 46 && start + 2 < end && isDigit(text.charCodeAt(start + 2));
}

/** Atoms that look like symbols and are not. `undefined` stands for nil. */
export const LITERALS: ReadonlyMap<string, boolean | number | undefined> = new Map<
  string,
  boolean | number | undefined
>([
  ["nil", undefined],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["+Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** Whether `:name` reads as the keyword of that name; what `inspect` writes a dict key by. O(n). */
export function isKeywordName(name: string): boolean {
  return name.length > 0 && endOfAtom(name, 0) === name.length;
}

/** Whether `name`, written bare, reads as the symbol of that name. O(n). */
export function isSymbolName(name: string): boolean {
  if (!isKeywordName(name) || name === "." || LITERALS.has(name)) return false;
  const c = name.charCodeAt(0);
  return c !== 35 && c !== 58 && !startsNumber(name, 0, name.length);
}
