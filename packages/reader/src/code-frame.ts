/** A few lines of a text with a place in it marked, for messages. */

/** Lines shown above and below the marked one. */
const CONTEXT = 2;
/** Longer lines are cut, around the mark. */
const WIDTH = 120;

/**
 * Shows the lines around `span` with their numbers and `^^^^` under the marked part; a span of
 * several lines is marked to the end of its first. No colour, no trailing newline, lines of any
 * length are cut to about 120 units. O(length of the text).
 */
export function codeFrame(
  source: { readonly text: string },
  span: { readonly start: number; readonly end: number },
  message?: string,
): string {
  const { text } = source;
  const start = Math.max(0, Math.min(span.start, text.length));
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf("\n"); i >= 0 && i < start; i = text.indexOf("\n", i + 1)) {
    line++;
    lineStart = i + 1;
  }
  let first = line;
  let from = lineStart;
  while (first > 1 && first > line - CONTEXT) {
    from = from < 2 ? 0 : text.lastIndexOf("\n", from - 2) + 1;
    first--;
  }
  const gutter = String(line + CONTEXT).length;
  // The same window for each line, so that columns stay comparable.
  const shift = Math.max(0, start - lineStart - WIDTH / 2);
  const out: string[] = [];
  for (let number = first; number <= line + CONTEXT; number++) {
    const eol = text.indexOf("\n", from);
    const end = eol < 0 ? text.length : eol;
    const shown = window(text.slice(from, end).replace(/\r$/, ""), shift);
    const mark = number === line ? ">" : " ";
    out.push(`${mark} ${String(number).padStart(gutter)} | ${shown}`.trimEnd());
    if (number === line) out.push(marker(text, from, end, shift, start, span.end, gutter, message));
    if (eol < 0) break;
    from = eol + 1;
  }
  return out.join("\n");
}

function window(line: string, shift: number): string {
  const cut = line.slice(shift, shift + WIDTH);
  const head = shift > 0 ? `…${cut.slice(1)}` : cut;
  return shift + WIDTH < line.length ? `${head}…` : head;
}

function marker(
  text: string,
  lineStart: number,
  lineEnd: number,
  shift: number,
  start: number,
  end: number,
  gutter: number,
  message: string | undefined,
): string {
  // A tab under a tab, so that the mark stands where its text does.
  const pad = text.slice(lineStart + shift, start).replace(/[^\t]/g, " ");
  const marked = Math.min(end, lineEnd, lineStart + shift + WIDTH) - start;
  const carets = "^".repeat(Math.max(1, marked));
  return `  ${" ".repeat(gutter)} | ${pad}${carets}${message === undefined ? "" : ` ${message}`}`;
}
