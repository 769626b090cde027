/**
 * Runs programs on the reference evaluator with nothing else around it: a core module of the
 * primitives, the control builtins and the prelude, expanded when they are first used, and a table
 * of ops that answers at once (but never :test/hang).
 */
import { compilerPrimitives, coreModule, type CoreModule, Expander, Module, type Unit } from "@sorbus/compiler";
import { read } from "@sorbus/reader";
import {
  type Cell,
  Condition,
  condition,
  controlBuiltins,
  elementFunctions,
  type EngineFiber,
  inspect,
  NIL,
  preludeDefinitions,
  primitives,
  Raise,
  type Request,
  type Value,
} from "@sorbus/vm";
import { Cek } from "@sorbus/cek";

export type Ops = Readonly<Record<string, (...args: readonly Value[]) => Value>>;

/** What came of a program. */
export interface Outcome {
  /** `inspect` of the value of the last form, or the condition as `kind: message`. */
  readonly value: string;
  /** The ops asked for, in order, as `(op arg…)`. */
  readonly trace: readonly string[];
  readonly condition?: Value;
}

export class World {
  readonly cek: Cek;
  readonly module: Module;
  private readonly expander: Expander;
  private readonly core: CoreModule;
  private readonly ops: Ops;
  readonly trace: string[] = [];

  /** Freezes and thaws a fiber whenever it waits. */
  private readonly freezes: boolean;

  constructor(ops: Ops = {}, freezes = false) {
    this.ops = ops;
    this.freezes = freezes;
    const names: [string, Value | undefined][] = [...primitives, ...controlBuiltins];
    for (const name of preludeDefinitions.keys()) names.push([name, undefined]);
    this.core = coreModule(names, {
      resolve: (name) => {
        this.resolve(name);
      },
      elements: [...elementFunctions].filter(([name]) => !name.startsWith("html/")),
    });
    this.module = new Module("test", this.core);
    this.cek = new Cek({
      resolveCore: (name) => this.resolve(name),
      compile: () => {
        throw new Raise(condition("host", "there is no compiler here"));
      },
      suggest: () => undefined,
      now: () => 0,
      freezing: {
        globals: () => this.globals(),
        cell: (module, name) => (module === "core" ? this.core : this.module).define(name),
        primitive: (name) => compilerPrimitives.find((p) => p.name === name),
        hostId: () => undefined,
        hostObject: () => undefined,
      },
    });
    this.expander = new Expander({
      core: this.core,
      evaluator: { call: (fn, args) => this.finish(this.cek.call(fn, args)) },
      evaluate: (unit) => this.finish(this.cek.evaluate(unit)),
    });
  }

  private *globals(): Iterable<Cell> {
    for (const name of this.module.definitions()) {
      const binding = this.module.lookupOwn(name);
      if (binding?.kind === "cell" && binding.cell.value !== undefined) yield binding.cell;
    }
  }

  private cell(name: string): Cell | undefined {
    const binding = this.core.lookupOwn(name);
    return binding?.kind === "cell" ? binding.cell : undefined;
  }

  private readonly resolving = new Set<string>();

  /** A core definition, expanded when first asked for. */
  private resolve(name: string): Value | undefined {
    const cell = this.cell(name);
    const definition = preludeDefinitions.get(name);
    if (cell === undefined || cell.value !== undefined || definition === undefined) return cell?.value;
    if (this.resolving.has(name)) return undefined;
    this.resolving.add(name);
    for (const unit of this.units(definition.text, `prelude/${definition.file}`, this.core)) {
      cell.value = this.cek.instantiate(unit);
    }
    this.resolving.delete(name);
    return cell.value;
  }

  units(text: string, file: string, module: Module): Unit[] {
    const { forms, errors } = read(text, { file });
    if (errors[0] !== undefined) throw new Error(`${errors[0].span.line}:${errors[0].span.column} ${errors[0].message}`);
    return forms.flatMap((form) => this.expander.expandTopLevel(form, module));
  }

  private finish(fiber: EngineFiber): Value {
    const step = fiber.run();
    if (step.type === "done") return step.value;
    if (step.type === "raised") throw new Raise(step.condition);
    throw new Error(`a definition ended as ${step.type}`);
  }

  /** Answers requests until the fiber has ended. */
  drive(started: EngineFiber, answer: (request: Request, fiber: EngineFiber) => void = this.answer): Outcome {
    let fiber = started;
    for (;;) {
      const step = fiber.run();
      switch (step.type) {
        case "done":
          return { value: inspect(step.value), trace: this.trace };
        case "raised":
          return { value: shown(step.condition), trace: this.trace, condition: step.condition };
        case "performed":
          if (step.requests.length === 0) return { value: "waiting", trace: this.trace };
          if (this.freezes) fiber = this.cek.thaw(fiber.freeze());
          for (const request of step.requests) answer(request, fiber);
          break;
        case "fuel":
          throw new Error("out of fuel");
      }
    }
  }

  readonly answer = (request: Request, fiber: EngineFiber): void => {
    this.trace.push(`(${[request.op, ...request.args.map((arg) => inspect(arg))].join(" ")})`);
    if (request.op === "test/hang") return;
    const op = this.ops[request.op];
    try {
      if (op === undefined) throw new Raise(condition("op", `nobody handles ${request.op}`));
      fiber.resume(request.id, op(...request.args));
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      fiber.resumeRaise(request.id, error.payload);
    }
  };

  /** Runs the forms of a text one after the other. */
  run(text: string): Outcome {
    this.trace.length = 0;
    let outcome: Outcome = { value: inspect(NIL), trace: this.trace };
    const { forms, errors } = read(text, { file: "test.sx" });
    if (errors[0] !== undefined) throw new Error(`${errors[0].span.line}:${errors[0].span.column} ${errors[0].message}`);
    for (const form of forms) {
      let units: Unit[];
      try {
        units = this.expander.expandTopLevel(form, this.module);
      } catch (error) {
        if (!(error instanceof Raise)) throw error;
        return { value: shown(error.payload), trace: this.trace, condition: error.payload };
      }
      for (const unit of units) {
        outcome = this.drive(this.cek.evaluate(unit));
        if (outcome.condition !== undefined) return outcome;
      }
    }
    return outcome;
  }
}

function shown(raised: Value): string {
  return raised instanceof Condition ? `${raised.kind}: ${raised.message}` : `raised ${inspect(raised)}`;
}

/** Runs a program in a world of its own. */
export function run(text: string, ops: Ops = standardOps()): Outcome {
  return new World(ops).run(text);
}

/** The same, with every fiber frozen and thawed whenever it waits for an answer. */
export function runFrozen(text: string, ops: Ops = standardOps()): Outcome {
  return new World(ops, true).run(text);
}

/** A clock that stands still, a store, and what was printed goes nowhere. */
export function standardOps(): Ops {
  const store = new Map<string, Value>();
  return {
    "console/print": () => NIL,
    "kv/get": (key) => store.get(inspect(key as Value)) ?? NIL,
    "kv/set": (key, value) => {
      store.set(inspect(key as Value), value as Value);
      return NIL;
    },
    "async/sleep": () => NIL,
    "test/double": (n) => (n as number) * 2,
    "test/fail": (message) => {
      throw new Raise(condition("user", String(message)));
    },
  };
}

