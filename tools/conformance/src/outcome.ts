/** What a run of a case came to, and how it is held against expectations and other runs. */
import { Condition, inspect, type Value } from "@sorbus/vm";
import type { Case, EndingExpectation } from "./case.ts";
import { showEntry, type TraceEntry } from "./world.ts";

export interface ConditionEnding {
  readonly type: "condition";
  readonly kind: string;
  readonly message: string;
  readonly data: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** `name file:line:column`, innermost first. */
  readonly stack: readonly string[];
}

export type Ending =
  | { readonly type: "done" }
  | { readonly type: "value"; readonly text: string }
  | ConditionEnding
  /** The tool or an engine failed: never what a program may do. */
  | { readonly type: "broken"; readonly text: string };

export interface Outcome {
  /** `inspect` of each top-level form's value, as far as the program came. */
  readonly values: readonly string[];
  readonly trace: readonly TraceEntry[];
  readonly output: readonly string[];
  readonly ending: Ending;
  /** Requests that left the engine, also those that nobody handled. */
  readonly requests: number;
}

export function endingOf(raised: Value): Ending {
  if (!(raised instanceof Condition)) return { type: "value", text: inspect(raised) };
  return {
    type: "condition",
    kind: raised.kind,
    message: raised.message,
    data: inspect(raised.data),
    file: raised.span?.file,
    line: raised.span?.line,
    column: raised.span?.column,
    stack: (raised.stack ?? []).map((f) => `${f.name} ${f.file}:${f.line}:${f.column}`),
  };
}

/** One thing that is not as it should be. */
export interface Problem {
  /** Line in the spec file. */
  readonly line: number;
  readonly text: string;
}

/** Holds a run against what the case expects. */
export function judge(one: Case, outcome: Outcome): Problem[] {
  const problems: Problem[] = [];
  const say = (line: number, what: string, expected: string, got: string): void => {
    problems.push({ line, text: `${what}\n  expected ${expected}\n  got      ${got}` });
  };
  judgeEnding(one, outcome.ending, (line, expected) =>
    say(line, "ending", expected, showEnding(outcome.ending)),
  );
  for (const { line, form, text } of one.values) {
    const got = outcome.values[form];
    if (got === undefined) {
      if (outcome.ending.type === "done" || one.ending !== undefined)
        say(line, "value", text, "(not reached)");
    } else if (got !== text) say(line, "value", text, shorten(got));
  }
  if (one.output !== undefined) {
    const expected = one.output.lines.join("\n");
    const got = outcome.output.join("\n");
    if (expected !== got) say(one.output.line, "output", JSON.stringify(expected), JSON.stringify(got));
  }
  if (one.trace !== undefined) {
    const free = !one.trace.ordered;
    const expected = sortedIf(free, one.trace.entries);
    const got = sortedIf(free, outcome.trace.map(showEntry));
    if (expected.join("\n") !== got.join("\n")) {
      say(one.trace.line, "effects", `\n    ${expected.join("\n    ")}`, `\n    ${got.join("\n    ")}`);
    }
  }
  return problems;
}

function sortedIf(sort: boolean, lines: readonly string[]): readonly string[] {
  return sort ? lines.toSorted() : lines;
}

function judgeEnding(one: Case, ending: Ending, wrong: (line: number, expected: string) => void): void {
  const expected = one.ending;
  if (expected === undefined) {
    if (ending.type !== "done") wrong(lastLine(one), "the program to end with a value");
    return;
  }
  if (!matches(one, expected, ending)) wrong(expected.line, showExpected(expected));
}

function matches(one: Case, expected: EndingExpectation, ending: Ending): boolean {
  if (expected.type === "value") return ending.type === "value" && ending.text === expected.text;
  return (
    ending.type === "condition" &&
    (expected.kind === undefined || expected.kind === ending.kind) &&
    ending.message.includes(expected.message) &&
    (expected.on === undefined || lineOf(one, ending).includes(expected.on))
  );
}

/** The text of the line where a condition was raised. */
function lineOf(one: Case, ending: ConditionEnding): string {
  if (ending.line === undefined) return "";
  const at = ending.line - 1;
  const sources = [one.source, ...one.files.values()];
  // Padded texts have each line in one file only.
  return sources.map((text) => text.split("\n")[at] ?? "").join("");
}

function lastLine(one: Case): number {
  return one.values.at(-1)?.line ?? one.line;
}

function showExpected(expected: EndingExpectation): string {
  if (expected.type === "value") return `raised ${expected.text}`;
  const on = expected.on === undefined ? "" : ` on ${JSON.stringify(expected.on)}`;
  return `${expected.kind ?? "*"} ${JSON.stringify(expected.message)}${on}`;
}

export function showEnding(ending: Ending): string {
  switch (ending.type) {
    case "done":
      return "the program ended with a value";
    case "value":
      return `raised ${shorten(ending.text)}`;
    case "broken":
      return `BROKEN ${ending.text}`;
    case "condition":
      return `${ending.kind} ${JSON.stringify(shorten(ending.message))} at ${ending.file}:${ending.line}:${ending.column}`;
  }
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
}

/** A text without the numbers of generated symbols (`gensym`), of which no two runs have the same. */
function anonymous(text: string): string {
  return text.replace(/__\d+/g, "__#");
}

/**
 * How two runs of one program differ; empty when they do not. `ordered`: effects must come in the same
 * order, which only holds for programs without child fibers.
 */
export function difference(a: Outcome, b: Outcome, ordered: boolean): string[] {
  const found: string[] = [];
  const compare = (what: string, one: string, other: string): void => {
    const [x, y] = [anonymous(one), anonymous(other)];
    if (x !== y) found.push(`${what}\n  ${shorten(x)}\n  ${shorten(y)}`);
  };
  compare("values", a.values.join(" ¦ "), b.values.join(" ¦ "));
  compare("output", a.output.join("\n"), b.output.join("\n"));
  const trace = (o: Outcome): string => sortedIf(!ordered, o.trace.map(showEntry)).join("\n  ");
  compare("effects", trace(a), trace(b));
  compare("ending", showEnding(a.ending), showEnding(b.ending));
  if (a.ending.type === "condition" && b.ending.type === "condition") {
    compare("data", a.ending.data, b.ending.data);
    compare("stack", a.ending.stack.join("\n  "), b.ending.stack.join("\n  "));
  }
  return found;
}
