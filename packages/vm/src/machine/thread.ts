/**
 * One thread of control of the VM: its stack and all that changes it out of line — calls that are
 * more than a jump, conditions, underflow, the stack's growth. The instructions themselves are run
 * by `dispatch.ts`, what the control builtins do is in `control.ts`.
 *
 * Between two instructions the state is complete in these fields: nothing lives on the host's stack.
 */
import { COLD, type Code, positionAt } from "../bytecode/code.ts";
import { liveRegisters } from "../bytecode/liveness.ts";
import { HEADER } from "../bytecode/opcodes.ts";
import { condition, NIL } from "../heap/index.ts";
import { heap } from "../heap/instance.ts";
import { Condition, type ConditionSpan, Raise, type StackFrame, type Value } from "../heap/value.ts";
import { type ResolvedCall, resolveCall } from "./call.ts";
import { callControl, findMark } from "./control.ts";
import { dispatch } from "./dispatch.ts";
import type { RunStats } from "./engine.ts";
import type { Jit, LeftFrame, Marks } from "./jit.ts";
import type { EffectiveLimits, Machine } from "./machine.ts";
import { bootCode } from "./machine-code.ts";
import {
  CLOSURE,
  CODE,
  DELTA,
  MARK_KEY,
  MARK_LINK,
  MARK_VALUE,
  type Part,
  RETURN_PC,
  Slice,
  under,
} from "./stack.ts";
import type { Budget, Thread, ThreadStep } from "./tasks.ts";

/** Slots of a segment when it starts, and when it is moved to the heap and a new one begun. */
const FIRST_SEGMENT = 64;
const FULL_SEGMENT = 1 << 16;
/** Slots that handlers of a stack overflow may use beyond the limit. */
const OVERFLOW_GRACE = 1 << 17;
/** Calls that the `after`s may make once a step or time limit is reached. */
const EXIT_GRACE = 100_000;
/** Frames shown at either end of a long stack trace. */
const TRACE_TOP = 40;
const TRACE_BOTTOM = 10;

export class VmThread implements Thread, Marks {
  readonly machine: Machine;
  /** The active segment; register r of the running frame is `stack[fp + r]`. */
  stack: unknown[];
  /** Register 0 of the running frame; 0: there is no frame in the active segment. */
  fp: number;
  /** The instruction to run next, or the one that is being run when something raises. */
  pc: number;
  /** First free slot after the top frame, while it waits for a result. Valid out of line only. */
  to: number;
  /** Register 0 of the topmost mark frame in the active segment; 0: none. */
  markTop: number;
  below: Slice | null;
  parts: Part | null;
  /** Set by what must leave the dispatch loop. */
  stop: ThreadStep | undefined;
  /** Bound on all slots of the stack; raised for a while so that an overflow can be handled. */
  slotLimit: number;
  readonly deadline: number;
  cancelReason: Value | undefined;
  /** Calls at which a thread ends for good that has met a limit and runs its exits. */
  callsAtEnd: number = Number.POSITIVE_INFINITY;

  /** The dispatch loop's fuel when it last asked for something out of line. */
  fuel: number = 0;
  /** Calls and loop iterations of compiled code that the dispatch loop has not counted yet. */
  spent: number = 0;
  /** Who compiles what this run finds hot; undefined: nobody. */
  private jit: Jit | undefined = undefined;
  /** Compiled code has just been left here: at least one instruction is run before it is entered again. */
  private left: boolean = false;

  readonly stats: RunStats;
  readonly bounds: EffectiveLimits;

  constructor(machine: Machine, fn: Value, args: readonly Value[], stats: RunStats, bounds: EffectiveLimits) {
    this.machine = machine;
    this.stats = stats;
    this.bounds = bounds;
    const boot = bootCode(args.length);
    this.stack = new Array<unknown>(Math.max(FIRST_SEGMENT, boot.registers + HEADER + 1)).fill(undefined);
    this.fp = HEADER;
    this.pc = 0;
    this.to = 0;
    this.markTop = 0;
    this.below = null;
    this.parts = null;
    this.stop = undefined;
    this.slotLimit = bounds.slots;
    this.deadline = bounds.deadline;
    bounds.threads.add(this);
    this.cancelReason = undefined;
    this.stack[HEADER + CODE] = boot;
    this.stack[HEADER + CLOSURE] = NIL;
    this.stack[HEADER + RETURN_PC] = 0;
    this.stack[HEADER + DELTA] = 0;
    this.stack[HEADER + HEADER + CLOSURE] = fn;
    for (let i = 0; i < args.length; i++) this.stack[HEADER + HEADER + i] = args[i];
  }

  /** A thread without frames, to be filled by a thaw. */
  static empty(machine: Machine, stats: RunStats, bounds: EffectiveLimits): VmThread {
    const thread = new VmThread(machine, NIL, [], stats, bounds);
    thread.fp = 0;
    return thread;
  }

  run(budget: Budget): ThreadStep {
    if (this.stop?.type === "done" || this.stop?.type === "raised") return this.stop;
    this.stop = undefined;
    // What is not metered counts nothing, so a run with bounds does without it.
    const { jit } = this.machine;
    this.jit = jit?.metered === true || !this.isBounded(budget) ? jit : undefined;
    this.lookAtLimits();
    const step = dispatch(this, budget);
    if (step.type === "done" || step.type === "raised") this.release();
    return step;
  }

  /** The program may hold the task of a thread that has ended; what that held is let go. */
  private release(): void {
    this.bounds.threads.delete(this);
    this.stack = [];
    this.fp = 0;
    this.markTop = 0;
    this.below = null;
    this.parts = null;
  }

  /** A child may be too short to look at them by itself, while all of them together go beyond. */
  private lookAtLimits(): void {
    if (this.cancelReason !== undefined) return;
    if (this.deadline !== Number.POSITIVE_INFINITY && this.machine.now() > this.deadline) {
      this.exhaust("time: the program ran longer than its time limit allows");
      return;
    }
    const full = this.machine.exceeded(this.bounds);
    if (full !== undefined) this.signal(full);
  }

  private isBounded({ fuel }: Budget): boolean {
    const { steps, time, memory } = this.bounds;
    return Math.min(fuel, steps, time, memory) !== Number.POSITIVE_INFINITY;
  }

  resume(value: Value): void {
    this.stop = undefined;
    this.deliver(value);
  }

  raise(reason: Value): void {
    this.stop = undefined;
    // The call that waited has not returned: the condition belongs to it, not to what follows.
    if (this.fp !== 0) this.pc -= 1;
    this.signal(reason);
  }

  cancel(reason: Value): void {
    this.stop = undefined;
    this.interrupt(this.machine.cancelled(), reason);
  }

  /** The running frame's code. */
  code(): Code {
    return this.stack[this.fp + CODE] as Code;
  }

  /** Everything that keeps values alive: for the memory limit. */
  roots(): unknown[] {
    const roots: unknown[] = [this.stack];
    for (let s = this.below; s !== null; s = s.next) roots.push(s.values);
    for (let p = this.parts; p !== null; p = p.next) {
      for (let s: Slice | null = p.slices; s !== null; s = s.next) roots.push(s.values);
    }
    return roots;
  }

  /** Calls and loop iterations before the step limit, which all fibers of a tree share. */
  get stepsLeft(): number {
    return (this.cancelReason === undefined ? this.bounds.steps : this.callsAtEnd) - this.stats.calls;
  }

  /** All slots in use. */
  depth(): number {
    return (
      this.fp + (this.below === null ? 0 : this.below.depth) + (this.parts === null ? 0 : this.parts.depth)
    );
  }

  // ---- results -------------------------------------------------------------------------------

  /** Gives `value` to the call that the top frame waits for. */
  deliver(value: Value): void {
    if (this.fp === 0) this.underflow(value);
    else {
      const dst = this.code().code[this.pc - 1] as number;
      this.stack[this.fp + dst] = value;
    }
  }

  /** Leaves the running frame with `value`. */
  returnValue(value: Value): void {
    this.dropFrame();
    this.deliver(value);
  }

  /** Takes the running frame off, as a tail call or a return does. */
  dropFrame(): void {
    const { stack, fp } = this;
    if (fp <= HEADER) {
      this.fp = 0;
      this.to = 0;
      return;
    }
    this.to = fp - HEADER;
    this.pc = stack[fp + RETURN_PC] as number;
    this.fp = fp - (stack[fp + DELTA] as number);
  }

  /** Brings the top frame of what is below into the active segment and gives it `value`. */
  underflow(value: Value): void {
    let slice = this.below;
    if (slice === null) {
      const { parts } = this;
      if (parts === null) {
        this.fp = 0;
        this.stop = { type: "done", value };
        return;
      }
      slice = parts.slices;
      this.parts = parts.next;
    }
    this.lift(slice);
    this.deliver(value);
    if (this.slotLimit > this.bounds.slots && this.depth() < this.bounds.slots) {
      this.slotLimit = this.bounds.slots;
    }
  }

  /** Copies the top frame of `slice`, which is `below`, into the empty active segment. */
  lift(slice: Slice): void {
    const first = slice.fp - HEADER;
    const size = slice.to - first;
    const code = slice.values[slice.fp + CODE] as Code;
    this.reserve(HEADER + Math.max(size, code.registers));
    const { stack } = this;
    for (let i = 0; i < size; i++) stack[i] = slice.values[first + i];
    this.fp = HEADER;
    this.pc = slice.pc;
    this.to = size;
    this.markTop = 0;
    if (slice.markTop === slice.fp) {
      this.markTop = HEADER;
      stack[HEADER + MARK_LINK] = 0;
    }
    this.below = under(slice, slice.fp);
  }

  // ---- room ----------------------------------------------------------------------------------

  /** Makes the active segment at least `slots` long (while it holds nothing that matters, or by copying). */
  reserve(slots: number): void {
    const { stack } = this;
    if (slots <= stack.length) return;
    let length = Math.max(FIRST_SEGMENT, stack.length);
    while (length < slots) length *= 2;
    const grown = new Array<unknown>(length).fill(undefined);
    for (let i = 0; i < stack.length; i++) grown[i] = stack[i];
    this.stack = grown;
  }

  /** Raises "limit" where a segment of that length would exceed the bound of the whole stack. */
  private checkRoom(length: number): void {
    if (length > this.stack.length && this.depth() - this.fp + length > this.slotLimit) throw overflow();
  }

  /** Room for a frame of `slots` slots on top of `this.to`: grows the segment or begins a new one. */
  makeRoom(slots: number, limit: number = this.slotLimit): void {
    const need = this.to + slots;
    if (need <= this.stack.length) return;
    if (this.depth() + slots > limit) {
      throw overflow();
    }
    if (need <= FULL_SEGMENT || this.fp === 0) this.reserve(need);
    else {
      this.freezeActive();
      this.reserve(Math.max(FULL_SEGMENT, slots));
    }
  }

  /** Turns the active segment into a slice; the top frame is waiting for a result. */
  freezeActive(): void {
    if (this.fp !== 0) {
      this.below = new Slice(this.stack, 0, this.to, this.fp, this.pc, this.markTop, this.below);
      this.stack = new Array<unknown>(FIRST_SEGMENT).fill(undefined);
    }
    this.fp = 0;
    this.to = 0;
    this.markTop = 0;
  }

  // ---- calls ---------------------------------------------------------------------------------

  /**
   * The call at `base` of the running frame, whatever its callee: what the dispatch loop does not do
   * itself. `this.pc` is the instruction, `next` the one after it. Arguments are checked while the
   * frame is whole, so that an error is raised in it.
   */
  invoke(base: number, n: number, named: readonly number[] | undefined, next: number, tail: boolean): void {
    const { stack } = this;
    const args: Value[] = new Array(n);
    for (let i = 0; i < n; i++) args[i] = stack[base + HEADER + i] as Value;
    const call = resolveCall(stack[base + HEADER + CLOSURE] as Value, args, named);
    if (tail) this.dropFrame();
    else {
      // A stack that is full is an error of this call, not of what follows it.
      if (call.type === "frame") this.checkRoom(base + HEADER + call.code.registers);
      this.pc = next;
      this.to = base;
    }
    this.enter(call);
  }

  /** Calls `f` on top of the waiting top frame (or an empty segment), which gets the result. */
  callNext(f: Value, args: readonly Value[]): void {
    this.enter(resolveCall(f, args, undefined));
  }

  private enter(call: ResolvedCall): void {
    switch (call.type) {
      case "value":
        this.deliver(call.value);
        return;
      case "frame":
        if (--call.code.heat < 0 && this.enterCompiled(call)) return;
        this.pushFrame(call.code, call.closure, call.registers);
        return;
      case "control":
        callControl(this, call.builtin, call.args);
        return;
      default:
        call satisfies never;
    }
  }

  /** Pushes a frame on top of the waiting one; `registers` are its first. */
  pushFrame(code: Code, closure: Value, registers: readonly unknown[]): void {
    this.makeRoom(HEADER + code.registers);
    const { stack } = this;
    const fp = this.to + HEADER;
    stack[fp + CODE] = code;
    stack[fp + CLOSURE] = closure;
    stack[fp + RETURN_PC] = this.pc;
    stack[fp + DELTA] = this.fp === 0 ? 0 : fp - this.fp;
    for (let i = 0; i < registers.length; i++) stack[fp + i] = registers[i];
    this.fp = fp;
    this.pc = 0;
  }

  // ---- compiled code -------------------------------------------------------------------------

  /**
   * The call of a hot function with plain arguments, which lie from `at` on; `base` and `next` as for `invoke`.
   * False: it is not compiled, and nothing has happened.
   */
  callHot(callee: Code, f: Value, at: number, base: number, next: number, tail: boolean): boolean {
    const jit = this.jitFor(callee);
    if (jit === undefined) return false;
    // Compiled calls do not ask for room, so the stack's bound is looked at here.
    if (this.depth() > this.slotLimit) throw overflow();
    const result = this.metered(jit, () => jit.call(callee, f, this.stack, at));
    if (result === undefined) return false;
    if (tail) this.dropFrame();
    else {
      this.pc = next;
      this.to = base;
    }
    this.leave(jit, result);
    return true;
  }

  /** The same for a call whose frame would go on top of the waiting one. */
  private enterCompiled({ code, closure, registers }: ResolvedCall & { type: "frame" }): boolean {
    const jit = this.jitFor(code);
    if (jit === undefined) return false;
    if (this.depth() > this.slotLimit) throw overflow();
    const result = this.metered(jit, () => jit.call(code, closure, registers, 0));
    if (result === undefined) return false;
    this.leave(jit, result);
    return true;
  }

  /** Goes on with the running frame, which a call has returned to, in compiled code. False: there is none for it. */
  returnHot(): boolean {
    return this.goOn(false);
  }

  /** The same at the head of a loop. */
  loopHot(): boolean {
    return this.goOn(true);
  }

  private goOn(loop: boolean): boolean {
    const { stack, fp, pc } = this;
    const jit = this.jitFor(stack[fp + CODE] as Code);
    if (jit === undefined) return false;
    if (this.left) {
      this.left = false;
      return false;
    }
    const result = this.metered(jit, () =>
      jit.goOn(stack[fp + CODE] as Code, pc, stack[fp + CLOSURE] as Value, stack, fp, loop),
    );
    if (result === undefined) return false;
    this.dropFrame();
    this.leave(jit, result);
    return true;
  }

  private jitFor(code: Code): Jit | undefined {
    const { jit } = this;
    // Without one, it is looked at again in a long while.
    if (jit === undefined && this.machine.jit === undefined) code.heat = COLD;
    return jit;
  }

  mark(key: Value): Value | undefined {
    return findMark(this, key);
  }

  private metered(jit: Jit, run: () => Value | null | undefined): Value | null | undefined {
    jit.fuel = this.fuel;
    const before = jit.marks;
    jit.marks = this;
    const result = run();
    jit.marks = before;
    const spent = this.fuel - jit.fuel;
    this.fuel -= spent;
    this.spent += spent;
    return result;
  }

  /** Takes what compiled code gave: a result for the waiting frame, or the frames that it has left on top of it. */
  private leave(jit: Jit, result: Value | null): void {
    if (result !== null) {
      this.deliver(result);
      return;
    }
    const { frames, raised } = jit.exit();
    // Deep recursion leaves the same frame many times.
    let known: LeftFrame | undefined;
    let live: readonly number[] = [];
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i] as LeftFrame;
      const { code, closure, pc, row, at } = frame;
      if (known?.code !== code || known.at !== at) live = liveRegisters(code, at);
      known = frame;
      this.makeRoom(HEADER + code.registers, Number.POSITIVE_INFINITY);
      const { stack } = this;
      const fp = this.to + HEADER;
      stack[fp + CODE] = code;
      stack[fp + CLOSURE] = closure;
      stack[fp + RETURN_PC] = this.pc;
      stack[fp + DELTA] = this.fp === 0 ? 0 : fp - this.fp;
      for (let k = 0; k < live.length; k++) stack[fp + (live[k] as number)] = heap.rowGet(row, k);
      this.fp = fp;
      this.pc = pc;
      this.to = fp + code.registers;
    }
    const { stack, fp } = this;
    jit.learn((r) => stack[fp + r]);
    if (raised === undefined) this.left = true;
    else this.signal(raised);
  }

  // ---- conditions ----------------------------------------------------------------------------

  /** Makes the top frame a waiting one, wherever it is: registers up to its frame size are kept. */
  settle(): void {
    if (this.fp === 0) {
      this.to = 0;
      return;
    }
    this.to = this.fp + this.code().registers;
  }

  /** Raises `payload` at the running instruction: calls the prelude's `%signal` on top of the frame. */
  signal(payload: Value): void {
    this.interrupt(this.machine.signal(), this.located(payload));
  }

  /** A condition that does not know yet where it was raised is told. */
  located(payload: Value): Value {
    if (payload instanceof Condition) {
      if (payload.stack === undefined) payload.stack = this.trace();
      if (payload.span === undefined) payload.span = this.place();
    }
    return payload;
  }

  /** Calls `f` on top of the frame at the running instruction; it must not return. */
  private interrupt(f: Value, payload: Value): void {
    this.settle();
    this.pc += 1;
    this.slotLimit = Math.max(this.slotLimit, this.depth() + OVERFLOW_GRACE);
    this.callNext(f, [payload]);
  }

  /** The place of the innermost frame of the program's own code. */
  place(): ConditionSpan | undefined {
    let span: ConditionSpan | undefined;
    this.eachFrame((code, pc) => {
      if (code.hidden) return false;
      span = positionAt(code, pc);
      return span !== undefined;
    });
    return span;
  }

  /** SX frames, innermost first; the middle of a very deep stack is left out. */
  trace(): StackFrame[] {
    const frames: StackFrame[] = [];
    let left = 0;
    this.eachFrame((code, pc) => {
      if (code.hidden) return false;
      const at = positionAt(code, pc);
      if (at === undefined) return false;
      frames.push({ name: code.name, file: at.file, line: at.line, column: at.column });
      if (frames.length > TRACE_TOP + TRACE_BOTTOM) {
        frames.splice(TRACE_TOP, 1);
        left++;
      }
      return left > 100_000;
    });
    return frames;
  }

  /** Visits the frames from the top with the index of the instruction each is at; stops on true. */
  private eachFrame(visit: (code: Code, pc: number) => boolean): void {
    let { fp, pc } = this;
    const { stack } = this;
    while (fp > 0) {
      if (visit(stack[fp + CODE] as Code, pc)) return;
      if (fp <= HEADER) break;
      pc = (stack[fp + RETURN_PC] as number) - 1;
      fp -= stack[fp + DELTA] as number;
    }
    let slice = this.below;
    let { parts } = this;
    for (;;) {
      if (slice === null) {
        if (parts === null) return;
        slice = parts.slices;
        parts = parts.next;
      }
      if (visit(slice.values[slice.fp + CODE] as Code, slice.pc - 1)) return;
      let top: number = slice.fp;
      while (top - HEADER > slice.from) {
        const at = (slice.values[top + RETURN_PC] as number) - 1;
        top -= slice.values[top + DELTA] as number;
        if (visit(slice.values[top + CODE] as Code, at)) return;
      }
      slice = slice.next;
    }
  }

  // ---- marks ---------------------------------------------------------------------------------

  /** The marks of the active segment, innermost first; stops when `visit` returns true. */
  eachActiveMark(visit: (key: Value, value: Value, fp: number) => boolean): boolean {
    let fp = this.markTop;
    while (fp !== 0) {
      if (visit(this.stack[fp + MARK_KEY] as Value, this.stack[fp + MARK_VALUE] as Value, fp)) return true;
      const link = this.stack[fp + MARK_LINK] as number;
      if (link === 0) return false;
      fp -= link;
    }
    return false;
  }

  /** Checked at calls and loops when the fuel of a stretch is used up. True: leave the loop. */
  poll(spent: number, budget: Budget): boolean {
    budget.fuel -= spent;
    this.stats.calls += spent;
    if (this.stepsLeft <= 0) return this.exhaust("steps: the program ran longer than its step limit allows");
    if (this.machine.now() > this.deadline)
      return this.exhaust("time: the program ran longer than its time limit allows");
    const full = this.machine.exceeded(this.bounds);
    if (full !== undefined) throw new Raise(full);
    if (budget.fuel <= 0) {
      this.stop = { type: "fuel" };
      return true;
    }
    return false;
  }

  /** A bound that no handler can pass: runs the exits with a little grace, then ends. */
  private exhaust(message: string): boolean {
    if (this.cancelReason !== undefined) {
      this.stop = { type: "raised", condition: this.cancelReason };
      return true;
    }
    const reason = condition("limit", message);
    reason.span = this.place();
    reason.stack = this.trace();
    this.cancelReason = reason;
    this.callsAtEnd = Math.min(this.bounds.steps, this.stats.calls) + EXIT_GRACE;
    this.interrupt(this.machine.cancelled(), reason);
    return false;
  }
}

function overflow(): Raise {
  return new Raise(
    condition("limit", "stack overflow: the calls are nested deeper than the memory limit allows"),
  );
}
