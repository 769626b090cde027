/**
 * Child fibers. A fiber tree is a root task and its children, run in turn on one thread each; which
 * machine runs a thread is not known here, so that every tier schedules alike.
 *
 * Children belong to their parent: a task ends when its children have, a cancelled task cancels its
 * children, and an error that nobody awaited is raised by the parent.
 */
import { condition, NIL, toArray } from "../heap/index.ts";
import type { ConditionSpan, Value } from "../heap/value.ts";
import type { EngineFiber, FreezeOptions, Request, RunStats, Step } from "./engine.ts";

/** What one thread of control reports when it stops. */
export type ThreadStep =
  | { readonly type: "done"; readonly value: Value }
  | { readonly type: "raised"; readonly condition: Value }
  | {
      readonly type: "request";
      readonly op: string;
      readonly args: readonly Value[];
      readonly span: ConditionSpan | undefined;
    }
  | { readonly type: "spawn"; readonly thunk: Value; readonly marks: Value }
  | { readonly type: "await"; readonly task: Task }
  | { readonly type: "await-first"; readonly tasks: readonly Task[] }
  | { readonly type: "await-all"; readonly tasks: readonly Task[] }
  | { readonly type: "cancel"; readonly task: Task; readonly reason: Value }
  | { readonly type: "fuel" };

/** One thread of control of some machine. `resume`, `raise` and `cancel` prepare the next `run`. */
export interface Thread {
  /** Runs until there is something to report; uses up to `budget.fuel` and lowers it. */
  run(budget: Budget): ThreadStep;
  resume(value: Value): void;
  raise(condition: Value): void;
  /** Makes the next `run` leave every extent (running `after`s) and end as raised with `reason`. */
  cancel(reason: Value): void;
}

/** Fuel of one `run` of the whole tree. */
export interface Budget {
  fuel: number;
}

type TaskState = "ready" | "asking" | "waiting" | "joining" | "done" | "raised";

/** A child fiber as programs hold it; opaque. */
export class Task {
  readonly thread: Thread;
  readonly parent: Task | undefined;
  state: TaskState = "ready";
  /** Value or condition once finished. While joining: the value to finish with. */
  result: Value = NIL;
  /** Outstanding request, while asking. */
  request = 0;
  /**
   * While waiting: when it is woken and with what. By the first of `targets` to end, with its result
   * or with that task itself; or ("all") by the first to raise, with that task, else by the last to
   * end, with nil.
   */
  wait: "result" | "task" | "all" = "result";
  targets: readonly Task[] = [];
  /** While joining: how it will have ended. */
  ending: "done" | "raised" = "done";
  /** Somebody has been given the result, so an error is not lost. */
  observed = false;
  cancelled = false;
  /** Those that have not ended, and those whose error nobody has seen so far. */
  readonly children: Set<Task> = new Set();
  waiters: Task[] = [];
  constructor(thread: Thread, parent: Task | undefined) {
    this.thread = thread;
    this.parent = parent;
  }
  get finished(): boolean {
    return this.state === "done" || this.state === "raised";
  }
  /** Its error will not be lost. */
  see(): void {
    this.observed = true;
    if (this.finished) this.parent?.children.delete(this);
  }
}

/** Starts the thread of a child: calls `thunk` under `marks`. */
export type StartThread = (thunk: Value, marks: Value) => Thread;

/** Makes bytes of a tree. */
export type Freezer = (tree: TaskTree, options?: FreezeOptions) => Uint8Array;

/** Child fibers that a tree may have at once; more is a mistake of the program. */
const MAX_TASKS = 200_000;

/** A root thread with all its children, behind the interface that hosts drive. */
export class TaskTree implements EngineFiber {
  readonly root: Task;
  readonly stats: RunStats;
  private readonly start: StartThread;
  private readonly freezer: Freezer;
  private ready: Task[];
  private readonly asking: Map<number, Task> = new Map();
  private asked: Request[] = [];
  private dropped: number[] = [];
  private nextRequest = 1;
  /** Child fibers that have not ended. */
  private alive = 0;

  constructor(root: Thread | Task, start: StartThread, stats: RunStats, freezer: Freezer) {
    this.root = root instanceof Task ? root : new Task(root, undefined);
    this.start = start;
    this.stats = stats;
    this.freezer = freezer;
    this.ready = [this.root];
  }

  run(fuel: number = Number.POSITIVE_INFINITY): Step {
    const budget: Budget = { fuel };
    for (;;) {
      const task = this.ready.shift();
      if (task === undefined) {
        if (this.root.state === "done") return { type: "done", value: this.root.result };
        if (this.root.state === "raised") return { type: "raised", condition: this.root.result };
        if (this.asking.size === 0) {
          this.deadlock();
          continue;
        }
        this.stats.suspensions += this.asked.length;
        const step: Step = { type: "performed", requests: this.asked, cancelled: this.dropped };
        this.asked = [];
        this.dropped = [];
        return step;
      }
      if (task.finished || task.state === "joining") continue;
      const step = task.thread.run(budget);
      if (step.type === "fuel") {
        this.ready.unshift(task);
        return step;
      }
      this.handle(task, step);
    }
  }

  private handle(task: Task, step: Exclude<ThreadStep, { type: "fuel" }>): void {
    switch (step.type) {
      case "done":
        this.finish(task, "done", step.value);
        return;
      case "raised":
        this.finish(task, "raised", step.condition);
        return;
      case "request": {
        const id = this.nextRequest++;
        task.state = "asking";
        task.request = id;
        this.asking.set(id, task);
        this.asked.push({ id, op: step.op, args: step.args, span: step.span });
        return;
      }
      case "spawn": {
        if (this.alive >= MAX_TASKS) {
          task.thread.raise(condition("limit", `more than ${MAX_TASKS} fibers at once`));
          this.ready.unshift(task);
          return;
        }
        this.alive++;
        const child = new Task(this.start(step.thunk, step.marks), task);
        task.children.add(child);
        this.ready.push(child);
        this.wake(task, child, true);
        return;
      }
      case "await":
        this.await(task, [step.task], "result");
        return;
      case "await-first":
        this.await(task, step.tasks, "task");
        return;
      case "await-all":
        this.await(task, step.tasks, "all");
        return;
      case "cancel":
        this.cancelTask(step.task, step.reason);
        this.wake(task, NIL, true);
        return;
      default:
        step satisfies never;
    }
  }

  /** Lets a task go on with a value; `first` keeps it ahead of the others. */
  private wake(task: Task, value: Value, first = false): void {
    task.state = "ready";
    task.thread.resume(value);
    if (first) this.ready.unshift(task);
    else this.ready.push(task);
  }

  /** The task whose end lets a waiting task go on; undefined: it waits on. Null: all have ended well. */
  private awaited(task: Task): Task | null | undefined {
    if (task.wait !== "all") return task.targets.find((t) => t.finished);
    const raised = task.targets.find((t) => t.state === "raised");
    return raised ?? (task.targets.every((t) => t.finished) ? null : undefined);
  }

  /** Gives a waiting task what it waited for, if that is there. */
  private notify(task: Task): boolean {
    const target = this.awaited(task);
    if (target === undefined) return false;
    if (target === null) task.thread.resume(NIL);
    else if (task.wait !== "result") task.thread.resume(target);
    else {
      target.see();
      if (target.state === "done") task.thread.resume(target.result);
      else task.thread.raise(target.result);
    }
    task.state = "ready";
    task.targets = [];
    return true;
  }

  private await(task: Task, targets: readonly Task[], wait: Task["wait"]): void {
    task.wait = wait;
    task.targets = targets;
    task.state = "waiting";
    if (this.notify(task)) this.ready.unshift(task);
    else for (const target of targets) target.waiters.push(task);
  }

  private finish(task: Task, state: "done" | "raised", result: Value): void {
    task.result = result;
    if (state === "raised") {
      for (const child of task.children) this.cancelTask(child, result);
    }
    if (some(task.children, (child) => !child.finished)) {
      task.state = "joining";
      task.ending = state;
      return;
    }
    this.settle(task, state);
  }

  private settle(task: Task, state: "done" | "raised"): void {
    if (state === "done") {
      const lost = [...task.children].find((c) => c.state === "raised" && !c.observed);
      if (lost !== undefined) {
        lost.see();
        task.state = "raised";
        task.result = lost.result;
      } else task.state = "done";
    } else task.state = "raised";
    task.children.clear();
    if (task.parent !== undefined) this.alive--;
    for (const waiter of task.waiters) {
      if (waiter.state !== "waiting" || !waiter.targets.includes(task)) continue;
      if (this.notify(waiter)) this.ready.push(waiter);
    }
    task.waiters = [];
    const { parent } = task;
    // A program may start children for ever: what has ended is let go.
    if (task.state === "done" || task.observed) parent?.children.delete(task);
    if (parent?.state === "joining" && !some(parent.children, (child) => !child.finished)) {
      this.settle(parent, parent.ending);
    }
  }

  private cancelTask(task: Task, reason: Value): void {
    task.see();
    if (task.finished || task.cancelled) return;
    task.cancelled = true;
    for (const child of task.children) this.cancelTask(child, reason);
    if (task.state === "joining") {
      task.result = reason;
      task.ending = "raised";
      return;
    }
    if (task.state === "asking") {
      this.asking.delete(task.request);
      const unsent = this.asked.findIndex((r) => r.id === task.request);
      if (unsent >= 0) this.asked.splice(unsent, 1);
      else this.dropped.push(task.request);
    }
    task.thread.cancel(reason);
    if (task.state !== "ready") this.ready.push(task);
    task.state = "ready";
  }

  private deadlock(): void {
    const waiting = find(this.root, (task) => task.state === "waiting");
    if (waiting === undefined) throw new Error("a fiber tree stopped with nothing to wait for");
    waiting.thread.raise(condition("control", "every fiber of this program waits for another one"));
    waiting.state = "ready";
    this.ready.push(waiting);
  }

  private take(id: number): Task {
    const task = this.asking.get(id);
    if (task === undefined) throw new RangeError(`no request ${id} is outstanding in this fiber`);
    this.asking.delete(id);
    task.state = "ready";
    this.ready.push(task);
    return task;
  }

  resume(id: number, value: Value): void {
    this.take(id).thread.resume(value);
  }

  resumeRaise(id: number, reason: Value): void {
    this.take(id).thread.raise(reason);
  }

  cancel(reason: Value): void {
    this.cancelTask(this.root, reason);
  }

  freeze(options?: FreezeOptions): Uint8Array {
    return this.freezer(this, options);
  }

  /** A tree in the state that `snapshot` gave. */
  static restore(
    state: { root: Task; ready: Task[]; asking: [number, Task][]; nextRequest: number },
    start: StartThread,
    stats: RunStats,
    freezer: Freezer,
  ): TaskTree {
    const tree = new TaskTree(state.root, start, stats, freezer);
    tree.ready = state.ready;
    for (const [id, task] of state.asking) tree.asking.set(id, task);
    tree.nextRequest = state.nextRequest;
    tree.alive = count(state.root) - 1;
    return tree;
  }

  /** For freezing: what the tree consists of besides its tasks. */
  snapshot(): { ready: Task[]; asking: [number, Task][]; nextRequest: number } {
    if (this.asked.length > 0) throw new Error("a fiber is frozen after its requests were taken by run()");
    return { ready: [...this.ready], asking: [...this.asking], nextRequest: this.nextRequest };
  }
}

/** The tasks in an SX list. */
export function taskList(tasks: Value): Task[] {
  return toArray(tasks).filter((t) => t instanceof Task);
}

function some(tasks: Iterable<Task>, test: (task: Task) => boolean): boolean {
  for (const task of tasks) if (test(task)) return true;
  return false;
}

function find(task: Task, test: (task: Task) => boolean): Task | undefined {
  if (test(task)) return task;
  for (const child of task.children) {
    const found = find(child, test);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tasks from `task` down that have not ended. */
function count(task: Task): number {
  let sum = 1;
  for (const child of task.children) if (!child.finished) sum += count(child);
  return sum;
}
