/**
 * The reference evaluator as an engine: threads that run the machine, behind the interface that
 * every tier has.
 */
import type { Unit } from "@sorbus/compiler";
import {
  type Cell,
  condition,
  type Engine,
  type EngineFiber,
  type Extension,
  type FreezeOptions,
  type Freezer,
  freezeGraph,
  freezeTree,
  type Limits,
  type MachineHost,
  Raise,
  type RunStats,
  type StartThread,
  TaskTree,
  type ThawOptions,
  thawGraph,
  thawTree,
  treeExtensions,
  type Value,
} from "@sorbus/vm";
import { CekClosure } from "./closure.ts";
import { UnitCode, type UnitOptions } from "./code.ts";
import { cekExtensions, Places } from "./freeze.ts";
import { CekThread, type TreeLimits, threadExtension, treeLimits } from "./thread.ts";

/** What the machine asks of what is around it. */
export interface Surroundings {
  /** The value of a cell that is not defined yet: of the core, or the condition "unbound". */
  link(cell: Cell): Value;
  /** A function of the prelude that the machine itself calls. */
  entry(name: string): Value;
  compile(form: Value, module: Value): Value;
}

export class Cek implements Engine<Unit>, Surroundings {
  readonly name = "cek";
  private readonly host: MachineHost;
  private readonly limits: Limits;
  /** Every version of each unit that has been run. */
  private readonly units: Map<string, UnitCode[]> = new Map();
  private readonly places: Places = new Places();
  /** Those that `places` does not know yet: most programs are never frozen. */
  private readonly newUnits: UnitCode[] = [];

  constructor(host: MachineHost, limits: Limits = {}) {
    this.host = host;
    this.limits = limits;
  }

  evaluate(unit: Unit, limits: Limits = this.limits): EngineFiber {
    const code = this.addUnit(unit, { keepsTop: true });
    return this.call(new CekClosure(code.thunk, null, code), [], limits);
  }

  /** A function of no arguments that evaluates `unit`. */
  thunk(unit: Unit): Value {
    const code = this.addUnit(unit);
    return new CekClosure(code.thunk, null, code);
  }

  /** The function that a unit `(define (name …) …)` defines; those of the core are left out of traces. */
  instantiate(unit: Unit): Value {
    const { core } = unit;
    if (core.op !== "define" || core.value.op !== "lambda") throw new Error(`${unit.id} defines no function`);
    return new CekClosure(core.value, null, this.addUnit(unit, { hidden: unit.id.startsWith("core/") }));
  }

  private addUnit(unit: Unit, options: UnitOptions = {}): UnitCode {
    const code = new UnitCode(unit, options);
    const versions = this.units.get(unit.id);
    if (versions === undefined) this.units.set(unit.id, [code]);
    else versions.push(code);
    this.newUnits.push(code);
    return code;
  }

  /** The code of a frozen frame. @throws RangeError when this program does not have it */
  private unit(id: string, hash: string): UnitCode {
    // The core's definitions come into being when they are first used.
    if (id.startsWith("core/")) this.host.resolveCore(id.slice("core/".length));
    const code = this.units.get(id)?.findLast((version) => version.unit.contentHash === hash);
    if (code !== undefined) return code;
    throw new RangeError(`${id} is not in this program as it was when the fiber was frozen`);
  }

  call(fn: Value, args: readonly Value[], limits: Limits = this.limits): EngineFiber {
    const stats: RunStats = { instructions: 0, suspensions: 0, calls: 0 };
    const shared = treeLimits(limits, this.now());
    const thread = CekThread.calling(this, fn, args, stats, shared);
    return new TaskTree(thread, this.starter(stats, shared), stats, this.freezer(stats, shared));
  }

  thaw(bytes: Uint8Array, { limits = this.limits }: ThawOptions = {}): EngineFiber {
    const stats: RunStats = { instructions: 0, suspensions: 0, calls: 0 };
    const shared = treeLimits(limits, this.now());
    return thawTree(
      bytes,
      this.host.freezing,
      this.extensions(stats, shared),
      this.starter(stats, shared),
      stats,
      this.freezer(stats, shared),
    );
  }

  /** How child fibers start. */
  private starter(stats: RunStats, limits: TreeLimits): StartThread {
    return (thunk, marks) =>
      CekThread.calling(this, this.entry("%with-marks"), [marks, thunk], stats, limits);
  }

  private freezer(stats: RunStats, limits: TreeLimits): Freezer {
    return (tree, options) => freezeTree(tree, this.host.freezing, this.extensions(stats, limits), options);
  }

  freezeValues(values: readonly Value[], { globals }: FreezeOptions = {}): Uint8Array {
    return freezeGraph([...values], this.valueExtensions(globals));
  }

  thawValues(bytes: Uint8Array): Value[] {
    return thawGraph(bytes, this.valueExtensions("values"));
  }

  private valueExtensions(globals: FreezeOptions["globals"]): Extension[] {
    const stats: RunStats = { instructions: 0, suspensions: 0, calls: 0 };
    return [
      ...treeExtensions(this.host.freezing, globals),
      ...this.extensions(stats, treeLimits(this.limits, this.now())),
    ];
  }

  private extensions(stats: RunStats, limits: TreeLimits): Extension[] {
    for (const code of this.newUnits) this.places.add(code);
    this.newUnits.length = 0;
    return [
      threadExtension(this, stats, limits),
      ...cekExtensions((id, hash) => this.unit(id, hash), this.places),
    ];
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
