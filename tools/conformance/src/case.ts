/**
 * Spec files: language cases with their expectations beside the code. This file only parses them.
 *
 *   ;;; case: what it pins          starts a case: a fresh program
 *   ;;; file: ./posts.sx            what follows is that file of the case's program …
 *   ;;; main                        … until here
 *   ;;; limits: steps 1000          bounds of the run (steps, memory)
 *   ;=> (1 2)                       inspect of the top-level expression just above
 *   ;out> text                      the next line that `:console/print` writes
 *   ;trace> (test/ask 1) -> 10      the next effect and its answer (`-> raise kind "message"`, `-> never`);
 *                                   `;trace> none`: no effect at all
 *   ;trace~> (test/ask 1) -> 10     the same in any order, where child fibers run
 *   ;!> kind "part of the message"  the program ends with that condition; kind `*` is any;
 *                                   `on "code"`: on a line that contains it
 *   ;!> raised (1 2)                the program ends because that plain value was raised
 */
import { read } from "@sorbus/reader";

export interface ValueExpectation {
  /** 1-based line in the spec file. */
  readonly line: number;
  /** Index of the top-level form in the case's program. */
  readonly form: number;
  readonly text: string;
}

export interface TraceExpectation {
  readonly line: number;
  readonly ordered: boolean;
  readonly entries: readonly string[];
}

export interface OutputExpectation {
  readonly line: number;
  readonly lines: readonly string[];
}

export type EndingExpectation =
  | {
      readonly type: "condition";
      readonly line: number;
      /** Undefined: any. */
      readonly kind: string | undefined;
      readonly message: string;
      readonly on: string | undefined;
    }
  | { readonly type: "value"; readonly line: number; readonly text: string };

export interface CaseLimits {
  readonly steps?: number;
  readonly memory?: number;
}

export interface Case {
  /** The spec file. */
  readonly file: string;
  readonly name: string;
  /** 1-based line of `;;; case:`. */
  readonly line: number;
  /** The main program, with empty lines in front, so that its lines are those of the spec file. */
  readonly source: string;
  /** Further files of the program by the path they are imported under, padded in the same way. */
  readonly files: ReadonlyMap<string, string>;
  readonly values: readonly ValueExpectation[];
  readonly trace: TraceExpectation | undefined;
  readonly output: OutputExpectation | undefined;
  readonly ending: EndingExpectation | undefined;
  readonly limits: CaseLimits;
  /** Child fibers run, so that only the order of effects within one of them is fixed. */
  readonly concurrent: boolean;
}

const CONCURRENT = /\((?:all|race|pmap|timeout|spawn) /;

/** A spec file that is not written as one. */
export class SpecError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = "SpecError";
  }
}

const DIRECTIVE = /^;;; (case|file|main|limits)\b:?\s*(.*)$/;
const EXPECTATION = /^(;=>|;out>|;trace>|;trace~>|;!>) ?(.*)$/;

interface Chunk {
  readonly line: number;
  readonly name: string;
  readonly lines: string[];
}

/** @throws SpecError naming the line */
export function parseSpec(file: string, text: string): Case[] {
  const chunks: Chunk[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const directive = DIRECTIVE.exec(line);
    if (directive?.[1] === "case") chunks.push({ line: i + 1, name: directive[2] ?? "", lines: [] });
    else chunks.at(-1)?.lines.push(line);
  }
  const names = new Map<string, number>();
  return chunks.map((chunk) => {
    const before = names.get(chunk.name);
    if (before !== undefined)
      throw new SpecError(file, chunk.line, `a case of this name stands on line ${before} already`);
    names.set(chunk.name, chunk.line);
    return parseCase(file, chunk);
  });
}

interface RawExpectation {
  readonly line: number;
  readonly mark: string;
  readonly text: string;
}

/** Keeps the lines of one program file; all others are empty, so that places stay. */
class PaddedText {
  readonly lines: string[];
  constructor(before: number) {
    this.lines = new Array<string>(before).fill("");
  }
  add(at: number, line: string): void {
    while (this.lines.length < at - 1) this.lines.push("");
    this.lines.push(line);
  }
  toString(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

function parseCase(file: string, chunk: Chunk): Case {
  const main = new PaddedText(chunk.line);
  const files = new Map<string, PaddedText>();
  const expectations: RawExpectation[] = [];
  let limits: CaseLimits = {};
  let target = main;
  for (const [i, text] of chunk.lines.entries()) {
    const line = chunk.line + 1 + i;
    const directive = DIRECTIVE.exec(text);
    const expectation = EXPECTATION.exec(text);
    if (directive?.[1] === "file") {
      target = new PaddedText(line);
      files.set(directive[2] ?? "", target);
    } else if (directive?.[1] === "main") {
      target = main;
    } else if (directive?.[1] === "limits") {
      limits = { ...limits, ...parseLimits(file, line, directive[2] ?? "") };
    } else if (expectation !== null) {
      expectations.push({ line, mark: expectation[1] ?? "", text: expectation[2] ?? "" });
    } else {
      if (text.startsWith(";;;")) throw new SpecError(file, line, `unknown directive: ${text}`);
      if (/^;[^; ]/.test(text) && !text.startsWith(";=")) {
        throw new SpecError(file, line, `unknown expectation: ${text}`);
      }
      target.add(line, text);
    }
  }
  const source = main.toString();
  return {
    file,
    name: chunk.name,
    line: chunk.line,
    source,
    files: new Map(Array.from(files, ([path, text]): [string, string] => [path, text.toString()])),
    values: valuesOf(file, source, expectations),
    trace: traceOf(file, expectations),
    output: outputOf(expectations),
    ending: endingOf(file, expectations),
    limits,
    concurrent: CONCURRENT.test(source),
  };
}

function parseLimits(file: string, line: number, text: string): CaseLimits {
  const match = /^(steps|memory) (\d+)$/.exec(text);
  if (match === null) throw new SpecError(file, line, `limits are "steps N" or "memory N", not ${text}`);
  return { [match[1] as "steps" | "memory"]: Number(match[2]) };
}

function valuesOf(file: string, source: string, all: readonly RawExpectation[]): ValueExpectation[] {
  const wanted = all.filter((e) => e.mark === ";=>");
  if (wanted.length === 0) return [];
  const { forms, errors } = read(source, { file });
  if (errors.length > 0)
    throw new SpecError(file, wanted[0]?.line ?? 0, "a case that cannot be read has no values");
  const ends = forms.map((form) => lineAt(source, form.origin.offset + form.end));
  return wanted.map(({ line, text }) => {
    const form = ends.findLastIndex((end) => end < line);
    if (form < 0) throw new SpecError(file, line, "there is no expression above");
    return { line, form, text };
  });
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line += 1;
  return line;
}

function traceOf(file: string, all: readonly RawExpectation[]): TraceExpectation | undefined {
  const lines = all.filter((e) => e.mark === ";trace>" || e.mark === ";trace~>");
  const first = lines[0];
  if (first === undefined) return undefined;
  const odd = lines.find((e) => e.mark !== first.mark);
  if (odd !== undefined) throw new SpecError(file, odd.line, "one case has ;trace> or ;trace~>, not both");
  const entries = lines.map((e) => e.text);
  const none = entries.indexOf("none");
  if (none >= 0 && entries.length > 1) throw new SpecError(file, first.line, "none stands alone");
  return { line: first.line, ordered: first.mark === ";trace>", entries: none >= 0 ? [] : entries };
}

function outputOf(all: readonly RawExpectation[]): OutputExpectation | undefined {
  const lines = all.filter((e) => e.mark === ";out>");
  const first = lines[0];
  return first === undefined ? undefined : { line: first.line, lines: lines.map((e) => e.text) };
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const CONDITION = new RegExp(String.raw`^(\*|[a-z/-]+) (${QUOTED})(?: on (${QUOTED}))?$`);

function endingOf(file: string, all: readonly RawExpectation[]): EndingExpectation | undefined {
  const [first, second] = all.filter((e) => e.mark === ";!>");
  if (first === undefined) return undefined;
  if (second !== undefined) throw new SpecError(file, second.line, "a program ends once");
  const { line, text } = first;
  if (text.startsWith("raised ")) return { type: "value", line, text: text.slice("raised ".length) };
  const match = CONDITION.exec(text);
  if (match === null) throw new SpecError(file, line, `expected: kind "message" [on "code"], not ${text}`);
  const [, kind = "*", message = '""', on] = match;
  return {
    type: "condition",
    line,
    kind: kind === "*" ? undefined : kind,
    message: JSON.parse(message) as string,
    on: on === undefined ? undefined : (JSON.parse(on) as string),
  };
}
