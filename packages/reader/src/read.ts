/** The two ways in: a text read as a whole, and read again after an edit. */

import { commonEnds } from "./edit.ts";
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

/** What a re-read needs to know of the read before it; each source has only its last one. */
interface Memory {
  readonly result: ReadResult;
  readonly segments: readonly Segment[];
}
const memories = new WeakMap<Source, Memory>();

/** Units behind a form that decide where it ends: the one after an atom, `#` after `#|…|`. */
const LOOKAHEAD = 2;

function run(source: Source, options: ReadOptions, reuse: Reuse | undefined): ReadResult {
  const reader = new Reader(source, { tags: options.tags ?? {}, anyTag: false, reuse });
  reader.run();
  const result = { source, forms: reader.forms, errors: reader.errors };
  memories.set(source, { result, segments: reader.segments });
  return result;
}

/**
 * Reads a text. Never throws for what is in it: mistakes are in `errors`, all of them, and a
 * top-level form with a mistake is left out of `forms`. Linear in the length of the text.
 */
export function read(text: string, options: ReadOptions = {}): ReadResult {
  return run({ file: options.file ?? "<text>", text }, options, undefined);
}

/**
 * Reads the new text of a source that was read before, and gives what `read` would give. Top-level
 * forms whose text is as it was are the same objects as before, with their `origin.offset` moved.
 * Read again is what stands between the first and the last change, and what had a mistake in it;
 * else the time goes with one comparison of the texts, one step per top-level form and the scanning
 * of what is between them. After an unclosed form, the rest of the text is read again.
 *
 * Changes `previous.source`, which the result shares: forms that were replaced have no place any
 * more. `options.tags` must mean what they meant before; `options.file` is ignored. Throws a
 * `TypeError` unless `previous` is the last result for its source.
 */
export function reread(previous: ReadResult, text: string, options: ReadOptions = {}): ReadResult {
  const { source } = previous;
  const memory = memories.get(source);
  if (memory?.result !== previous) {
    throw new TypeError("reread takes the last result of read or reread for its source");
  }
  const reuse = reuseOf(memory.segments, source.text, text);
  source.text = text;
  return run(source, options, reuse);
}

/**
 * A segment reads the same as before if it begins with nothing open and neither it nor the little
 * behind it that the scanner looks at has changed; `Reader` asks only where nothing is open.
 */
function reuseOf(segments: readonly Segment[], before: string, after: string): Reuse {
  const { prefix, suffix } = commonEnds(before, after);
  const moved = after.length - before.length;
  const kept: Segment[] = [];
  /** Forms from between the first change and the last, by their text; the first one last. */
  const twins = new Map<string, Form[]>();
  for (const { start, end, form, columnOne } of segments) {
    if (form === undefined) continue;
    if (end + LOOKAHEAD <= prefix) {
      kept.push({ start, end, form, columnOne });
    } else if (start >= before.length - suffix) {
      kept.push({ start: start + moved, end: end + moved, form, columnOne });
    } else {
      const text = before.slice(start, end);
      const others = twins.get(text);
      if (others === undefined) twins.set(text, [form]);
      else others.push(form);
    }
  }
  for (const forms of twins.values()) forms.reverse();
  let next = 0;
  return {
    whole(start, strict) {
      while (next < kept.length && (kept[next] as Segment).start < start) next++;
      const segment = kept[next];
      if (segment?.form === undefined || segment.start !== start) return undefined;
      // A strict reading would end this form early.
      if (strict && segment.columnOne) return undefined;
      next++;
      return { form: moveTo(start, segment.form), segment };
    },
    twin(start, end) {
      if (twins.size === 0) return undefined;
      const form = twins.get(after.slice(start, end))?.pop();
      return form && moveTo(start, form);
    },
  };
}

function moveTo(start: number, form: Form): Form {
  form.origin.offset = start;
  return form;
}
