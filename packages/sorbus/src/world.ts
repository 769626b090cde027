/**
 * A program's world: the core module, an engine, and the expander between text and units. One for each
 * runtime; what differs between tiers is in `Tier` alone.
 */
import {
  type CoreModule,
  compilerPrimitives,
  coreModule,
  didYouMean,
  Expander,
  type GeneratedUnit,
  type GenerateOptions,
  generate,
  Loader,
  MacroSuspended,
  type Module,
  placeOf,
  type Unit,
  valueToForm,
} from "@sorbus/compiler";
import { type JitOptions, type JitStats, WasmJit } from "@sorbus/jit-wasm";
import { type Form, read } from "@sorbus/reader";
import {
  type Cell,
  closure,
  condition,
  controlBuiltins,
  type Engine,
  elementFunctions,
  type FreezeWorld,
  fromArray,
  isList,
  type Limits,
  type Locate,
  Machine,
  type MachineHost,
  NIL,
  preludeDefinitions,
  primitives,
  Raise,
  toArray,
  type Value,
  vector,
} from "@sorbus/vm";

/** An engine and how core definitions become values of it. */
export interface Tier {
  /** What the tier's JIT has done so far, if it has one. */
  readonly jit?: { readonly stats: JitStats };
  readonly engine: Engine<Unit>;
  /** The function that a core unit `(define (name …) …)` defines. */
  instantiate(unit: Unit): Value;
  /** A function of no arguments that evaluates the unit. */
  thunk(unit: Unit): Value;
}

/** Makes the engine of a tier, given what it may ask of the world. */
export type TierMaker = (host: MachineHost, limits: Limits) => Tier;

/** The lambda that a prelude unit defines. */
export function definedLambda(unit: Unit): Extract<Unit["core"], { op: "lambda" }> {
  const { core } = unit;
  if (core.op !== "define" || core.value.op !== "lambda")
    throw new RangeError(`${unit.id} does not define a function`);
  return core.value;
}

/** The bytecode VM. */
export const vmTier: TierMaker = vmTierWith({});

/** The bytecode VM with a JIT for its hot functions. */
export function jitTierWith(jit: JitOptions = {}, options: VmTierOptions = {}): TierMaker {
  return (host, limits) => makeVmTier(host, limits, options, new WasmJit(jit));
}

export interface VmTierOptions {
  /** Places in units of the program; see `GenerateOptions`. */
  readonly locate?: (unit: Unit) => Locate | undefined;
  /** Called with the code of each unit of the program before it runs. */
  readonly onUnit?: (code: GeneratedUnit) => void;
}

/** The bytecode VM with something to watch it. */
export function vmTierWith(options: VmTierOptions): TierMaker {
  return (host, limits) => makeVmTier(host, limits, options);
}

function makeVmTier(
  host: MachineHost,
  limits: Limits,
  { onUnit, locate }: VmTierOptions,
  jit?: WasmJit,
): Tier {
  const machine = new Machine(host, limits, jit);
  const compile = (unit: Unit, options: GenerateOptions = {}): GeneratedUnit => {
    const place = locate?.(unit);
    const code = generate(unit, place === undefined ? options : { ...options, locate: place });
    onUnit?.(code);
    return code;
  };
  const engine: Engine<Unit> = {
    name: machine.name,
    evaluate: (unit, bounds) => machine.evaluate(compile(unit, { keepsTop: true }), bounds),
    call: (fn, args, bounds) => machine.call(fn, args, bounds),
    thaw: (bytes, options) => machine.thaw(bytes, options),
    freezeValues: (values, options) => machine.freezeValues(values, options),
    thawValues: (bytes, options) => machine.thawValues(bytes, options),
  };
  return {
    ...(jit !== undefined && { jit }),
    engine,
    instantiate(unit) {
      definedLambda(unit);
      const code = unit.id.startsWith("core/") ? generate(unit, { hidden: true }) : compile(unit);
      machine.addUnit(code);
      const [, lambda] = code.functions;
      if (lambda === undefined) throw new RangeError(`${unit.id} has no function`);
      return closure(lambda, []);
    },
    thunk(unit) {
      const code = compile(unit);
      machine.addUnit(code);
      const [top] = code.functions;
      if (top === undefined) throw new RangeError(`${unit.id} has no code`);
      return closure(top, []);
    },
  };
}

/** Numbers for objects of the host, so that a frozen fiber can name them while this process lives. */
class HostObjects {
  private readonly ids: WeakMap<object, number> = new WeakMap();
  private readonly objects: Map<number, WeakRef<object>> = new Map();

  add(object: object): void {
    if (this.ids.has(object)) return;
    const id = this.objects.size + 1;
    this.ids.set(object, id);
    this.objects.set(id, new WeakRef(object));
  }

  id(object: object): number | undefined {
    return this.ids.get(object);
  }

  get(id: number): object | undefined {
    return this.objects.get(id)?.deref();
  }
}

/** A form being compiled for `eval`, between two of its macro calls. */
class PendingForm {
  readonly form: Form;
  suspended: MacroSuspended | undefined;
  constructor(form: Form) {
    this.form = form;
  }
}

/** Runs a call to its end; throws `MacroSuspended` if it must wait. Given by the runtime. */
export type RunNow = (start: { fn: Value; args: readonly Value[] } | { unit: Unit }) => Value;

export class World {
  readonly core: CoreModule;
  readonly expander: Expander;
  readonly tier: Tier;
  /** The module that `eval` evaluates in. */
  main: Module | undefined;
  /** The program's modules, by id. */
  readonly loader: Loader;
  /** Objects of the host that the program may hold: functions that were given to it. */
  readonly hostObjects: HostObjects = new HostObjects();
  private readonly evalExpander: Expander;
  /** What freezing needs to know of the program. */
  readonly freezing: FreezeWorld;

  constructor(
    make: TierMaker,
    limits: Limits,
    now: () => number,
    runNow: RunNow,
    development: boolean,
    resolve: (specifier: string, from: string) => string,
    { diagnose = false, record = false }: { readonly diagnose?: boolean; readonly record?: boolean } = {},
  ) {
    this.freezing = {
      globals: () => this.globals(),
      cell: (module, name) => this.cell(module, name),
      primitive: (name) => compilerPrimitives.find((p) => p.name === name),
      hostId: (object) => this.hostObjects.id(object),
      hostObject: (id) => this.hostObjects.get(id),
    };
    const host: MachineHost = {
      resolveCore: (name) => this.coreValue(name),
      compile: (form, result) => this.compileForm(form, result),
      suggest: (cell) => this.suggest(cell),
      now,
      freezing: this.freezing,
    };
    this.core = coreModule(coreValues(), {
      elements: elementNames(),
      // To read them all takes some milliseconds, which only a check has use for.
      ...(diagnose && { parameters: (name: string) => preludeDefinitions.get(name)?.params }),
    });
    this.tier = make(host, limits);
    const evaluate = (unit: Unit): Value => runNow({ unit });
    this.expander = new Expander({
      core: this.core,
      development,
      diagnose,
      record,
      evaluate,
      evaluator: { call: (fn, args) => runNow({ fn, args }) },
    });
    // Macros of an evaluated form are called by the program itself, where it stands.
    this.evalExpander = new Expander({
      core: this.core,
      development,
      evaluate,
      evaluator: {
        call: (fn, args) => {
          throw new MacroSuspended({ fn, args });
        },
      },
    });
    this.loader = new Loader({ expander: this.expander, core: this.core, resolve });
  }

  /** The value of a core name; definitions of the prelude are compiled when they are first asked for. */
  coreValue(name: string): Value | undefined {
    const binding = this.core.lookupOwn(name);
    if (binding?.kind !== "cell") return undefined;
    const { cell } = binding;
    if (cell.value === undefined) {
      const definition = preludeDefinitions.get(name);
      if (definition === undefined) return undefined;
      const { forms, errors } = read(definition.text, { file: `prelude/${definition.file}` });
      const [form] = forms;
      if (form === undefined || errors.length > 0)
        throw new RangeError(`the prelude's ${name} cannot be read`);
      const [unit] = this.expander.expandTopLevel(form, this.core);
      if (unit === undefined) throw new RangeError(`the prelude's ${name} defines nothing`);
      cell.value = this.tier.instantiate(unit);
    }
    return cell.value;
  }

  /** The defined globals of the program's own modules. */
  private *globals(): Iterable<Cell> {
    for (const module of this.loader.modules()) {
      for (const name of module.definitions()) {
        const binding = module.lookupOwn(name);
        if (binding?.kind === "cell" && binding.cell.value !== undefined) yield binding.cell;
      }
    }
  }

  private cell(moduleId: string, name: string): Cell {
    const module = moduleId === this.core.id ? this.core : this.loader.module(moduleId);
    const binding = module?.lookupOwn(name);
    if (binding?.kind === "cell" || binding?.kind === "element") return binding.cell;
    if (module === undefined) throw new RangeError(`there is no module ${moduleId}`);
    return module.forwardCell(name);
  }

  private suggest(cell: Cell): string | undefined {
    const names = this.main?.id === cell.module ? this.main.names() : this.core.visibleNames();
    return didYouMean(cell.name, names);
  }

  /** `%compile`: see the prelude's `eval`. */
  private compileForm(form: Value, result: Value): Value {
    const module = this.main;
    if (module === undefined) throw new Raise(condition("syntax", "eval needs a module to evaluate in"));
    let pending: PendingForm;
    if (form instanceof PendingForm) {
      pending = form;
      const [value = NIL] = isList(result) ? toArray(result) : [];
      pending.suspended?.complete(value);
      pending.suspended = undefined;
    } else pending = new PendingForm(valueToForm(form, evalPlace()));
    try {
      const units = this.evalExpander.expandTopLevel(pending.form, module);
      return vector(units.map((unit) => this.tier.thunk(unit)));
    } catch (error) {
      if (!(error instanceof MacroSuspended)) throw error;
      pending.suspended = error;
      const { fn, args } = error.fiber as { fn: Value; args: readonly Value[] };
      return fromArray([fn, fromArray(args), pending]);
    }
  }
}

/** Where the parts of an evaluated form that come from no text are said to be. */
function evalPlace(): ReturnType<typeof placeOf> {
  const [form] = read("()", { file: "eval" }).forms;
  if (form === undefined) throw new RangeError("() reads as nothing");
  return placeOf(form);
}

function* coreValues(): Iterable<readonly [string, Value | undefined]> {
  for (const [name, primitive] of primitives) yield [name, primitive];
  for (const [name, builtin] of controlBuiltins) yield [name, builtin];
  for (const primitive of compilerPrimitives) yield [primitive.name, primitive];
  for (const name of preludeDefinitions.keys()) yield [name, undefined];
}

function* elementNames(): Iterable<readonly [string, Value]> {
  for (const [name, primitive] of elementFunctions) if (!name.startsWith("html/")) yield [name, primitive];
}
