/** `sx fmt`: a text in its usual layout. */
import type { ReadError } from "../errors.ts";
import type { Source } from "../form.ts";
import { Reader } from "../reader.ts";
import { Layout } from "./layout.ts";
import { parse } from "./tree.ts";

export interface FormatOptions {
  /** Columns that a line should not pass; 100. Strings, comments and single atoms may. */
  width?: number;
  /** Shown in errors. */
  file?: string;
  /**
   * More forms with a body, by name: the number of arguments on the line of the head; the rest is
   * indented by two. For macros, and for the names of elements.
   */
  forms?: Readonly<Record<string, number>>;
}

/** A text that cannot be formatted since it cannot be read. */
export class UnreadableError extends Error {
  readonly source: Source;
  readonly errors: readonly ReadError[];
  constructor(source: Source, errors: readonly ReadError[]) {
    const first = errors[0];
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    super(
      first === undefined
        ? `${source.file} cannot be read`
        : `${source.file}:${first.span.line}:${first.span.column}: ${first.message}${more}`,
    );
    this.name = "UnreadableError";
    this.source = source;
    this.errors = errors;
  }
}

/**
 * Lays out a text: two-space indentation, one space between items, lines within `width`. Line
 * breaks, comments and single blank lines stay, atoms stay as they were written, tags need no
 * handler. The result reads to equal forms, and formatting it again changes nothing. Linear, but
 * for indentation. Throws `UnreadableError` if the text has mistakes.
 */
export function format(text: string, options: FormatOptions = {}): string {
  const source: Source = { file: options.file ?? "<text>", text };
  const reader = new Reader(source, { tags: {}, anyTag: true, reuse: undefined });
  reader.run();
  if (reader.errors.length > 0) throw new UnreadableError(source, reader.errors);
  return new Layout(options.width ?? 100, options.forms ?? {}).run(parse(text));
}
