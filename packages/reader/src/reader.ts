/**
 * Text to forms. One pass over the tokens with an explicit stack, so that nesting costs no host
 * stack; a mistake is noted and reading goes on, so that one pass finds them all.
 *
 * A top-level form with a mistake in it is left out of the result: no form ever differs from what
 * was written. What remains of it is its `Segment`.
 */
import { LITERALS, startsNumber } from "./chars.ts";
import type { ReadError, ReadErrorCode } from "./errors.ts";
import type { Prefix, Source } from "./form.ts";
import { type DictForm, type Form, type ListForm, type Origin, PREFIX_NAMES } from "./form.ts";
import { guessClose } from "./indentation.ts";
import * as token from "./lexer.ts";
import { detached, Names } from "./names.ts";
import { numberIn } from "./number.ts";
import { spanAt } from "./source.ts";
import { decodeString } from "./string.ts";
import { builtinTagProblem, isBuiltinTag, type TagHandler, unknownTag } from "./tags.ts";

/** A stretch of text that begins and ends with nothing open: a top-level form, or what should be. */
export interface Segment {
  /** Absolute offsets. `start` is that of the text that was read, not of a later one. */
  readonly start: number;
  readonly end: number;
  /** `undefined` if there was a mistake in it, or if `#;` discards it. */
  readonly form: Form | undefined;
  /** A `(` inside it, or in a string there, opens a line: a strict read might end the form there. */
  readonly columnOne: boolean;
}

/** What an earlier read may spare this one. */
export interface Reuse {
  /** The segment that stands for what begins at `start`, its form moved there. */
  whole(start: number, strict: boolean): { form: Form; segment: Segment } | undefined;
  /** The form that was read before from just the text from `start` to `end`, moved there. */
  twin(start: number, end: number): Form | undefined;
}

export interface ReaderOptions {
  readonly tags: Readonly<Record<string, TagHandler>>;
  /** Takes any tag, for those who look at the shape of the text only. */
  readonly anyTag: boolean;
  readonly reuse: Reuse | undefined;
}

// Kinds of frame: for brackets the opening bracket's code.
const PAREN = 40;
const BRACKET = 91;
const BRACE = 123;
const QUOTING = 1;
const TAGGING = 2;
const DISCARDING = 3;

const CLOSER_OF: ReadonlyMap<number, number> = new Map([
  [PAREN, 41],
  [BRACKET, 93],
  [BRACE, 125],
]);
const OPENER_OF: ReadonlyMap<number, number> = new Map([...CLOSER_OF].map(([open, close]) => [close, open]));

function character(code: number | undefined): string {
  return String.fromCharCode(code ?? 0);
}

export class Reader {
  readonly forms: Form[] = [];
  readonly errors: ReadError[] = [];
  readonly segments: Segment[] = [];

  private readonly source: Source;
  private readonly text: string;
  private readonly lexer: token.Lexer;
  private readonly options: ReaderOptions;
  private readonly names = new Names();

  // The stack: a frame is an index into these. `marks` holds, for a bracket, where its items begin
  // in `pending`; for a prefix, `#;` or tag, the offset past its token.
  private depth = 0;
  private readonly kinds: number[] = [];
  private readonly starts: number[] = [];
  private readonly marks: number[] = [];
  /** Items of all open lists. Grows only; `top` is how much of it is in use. */
  private readonly pending: Form[] = [];
  private top = 0;
  /** How many brackets are open, by the bracket's code, and in all. */
  private readonly open = new Int32Array(128);
  private nesting = 0;
  private discards = 0;

  // The segment being read.
  private origin: Origin;
  private base = 0;
  private failed = false;
  private columnOne = false;
  private errorsBefore = 0;

  /**
   * Set once a form has run to the end of the text unclosed: from there on, a `(` in column one
   * always begins a top-level form. It need not (a list may be written so), hence not from the start.
   */
  private strict = false;

  constructor(source: Source, options: ReaderOptions) {
    this.source = source;
    this.text = source.text;
    this.lexer = new token.Lexer(source.text, false);
    this.options = options;
    this.origin = { source, offset: 0 };
  }

  /** Reads the whole text. Linear in its length. */
  run(): void {
    while (this.step(this.lexer.next()));
    this.errors.sort((a, b) => a.span.start - b.span.start);
  }

  /** Takes one token; false at the end of the text. */
  private step(kind: number): boolean {
    const { lexer } = this;
    if (this.depth === 0) {
      if (kind === token.END) return false;
      if (this.begin()) return true;
    }
    switch (kind) {
      case token.OPEN:
        this.openBracket();
        break;
      case token.CLOSE:
        this.closeBracket();
        break;
      case token.ATOM:
        this.atom();
        break;
      case token.STRING:
      case token.RAW:
        this.string(kind);
        break;
      case token.PREFIX:
        this.push(QUOTING, lexer.end);
        break;
      case token.DISCARD:
        this.discards++;
        this.push(DISCARDING, lexer.end);
        break;
      case token.TAG:
        this.tag();
        break;
      case token.BAD:
        this.bad();
        break;
      default:
        this.endOfText();
    }
    return true;
  }

  // --- segments ---

  /** Starts a segment at the current token, or takes it over from an earlier read: then true. */
  private begin(): boolean {
    const start = this.lexer.start;
    const reused = this.options.reuse?.whole(start, this.strict);
    if (reused !== undefined) {
      this.forms.push(reused.form);
      this.segments.push(reused.segment);
      this.lexer.end = reused.segment.end;
      return true;
    }
    this.origin = { source: this.source, offset: start };
    this.base = start;
    this.failed = false;
    this.columnOne = false;
    this.errorsBefore = this.errors.length;
    return false;
  }

  private finish(form: Form | undefined): void {
    const { base: start, columnOne } = this;
    const { end } = this.lexer;
    const read = this.failed ? undefined : form;
    const kept = read && (this.options.reuse?.twin(start, end) ?? read);
    if (kept !== undefined) this.forms.push(kept);
    this.segments.push({ start, end, form: kept, columnOne });
  }

  /** Drops what is open and goes on reading at `at`. */
  private drop(at: number): void {
    this.depth = 0;
    this.top = 0;
    this.discards = 0;
    this.nesting = 0;
    this.open.fill(0);
    this.lexer.end = at;
  }

  /** Ends the segment at `at`, whatever is open. */
  private abandon(at: number): void {
    this.drop(at);
    this.finish(undefined);
  }

  private problem(code: ReadErrorCode, start: number, end: number, message: string): void {
    this.failed = true;
    this.errors.push({ message, span: spanAt(this.source, start, end), code });
  }

  /** What is written from `start` to `end`, for messages: cut if it is long. */
  private written(start: number, end: number): string {
    const { text } = this;
    return end - start > 40 ? `\`${text.slice(start, start + 40)}…\`` : `\`${text.slice(start, end)}\``;
  }

  /** `line:column` of an offset, for messages. */
  private place(offset: number): string {
    const { line, column } = spanAt(this.source, offset, offset);
    return `${line}:${column}`;
  }

  // --- the stack ---

  private push(kind: number, mark: number): void {
    const depth = this.depth++;
    this.kinds[depth] = kind;
    this.starts[depth] = this.lexer.start;
    this.marks[depth] = mark;
  }

  private count(kind: number, by: number): void {
    this.open[kind] = (this.open[kind] as number) + by;
    this.nesting += by;
  }

  /** A form is complete: hands it to what waits for it. */
  private deliver(complete: Form): void {
    let form = complete;
    while (this.depth > 0) {
      const depth = this.depth - 1;
      const kind = this.kinds[depth] as number;
      if (kind > DISCARDING) {
        this.pending[this.top++] = form;
        return;
      }
      this.depth = depth;
      const start = this.starts[depth] as number;
      const mark = this.marks[depth] as number;
      if (kind === DISCARDING) {
        this.discards--;
        if (depth === 0) this.finish(undefined);
        return;
      }
      form = kind === QUOTING ? this.quoted(start, mark, form) : this.tagged(start, mark, form);
    }
    this.finish(form);
  }

  /** Stands for something unreadable, so that what is around it keeps its shape. */
  private placeholder(): void {
    this.failed = true;
    this.deliver({
      type: "nil",
      origin: this.origin,
      start: this.lexer.start - this.base,
      end: this.lexer.end - this.base,
    });
  }

  private quoted(start: number, end: number, form: Form): ListForm {
    const { origin, base } = this;
    const prefix = this.text.slice(start, end) as Prefix;
    const name = PREFIX_NAMES[prefix];
    return {
      type: "list",
      origin,
      start: start - base,
      end: form.end,
      items: [{ type: "symbol", origin, start: start - base, end: end - base, name }, form],
      bracket: "(",
      prefix,
    };
  }

  private tagged(start: number, end: number, form: Form): Form {
    const { origin, base, options } = this;
    const tag = this.text.slice(start + 1, end);
    const place = { origin, start: start - base, end: form.end };
    // In a form that is discarded, or has a placeholder in it, no handler should see anything.
    if (this.discards > 0 || this.failed || options.anyTag) return { type: "nil", ...place };
    if (isBuiltinTag(tag)) {
      const wrong = builtinTagProblem(tag, form);
      if (wrong !== undefined) this.problem("bad-tag", start, base + form.end, wrong);
      return { type: "tagged", ...place, tag, form };
    }
    try {
      const handler = options.tags[tag] as TagHandler;
      return { type: "value", ...place, value: handler(form), written: { tag, form } };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.problem("bad-tag", start, base + form.end, `\`#${tag}\`: ${why}`);
      return { type: "nil", ...place };
    }
  }

  // --- tokens ---

  private openBracket(): void {
    const { text, lexer } = this;
    const kind = text.charCodeAt(lexer.start);
    if (kind === PAREN && this.nesting > 0 && text.charCodeAt(lexer.start - 1) === 10) {
      if (this.strict) {
        this.unclosed();
        return;
      }
      this.columnOne = true;
    }
    this.push(kind, this.top);
    this.count(kind, 1);
  }

  private closeBracket(): void {
    const { lexer, text } = this;
    const found = text.charCodeAt(lexer.start);
    this.missingForms(`\`${character(found)}\``);
    if (this.depth === 0) {
      const message = `unexpected \`${character(found)}\`: expected a form, no bracket is open here`;
      this.problem("stray-closer", lexer.start, lexer.end, message);
      this.finish(undefined);
      return;
    }
    const kind = this.kinds[this.depth - 1] as number;
    if (OPENER_OF.get(found) !== kind) this.mismatched(found, kind);
    this.closeFrame();
  }

  /** Reports `found` where another closer was expected, and drops frames up to its own opener. */
  private mismatched(found: number, kind: number): void {
    const { lexer } = this;
    const open = this.starts[this.depth - 1] as number;
    const message =
      `expected \`${character(CLOSER_OF.get(kind))}\` to close the \`${character(kind)}\` ` +
      `at ${this.place(open)}, but found \`${character(found)}\``;
    this.problem("mismatched", lexer.start, lexer.end, message);
    const opener = OPENER_OF.get(found) as number;
    // No such opener: then it is a slip for the right one. The count keeps this from being a search.
    if (this.open[opener] === 0) return;
    while (this.kinds[this.depth - 1] !== opener) this.dropFrame();
    this.placeholder();
  }

  private dropFrame(): void {
    const depth = --this.depth;
    const kind = this.kinds[depth] as number;
    if (kind > DISCARDING) {
      this.top = this.marks[depth] as number;
      this.count(kind, -1);
    } else if (kind === DISCARDING) {
      this.discards--;
    }
  }

  /** Drops prefixes and tags that `found` leaves without a form, and says so. */
  private missingForms(found: string): void {
    while (this.depth > 0 && (this.kinds[this.depth - 1] as number) <= DISCARDING) {
      const start = this.starts[this.depth - 1] as number;
      const end = this.marks[this.depth - 1] as number;
      const message = `expected a form after ${this.written(start, end)}, but found ${found}`;
      this.problem("missing-form", start, end, message);
      this.dropFrame();
    }
  }

  /** The innermost frame is a bracket, and complete. */
  private closeFrame(): void {
    const depth = --this.depth;
    const kind = this.kinds[depth] as number;
    const from = this.marks[depth] as number;
    const items = this.pending.slice(from, this.top);
    this.top = from;
    this.count(kind, -1);
    const { origin } = this;
    const start = (this.starts[depth] as number) - this.base;
    const end = this.lexer.end - this.base;
    if (kind === BRACE) {
      const dict: DictForm = { type: "dict", origin, start, end, items };
      this.checkDict(dict);
      this.deliver(dict);
    } else {
      this.deliver({ type: "list", origin, start, end, items, bracket: kind === PAREN ? "(" : "[" });
    }
  }

  private checkDict(dict: DictForm): void {
    const { base } = this;
    const items = dict.items;
    if (items.length % 2 === 1 && !this.afterBareHash()) {
      const last = items[items.length - 1] as Form;
      const key = this.written(base + last.start, base + last.end);
      const message = `expected a value for the key ${key}: a dict is pairs of key and value`;
      this.problem("odd-dict", base + last.start, base + last.end, message);
    }
    if (items.length < 4) return;
    const seen = new Map<string, Form>();
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i] as Form;
      const name = key.type === "keyword" ? key.name : key.type === "string" ? key.value : undefined;
      if (name === undefined) continue;
      const before = seen.get(name);
      if (before === undefined) {
        seen.set(name, key);
        continue;
      }
      const written = this.written(base + key.start, base + key.end);
      const message = `expected each key once: ${written} is already given at ${this.place(base + before.start)}`;
      this.problem("duplicate-key", base + key.start, base + key.end, message);
    }
  }

  /** `#{1 2 3}` is a set elsewhere, and has been reported as that. */
  private afterBareHash(): boolean {
    const top = this.depth - 1;
    if (top < 0 || this.kinds[top] !== TAGGING) return false;
    return (this.marks[top] as number) - (this.starts[top] as number) === 1;
  }

  private atom(): void {
    const { text, lexer, origin } = this;
    const from = lexer.start;
    const to = lexer.end;
    const start = from - this.base;
    const end = to - this.base;
    if (startsNumber(text, from, to)) {
      const value = numberIn(text, from, to);
      if (value === undefined) this.badNumber();
      else if (typeof value === "number") this.deliver({ type: "number", origin, start, end, value });
      else this.deliver({ type: "bigint", origin, start, end, value });
      return;
    }
    if (text.charCodeAt(from) === 58) {
      if (to === from + 1) {
        this.problem("bad-keyword", from, to, "expected a name after `:`, such as `:title`");
        this.placeholder();
        return;
      }
      this.deliver({ type: "keyword", origin, start, end, name: this.names.at(text, from + 1, to) });
      return;
    }
    const name = this.names.at(text, from, to);
    if (name === ".") {
      const message = "expected a form, but found a lone `.`: lists have no dotted tail";
      this.problem("lone-dot", from, to, message);
      this.placeholder();
    } else if (to - from <= 9 && LITERALS.has(name)) {
      const value = LITERALS.get(name);
      if (value === undefined) this.deliver({ type: "nil", origin, start, end });
      else if (typeof value === "number") this.deliver({ type: "number", origin, start, end, value });
      else this.deliver({ type: "boolean", origin, start, end, value });
    } else {
      this.deliver({ type: "symbol", origin, start, end, name });
    }
  }

  private badNumber(): void {
    const { lexer } = this;
    const written = this.written(lexer.start, lexer.end);
    this.problem(
      "bad-number",
      lexer.start,
      lexer.end,
      `${written} is not a number: expected one such as 42, -1.5, 1e9, 5/2, 0xff or 10n, ` +
        "within the range of doubles (a symbol cannot begin with a digit)",
    );
    this.placeholder();
  }

  private string(kind: number): void {
    const { text, lexer, origin } = this;
    const { start, end } = lexer;
    if (!lexer.closed) {
      this.unterminatedString(kind);
      return;
    }
    if (lexer.columnOne) this.columnOne = true;
    let value: string;
    if (kind === token.RAW) {
      value = detached(text.slice(start + 2, end - 1));
      if (text.charCodeAt(end) === 35) {
        const message = "`#|…|` is a raw string: expected `;` or `#;` for a comment, not `|#`";
        this.problem("unknown-tag", end - 1, end + 1, message);
        lexer.end = end + 1;
      }
    } else if (lexer.escaped) {
      value = decodeString(text, start + 1, end - 1, (from, to, message) =>
        this.problem("bad-escape", from, to, message),
      );
    } else {
      value = detached(text.slice(start + 1, end - 1));
    }
    this.deliver({ type: "string", origin, start: start - this.base, end: end - this.base, value });
  }

  private tag(): void {
    const { text, lexer, options } = this;
    const tag = text.slice(lexer.start + 1, lexer.end);
    const known = options.anyTag || isBuiltinTag(tag) || Object.hasOwn(options.tags, tag);
    if (!known) {
      const { message, takesForm } = unknownTag(tag, this.written(lexer.start, lexer.end), options.tags);
      // `#;#tag x` may discard what another program would understand.
      if (this.discards === 0 || !takesForm) {
        this.problem("unknown-tag", lexer.start, lexer.end, message);
      }
      if (!takesForm) {
        this.placeholder();
        return;
      }
    }
    this.push(TAGGING, lexer.end);
  }

  private bad(): void {
    const { text, lexer } = this;
    const { start, end } = lexer;
    if (text.charCodeAt(start) !== 35) {
      const code = text.charCodeAt(start).toString(16).toUpperCase().padStart(4, "0");
      const message = `unexpected character U+${code}: expected it only as an escape in a string`;
      this.problem("bad-character", start, end, message);
      if (this.depth === 0) this.finish(undefined);
      return;
    }
    if (text.charCodeAt(start + 1) === 60) {
      const message = "`#<…>` is how a value without a literal prints: expected a form";
      this.problem("unknown-tag", start, end, message);
      this.placeholder();
      return;
    }
    const next = text[end];
    const instead = next === "(" ? "`#vector (…)` or " : next === "{" ? "`#set (…)` or " : "";
    this.problem("unknown-tag", start, end, `expected ${instead}a tag's name after \`#\``);
    // Not a program's form, though what follows `#` would be one alone.
    if (next === "(" || next === "[" || next === "{") this.push(TAGGING, end);
    else if (this.depth === 0) this.finish(undefined);
  }

  // --- the end, too early ---

  private endOfText(): void {
    this.missingForms("the end of the text");
    if (this.depth === 0) this.finish(undefined);
    else if (!this.strict && this.columnOne) this.again();
    else this.unclosed();
  }

  /** Reads the segment again, strictly this time. Happens once, or twice with an unclosed string. */
  private again(): void {
    this.strict = true;
    this.errors.length = this.errorsBefore;
    this.drop(this.base);
  }

  private unterminatedString(kind: number): void {
    const { text, lexer } = this;
    const { start } = lexer;
    if (!lexer.strictStrings && text.indexOf("\n(", this.base) >= 0) {
      lexer.strictStrings = true;
      this.again();
      return;
    }
    const eol = text.indexOf("\n", start);
    const closer = kind === token.RAW ? "|" : '"';
    const message = `expected \`${closer}\` to end the string that begins here`;
    this.problem("unterminated-string", start, eol < 0 ? text.length : eol, message);
    // Whatever else is open is not the mistake.
    this.abandon(lexer.end);
  }

  private unclosed(): void {
    const { text, lexer } = this;
    const guess = guessClose(text, this.base, lexer.start);
    if (guess !== undefined) {
      const kind = text.charCodeAt(guess.open);
      const message =
        `expected \`${character(CLOSER_OF.get(kind))}\` to close this \`${character(kind)}\`, ` +
        `by the indentation at ${this.place(guess.close)}`;
      this.problem("unclosed", guess.open, guess.open + 1, message);
    } else {
      while ((this.kinds[this.depth - 1] as number) <= DISCARDING) this.dropFrame();
      const open = this.starts[this.depth - 1] as number;
      const kind = this.kinds[this.depth - 1] as number;
      const where = lexer.start >= text.length ? "the end of the text" : this.place(lexer.start);
      const message =
        `expected \`${character(CLOSER_OF.get(kind))}\` to close this \`${character(kind)}\` ` +
        `before ${where}`;
      this.problem("unclosed", open, open + 1, message);
    }
    this.abandon(lexer.start);
  }
}
