/** Conditions as JavaScript errors, and as people read them. */
import { codeFrame } from "@sorbus/reader";
import { Condition, inspect, type StackFrame, toArray, type Value } from "@sorbus/vm";

/** What a handler in JavaScript threw, by the condition that it became. */
const causes = new WeakMap<Condition, unknown>();

/** Remembers what made the host raise a condition, so that its `SxError` can say so. */
export function noteCause(condition: Condition, error: unknown): void {
  causes.set(condition, error);
}

/** An uncaught condition, or any other value that a program raised. `cause`: what a handler threw, if one did. */
export class SxError extends Error {
  /** `error-kind` of a condition; "raised" for other values. */
  readonly kind: string;
  /** SX frames, innermost first. */
  declare readonly frames: readonly StackFrame[];
  /** The raised value itself. */
  declare readonly condition: Value;
  readonly #convert: (value: Value) => unknown;

  /** @param convert how values of the data become JavaScript's; absent: they stay */
  constructor(condition: Value, convert: (value: Value) => unknown = (value) => value) {
    const known = condition instanceof Condition;
    super(
      known ? condition.message : `raised ${inspect(condition)}`,
      known && causes.has(condition) ? { cause: causes.get(condition) } : undefined,
    );
    this.name = "SxError";
    this.kind = known ? condition.kind : "raised";
    this.#convert = convert;
    const frames = known ? (condition.stack ?? []) : [];
    // Not shown when the error is printed: `stack` says it, and values of the heap say nothing there.
    Object.defineProperty(this, "condition", { value: condition });
    Object.defineProperty(this, "frames", { value: frames });
    if (known) {
      const lines = frames.map((f) => `    at ${f.name || "fn"} (${f.file}:${f.line}:${f.column})`);
      this.stack = [`SxError: ${this.message}`, ...lines].join("\n");
    }
  }

  /** What the condition carries besides its message, or the raised value, as JavaScript values. */
  get data(): readonly unknown[] {
    const { condition } = this;
    return (condition instanceof Condition ? toArray(condition.data) : [condition]).map(this.#convert);
  }
}

/** The text of a file that appears in a span; undefined when it is not known. */
export type TextOf = (file: string) => string | undefined;

/**
 * The report of an uncaught condition: kind and message, data, the place with a code frame, the stack.
 * Ends without a newline.
 */
export function report(condition: Value, textOf: TextOf): string {
  if (!(condition instanceof Condition)) return `error: raised ${inspect(condition)}`;
  const lines = [`error: ${condition.message}`];
  const { span } = condition;
  if (span !== undefined) {
    lines.push(`  --> ${span.file}:${span.line}:${span.column}`);
    const text = textOf(span.file);
    if (text !== undefined) lines.push(codeFrame({ text }, span));
  }
  lines.push(`kind: ${condition.kind}`);
  const data = toArray(condition.data);
  // Of a text that cannot be read these are the further mistakes.
  if (condition.kind === "read") for (const more of data) lines.push(`also: ${String(more)}`);
  else if (data.length > 0) lines.push(`data: ${data.map((d) => inspect(d)).join(" ")}`);
  const frames = condition.stack ?? [];
  if (frames.length > 0) lines.push("stack:", ...stackLines(frames));
  return lines.join("\n");
}

/** A line for each frame; of a recursion, one for all. */
function stackLines(frames: readonly StackFrame[]): string[] {
  const lines: string[] = [];
  let repeated = 0;
  const flush = (): void => {
    if (repeated > 0) lines.push(`  … ${repeated} more of the same`);
    repeated = 0;
  };
  let last: string | undefined;
  for (const frame of frames) {
    const line = `  ${frame.name || "fn"} ${frame.file}:${frame.line}:${frame.column}`;
    if (line === last) repeated += 1;
    else {
      flush();
      lines.push(line);
      last = line;
    }
  }
  flush();
  return lines;
}
