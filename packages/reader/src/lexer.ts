/**
 * Tokens: where each begins and ends, not what it means. The reader, the formatter and the guess
 * about unclosed lists all walk a text with this one scanner.
 */
import { CONTROL, classOf, endOfAtom, SPACE } from "./chars.ts";

export const END = 0;
/** `(` `[` `{` */
export const OPEN = 1;
/** `)` `]` `}` */
export const CLOSE = 2;
/** `'` `` ` `` `,` `,@` `#'` */
export const PREFIX = 3;
/** `#;` */
export const DISCARD = 4;
/** `#name` */
export const TAG = 5;
/** `"…"`; look at `closed` and `escaped`. */
export const STRING = 6;
/** `#|…|`; look at `closed`. */
export const RAW = 7;
/** Symbol, keyword, number or literal. */
export const ATOM = 8;
/** `; …` up to the line's end, or a `#!` line that opens the text. Only with `comments`. */
export const COMMENT = 9;
/** A lone `#`, `#<…>` or a control character. */
export const BAD = 10;

export class Lexer {
  readonly text: string;
  /** Whether comments are tokens; else they are skipped like space. */
  readonly comments: boolean;
  /** A string then ends, unclosed, before a line that starts with `(`: see the reader's recovery. */
  strictStrings = false;
  kind: number = END;
  /** Offsets of the token read last. Setting `end` moves the scanner. */
  start = 0;
  end = 0;
  /** Newlines skipped before the token read last. */
  newlines = 0;
  /** Of the string read last: has a backslash; has its end; has a line that starts with `(`. */
  escaped = false;
  closed = true;
  columnOne = false;

  constructor(text: string, comments: boolean) {
    this.text = text;
    this.comments = comments;
  }

  /** Moves to the next token and gives its kind; at the end of the text, `END` for ever. */
  next(): number {
    const text = this.text;
    const length = text.length;
    let at = this.end;
    let newlines = 0;
    for (; at < length; at++) {
      const c = text.charCodeAt(at);
      if (c === 32) continue;
      if (c === 10) {
        newlines++;
      } else if (c === 59 || (c === 35 && at === 0 && text.charCodeAt(1) === 33)) {
        if (this.comments) break;
        const eol = text.indexOf("\n", at);
        at = (eol < 0 ? length : eol) - 1;
      } else if (classOf(c) !== SPACE) {
        break;
      }
    }
    this.newlines = newlines;
    this.start = at;
    this.kind = at < length ? this.token(at) : this.finish(END, at);
    return this.kind;
  }

  private finish(kind: number, end: number): number {
    this.end = end;
    return kind;
  }

  private token(at: number): number {
    const text = this.text;
    const c = text.charCodeAt(at);
    switch (c) {
      case 40: // (
      case 91: // [
      case 123: // {
        return this.finish(OPEN, at + 1);
      case 41: // )
      case 93: // ]
      case 125: // }
        return this.finish(CLOSE, at + 1);
      case 34: // "
        return this.string(at);
      case 39: // '
      case 96: // `
        return this.finish(PREFIX, at + 1);
      case 44: // ,
        return this.finish(PREFIX, text.charCodeAt(at + 1) === 64 ? at + 2 : at + 1);
      case 59: // ;
        return this.comment(at);
      case 35: // #
        return this.hash(at);
      default:
        if (classOf(c) === CONTROL) return this.finish(BAD, at + 1);
        return this.finish(ATOM, endOfAtom(text, at + 1));
    }
  }

  private string(start: number): number {
    const text = this.text;
    const length = text.length;
    this.escaped = false;
    this.closed = true;
    this.columnOne = false;
    for (let i = start + 1; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c === 34) return this.finish(STRING, i + 1);
      if (c === 92) {
        this.escaped = true;
        i++;
      } else if (c === 10 && text.charCodeAt(i + 1) === 40) {
        this.columnOne = true;
        if (!this.strictStrings) continue;
        this.closed = false;
        return this.finish(STRING, i + 1);
      }
    }
    this.closed = false;
    return this.finish(STRING, length);
  }

  private raw(start: number): number {
    const text = this.text;
    const bar = text.indexOf("|", start + 2);
    const line = text.slice(start, bar < 0 ? text.length : bar).indexOf("\n(");
    this.columnOne = line >= 0;
    if (this.columnOne && this.strictStrings) {
      this.closed = false;
      return this.finish(RAW, start + line + 1);
    }
    this.closed = bar >= 0;
    return this.finish(RAW, bar < 0 ? text.length : bar + 1);
  }

  private comment(at: number): number {
    const eol = this.text.indexOf("\n", at);
    return this.finish(COMMENT, eol < 0 ? this.text.length : eol);
  }

  private hash(at: number): number {
    const text = this.text;
    switch (text.charCodeAt(at + 1)) {
      case 59: // #;
        return this.finish(DISCARD, at + 2);
      case 39: // #'
        return this.finish(PREFIX, at + 2);
      case 124: // #|
        return this.raw(at);
      case 60: {
        // #<fn name>, as printed: taken whole, so that it is one mistake. Not looked for further
        // than any printed name goes, or a text of nothing but these would take quadratic time.
        const close = text.slice(at, at + 200).indexOf(">");
        return this.finish(BAD, close < 0 ? endOfAtom(text, at + 1) : at + close + 1);
      }
      case 33: // #!
        if (at === 0) return this.comment(at);
    }
    const end = endOfAtom(text, at + 1);
    return this.finish(end > at + 1 ? TAG : BAD, end);
  }
}
