/** The primitives on regular expressions. A search that backtracks without end cannot be stopped. */
import { bool, dictFrom, fromArray, NIL } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { makeRegex, type Regex } from "./regex.ts";

/** The compiled form, ready to search from `from`; a string is the source of a regex without flags. */
function searcher(name: string, re: Regex | string, from = 0): RegExp {
  const { compiled } = typeof re === "string" ? makeRegex(name, re, "") : re;
  compiled.lastIndex = from;
  return compiled;
}

const groups = (match: RegExpExecArray): Value =>
  fromArray(match.map((group: string | undefined) => group ?? NIL));

export function replaceRegex(re: Regex | string, s: string, to: string): string {
  return s.replace(searcher("re-replace", re), to);
}

/** The parts between the matches. Groups are not part of the result, unlike in JavaScript. */
export function splitRegex(re: Regex | string, s: string): Value {
  const parts: Value[] = [];
  let start = 0;
  for (const match of s.matchAll(searcher("re-split", re))) {
    if (match[0] === "" && (match.index === 0 || match.index === s.length)) continue;
    parts.push(s.slice(start, match.index));
    start = match.index + match[0].length;
  }
  parts.push(s.slice(start));
  return fromArray(parts);
}

export const regexes: readonly Primitive[] = [
  declare(
    "regex",
    "source:string &optional flags:string",
    "allocates",
    "The regular expression of that source, in JavaScript's syntax and always in Unicode mode. `flags` are any of `i` " +
      "(ignore case), `m` (`^` and `$` at line ends), `s` (`.` matches new lines) and `v` (set notation). Raw strings spare " +
      "the doubled backslashes: `(regex #|\\d+|)`. A pattern with nested repetition, such as `(a+)+b`, can take time " +
      "exponential in the length of the text, and nothing stops it: never make a regex of what a stranger sent.",
    (source, flags = "") => makeRegex("regex", source, flags),
  ),
  declare(
    "re-test",
    "re:regex|string s:string",
    "pure",
    "Whether `re` matches anywhere in `s`. In this and the following functions a string stands for the regex of that source.",
    (re, s) => bool(searcher("re-test", re).test(s)),
  ),
  declare(
    "re-find",
    "re:regex|string s:string",
    "pure",
    "The first match of `re` in `s`: a list of the matched text and what each group matched (nil for none), or nil. " +
      '`(re-find #|(\\d+)-(\\d+)| "on 5-6")` is `("5-6" "5" "6")`.',
    (re, s) => {
      const match = searcher("re-find", re).exec(s);
      return match === null ? NIL : groups(match);
    },
  ),
  declare(
    "re-match",
    "re:regex|string s:string",
    "pure",
    "As `re-find`, when `re` matches the whole of `s`; else nil.",
    (re, s) => {
      const source = typeof re === "string" ? makeRegex("re-match", re, "") : re;
      const match = searcher(
        "re-match",
        makeRegex("re-match", `^(?:${source.source})$(?![^])`, source.flags),
      ).exec(s);
      return match === null || match[0].length !== s.length ? NIL : groups(match);
    },
  ),
  declare(
    "re-find-all",
    "re:regex|string s:string",
    "pure",
    "All matches of `re` in `s` from left to right, none within another: a list of what `re-find` gives.",
    (re, s) => fromArray(Array.from(s.matchAll(searcher("re-find-all", re)), groups)),
  ),
  declare(
    "re-groups",
    "re:regex|string s:string",
    "pure",
    'The named groups of the first match, a dict, or nil when nothing matches: `(re-groups #|(?<y>\\d{4})| "in 2024")` is `{:y "2024"}`.',
    (re, s) => {
      const match = searcher("re-groups", re).exec(s);
      if (match === null) return NIL;
      return dictFrom(
        Object.entries(match.groups ?? {}).map(([name, found]): [string, Value] => [name, found ?? NIL]),
      );
    },
  ),
  declare(
    "re-index",
    "re:regex|string s:string &optional from:nat",
    "pure",
    "The index in `s` of the first match that starts at `from` or later, or nil.",
    (re, s, from = 0) => {
      const match = searcher("re-index", re, from).exec(s);
      return match === null ? NIL : match.index;
    },
  ),
  declare(
    "re-replace",
    "re:regex|string s:string to:string",
    "pure",
    "`s` with every match of `re` replaced by `to`, in which `$1` or `$<name>` is a group, `$&` the match, `$$` a dollar.",
    (re, s, to) => replaceRegex(re, s, to),
  ),
  declare(
    "re-split",
    "re:regex|string s:string",
    "pure",
    "The parts of `s` between the matches of `re`, a list.",
    (re, s) => splitRegex(re, s),
  ),
  declare("re-escape", "s:string", "pure", "The source of a regex that matches `s` itself.", (s) =>
    s.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/-/g, "\\x2d"),
  ),
];
