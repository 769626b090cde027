/** What the tests share: a core module, an expander over the test evaluator, and in-memory files. */
import { type Form, read } from "@sorbus/reader";
import {
  type Cell,
  Condition,
  controlBuiltins,
  elementFunctions,
  inspect,
  NIL,
  preludeDefinitions,
  primitives,
  Raise,
  type Value,
} from "@sorbus/vm";
import {
  type CoreModule,
  coreModule,
  type Diagnostic,
  driveLoad,
  Expander,
  type ExpanderOptions,
  isDefinition,
  type LoadAnswer,
  Loader,
  type LoadStep,
  MacroSuspended,
  Module,
  printCore,
  type Unit,
} from "../src/index.ts";
import { Evaluator } from "./evaluate.ts";

export interface WorldOptions extends Partial<Pick<ExpanderOptions, "development" | "diagnose" | "record">> {
  /** Answers `perform` in programs; in macros it suspends when `suspends` is set. */
  readonly perform?: (op: Value, args: readonly Value[]) => Value;
  readonly suspends?: boolean;
  /** Default true; without them `a`, `b` and `p` are names like others. */
  readonly elements?: boolean;
}

/** A macro that the test evaluator has stopped at a `perform`: run again with the answers known so far. */
interface Stopped {
  readonly fn: Value;
  readonly args: readonly Value[];
  readonly answers: Value[];
  readonly op: Value;
  readonly opArgs: readonly Value[];
}

export class World {
  readonly core: CoreModule;
  readonly expander: Expander;
  readonly evaluator: Evaluator;
  readonly main: Module;
  /** Ops that were performed, in order. */
  readonly performed: string[] = [];
  private inMacro: { answers: Value[]; at: number } | undefined;
  private readonly options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.options = options;
    const values: [string, Value | undefined][] = [...primitives, ...controlBuiltins];
    for (const name of preludeDefinitions.keys()) values.push([name, undefined]);
    this.core = coreModule(values, {
      elements: options.elements === false ? [] : elementFunctions,
      parameters: (name) => preludeDefinitions.get(name)?.params,
    });
    this.evaluator = new Evaluator(
      (cell) => this.link(cell),
      (op, args) => this.perform(op, args),
    );
    this.expander = new Expander({
      core: this.core,
      evaluator: { call: (fn, args) => this.callMacro(fn, args, []) },
      evaluate: (unit) => this.evaluator.unit(unit),
      development: options.development ?? false,
      record: options.record ?? false,
      diagnose: options.diagnose ?? false,
    });
    this.main = new Module("main", this.core);
  }

  private link(cell: Cell): Value | undefined {
    const definition = cell.module === "core" ? preludeDefinitions.get(cell.name) : undefined;
    if (definition === undefined) return undefined;
    for (const form of read(definition.text).forms) {
      for (const unit of this.expander.expandTopLevel(form, this.core)) this.evaluator.unit(unit);
    }
    return cell.value;
  }

  private perform(op: Value, args: readonly Value[]): Value {
    const macro = this.inMacro;
    if (macro !== undefined && this.options.suspends === true) {
      const known = macro.answers[macro.at];
      macro.at += 1;
      if (known !== undefined) return known;
      throw new Stop(op, args);
    }
    this.performed.push(inspect(op));
    return this.options.perform?.(op, args) ?? NIL;
  }

  private callMacro(fn: Value, args: readonly Value[], answers: Value[]): Value {
    const outer = this.inMacro;
    this.inMacro = { answers, at: 0 };
    try {
      return this.evaluator.call(fn, args);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      const stopped: Stopped = { fn, args, answers, op: error.op, opArgs: error.args };
      throw new MacroSuspended(stopped);
    } finally {
      this.inMacro = outer;
    }
  }

  /** Runs a suspended macro to its end, answering what it performs. */
  finish(suspended: MacroSuspended): Value {
    let stopped = suspended.fiber as Stopped;
    for (;;) {
      this.performed.push(inspect(stopped.op));
      const answer = this.options.perform?.(stopped.op, stopped.opArgs) ?? NIL;
      try {
        return this.callMacro(stopped.fn, stopped.args, [...stopped.answers, answer]);
      } catch (error) {
        if (!(error instanceof MacroSuspended)) throw error;
        stopped = error.fiber as Stopped;
      }
    }
  }

  readForms(text: string): Form[] {
    const { forms, errors } = read(text, { file: "test.sx" });
    if (errors.length > 0) throw new Error(errors.map((e) => e.message).join("; "));
    return forms;
  }

  show(value: Value): string {
    return inspect(value);
  }

  /** The units of a text, each run before the next form is expanded. */
  units(text: string, module: Module = this.main): Unit[] {
    const forms = this.readForms(text);
    const units: Unit[] = [];
    for (const form of forms) {
      for (const unit of this.expander.units(form, module)) {
        units.push(unit);
        if (unit !== undefined && form !== forms.at(-1)) this.evaluator.unit(unit);
      }
    }
    return units;
  }

  /** The Core of the last form of a text, printed. */
  printed(text: string): string {
    const unit = this.units(text).at(-1);
    return unit === undefined ? "" : printCore(unit.core);
  }

  /** The value of the last form of a text, inspected. */
  eval(text: string, module: Module = this.main): string {
    const forms = this.readForms(text);
    let value: Value = NIL;
    for (const form of forms) {
      for (const unit of this.expander.units(form, module)) value = this.evaluator.unit(unit);
    }
    return inspect(value);
  }
}

class Stop extends Error {
  readonly op: Value;
  readonly args: readonly Value[];
  constructor(op: Value, args: readonly Value[]) {
    super("stopped");
    this.op = op;
    this.args = args;
  }
}

/** The condition that `run` raises. */
export function condition(run: () => unknown): Condition {
  try {
    run();
  } catch (error) {
    if (error instanceof Raise && error.payload instanceof Condition) return error.payload;
    throw error;
  }
  throw new Error("nothing was raised");
}

/** What a condition says and the text it points to. */
export function complaint(text: string, run: () => unknown): string {
  const { kind, message, span } = condition(run);
  return `${kind}: ${message} @ ${span === undefined ? "nowhere" : text.slice(span.start, span.end)}`;
}

export interface FilesRun {
  readonly loader: Loader;
  /** The value of the last unit that ran. */
  value: string;
  /** `module: value` of all expressions that ran, in order. */
  readonly log: string[];
}

/** Loads `entry` from in-memory files. */
export function loadFiles(
  files: Readonly<Record<string, string>>,
  entry: string,
  options: WorldOptions & { later?: boolean; report?: (mistake: Diagnostic, module: Module) => void } = {},
): { run: FilesRun; done: Module | Promise<Module>; world: World } {
  const world = new World(options);
  const loader = new Loader({
    expander: world.expander,
    core: world.core,
    ...(options.report === undefined ? {} : { report: options.report }),
    resolve: (specifier, from) => new URL(specifier, `file:///${from}`).pathname.slice(1),
  });
  const run: FilesRun = { loader, value: "", log: [] };
  const answer = (step: LoadStep): LoadAnswer => {
    switch (step.type) {
      case "read": {
        const text = files[step.path];
        if (text === undefined) throw new Error("no such file");
        return text;
      }
      case "run":
        if (options.report !== undefined && !isDefinition(step.unit.core)) return undefined;
        run.value = inspect(world.evaluator.unit(step.unit));
        if (step.unit.id.includes("#")) run.log.push(`${step.module.id}: ${run.value}`);
        return undefined;
      case "macro":
        return world.finish(step.suspended);
    }
  };
  const load = loader.load(entry);
  const later = async (step: LoadStep): Promise<LoadAnswer> => answer(step);
  return { run, done: driveLoad(load, options.later === true ? later : answer), world };
}
