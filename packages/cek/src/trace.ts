/** Where the machine is, as people read it: the place and the stack trace of a condition. */

import type { Core } from "@sorbus/compiler";
import { spanOf } from "@sorbus/reader";
import { Condition, type ConditionSpan, type StackFrame, type Value } from "@sorbus/vm";
import type { Activation, Frame } from "./continuation.ts";
import type { Machine } from "./machine.ts";

interface Site {
  readonly activation: Activation;
  readonly at: Core | undefined;
}

/** Frames shown at either end of a long trace. */
const TRACE_TOP = 40;
const TRACE_BOTTOM = 10;

/** Fills in span and stack of a condition that has none yet. */
export function locateCondition(m: Machine, payload: Value): void {
  if (!(payload instanceof Condition)) return;
  payload.span ??= place(m);
  payload.stack ??= trace(m);
}

/** The place of the innermost function that is the program's own. */
export function place(m: Machine): ConditionSpan | undefined {
  for (const { activation, at } of activations(m)) {
    if (isShown(activation) && at !== undefined) return conditionSpan(at);
  }
  return undefined;
}

function isShown({ code }: Activation): boolean {
  return code !== undefined && !code.hidden;
}

function trace(m: Machine): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const { activation, at } of activations(m)) {
    if (!isShown(activation) || at === undefined) continue;
    const { file, line, column } = conditionSpan(at);
    frames.push({ name: activation.name, file, line, column });
    if (frames.length > TRACE_TOP + TRACE_BOTTOM) frames.splice(TRACE_TOP, 1);
  }
  return frames;
}

/** The functions at work, innermost first, each with the expression that it is at. */
function* activations(m: Machine): Generator<Site, void, void> {
  yield m;
  let { frames, under } = m;
  for (;;) {
    for (let frame: Frame | null = frames; frame !== null; frame = frame.next) {
      if (frame.type === "return") yield frame;
    }
    if (under === null) return;
    ({ frames, under } = under);
  }
}

function conditionSpan({ form }: Core): ConditionSpan {
  const { file, start, end, line, column } = spanOf(form);
  return { file, start, end, line, column };
}
