/** One thread of control: a machine and its bounds, behind the interface that the scheduler drives. */
import {
  type Budget,
  condition,
  type Extension,
  stats as heapStats,
  type Limits,
  liveSize,
  NIL,
  type RunStats,
  type Thread,
  type ThreadStep,
  type Value,
} from "@sorbus/vm";
import { isCode } from "./code.ts";
import type { Cek } from "./engine.ts";
import { type Control, calling, give, interrupt, type Machine, raise, step } from "./machine.ts";
import { locateCondition } from "./trace.ts";

/** Calls that may wait for a result where no memory limit is given; about 1 GiB. */
const DEFAULT_DEPTH = 3_000_000;
const BYTES_PER_CALL = 300;
/** Calls that the `after`s may make once a step or time limit is reached. */
const GRACE = 100_000;
/** The limits of a fiber tree, which all its threads share. */
export interface TreeLimits extends Limits {
  /** The time, by the host's clock, after which nothing of the tree goes on. */
  readonly deadline: number;
  /** Those that have not ended: what they hold together counts. */
  readonly threads: Set<CekThread>;
  /** What the heap had handed out when it was looked at last. */
  allocated: number;
}

/** @param now milliseconds, by the clock of `deadline` */
export function treeLimits(limits: Limits, now: number): TreeLimits {
  const deadline = now + (limits.time ?? Number.POSITIVE_INFINITY);
  return { ...limits, deadline, threads: new Set(), allocated: heapStats().allocated };
}

/** Calls between two looks at the clock. */
const CLOCK_EVERY = 1024;

export class CekThread implements Thread {
  readonly m: Machine;
  private readonly stats: RunStats;
  private readonly cek: Cek;
  private readonly steps: number;
  private readonly limits: TreeLimits;
  /** Calls at which a limit ends the thread for good. */
  end: number = Number.POSITIVE_INFINITY;
  reason: Value = NIL;

  /** A thread that calls `fn`. */
  static calling(
    cek: Cek,
    fn: Value,
    args: readonly Value[],
    stats: RunStats,
    limits: TreeLimits,
  ): CekThread {
    return new CekThread(cek, calling(fn, args), stats, limits);
  }

  constructor(cek: Cek, control: Control, stats: RunStats, limits: TreeLimits) {
    const depth = limits.memory === undefined ? DEFAULT_DEPTH : Math.floor(limits.memory / BYTES_PER_CALL);
    this.cek = cek;
    this.stats = stats;
    this.steps = limits.steps ?? Number.POSITIVE_INFINITY;
    this.limits = limits;
    limits.threads.add(this);
    this.m = {
      surroundings: cek,
      control,
      frames: null,
      under: null,
      at: undefined,
      activation: { name: "", code: undefined, outermost: false },
      calls: 0,
      limits: { depth },
      room: depth,
    };
  }

  run(budget: Budget): ThreadStep {
    const { m } = this;
    let { calls } = m;
    // A child may be too short to look at them below, while all of them together go beyond.
    if (m.control.type !== "stopped" && this.reason === NIL) this.checkTimeAndMemory();
    while (m.control.type !== "stopped") {
      step(m);
      this.stats.instructions += 1;
      if (m.calls === calls) continue;
      calls = m.calls;
      budget.fuel -= 1;
      this.stats.calls += 1;
      this.checkLimits();
      if (budget.fuel <= 0 && (m.control as Control).type !== "stopped") return { type: "fuel" };
    }
    const { step: last } = m.control;
    if (last.type === "done" || last.type === "raised") {
      // The program may hold the task of a thread that has ended; what that held is let go.
      this.limits.threads.delete(this);
      m.frames = null;
      m.under = null;
    }
    return last;
  }

  private checkLimits(): void {
    const { m } = this;
    if (this.reason !== NIL) {
      if (this.stats.calls >= this.end)
        m.control = { type: "stopped", step: { type: "raised", condition: this.reason } };
    } else if (this.stats.calls >= this.steps) {
      this.exhaust("steps: the program ran longer than its step limit allows");
    } else if (m.calls % CLOCK_EVERY === 0) {
      this.checkTimeAndMemory();
    }
  }

  private checkTimeAndMemory(): void {
    const { deadline } = this.limits;
    if (deadline !== Number.POSITIVE_INFINITY && this.cek.now() > deadline) {
      this.exhaust("time: the program ran longer than its time limit allows");
    } else this.checkMemory();
  }

  /** Looks only when the heap has handed out a good part of the limit since the last look. */
  private checkMemory(): void {
    const { limits } = this;
    const { memory } = limits;
    if (memory === undefined) return;
    const { allocated } = heapStats();
    if (allocated - limits.allocated < memory / 4) return;
    limits.allocated = allocated;
    const roots = [...limits.threads].flatMap(({ m: { control, frames, under } }) => [
      control,
      frames,
      under,
    ]);
    if (liveSize(roots, isCode) > memory) {
      raise(this.m, condition("limit", `memory: the program holds more than its limit of ${memory} bytes`));
    }
  }

  /** No handler passes a limit: the `after`s run, and the thread ends. */
  private exhaust(message: string): void {
    const reason = condition("limit", message);
    locateCondition(this.m, reason);
    this.reason = reason;
    this.end = Math.min(this.steps, this.stats.calls) + GRACE;
    interrupt(this.m, "%cancelled", reason);
  }

  resume(value: Value): void {
    give(this.m, value);
  }

  raise(reason: Value): void {
    raise(this.m, reason);
  }

  cancel(reason: Value): void {
    interrupt(this.m, "%cancelled", reason);
  }
}

/** What a thread has besides bounds, which are the thawing host's to set. */
interface FrozenThread {
  /** Of the whole tree: see `RunStats`. */
  readonly calls: number;
  /** null: no limit has been reached. */
  readonly end: number | null;
  /** It waits for an answer, which a resume puts into place of its control. */
  readonly stopped: boolean;
  readonly has: readonly boolean[];
}

/** How threads are frozen and thawed. */
export function threadExtension(cek: Cek, stats: RunStats, limits: TreeLimits): Extension {
  const open = new Map<object, FrozenThread>();
  const waiting: Control = { type: "stopped", step: { type: "done", value: NIL } };
  return {
    tag: "cek-thread",
    test: (o) => o instanceof CekThread,
    parts: (o) => {
      const { m, end, reason } = o as CekThread;
      const { control, frames, under, at } = m;
      const parts = [control.type === "stopped" ? null : control, frames, under, at];
      const plain: FrozenThread = {
        calls: stats.calls,
        end: Number.isFinite(end) ? end : null,
        stopped: control.type === "stopped",
        has: parts.map((part) => part !== null && part !== undefined),
      };
      const present = parts.filter((part) => part !== null && part !== undefined);
      return { plain, values: [m.activation, reason, ...present] };
    },
    make: (plain) => {
      const thread = new CekThread(cek, waiting, stats, limits);
      open.set(thread, plain as FrozenThread);
      return thread;
    },
    fill: (o, [activation, reason, ...present]) => {
      const thread = o as CekThread;
      const { calls, end, has } = open.get(o) as FrozenThread;
      const [control, frames, under, at] = has.map((is) => (is ? present.shift() : undefined));
      thread.reason = reason as Value;
      thread.end = end ?? Number.POSITIVE_INFINITY;
      Object.assign(thread.m, {
        activation,
        control: control ?? waiting,
        frames: frames ?? null,
        under: under ?? null,
        at,
      });
      stats.calls = Math.max(stats.calls, calls);
    },
  };
}
