/**
 * The least that text needs to become fibers: a core module of primitives, control builtins and the
 * prelude, expanded when first used, one module for the program, and no host. Runtimes bring more.
 */
import {
  type CoreModule,
  compilerPrimitives,
  coreModule,
  Expander,
  Module,
  type Unit,
} from "@sorbus/compiler";
import { type Form, read } from "@sorbus/reader";
import {
  type Cell,
  condition,
  controlBuiltins,
  type EngineFiber,
  elementFunctions,
  type FreezeWorld,
  type Limits,
  preludeDefinitions,
  primitives,
  Raise,
  type Value,
} from "@sorbus/vm";
import { Cek } from "./engine.ts";

export class Program {
  readonly cek: Cek;
  readonly module: Module;
  private readonly core: CoreModule;
  private readonly expander: Expander;

  constructor(limits: Limits = {}) {
    const names: [string, Value | undefined][] = [...primitives, ...controlBuiltins];
    for (const name of preludeDefinitions.keys()) names.push([name, undefined]);
    this.core = coreModule(names, {
      resolve: (name) => {
        this.resolve(name);
      },
      elements: [...elementFunctions].filter(([name]) => !name.startsWith("html/")),
    });
    this.module = new Module("program", this.core);
    this.cek = new Cek(
      {
        resolveCore: (name) => this.resolve(name),
        compile: () => {
          throw new Raise(condition("host", "eval needs a runtime: there is no compiler here"));
        },
        suggest: () => undefined,
        now: () => 0,
        freezing: this.freezing(),
      },
      limits,
    );
    this.expander = new Expander({
      core: this.core,
      evaluator: { call: (fn, args) => finish(this.cek.call(fn, args)) },
      evaluate: (unit) => finish(this.cek.evaluate(unit)),
    });
  }

  /**
   * A fiber for each top-level form, to be driven to its end before the next is asked for.
   * @throws SyntaxError for what cannot be read; Raise for what cannot be expanded
   */
  *fibers(text: string, file = "program.sx"): Generator<EngineFiber, void, void> {
    for (const unit of this.units(text, file)) yield this.cek.evaluate(unit);
  }

  /** The units of a text, each expanded when those before it have been run. */
  *units(text: string, file = "program.sx"): Generator<Unit, void, void> {
    const { forms, errors } = read(text, { file });
    const [error] = errors;
    if (error !== undefined)
      throw new SyntaxError(`${file}:${error.span.line}:${error.span.column}: ${error.message}`);
    for (const form of forms) yield* this.expander.units(form, this.module);
  }

  /** The value of a core name; a definition of the prelude is expanded when it is first asked for. */
  private resolve(name: string): Value | undefined {
    const binding = this.core.lookupOwn(name);
    if (binding?.kind !== "cell") return undefined;
    const { cell } = binding;
    const definition = preludeDefinitions.get(name);
    if (cell.value === undefined && definition !== undefined) {
      const [form] = read(definition.text, { file: `prelude/${definition.file}` }).forms;
      const [unit] = this.expander.expandTopLevel(form as Form, this.core);
      cell.value = this.cek.instantiate(unit as Unit);
    }
    return cell.value;
  }

  private freezing(): FreezeWorld {
    return {
      globals: () => this.globals(),
      cell: (module, name) => (module === "core" ? this.core : this.module).define(name),
      primitive: (name) => compilerPrimitives.find((p) => p.name === name),
      hostId: () => undefined,
      hostObject: () => undefined,
    };
  }

  private *globals(): Iterable<Cell> {
    for (const name of this.module.definitions()) {
      const binding = this.module.lookupOwn(name);
      if (binding?.kind === "cell" && binding.cell.value !== undefined) yield binding.cell;
    }
  }
}

/** Runs what may not wait: a macro, a definition that expansion needs. */
function finish(fiber: EngineFiber): Value {
  const step = fiber.run();
  if (step.type === "done") return step.value;
  if (step.type === "raised") throw new Raise(step.condition);
  throw new Raise(condition("host", "a macro that performs needs a runtime"));
}
