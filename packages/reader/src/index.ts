/** Text to forms with spans, and back. */
export { isKeywordName, isSymbolName } from "./chars.ts";
export { codeFrame } from "./code-frame.ts";
export { READ_ERRORS, type ReadError, type ReadErrorCode } from "./errors.ts";
export type * from "./form.ts";
export { format, type FormatOptions, UnreadableError } from "./format/format.ts";
export { formsEqual } from "./equal.ts";
export { BUILTIN_TAGS, PREFIX_NAMES } from "./form.ts";
export { parseNumber } from "./number.ts";
export { printForm } from "./print.ts";
export { read, reread, type ReadOptions, type ReadResult } from "./read.ts";
export { spanAt, spanOf } from "./source.ts";
export { printString } from "./string.ts";
export type { TagHandler } from "./tags.ts";
