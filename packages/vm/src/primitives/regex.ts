/**
 * The regular expression value: JavaScript's syntax in Unicode mode, no state. It is data: it
 * freezes as its source and flags.
 */

import type { Extension } from "../freeze/graph.ts";
import { PRINT, raise } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";

export class Regex {
  source: string;
  flags: string;
  #compiled: RegExp | undefined;
  constructor(source: string, flags: string) {
    this.source = source;
    this.flags = flags;
  }
  /** Always global, so that a search can start anywhere: set `lastIndex` before each use. */
  get compiled(): RegExp {
    this.#compiled ??= new RegExp(this.source, `g${unicode(this.flags)}`);
    return this.#compiled;
  }
  /** What `inspect` shows. */
  print(): string {
    return `#<regex ${JSON.stringify(this.source)}${this.flags === "" ? "" : ` ${this.flags}`}>`;
  }
}

Object.defineProperty(Regex.prototype, PRINT, { value: Regex.prototype.print });

function unicode(flags: string): string {
  return flags.includes("v") ? flags : `${flags}u`;
}

/** Compiled patterns by flags and source. A program has few; a loop that builds patterns is bounded. */
const cache = new Map<string, Regex>();
const CACHE_SIZE = 256;

/**
 * The regex of that source. `flags` are any of `i` (ignore case), `m` (`^` and `$` at line ends),
 * `s` (`.` matches newlines), `v` (set notation). Unicode mode is always on.
 * Raises "syntax" on a bad pattern or flag, in the name of primitive `name`.
 */
export function makeRegex(name: string, source: string, flags: string): Regex {
  const key = `${flags}/${source}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  for (const flag of flags) {
    if (!"imsv".includes(flag)) {
      raise("syntax", `${name}: unknown flag ${JSON.stringify(flag)}; flags are i, m, s and v`, flags);
    }
  }
  const regex = new Regex(source, flags);
  try {
    void regex.compiled;
  } catch (e) {
    const why = e instanceof Error ? e.message.replace(/^Invalid regular expression: .*: /s, "") : String(e);
    raise("syntax", `${name}: ${JSON.stringify(source)} is not a regular expression: ${why}`, source);
  }
  if (cache.size >= CACHE_SIZE) {
    const oldest = cache.keys().next();
    if (oldest.done !== true) cache.delete(oldest.value);
  }
  cache.set(key, regex);
  return regex;
}

/** For `freezeGraph`: a regex is its source and flags. */
export const regexExtension: Extension = {
  tag: "regex",
  test: (o: object): boolean => o instanceof Regex,
  parts: (o: object): { plain: unknown; values: Value[] } => {
    const { source, flags } = o as Regex;
    return { plain: [source, flags], values: [] };
  },
  make: (plain: unknown): object => {
    const [source, flags] = plain as [string, string];
    return new Regex(source, flags);
  },
  fill: (): void => {},
};
