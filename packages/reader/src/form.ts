/**
 * Forms: what the reader makes of text. A form knows where it was written, relative to the
 * top-level form it belongs to, so that an edit above it moves nothing but one `Origin`.
 */

/** The text of one file, as read last. Mutated by an incremental re-read. */
export interface Source {
  /** Path or other name, as shown in messages. */
  readonly file: string;
  text: string;
}

/** Where a top-level form starts. Every form inside it shares this one object. */
export interface Origin {
  readonly source: Source;
  /** UTF-16 offset of the top-level form in `source.text`; moved by an incremental re-read. */
  offset: number;
}

interface Located {
  readonly origin: Origin;
  /** UTF-16 offset of the first unit, relative to `origin.offset`. */
  readonly start: number;
  /** UTF-16 offset past the last unit, relative to `origin.offset`. */
  readonly end: number;
}

export interface ListForm extends Located {
  readonly type: "list";
  readonly items: readonly Form[];
  /** The bracket that was written; a `[` list means `(list …)` in an expression. */
  readonly bracket: "(" | "[";
  /** Set where the list was written by a reader prefix: `'x` is `(quote x)` with prefix `'`. */
  readonly prefix?: Prefix;
}
export interface DictForm extends Located {
  readonly type: "dict";
  /** Keys and values in turn; the reader has checked that they come in pairs. */
  readonly items: readonly Form[];
}
export interface SymbolForm extends Located {
  readonly type: "symbol";
  readonly name: string;
  /** Present on symbols that a macro template introduced: see the compiler's hygiene. */
  readonly alias?: object;
}
export interface KeywordForm extends Located {
  readonly type: "keyword";
  /** Without the colon. */
  readonly name: string;
}
export interface StringForm extends Located {
  readonly type: "string";
  readonly value: string;
}
export interface NumberForm extends Located {
  readonly type: "number";
  readonly value: number;
}
export interface BigIntForm extends Located {
  readonly type: "bigint";
  readonly value: bigint;
}
export interface BooleanForm extends Located {
  readonly type: "boolean";
  readonly value: boolean;
}
export interface NilForm extends Located {
  readonly type: "nil";
}
/** `#vector (1 2)`, `#set (1 2)`, `#bytes "AQI="`: data, whose elements are not evaluated. */
export interface TaggedForm extends Located {
  readonly type: "tagged";
  readonly tag: BuiltinTag;
  /** A `(` list for `vector` and `set`, a string of base64 for `bytes`: the reader has checked it. */
  readonly form: Form;
}
/** A value that has no text of its own: what a macro put in its expansion or a tag handler made. */
export interface ValueForm extends Located {
  readonly type: "value";
  readonly value: unknown;
  /** What was written, where a tag handler made the value: it prints and compares as `#tag form`. */
  readonly written?: { readonly tag: string; readonly form: Form };
}

/** The tags of the language itself; all others need a handler. */
export const BUILTIN_TAGS = ["vector", "set", "bytes"] as const;
export type BuiltinTag = (typeof BUILTIN_TAGS)[number];

/** What each reader prefix stands for: `'x` is `(quote x)`. */
export const PREFIX_NAMES: Readonly<Record<Prefix, string>> = {
  "'": "quote",
  "`": "quasiquote",
  ",": "unquote",
  ",@": "unquote-splicing",
  "#'": "quote",
};
export type Prefix = "'" | "`" | "," | ",@" | "#'";

/** One datum with its place. Discriminate by `type`. */
export type Form =
  | ListForm
  | DictForm
  | SymbolForm
  | KeywordForm
  | StringForm
  | NumberForm
  | BigIntForm
  | BooleanForm
  | NilForm
  | TaggedForm
  | ValueForm;

/** A place in a text, resolved: offsets are UTF-16 units from the start of the file. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}
