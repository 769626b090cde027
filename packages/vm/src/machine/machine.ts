/**
 * The VM as an engine: what its threads share — limits, the prelude's entry points, code by hash —
 * and what the host gives it: a clock, how to find and compile core definitions, words for unknown
 * names. It reaches for nothing itself.
 */
import type { Code, UnitCode } from "../bytecode/code.ts";
import { freezeGraph, thawGraph } from "../freeze/graph.ts";
import { type FreezeWorld, freezeTree, thawTree, treeExtensions } from "../freeze/tree.ts";
import { closure, condition, stats as heapStats, inspect, NIL } from "../heap/index.ts";
import { liveSize } from "../heap/live.ts";
import type { Cell, Value } from "../heap/value.ts";
import { throwCondition } from "./arity.ts";
import type { Engine, EngineFiber, FreezeOptions, Limits, RunStats, ThawOptions } from "./engine.ts";
import { vmExtensions } from "./freeze.ts";
import type { Jit } from "./jit.ts";
import { type Freezer, type StartThread, TaskTree } from "./tasks.ts";
import { VmThread } from "./thread.ts";

/** What a machine needs from around it. */
export interface MachineHost {
  /** The value of a core definition, compiled on first use; undefined when there is none of that name. */
  resolveCore(name: string): Value | undefined;
  /** For `eval`: a function of no arguments that evaluates the form. @throws Raise */
  compile(form: Value, module: Value): Value;
  /** Names to suggest for an unknown one, best first. */
  suggest(cell: Cell): string | undefined;
  /** Milliseconds, for time limits. */
  now(): number;
  readonly freezing: FreezeWorld;
}

interface Bounds {
  readonly steps: number;
  readonly time: number;
  readonly memory: number;
  /** Stack slots. */
  readonly slots: number;
}

/** The limits of a fiber tree, which all its threads share. */
interface EffectiveLimits extends Bounds {
  /** The time, by the machine's clock, after which nothing of the tree goes on. */
  readonly deadline: number;
  /** Those that have not ended: what they hold together counts. */
  readonly threads: Set<VmThread>;
}

/** Bytes that a stack may take where no memory limit is given. */
const DEFAULT_STACK_BYTES = 1 << 30;
const BYTES_PER_SLOT = 8;
/** What the ids of units of the core begin with. */
const CORE = "core/";
/** Versions of one definition whose frozen frames can be thawed. */
const VERSIONS = 4;
/** Units that a machine keeps before it forgets top-level expressions, the oldest first. */
const MAX_UNITS = 20_000;

export class Machine implements Engine<UnitCode> {
  readonly name = "vm";
  private readonly host: MachineHost;
  /** Limits of threads that are being made. */
  limits: Bounds;
  private readonly units: Map<string, UnitCode[]> = new Map();
  private readonly entries: Map<string, Value> = new Map();
  private allocatedAtCheck = 0;
  /** Compiles hot functions; undefined: everything is run here. */
  readonly jit: Jit | undefined;

  constructor(host: MachineHost, limits: Limits = {}, jit?: Jit) {
    this.host = host;
    this.jit = jit;
    this.limits = effective(limits);
  }

  now(): number {
    return this.host.now();
  }

  /** Keeps a unit's code, so that frames frozen in it can be found again. */
  addUnit(unit: UnitCode): void {
    const { jit } = this;
    if (jit !== undefined) for (const code of unit.functions) code.heat = jit.threshold;
    const versions = this.units.get(unit.id);
    if (versions === undefined) {
      this.units.set(unit.id, [unit]);
      if (this.units.size > MAX_UNITS) this.forgetExpression();
    } else {
      versions.push(unit);
      if (versions.length > VERSIONS) versions.shift();
    }
  }

  /** Drops the oldest top-level expression: definitions are kept, expressions are past once they are evaluated. */
  private forgetExpression(): void {
    for (const id of this.units.keys()) {
      if (!id.includes("#")) continue;
      this.units.delete(id);
      return;
    }
  }

  /** The code of a unit, for a thaw. A core definition is compiled if this process has not needed it so far. */
  unit(id: string, hash: string): UnitCode | undefined {
    const known = (): UnitCode | undefined => this.units.get(id)?.find((unit) => unit.hash === hash);
    const unit = known();
    if (unit !== undefined || !id.startsWith(CORE)) return unit;
    this.host.resolveCore(id.slice(CORE.length));
    return known();
  }

  /** A closure without captured values. */
  closureOf(code: Code): Value {
    return closure(code, []);
  }

  evaluate(unit: UnitCode, limits?: Limits): EngineFiber {
    this.addUnit(unit);
    const code = unit.functions[0];
    if (code === undefined) throw new RangeError(`unit ${unit.id} has no code`);
    return this.call(this.closureOf(code), [], limits);
  }

  call(fn: Value, args: readonly Value[], limits?: Limits): EngineFiber {
    const stats = noStats();
    const bounds = this.treeLimits(limits);
    return new TaskTree(
      new VmThread(this, fn, args, stats, bounds),
      this.starter(stats, bounds),
      stats,
      this.freezer(stats, bounds),
    );
  }

  private treeLimits(limits?: Limits): EffectiveLimits {
    const bounds = limits === undefined ? this.limits : effective(limits);
    const deadline =
      bounds.time === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : this.now() + bounds.time;
    return { ...bounds, deadline, threads: new Set() };
  }

  /** How child fibers start. */
  private starter(stats: RunStats, bounds: EffectiveLimits): StartThread {
    return (thunk, marks) => new VmThread(this, this.entry("%with-marks"), [marks, thunk], stats, bounds);
  }

  private freezer(stats: RunStats, bounds: EffectiveLimits): Freezer {
    return (tree, options = {}) =>
      freezeTree(tree, this.host.freezing, vmExtensions(this, stats, bounds, options).extensions, options);
  }

  freezeValues(values: readonly Value[], options: FreezeOptions = {}): Uint8Array {
    const { extensions } = vmExtensions(this, noStats(), this.treeLimits(), options);
    return freezeGraph([...values], [...treeExtensions(this.host.freezing, options.globals), ...extensions]);
  }

  thawValues(bytes: Uint8Array, options: ThawOptions = {}): Value[] {
    const { extensions, complete } = vmExtensions(this, noStats(), this.treeLimits(), options);
    const values = thawGraph(bytes, [...treeExtensions(this.host.freezing), ...extensions]);
    complete();
    return values;
  }

  thaw(bytes: Uint8Array, options: ThawOptions = {}): EngineFiber {
    const { limits } = options;
    const stats = noStats();
    const bounds = this.treeLimits(limits);
    const { extensions, complete } = vmExtensions(this, stats, bounds, options);
    const tree = thawTree(
      bytes,
      this.host.freezing,
      extensions,
      this.starter(stats, bounds),
      stats,
      this.freezer(stats, bounds),
    );
    complete();
    return tree;
  }

  /** A definition of the prelude that the machine itself calls. */
  private entry(name: string): Value {
    let value = this.entries.get(name);
    if (value === undefined) {
      value = this.host.resolveCore(name);
      if (value === undefined) throw new RangeError(`the prelude lacks ${name}`);
      this.entries.set(name, value);
    }
    return value;
  }

  signal(): Value {
    return this.entry("%signal");
  }

  cancelled(): Value {
    return this.entry("%cancelled");
  }

  /** The value of a cell that has none yet: a core definition, compiled now, or the condition "unbound". */
  link(cell: Cell): Value {
    if (cell.module === "core") {
      const value = this.host.resolveCore(cell.name);
      if (value !== undefined) {
        cell.value = value;
        return value;
      }
    }
    this.raiseUnbound(cell);
  }

  raiseUnbound(cell: Cell): never {
    const suggestion = this.host.suggest(cell);
    throwCondition(
      condition(
        "unbound",
        `${cell.name} is not defined${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`,
      ),
    );
  }

  raiseUninitialised(name: string): never {
    throwCondition(condition("unbound", `${name} is used before it is defined`));
  }

  compile(form: Value, module: Value): Value {
    return this.host.compile(form, module);
  }

  /**
   * The condition that meets a tree whose threads together can reach more than its memory limit. Looks only
   * after the heap has handed out a good part of the limit since the last look, so that the cost is amortised.
   */
  exceeded({ memory: limit, threads }: EffectiveLimits): Value | undefined {
    if (limit === Number.POSITIVE_INFINITY) return undefined;
    const { allocated } = heapStats();
    if (allocated - this.allocatedAtCheck < limit / 4) return undefined;
    this.allocatedAtCheck = allocated;
    if (liveSize([...threads].flatMap((t) => t.roots())) <= limit) return undefined;
    return condition("limit", `memory: the program holds more than its limit of ${limit} bytes`);
  }

  /** For messages. */
  show(value: Value): string {
    return value === NIL ? "nil" : inspect(value);
  }
}

function noStats(): RunStats {
  return { instructions: 0, suspensions: 0, calls: 0 };
}

function effective(limits: Limits): Bounds {
  const memory = limits.memory ?? Number.POSITIVE_INFINITY;
  return {
    steps: limits.steps ?? Number.POSITIVE_INFINITY,
    time: limits.time ?? Number.POSITIVE_INFINITY,
    memory,
    slots: Math.min(memory, DEFAULT_STACK_BYTES) / BYTES_PER_SLOT,
  };
}

export type { EffectiveLimits };
