/** What each control builtin does to the machine (docs/control.md). */
import {
  Applicable,
  bool,
  type ControlName,
  condition,
  dictEach,
  fromArray,
  inspect,
  isDict,
  isInherited,
  isList,
  NIL,
  Raise,
  Task,
  toArray,
  type Value,
} from "@sorbus/vm";
import { Captured, capture, type Mark, marksOf, pushMark, reinstate } from "./continuation.ts";
import { callNext, enterCall, give, type Machine, raise, stop } from "./machine.ts";
import { locateCondition, place } from "./trace.ts";

/** The arguments have been counted. `stays`: see the machine's `Control`. */
export function control(m: Machine, name: ControlName, args: readonly Value[], stays: boolean): void {
  const [a = NIL, b = NIL, c = NIL, d = NIL] = args;
  if (name === "%at-mark?") return give(m, bool(atMark(m, a, b)));
  if (name === "%locate") {
    locateCondition(m, a);
    return give(m, a);
  }
  // What these call is called from where they are: wrong arguments are an error of this very call.
  if (name === "apply") {
    const positional = [...args.slice(1, -1), ...lastList(args.at(-1) ?? NIL)];
    m.control = { type: "apply", fn: a, args: { positional, named: [] }, stays };
    return;
  }
  if (name === "call-with-keys") {
    const keyed = { positional: args.slice(2), named: namedArguments(b) };
    m.control = { type: "apply", fn: a, args: keyed, stays };
    return;
  }
  enterCall(m);
  switch (name) {
    case "%with-mark":
      pushMark(m, { key: a, value: b, exit: undefined });
      return callNext(m, c, []);
    case "%with-exit":
      pushMark(m, { key: a, value: b, exit: d });
      return callNext(m, c, []);
    case "%mark":
      return give(m, firstMark(marksOf(m), a) ?? b);
    case "%marks":
      return give(m, markList(marksOf(m), isOneOf(a)));
    case "%inherited-marks":
      return give(m, markList(marksOf(m), isInherited));
    case "%capture": {
      const k = capture(m, a === NIL ? undefined : (mark) => mark.key === a && mark.value === b);
      if (k === undefined)
        throw new Raise(condition("control", `there is no enclosing ${inspect(a)} to capture`));
      return callNext(m, c, [k]);
    }
    case "%reinstate":
      reinstate(m, captured(a));
      return callNext(m, b, []);
    case "%k-marks":
      return give(m, markList(marksIn(captured(a)), isOneOf(b)));
    case "%k-below":
      return give(m, below(captured(a), b, c));
    case "%make-continuation":
      return give(m, new Applicable("continuation", a));
    case "%make-parameter":
      return give(m, new Applicable("parameter", a));
    case "%request":
      return stop(m, { type: "request", op: a as string, args: toArray(b), span: place(m) });
    case "%uncaught":
      return stop(m, { type: "raised", condition: a });
    case "%spawn":
      return stop(m, { type: "spawn", thunk: a, marks: b });
    case "%await":
      return stop(m, { type: "await", task: task(a) });
    case "%await-first":
      return stop(m, { type: "await-first", tasks: toArray(a).map(task) });
    case "%await-all":
      return stop(m, { type: "await-all", tasks: toArray(a).map(task) });
    case "%task-result":
      return taskResult(m, task(a));
    case "%cancel":
      return stop(m, { type: "cancel", task: task(a), reason: b });
    case "%compile":
      return give(m, m.surroundings.compile(a, b));
    default:
      return name satisfies never;
  }
}

function atMark(m: Machine, key: Value, value: Value): boolean {
  let { frames, under } = m;
  while (frames !== null && frames.type !== "return") frames = frames.next;
  if (frames !== null) return false;
  while (under !== null && under.mark === null && under.frames === null) under = under.under;
  return under?.mark?.key === key && under.mark.value === value;
}

function firstMark(marks: Iterable<Mark>, key: Value): Value | undefined {
  for (const mark of marks) if (mark.key === key) return mark.value;
  return undefined;
}

function isOneOf(keys: Value): (key: Value) => boolean {
  const wanted = toArray(keys);
  return (key) => wanted.includes(key);
}

/** `((key value) …)` of the marks with such keys, innermost first. */
function markList(marks: Iterable<Mark>, wanted: (key: Value) => boolean): Value {
  const found: Value[] = [];
  for (const { key, value } of marks) if (wanted(key)) found.push(fromArray([key, value]));
  return fromArray(found);
}

function* marksIn(k: Captured): Generator<Mark, void, void> {
  for (const { mark } of k.segments) if (mark !== null) yield mark;
}

function below(k: Captured, key: Value, value: Value): Value {
  const at = k.segments.findIndex(({ mark }) => mark?.key === key && mark.value === value);
  if (at < 0) throw new Raise(condition("control", `the continuation has no ${inspect(key)}`));
  return new Captured(k.segments.slice(at + 1));
}

function lastList(value: Value): Value[] {
  if (value === NIL) return [];
  if (isList(value)) return toArray(value);
  throw new Raise(
    condition("type", `apply: expected a list as the last argument, got ${inspect(value)}`, value),
  );
}

function namedArguments(keys: Value): [string, Value][] {
  if (!isDict(keys)) {
    throw new Raise(condition("type", `call-with-keys: expected a dict as keys, got ${inspect(keys)}`, keys));
  }
  const named: [string, Value][] = [];
  dictEach(keys, (key, value) => named.push([key, value]));
  return named;
}

function captured(value: Value): Captured {
  if (value instanceof Captured) return value;
  throw new Raise(condition("type", `expected a captured continuation, got ${inspect(value)}`, value));
}

function task(value: Value): Task {
  if (value instanceof Task) return value;
  throw new Raise(condition("type", `await: expected a task, got ${inspect(value)}`, value));
}

function taskResult(m: Machine, ended: Task): void {
  if (!ended.finished) throw new Raise(condition("control", "the task has not ended"));
  ended.see();
  if (ended.state === "done") give(m, ended.result);
  else raise(m, ended.result);
}
