/**
 * Where an unclosed list was probably meant to end. The brackets of a broken text say nothing, its
 * indentation does: what stands inside a list is indented deeper than the list's bracket, so a line
 * that is not shows which bracket should have been closed before it. (The idea is rustc's.)
 */
import { CLOSE, END, Lexer, OPEN } from "./lexer.ts";

export interface Guess {
  /** Offset of the opening bracket that misses its partner. */
  readonly open: number;
  /** Offset past the last token that seems to belong to that list. */
  readonly close: number;
}

/** The first such place in `text` from `start` to `end`, if the indentation gives one away. O(n). */
export function guessClose(text: string, start: number, end: number): Guess | undefined {
  const lexer = new Lexer(text.slice(0, end), false);
  lexer.end = start;
  const opens: number[] = [];
  const columns: number[] = [];
  let lineStart = text.lastIndexOf("\n", start - 1) + 1;
  let previousEnd = start;
  while (lexer.next() !== END) {
    const at = lexer.start;
    if (lexer.newlines > 0) {
      lineStart = text.lastIndexOf("\n", at - 1) + 1;
      const innermost = opens.length - 1;
      // A closing bracket on a line of its own is a style, not a hint.
      if (innermost >= 0 && lexer.kind !== CLOSE && at - lineStart <= (columns[innermost] as number)) {
        return { open: opens[innermost] as number, close: previousEnd };
      }
    }
    if (lexer.kind === OPEN) {
      opens.push(at);
      columns.push(at - lineStart);
    } else if (lexer.kind === CLOSE) {
      opens.pop();
      columns.pop();
    }
    previousEnd = lexer.end;
  }
  return undefined;
}
