/**
 * The seam to the engines: a fresh program on a tier, form by form. All that knows how an engine is put
 * together is here.
 */
import {
  compilerPrimitives,
  coreModule,
  type CoreModule,
  Expander,
  generate,
  MacroSuspended,
  Module,
  type Unit,
} from "@sorbus/compiler";
import { Cek } from "@sorbus/cek";
import { type Form, read } from "@sorbus/reader";
import {
  condition,
  controlBuiltins,
  elementFunctions,
  type Engine,
  type EngineFiber,
  type Limits,
  Machine,
  type MachineHost,
  preludeDefinitions,
  primitives,
  Raise,
  type Value,
} from "@sorbus/vm";

/** The jit's slot is here; it joins when `createJit` exists. */
export const TIERS = ["cek", "vm", "jit"] as const;
export type Tier = (typeof TIERS)[number];

/** Why a tier cannot run yet; undefined when it can. */
export function missing(tier: Tier): string | undefined {
  return tier === "jit" ? "there is no JIT yet" : undefined;
}

function makeEngine(tier: Tier, host: MachineHost, limits: Limits): Engine<Unit> {
  if (tier === "cek") return new Cek(host, limits);
  const machine = new Machine(host, limits);
  return {
    name: machine.name,
    evaluate: (unit, bounds) => machine.evaluate(generate(unit), bounds),
    call: (fn, args, bounds) => machine.call(fn, args, bounds),
    thaw: (bytes) => machine.thaw(bytes),
  };
}

/** One program: a module over a core of its own. */
export class Program {
  readonly engine: Engine<Unit>;
  private readonly module: Module;
  private readonly core: CoreModule;
  private readonly expander: Expander;
  private readonly resolving = new Set<string>();

  constructor(tier: Tier, file: string, limits: Limits) {
    const names: [string, Value | undefined][] = [...primitives, ...controlBuiltins];
    for (const primitive of compilerPrimitives) names.push([primitive.name, primitive]);
    for (const name of preludeDefinitions.keys()) names.push([name, undefined]);
    this.core = coreModule(names, {
      resolve: (name) => {
        this.resolve(name);
      },
      elements: [...elementFunctions].filter(([name]) => !name.startsWith("html/")),
    });
    this.module = new Module(file, this.core);
    this.engine = makeEngine(
      tier,
      {
        resolveCore: (name) => this.resolve(name),
        compile: () => {
          throw new Raise(condition("host", "eval is not there yet"));
        },
        suggest: () => undefined,
        now: () => performance.now(),
      },
      limits,
    );
    this.expander = new Expander({
      core: this.core,
      development: true,
      evaluator: { call: (fn, args) => this.finish(this.engine.call(fn, args)) },
      evaluate: (unit) => this.finish(this.engine.evaluate(unit)),
    });
  }

  /** Fibers for one top-level form: one for each of its units. @throws Raise */
  *fibers(form: Form): Generator<EngineFiber> {
    for (const unit of this.expander.units(form, this.module)) yield this.engine.evaluate(unit);
  }

  private resolve(name: string): Value | undefined {
    const binding = this.core.lookupOwn(name);
    const cell = binding?.kind === "cell" ? binding.cell : undefined;
    const definition = preludeDefinitions.get(name);
    if (cell === undefined || cell.value !== undefined || definition === undefined) return cell?.value;
    if (this.resolving.has(name)) return undefined;
    this.resolving.add(name);
    const { forms } = read(definition.text, { file: `prelude/${definition.file}` });
    for (const form of forms) {
      for (const unit of this.expander.expandTopLevel(form, this.core)) this.finish(this.engine.evaluate(unit));
    }
    this.resolving.delete(name);
    return cell.value;
  }

  private finish(fiber: EngineFiber): Value {
    const step = fiber.run();
    if (step.type === "done") return step.value;
    if (step.type === "raised") throw new Raise(step.condition);
    throw new MacroSuspended(fiber);
  }
}
