/** From offsets to lines and columns, by a table of line starts that is made once per text. */
import type { Form, Source, Span } from "./form.ts";

interface LineTable {
  readonly text: string;
  /** Offset of the first unit of each line; the first entry is 0. */
  readonly starts: readonly number[];
}

const tables = new WeakMap<Source, LineTable>();

function lineStarts(source: Source): readonly number[] {
  const cached = tables.get(source);
  if (cached !== undefined && cached.text === source.text) return cached.starts;
  const text = source.text;
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  tables.set(source, { text, starts });
  return starts;
}

/** Index of the last line that starts at or before `offset`. */
function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The span of `source.text` from offset `start` to `end` (UTF-16 units, end exclusive), with lines
 * and columns. Lines end at `\n`. O(log lines) once the text's line table exists; the first call
 * after the text has changed is O(length).
 */
export function spanAt(source: Source, start: number, end: number): Span {
  const starts = lineStarts(source);
  const line = lineIndex(starts, start);
  const endLine = lineIndex(starts, end);
  return {
    file: source.file,
    start,
    end,
    line: line + 1,
    column: start - (starts[line] as number) + 1,
    endLine: endLine + 1,
    endColumn: end - (starts[endLine] as number) + 1,
  };
}

/** Where a form stands in its source as it is now. A form that a re-read replaced has no place. */
export function spanOf(form: Form): Span {
  const { source, offset } = form.origin;
  return spanAt(source, offset + form.start, offset + form.end);
}
