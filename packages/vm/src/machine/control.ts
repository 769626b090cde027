import { HEADER } from "../bytecode/opcodes.ts";
import type { ControlBuiltin } from "../control/builtins.ts";
import { isInherited } from "../control/marks.ts";
import { bool, condition, fromArray, inspect, NIL, toArray } from "../heap/index.ts";
import { Applicable, type Value } from "../heap/value.ts";
import { throwCondition } from "./arity.ts";
import { markCode } from "./machine-code.ts";
import {
  Captured,
  CLOSURE,
  CODE,
  cutAbove,
  DELTA,
  eachMark,
  type FoundMark,
  MARK_EXIT,
  MARK_KEY,
  MARK_LINK,
  MARK_REGISTERS,
  MARK_VALUE,
  Part,
  RETURN_PC,
  type Slice,
  under,
} from "./stack.ts";
import { Task, taskList } from "./tasks.ts";
import type { VmThread } from "./thread.ts";

/**
 * Runs a control builtin with checked arity. The thread's top frame waits for the result; it is
 * given one, or calls something in its place, or the thread stops.
 */
export function callControl(t: VmThread, builtin: ControlBuiltin, args: readonly Value[]): void {
  const [a = NIL, b = NIL, c = NIL, d = NIL] = args;
  switch (builtin.name) {
    case "apply":
    case "call-with-keys":
      throw new RangeError(`${builtin.name} is resolved when it is called`);
    case "%with-mark":
      pushMark(t, a, b, c, NIL);
      return;
    case "%with-exit":
      pushMark(t, a, b, c, d);
      return;
    case "%mark":
      t.deliver(findMark(t, a) ?? b);
      return;
    case "%marks": {
      const keys = toArray(a);
      t.deliver(marksOf(t, (key) => keys.includes(key)));
      return;
    }
    case "%inherited-marks":
      t.deliver(marksOf(t, isInherited));
      return;
    case "%at-mark?":
      t.deliver(bool(atMark(t, a, b)));
      return;
    case "%capture":
      t.callNext(c, [capture(t, a, b)]);
      return;
    case "%reinstate":
      reinstate(t, expectCaptured(a));
      t.callNext(b, []);
      return;
    case "%k-marks": {
      const keys = toArray(b);
      const found: Value[] = [];
      for (const part of expectCaptured(a).parts) collect(part, (key) => keys.includes(key), found);
      t.deliver(fromArray(found));
      return;
    }
    case "%k-below":
      t.deliver(below(expectCaptured(a), b, c));
      return;
    case "%make-continuation":
      t.deliver(new Applicable("continuation", a));
      return;
    case "%make-parameter":
      t.deliver(new Applicable("parameter", a));
      return;
    case "%request":
      t.stop = { type: "request", op: a as string, args: toArray(b), span: t.place() };
      return;
    case "%locate":
      t.deliver(t.located(a));
      return;
    case "%uncaught":
      t.stop = { type: "raised", condition: a };
      return;
    case "%spawn":
      t.stop = { type: "spawn", thunk: a, marks: b };
      return;
    case "%await":
      t.stop = { type: "await", task: expectTask(a) };
      return;
    case "%await-first":
      t.stop = { type: "await-first", tasks: taskList(a) };
      return;
    case "%await-all":
      t.stop = { type: "await-all", tasks: taskList(a) };
      return;
    case "%task-result":
      taskResult(t, expectTask(a));
      return;
    case "%cancel":
      t.stop = { type: "cancel", task: expectTask(a), reason: b };
      return;
    case "%compile":
      t.deliver(t.machine.compile(a, b));
      return;
    default:
      builtin.name satisfies never;
  }
}

function expectCaptured(value: Value): Captured {
  if (!(value instanceof Captured))
    throwCondition(condition("type", `expected a captured continuation, got ${inspect(value)}`, value));
  return value;
}

function expectTask(value: Value): Task {
  if (!(value instanceof Task))
    throwCondition(condition("type", `await: expected a task, got ${inspect(value)}`, value));
  return value;
}

function taskResult(t: VmThread, task: Task): void {
  if (task.state !== "done" && task.state !== "raised")
    throwCondition(condition("control", "the task has not ended"));
  task.see();
  if (task.state === "done") t.deliver(task.result);
  else t.callNext(t.machine.signal(), [task.result]);
}

function pushMark(t: VmThread, key: Value, value: Value, thunk: Value, exit: Value): void {
  t.makeRoom(HEADER + markCode.registers);
  const { stack } = t;
  const fp = t.to + HEADER;
  stack[fp + CODE] = markCode;
  stack[fp + CLOSURE] = NIL;
  stack[fp + RETURN_PC] = t.pc;
  stack[fp + DELTA] = t.fp === 0 ? 0 : fp - t.fp;
  stack[fp + MARK_KEY] = key;
  stack[fp + MARK_VALUE] = value;
  stack[fp + MARK_EXIT] = exit;
  stack[fp + MARK_LINK] = t.markTop === 0 ? 0 : fp - t.markTop;
  stack[fp + MARK_REGISTERS + HEADER + CLOSURE] = thunk;
  t.markTop = fp;
  t.fp = fp;
  t.pc = 0;
}

/** Visits every mark of a thread, innermost first. */
function eachThreadMark(t: VmThread, visit: (key: Value, value: Value) => boolean): boolean {
  if (t.eachActiveMark(visit)) return true;
  if (eachMark(t.below, visit)) return true;
  for (let part = t.parts; part !== null; part = part.next) if (eachMark(part.slices, visit)) return true;
  return false;
}

export function findMark(t: VmThread, wanted: Value): Value | undefined {
  let found: Value | undefined;
  eachThreadMark(t, (key, value) => {
    if (key !== wanted) return false;
    found = value;
    return true;
  });
  return found;
}

function marksOf(t: VmThread, wanted: (key: Value) => boolean): Value {
  const found: Value[] = [];
  eachThreadMark(t, (key, value) => {
    if (wanted(key)) found.push(fromArray([key, value]));
    return false;
  });
  return fromArray(found);
}

function collect(part: Slice, wanted: (key: Value) => boolean, into: Value[]): void {
  eachMark(part, (key, value) => {
    if (wanted(key)) into.push(fromArray([key, value]));
    return false;
  });
}

/** Whether the frame under the calling function's own is that mark. */
function atMark(t: VmThread, key: Value, value: Value): boolean {
  const is = (values: readonly unknown[], fp: number): boolean =>
    values[fp + CODE] === markCode && values[fp + MARK_KEY] === key && values[fp + MARK_VALUE] === value;
  if (t.fp > HEADER) return is(t.stack, t.fp - (t.stack[t.fp + DELTA] as number));
  let slice = t.below ?? t.parts?.slices ?? null;
  if (t.fp === 0 && slice !== null) slice = under(slice, slice.fp) ?? t.parts?.slices ?? null;
  return slice !== null && is(slice.values, slice.fp);
}

function locate(part: Slice | null, key: Value, value: Value): FoundMark | undefined {
  let found: FoundMark | undefined;
  eachMark(part, (k, v, at) => {
    if (k !== key || v !== value) return false;
    found = at;
    return true;
  });
  return found;
}

function capture(t: VmThread, key: Value, value: Value): Captured {
  t.freezeActive();
  const taken: Slice[] = [];
  if (key === NIL) {
    if (t.below !== null) taken.push(t.below);
    for (let part = t.parts; part !== null; part = part.next) taken.push(part.slices);
    t.below = null;
    t.parts = null;
    return new Captured(taken);
  }
  let slices = t.below;
  let { parts } = t;
  for (;;) {
    const at = locate(slices, key, value);
    if (at !== undefined && slices !== null) {
      taken.push(cutAbove(slices, at));
      t.below = under(at.slice, at.fp);
      t.parts = parts;
      return new Captured(taken);
    }
    if (slices !== null) taken.push(slices);
    if (parts === null) {
      throwCondition(condition("control", `there is no enclosing ${inspect(key)} to capture`));
    }
    slices = parts.slices;
    parts = parts.next;
  }
}

function reinstate(t: VmThread, k: Captured): void {
  t.freezeActive();
  if (t.below !== null) t.parts = new Part(t.below, t.parts);
  for (let i = k.parts.length - 1; i > 0; i--) t.parts = new Part(k.parts[i] as Slice, t.parts);
  t.below = k.parts[0] ?? null;
}

function below(k: Captured, key: Value, value: Value): Captured {
  for (let i = 0; i < k.parts.length; i++) {
    const at = locate(k.parts[i] as Slice, key, value);
    if (at === undefined) continue;
    const rest = under(at.slice, at.fp);
    return new Captured([...(rest === null ? [] : [rest]), ...k.parts.slice(i + 1)]);
  }
  throwCondition(condition("control", `the continuation has no ${inspect(key)}`));
}
