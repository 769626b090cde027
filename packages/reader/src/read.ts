/** The two ways in: a text read as a whole, and read again after an edit. */
import type { ReadError } from "./errors.ts";
import type { Form, Source } from "./form.ts";
import { Reader, type Reuse, type Segment } from "./reader.ts";
import type { TagHandler } from "./tags.ts";

export interface ReadResult {
  source: Source;
  /** The top-level forms without a mistake in them, each with an `Origin` of its own. */
  forms: Form[];
  /** In the order of the text. If there are any, `forms` is not the whole program. */
  errors: ReadError[];
}

export interface ReadOptions {
  /** Shown in messages; `"<text>"` if there is none. */
  file?: string;
  /** What makes a value of the form after `#name`. Should be pure: a form may be read twice. */
  tags?: Readonly<Record<string, TagHandler>>;
}

/** What a re-read needs to know of the read before it. */
const segmentsOf = new WeakMap<ReadResult, readonly Segment[]>();

function run(source: Source, options: ReadOptions, reuse: Reuse | undefined): ReadResult {
  const reader = new Reader(source, { tags: options.tags ?? {}, anyTag: false, reuse });
  reader.run();
  const result = { source, forms: reader.forms, errors: reader.errors };
  segmentsOf.set(result, reader.segments);
  return result;
}

/**
 * Reads a text. Never throws for what is in it: mistakes are in `errors`, all of them, and a
 * top-level form with a mistake is left out of `forms`. Linear in the length of the text.
 */
export function read(text: string, options: ReadOptions = {}): ReadResult {
  return run({ file: options.file ?? "<text>", text }, options, undefined);
}
