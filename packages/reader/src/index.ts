/** Text to forms with spans, and back. */
export { isKeywordName, isSymbolName } from "./chars.ts";
export { codeFrame } from "./code-frame.ts";
export { formsEqual } from "./equal.ts";
export { READ_ERRORS, type ReadError, type ReadErrorCode } from "./errors.ts";
export type * from "./form.ts";
export { BUILTIN_TAGS, PREFIX_NAMES } from "./form.ts";
export { type FormatOptions, format, UnreadableError } from "./format/format.ts";
export { parseNumber } from "./number.ts";
export { printForm } from "./print.ts";
export { type ReadOptions, type ReadResult, read, reread } from "./read.ts";
export { spanAt, spanOf } from "./source.ts";
export { printString } from "./string.ts";
export type { TagHandler } from "./tags.ts";
