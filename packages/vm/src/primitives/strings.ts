/** Strings: searching, cutting, changing. Text to and from other values is in text.ts. */
import { bool, fromArray, inspect, NIL, raise, str } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, typeError } from "./declare.ts";
import { checkString } from "./limits.ts";
import type { Primitive } from "./primitive.ts";
import { Regex } from "./regex.ts";
import { replaceRegex, splitRegex } from "./regexes.ts";
import { itemsOf } from "./sequences.ts";

function strings(...parts: Value[]): string {
  const [a, b] = parts;
  if (a === undefined) return "";
  if (b === undefined) return str(a);
  let text = str(a) + str(b);
  for (let i = 2; i < parts.length; i++) text += str(parts[i] ?? NIL);
  return text;
}

function join(sep: string, xs: Value): string {
  const texts = itemsOf(xs).map((x) => (typeof x === "string" ? x : str(x)));
  let length = sep.length * texts.length;
  for (const text of texts) length += text.length;
  checkString("join", length);
  return texts.join(sep);
}

function replaceAll(s: string, from: string | Regex, to: string): string {
  return from instanceof Regex ? replaceRegex(from, s, to) : s.replaceAll(from, () => to);
}

function split(s: string, sep: string | Regex): Value {
  if (sep instanceof Regex) return splitRegex(sep, s);
  return fromArray(sep === "" ? [...s] : s.split(sep));
}

function pad(name: "pad-left" | "pad-right", s: string, n: number, ch: string): string {
  if (ch === "") raise("range", `${name}: cannot pad with an empty string`, ch);
  checkString(name, n);
  return name === "pad-left" ? s.padStart(n, ch) : s.padEnd(n, ch);
}

function format(template: string, ...args: Value[]): string {
  let next = 0;
  const take = (directive: string): Value => {
    const v = args[next++];
    return v ?? raise("arity", `format: no argument for ${directive}: there are ${args.length}`, template);
  };
  const text = template.replace(
    /~(?:,(\d+))?(.|$)/gsu,
    (directive: string, digits: string | undefined, letter: string) => {
      if (digits !== undefined && letter !== "f") letter = "";
      switch (letter) {
        case "a":
          return str(take(directive));
        case "s":
          return inspect(take(directive));
        case "d": {
          const n = take(directive);
          if (typeof n === "bigint" || Number.isInteger(n)) return str(n);
          return typeError("format", "int|bigint", directive, n);
        }
        case "f": {
          const n = take(directive);
          if (typeof n !== "number") return typeError("format", "number", directive, n);
          if (Number(digits ?? 0) > 100)
            return raise("range", `format: at most 100 decimals, got ${directive}`, template);
          return digits === undefined ? str(n) : n.toFixed(Number(digits));
        }
        case "~":
          return "~";
        case "%":
          return "\n";
        default:
          return raise(
            "syntax",
            `format: unknown directive ${directive}; there are ~a ~s ~d ~f ~,2f ~% and ~~`,
            template,
          );
      }
    },
  );
  if (next < args.length) {
    raise("arity", `format: the template takes ${next} arguments, got ${args.length}`, template);
  }
  return text;
}

const changed = (name: string, doc: string, f: (s: string) => string): Primitive =>
  declare(name, "s:string", "pure", doc, f);

export const stringPrimitives: readonly Primitive[] = [
  declare(
    "str",
    "&rest xs",
    "reads",
    "One string of all arguments as people read them: strings as they are, nil as nothing, markup as its HTML, other " +
      'data as `inspect` writes it. `(str "n = " 5)` is `"n = 5"`.',
    strings,
  ),
  declare(
    "inspect",
    "x",
    "reads",
    "`x` as a program would write it; data reads back with `read-string`.",
    (x) => inspect(x),
  ),
  declare(
    "format",
    "template:string &rest args",
    "reads",
    "The template with its directives replaced by the arguments in turn: `~a` as `str`, `~s` as `inspect`, `~d` an integer, " +
      "`~f` a number, `~,2f` a number with two decimals, `~%` a new line, `~~` a tilde. " +
      'Too few or too many arguments raise "arity". `(format "~a: ~,2f" "sum" 1.5)` is `"sum: 1.50"`.',
    format,
  ),
  declare(
    "join",
    "sep:string xs:list|vector|set",
    "reads",
    '`str` of every item with `sep` between them: `(join ", " (list 1 2))` is `"1, 2"`.',
    join,
  ),
  declare(
    "split",
    "s:string sep:string|regex",
    "pure",
    "The parts of `s` between the separators, also empty ones, as a list; an empty `sep` gives the code points. " +
      '`(split "a,b" ",")` is `("a" "b")`.',
    split,
  ),
  declare(
    "replace",
    "s:string from:string|regex to:string",
    "pure",
    "`s` with every `from` replaced by `to`. With a regex, `$1` or `$<name>` in `to` is what a group matched, `$&` the " +
      "match and `$$` a dollar; with a string, `to` is taken as it is.",
    replaceAll,
  ),
  declare(
    "starts-with?",
    "s:string prefix:string",
    "pure",
    "Whether `s` begins with `prefix`.",
    (s, prefix) => bool(s.startsWith(prefix)),
  ),
  declare("ends-with?", "s:string suffix:string", "pure", "Whether `s` ends with `suffix`.", (s, suffix) =>
    bool(s.endsWith(suffix)),
  ),
  changed("upper", "`s` in upper case, by Unicode, the same in every locale.", (s) => s.toUpperCase()),
  changed("lower", "`s` in lower case, by Unicode, the same in every locale.", (s) => s.toLowerCase()),
  changed("capitalize", "`s` with its first character in upper case and the rest as it is.", (s) => {
    const [head = ""] = s;
    return head.toUpperCase() + s.slice(head.length);
  }),
  changed("trim", "`s` without white space at both ends.", (s) => s.trim()),
  changed("trim-start", "`s` without white space at its start.", (s) => s.trimStart()),
  changed("trim-end", "`s` without white space at its end.", (s) => s.trimEnd()),
  declare("blank?", "s:string", "pure", "Whether `s` is empty or white space only.", (s) =>
    bool(s.trim() === ""),
  ),
  declare(
    "pad-left",
    "s:string n:nat &optional ch:string",
    "pure",
    '`s` with spaces, or `ch` over and over, put before it up to `n` units: `(pad-left "7" 3 "0")` is `"007"`.',
    (s, n, ch = " ") => pad("pad-left", s, n, ch),
  ),
  declare(
    "pad-right",
    "s:string n:nat &optional ch:string",
    "pure",
    "`s` with spaces, or `ch` over and over, put after it up to `n` units.",
    (s, n, ch = " ") => pad("pad-right", s, n, ch),
  ),
  declare(
    "repeat",
    "s:string n:nat",
    "pure",
    '`s`, `n` times over: `(repeat "ab" 2)` is `"abab"`.',
    (s, n) => {
      checkString("repeat", s.length * n);
      return s.repeat(n);
    },
  ),
];
