/** What can be wrong with a text. */
import type { Span } from "./form.ts";

/** Every code that a `ReadError` may carry, and what it stands for. */
export const READ_ERRORS: Readonly<Record<ReadErrorCode, string>> = {
  unclosed: "a list or dict without its closing bracket",
  "stray-closer": "a closing bracket where nothing is open",
  mismatched: "a closing bracket of another kind than the opening one",
  "odd-dict": "a dict whose last key has no value",
  "duplicate-key": "a key that a dict literal has twice",
  "bad-number": "an atom that starts as a number and is none",
  "bad-escape": "an unknown or malformed escape in a string",
  "bad-character": "a control character outside strings and comments",
  "bad-keyword": "a colon without a name",
  "unterminated-string": "a string without its closing quote or bar",
  "missing-form": "a prefix, a tag or `#;` with nothing after it",
  "unknown-tag": "a tag without a handler, or `#` syntax of other Lisps",
  "bad-tag": "a tag whose handler refused the form after it",
  "lone-dot": "a `.` that stands alone: there are no dotted pairs",
};

export type ReadErrorCode =
  | "unclosed"
  | "stray-closer"
  | "mismatched"
  | "odd-dict"
  | "duplicate-key"
  | "bad-number"
  | "bad-escape"
  | "bad-character"
  | "bad-keyword"
  | "unterminated-string"
  | "missing-form"
  | "unknown-tag"
  | "bad-tag"
  | "lone-dot";

/** One mistake in a text. */
export interface ReadError {
  /** Names what was expected. */
  message: string;
  span: Span;
  code: ReadErrorCode;
}
