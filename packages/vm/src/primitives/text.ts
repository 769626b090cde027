/** Characters, symbols and the other things that text is made of. */
import { fromArray, NIL, raise } from "../heap/index.ts";
import { intern, Sym } from "../heap/value.ts";
import { declare } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

let segmenter: Intl.Segmenter | undefined;

/** Built at the first use: it costs milliseconds. The root locale: no program depends on the machine's. */
function graphemes(s: string): string[] {
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  return Array.from(segmenter.segment(s), (part) => part.segment);
}

function unitAt(name: string, s: string, i: number): number {
  if (i >= s.length)
    raise("range", `${name}: index ${i} is out of range for a string of ${s.length} units`, s, i);
  return i;
}

let generated = 0;

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"];

export const text: readonly Primitive[] = [
  declare(
    "code-points",
    "s:string",
    "pure",
    'The code points of `s`, a list of strings of one each: `(code-points "a😀")` is `("a" "😀")`.',
    (s) => fromArray([...s]),
  ),
  declare("string->list", "s:string", "pure", "The same as `code-points`.", (s) => fromArray([...s])),
  declare(
    "graphemes",
    "s:string",
    "pure",
    "What a reader sees as the characters of `s`, a list of strings: an emoji with its modifiers is one.",
    (s) => fromArray(graphemes(s)),
  ),
  declare(
    "char-code",
    "s:string &optional i:nat",
    "pure",
    'The UTF-16 unit at index `i` (0 when not given), a number: `(char-code "A")` is `65`.',
    (s, i = 0) => s.charCodeAt(unitAt("char-code", s, i)),
  ),
  declare(
    "code-point",
    "s:string &optional i:nat",
    "pure",
    'The code point that starts at index `i` (0 when not given), a number: `(code-point "😀")` is `128512`.',
    (s, i = 0) => s.codePointAt(unitAt("code-point", s, i)) ?? NIL,
  ),
  declare(
    "from-char-code",
    "&rest codes:nat",
    "pure",
    'The string of these UTF-16 units: `(from-char-code 72 105)` is `"Hi"`.',
    (...codes) => {
      for (const code of codes) {
        if (code > 0xffff)
          raise("range", `from-char-code: ${code} is not a UTF-16 unit; from-code-point takes it`, code);
      }
      return codes.map((code) => String.fromCharCode(code)).join("");
    },
  ),
  declare("from-code-point", "&rest codes:nat", "pure", "The string of these code points.", (...codes) => {
    for (const code of codes) {
      if (code > 0x10ffff) raise("range", `from-code-point: ${code} is not a code point`, code);
    }
    return codes.map((code) => String.fromCodePoint(code)).join("");
  }),
  declare(
    "normalize",
    "s:string &optional form:string",
    "pure",
    '`s` in a Unicode normalisation form: `"NFC"` when not given, `"NFD"`, `"NFKC"` or `"NFKD"`.',
    (s, form = "NFC") => {
      if (!FORMS.includes(form))
        raise("range", `normalize: expected one of ${FORMS.join(" ")}, got ${form}`, form);
      return s.normalize(form);
    },
  ),
  declare("string->symbol", "s:string", "pure", "The symbol of that name.", (s) => intern(s)),
  declare("symbol->string", "sym:symbol", "pure", "The name of a symbol.", (sym) => sym.name),
  declare(
    "gensym",
    "&optional prefix:string",
    "allocates",
    "A new symbol that equals no other, named by `prefix` and a number.",
    (prefix = "g") => new Sym(`${prefix}__${++generated}`),
  ),
];
