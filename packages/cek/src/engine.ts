/**
 * The reference evaluator as an engine: threads that run the machine, behind the interface that
 * every tier has.
 */
import type { Lambda, Unit } from "@sorbus/compiler";
import {
  type Budget,
  type Cell,
  condition,
  type Engine,
  type EngineFiber,
  type Limits,
  type MachineHost,
  NIL,
  Raise,
  type RunStats,
  TaskTree,
  type Thread,
  type ThreadStep,
  type Value,
} from "@sorbus/vm";
import { CekClosure } from "./closure.ts";
import type { UnitCode } from "./continuation.ts";
import { callNext, type Control, give, interrupt, type Machine, raise, step } from "./machine.ts";
import { locateCondition } from "./trace.ts";

/** What the machine asks of what is around it. */
export interface Surroundings {
  /** The value of a cell that is not defined yet: of the core, or the condition "unbound". */
  link(cell: Cell): Value;
  /** A function of the prelude that the machine itself calls. */
  entry(name: string): Value;
  compile(form: Value, module: Value): Value;
}

/** Calls that may wait for a result where no memory limit is given; about 1 GiB. */
const DEFAULT_DEPTH = 3_000_000;
const BYTES_PER_CALL = 300;
/** Calls that the `after`s may make once a step or time limit is reached. */
const GRACE = 100_000;
/** Calls between two looks at the clock. */
const CLOCK_EVERY = 1024;

export class Cek implements Engine<Unit>, Surroundings {
  readonly name = "cek";
  private readonly host: MachineHost;
  private readonly limits: Limits;

  constructor(host: MachineHost, limits: Limits = {}) {
    this.host = host;
    this.limits = limits;
  }

  evaluate(unit: Unit, limits: Limits = this.limits): EngineFiber {
    return this.call(this.thunk(unit), [], limits);
  }

  /** A function of no arguments that evaluates `unit`. */
  thunk(unit: Unit): Value {
    const code = this.addUnit(unit, false);
    return new CekClosure(code.thunk, null, code);
  }

  /** The function that a unit of the core, `(define (name …) …)`, defines. */
  instantiate(unit: Unit): Value {
    const { core } = unit;
    if (core.op !== "define" || core.value.op !== "lambda") throw new Error(`${unit.id} defines no function`);
    return new CekClosure(core.value, null, this.addUnit(unit, true));
  }

  private addUnit(unit: Unit, hidden: boolean): UnitCode {
    const { form, core } = unit;
    const thunk: Lambda = {
      op: "lambda",
      form,
      name: "top level",
      kind: "function",
      required: [],
      optional: [],
      rest: undefined,
      keys: [],
      body: core,
    };
    return { unit, thunk, hidden };
  }

  call(fn: Value, args: readonly Value[], limits: Limits = this.limits): EngineFiber {
    return this.fiber({ type: "apply", fn, args: { positional: args, named: [] } }, limits);
  }

  thaw(_bytes: Uint8Array): EngineFiber {
    throw new Raise(condition("host", "thawing is not there yet"));
  }

  private fiber(control: Control, limits: Limits): EngineFiber {
    const stats: RunStats = { instructions: 0, suspensions: 0 };
    return new TaskTree(
      new CekThread(this, control, stats, limits),
      (thunk, marks) => {
        const start: Control = {
          type: "apply",
          fn: this.entry("%with-marks"),
          args: { positional: [marks, thunk], named: [] },
        };
        return new CekThread(this, start, stats, limits);
      },
      stats,
      () => {
        throw new Raise(condition("host", "freezing is not there yet"));
      },
    );
  }

  link(cell: Cell): Value {
    const value = cell.module === "core" ? this.host.resolveCore(cell.name) : undefined;
    if (value !== undefined) {
      cell.value ??= value;
      return value;
    }
    const suggestion = this.host.suggest(cell);
    const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
    throw new Raise(condition("unbound", `${cell.name} is not defined${hint}`));
  }

  entry(name: string): Value {
    const value = this.host.resolveCore(name);
    if (value === undefined) throw new Error(`the prelude lacks ${name}`);
    return value;
  }

  compile(form: Value, module: Value): Value {
    return this.host.compile(form, module);
  }

  now(): number {
    return this.host.now();
  }
}

/** One thread of control: a machine, stepped until there is something to report. */
class CekThread implements Thread {
  private readonly m: Machine;
  private readonly stats: RunStats;
  private readonly cek: Cek;
  private readonly steps: number;
  private readonly deadline: number;
  /** Calls at which a limit ends the thread for good. */
  private end: number = Number.POSITIVE_INFINITY;
  private reason: Value = NIL;

  constructor(cek: Cek, control: Control, stats: RunStats, limits: Limits) {
    const depth = limits.memory === undefined ? DEFAULT_DEPTH : Math.floor(limits.memory / BYTES_PER_CALL);
    this.cek = cek;
    this.stats = stats;
    this.steps = limits.steps ?? Number.POSITIVE_INFINITY;
    this.deadline = limits.time === undefined ? Number.POSITIVE_INFINITY : cek.now() + limits.time;
    this.m = {
      surroundings: cek,
      control,
      frames: null,
      under: null,
      form: undefined,
      activation: { name: "", code: undefined },
      calls: 0,
      limits: { depth },
      room: depth,
    };
  }

  run(budget: Budget): ThreadStep {
    const { m } = this;
    let { calls } = m;
    while (m.control.type !== "stopped") {
      step(m);
      this.stats.instructions += 1;
      if (m.calls === calls) continue;
      calls = m.calls;
      budget.fuel -= 1;
      this.checkLimits();
      if (budget.fuel <= 0 && (m.control as Control).type !== "stopped") return { type: "fuel" };
    }
    return m.control.step;
  }

  private checkLimits(): void {
    const { m } = this;
    if (this.reason !== NIL) {
      if (m.calls >= this.end) m.control = { type: "stopped", step: { type: "raised", condition: this.reason } };
    } else if (m.calls >= this.steps) {
      this.exhaust("steps: the program ran longer than its step limit allows");
    } else if (m.calls % CLOCK_EVERY === 0 && this.cek.now() > this.deadline) {
      this.exhaust("time: the program ran longer than its time limit allows");
    }
  }

  /** No handler passes a limit: the `after`s run, and the thread ends. */
  private exhaust(message: string): void {
    const reason = condition("limit", message);
    locateCondition(this.m, reason);
    this.reason = reason;
    this.end = this.m.calls + GRACE;
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
