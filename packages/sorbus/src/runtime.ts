/** The embedding: `createRuntime` and what it gives. Composes the other packages and adds the border. */
import {
  driveLoad,
  type Load,
  type LoadAnswer,
  type LoadStep,
  MacroSuspended,
  type Module,
  type Unit,
} from "@sorbus/compiler";
import { isPromise, type OpDeclaration, OpError, type OpRequest, Resolver } from "@sorbus/io-resolver";
import type { JitOptions } from "@sorbus/jit-wasm";
import {
  condition,
  type Engine,
  type EngineFiber,
  type FreezeWorld,
  inspect,
  type Limits,
  NIL,
  Raise,
  type Request,
  type RunStats,
  type Value,
} from "@sorbus/vm";
import { type FunctionBridge, fromSx, toSx } from "./convert.ts";
import { type Answers, drive } from "./drive.ts";
import { noteCause, report, SxError } from "./error.ts";
import { nodeFiles, type SourceFiles } from "./files.ts";
import type { MaybePromise } from "./maybe.ts";
import { jitTierWith, type TierMaker, vmTier, World } from "./world.ts";

/**
 * An op in short: a function of the arguments; what it returns, or the promise of it, is the answer. It may
 * declare any types of parameters: what a program passes is its affair, and not checked.
 */
export type OpFunction = { method(...args: unknown[]): unknown }["method"];

export interface RuntimeOptions {
  /**
   * Who answers `perform`: a table of functions by op name (without the colon), declarations, or a resolver.
   * Default: nobody.
   */
  readonly ops?: Readonly<Record<string, OpFunction>> | Iterable<OpDeclaration> | Resolver;
  /** Bounds of each run. Default: none but a stack of 1 GiB. */
  readonly limits?: Limits;
  /** When hot functions are compiled to WebAssembly; false: never. Without `tier` only. */
  readonly jit?: JitOptions | false;
  /** Which engine runs the program. Default: the VM with its JIT. */
  readonly tier?: TierMaker;
  /** How requests are answered; a program cannot tell. Default "inline". */
  readonly answers?: Answers;
  /** Checks parameter types (`:as`). Default true. */
  readonly development?: boolean;
  /** Records what of the program may be edited while it runs, and makes its previews. Default false. */
  readonly record?: boolean;
  /** Where modules come from. Default: the file system, in Node. */
  readonly files?: SourceFiles;
  /**
   * After so many calls and loop iterations a run lets the event loop have a turn, so that others go on, and
   * an `AbortSignal` is heeded in a program that never waits; such a run ends in a promise. Default: never.
   */
  readonly slice?: number;
  /** Milliseconds since some start, for time limits. Default `performance.now`. */
  readonly now?: () => number;
  /** Called with each answered request, for traces. */
  readonly onAnswer?: (
    op: string,
    args: readonly Value[],
    answer: { value: Value } | { raised: Value },
  ) => void;
}

export interface RunOptions {
  /** Aborts the run: it ends with a condition of kind "cancelled" after its `after`s have run. */
  readonly signal?: AbortSignal;
  /** Instead of `signal`: asked for it when the run waits for the first time, and not at all if it never does. */
  readonly lateSignal?: () => AbortSignal;
  /** Instead of the runtime's. */
  readonly limits?: Limits;
  /** Called with what the run has cost, when it has ended. */
  readonly spent?: (stats: RunStats) => void;
}

/** A run inside: what it asks for, it asks for as one scope. */
interface ScopedOptions extends RunOptions {
  readonly scope?: object;
}

export interface EvalOptions extends RunOptions {
  /** Name of the text in messages. Default "eval 1" and so on. */
  readonly file?: string;
}

/** What the runs of a runtime have cost. */
export interface RuntimeStats {
  /** Functions and continuations that the JIT has compiled, those made anew included. */
  compiled: number;
  /** Times that compiled code was left because it did not fit what came. */
  deopts: number;
  /** Times that a tier could not run something and a lower one did. */
  fallbacks: number;
  /** Requests that left the engine. */
  suspensions: number;
  /** Instructions (VM) or machine steps (reference evaluator). */
  instructions: number;
}

/** Who asks: see `OpRequest`. */
export type Asking = Pick<OpRequest, "signal" | "scope" | "idempotencyKey">;

type HostFunction = (...args: unknown[]) => unknown;

/** The request of a host function that a program calls; its first argument is the function. */
const HOST_CALL = "host/call";

const MAX_TEXTS = 1_000;

/** A world of SX in a JavaScript program. */
export class Runtime {
  readonly resolver: Resolver;
  readonly files: SourceFiles;
  /** Core, engine and expander: for tools that load code in their own way. */
  private readonly spent: { suspensions: number; instructions: number } = { suspensions: 0, instructions: 0 };
  readonly world: World;
  private readonly options: RuntimeOptions;
  /** Source texts by the name that spans give, for code frames. */
  private readonly texts: Map<string, string> = new Map();
  /** Loads under way, by module. */
  private readonly loads: Map<string, Promise<Value>> = new Map();
  private readonly bridge: FunctionBridge;
  private evaluated = 0;

  constructor(options: RuntimeOptions = {}) {
    this.options = options;
    this.resolver = resolverOf(options.ops);
    this.files = options.files ?? nodeFiles;
    this.world = new World(
      options.tier ?? (options.jit === false ? vmTier : jitTierWith(options.jit)),
      options.limits ?? {},
      options.now ?? (() => performance.now()),
      (start) => this.runNow(start),
      options.development ?? true,
      (specifier, from) => this.files.resolve(specifier, from),
      { record: options.record ?? false },
    );
    this.bridge = {
      crossed: new WeakMap(),
      fromHost: (f) => this.hostFunction(f),
      toHost:
        (f) =>
        (...args) =>
          this.jsResult(() =>
            this.callValue(
              f,
              args.map((arg) => this.toSx(arg)),
            ),
          ),
    };
    this.world.main = this.world.loader.createModule("main");
  }

  /** What the runs have cost so far. */
  get stats(): RuntimeStats {
    const { compiled = 0, deopts = 0, fallbacks = 0 } = this.world.tier.jit?.stats ?? {};
    return { compiled, deopts, fallbacks, ...this.spent };
  }

  // ---- running -------------------------------------------------------------------------------

  /**
   * Evaluates the forms of a text in the runtime's main module; what they define stays.
   * @returns the last form's value as JavaScript's; a promise only if an effect was answered by one
   * @throws SxError for what the text raises or is wrong with it (or the promise rejects with it)
   */
  eval(text: string, options: EvalOptions = {}): MaybePromise<unknown> {
    return this.jsResult(() => this.evalValue(text, options));
  }

  /** As `eval`; the value as it is in SX. @throws Raise */
  evalValue(text: string, options: EvalOptions = {}): MaybePromise<Value> {
    const file = options.file ?? `eval ${++this.evaluated}`;
    this.keepText(file, text);
    const module = this.mainModule();
    return this.runLoad(this.world.loader.evaluate(text, module, file), module.id, options);
  }

  /**
   * Loads the module of a file, and all that it imports, each once; it becomes the main module. Of several
   * loads under way at once, none may import what another one is loading.
   * @param path as the runtime's `files` understand it; with the default, a path of the file system
   * @returns the value of the file's last form
   * @throws SxError (or the promise rejects with it)
   */
  load(path: string, options: RunOptions = {}): MaybePromise<unknown> {
    return this.jsResult(() => this.loadValue(path, options));
  }

  /** As `load`; the value as it is in SX. @throws Raise */
  loadValue(path: string, options: RunOptions = {}): MaybePromise<Value> {
    const id = this.files.resolve(path, "");
    const pending = this.loads.get(id);
    if (pending !== undefined) return pending;
    const load = function* (this: Runtime): Load<void> {
      const loading = this.world.loader.load(id);
      // The module exists from the first step on: `eval` in it evaluates there.
      for (let step = loading.next(), answer: LoadAnswer; step.done !== true; ) {
        this.world.main = this.world.loader.module(id) ?? this.world.main;
        try {
          answer = yield step.value;
        } catch (error) {
          step = loading.throw(error);
          continue;
        }
        step = loading.next(answer);
      }
      this.world.main = this.world.loader.module(id) ?? this.world.main;
    };
    const value = this.runLoad(load.call(this), id, options);
    if (!isPromise(value)) return value;
    const loading = (value as Promise<Value>).finally(() => this.loads.delete(id));
    this.loads.set(id, loading);
    return loading;
  }

  /**
   * Calls a function: one that came out of SX, or the global of that name in the main module.
   * @throws SxError (or the promise rejects with it)
   */
  call(fn: string | OpFunction, ...args: readonly unknown[]): MaybePromise<unknown> {
    return this.apply(fn, args);
  }

  /** As `call`, with options for the run. */
  apply(fn: string | OpFunction, args: readonly unknown[], options: RunOptions = {}): MaybePromise<unknown> {
    return this.jsResult(() =>
      this.callValue(
        typeof fn === "string" ? this.global(fn) : this.toSx(fn),
        args.map((arg) => this.toSx(arg)),
        options,
      ),
    );
  }

  /** As `call`, with values and result as they are in SX. @throws Raise */
  callValue(fn: Value, args: readonly Value[], options: RunOptions = {}): MaybePromise<Value> {
    return this.drive(this.world.tier.engine.call(fn, args, options.limits ?? this.options.limits), options);
  }

  /** Defines a global of the main module; a function becomes an SX function, which may answer with a promise. */
  define(name: string, value: unknown): void {
    this.mainModule().define(name).value = toSx(value, this.bridge);
  }

  /** The value of a global of the main module, or of the core. @throws SxError kind "unbound" */
  global(name: string): Value {
    const binding = this.mainModule().lookup(name);
    if (binding?.kind === "cell" || binding?.kind === "element") {
      const value =
        binding.cell.value ?? (binding.cell.module === "core" ? this.world.coreValue(name) : undefined);
      if (value !== undefined) return value;
    }
    throw new SxError(condition("unbound", `${name} is not defined`));
  }

  /** The module that `eval` and `define` work in. */
  mainModule(): Module {
    const { main } = this.world;
    if (main === undefined) throw new RangeError("the runtime has no main module");
    return main;
  }

  // ---- values --------------------------------------------------------------------------------

  /** A JavaScript value as an SX value. */
  toSx(value: unknown): Value {
    return toSx(value, this.bridge);
  }

  /** An SX value as a JavaScript value. */
  fromSx(value: Value): unknown {
    return fromSx(value, this.bridge);
  }

  /** The report of a condition, with a code frame where the text is known. */
  report(error: unknown): string {
    const textOf = (file: string): string | undefined => this.texts.get(file);
    if (error instanceof SxError) return report(error.condition, textOf);
    if (error instanceof Raise) return report(error.payload, textOf);
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }

  // ---- for what drives fibers itself ---------------------------------------------------------

  /** The engine: for those that run, freeze and thaw fibers themselves, such as durable ones. */
  get engine(): Engine {
    return this.world.tier.engine;
  }

  /** What freezing code and values needs to know of the program. */
  get freezing(): FreezeWorld {
    return this.world.freezing;
  }

  /** Runs a fiber of this runtime's engine to its end: a macro that waits, for who drives expansions itself. @throws Raise */
  finish(fiber: EngineFiber, options: RunOptions = {}): MaybePromise<Value> {
    return this.drive(fiber, options);
  }

  // ---- inside --------------------------------------------------------------------------------

  /** Drives a load; the value is that of the last form that was run in `module`, or in the module loaded. */
  private runLoad<T>(load: Load<T>, moduleId: string, given: RunOptions): MaybePromise<Value> {
    // One run, of many units.
    const options: ScopedOptions = { ...given, scope: {} };
    let last: Value = NIL;
    const answer = (step: LoadStep): LoadAnswer | Promise<LoadAnswer> => {
      switch (step.type) {
        case "read":
          return this.readFile(step.path);
        case "run": {
          const keep = (value: Value): Value => {
            if (step.module.id === moduleId) last = value;
            return value;
          };
          const value = this.runUnit(step.unit, options);
          return isPromise(value) ? (value as Promise<Value>).then(keep) : keep(value);
        }
        case "macro":
          return this.drive(step.suspended.fiber as EngineFiber, options);
        default:
          return step satisfies never;
      }
    };
    const done = driveLoad(load, answer);
    return isPromise(done) ? (done as Promise<T>).then(() => last) : last;
  }

  /** Of evaluated texts only the latest are kept: a runtime may live long. */
  private keepText(file: string, text: string): void {
    this.texts.delete(file);
    this.texts.set(file, text);
    if (this.texts.size <= MAX_TEXTS) return;
    for (const oldest of this.texts.keys()) {
      this.texts.delete(oldest);
      break;
    }
  }

  private readFile(path: string): MaybePromise<string> {
    const text = this.files.read(path);
    const keep = (read: string): string => {
      this.keepText(path, read);
      return read;
    };
    return isPromise(text) ? (text as Promise<string>).then(keep) : keep(text);
  }

  private runUnit(unit: Unit, options: ScopedOptions): MaybePromise<Value> {
    const { core } = unit;
    if (core.op === "define" && core.value.op === "lambda") {
      // Making a function asks for nothing and cannot fail: it needs no fiber.
      core.cell.value = this.world.tier.instantiate(unit);
      return NIL;
    }
    return this.drive(this.world.tier.engine.evaluate(unit, options.limits ?? this.options.limits), options);
  }

  private drive(fiber: EngineFiber, options: ScopedOptions): MaybePromise<Value> {
    const scope = options.scope ?? {};
    return drive(fiber, {
      answer: (request, signal) => this.answer(request, { signal, scope }),
      answers: this.options.answers ?? "inline",
      thaw: (bytes) => this.world.tier.engine.thaw(bytes),
      signal: options.signal,
      lateSignal: options.lateSignal,
      slice: this.options.slice,
      time: (options.limits ?? this.options.limits)?.time,
      spent: (stats) => {
        this.spent.instructions += stats.instructions;
        this.spent.suspensions += stats.suspensions;
        options.spent?.(stats);
      },
    });
  }

  /** Runs compile-time code. What cannot be done at once is gone on with when the load's driver is told. */
  private runNow(start: { fn: Value; args: readonly Value[] } | { unit: Unit }): Value {
    const { engine } = this.world.tier;
    const fiber = "unit" in start ? engine.evaluate(start.unit) : engine.call(start.fn, start.args);
    const step = fiber.run(this.options.slice);
    if (step.type === "done") return step.value;
    if (step.type === "raised") throw new Raise(step.condition);
    throw new MacroSuspended(resumable(fiber, step));
  }

  private answer(request: Request, asking: Asking): MaybePromise<Value> {
    const { onAnswer } = this.options;
    if (onAnswer === undefined || request.op === HOST_CALL) return this.ask(request, asking);
    const { op, args } = request;
    let answer: MaybePromise<Value>;
    try {
      answer = this.ask(request, asking);
    } catch (error) {
      if (error instanceof Raise) onAnswer(op, args, { raised: error.payload });
      throw error;
    }
    if (!isPromise(answer)) {
      onAnswer(op, args, { value: answer });
      return answer;
    }
    return (answer as Promise<Value>).then(
      (value) => {
        onAnswer(op, args, { value });
        return value;
      },
      (error: unknown) => {
        if (error instanceof Raise) onAnswer(op, args, { raised: error.payload });
        throw error;
      },
    );
  }

  /**
   * Answers a request of a fiber as runs of this runtime are answered. @throws Raise (or the promise rejects with it)
   */
  ask(request: Pick<Request, "op" | "args">, asking: Asking): MaybePromise<Value> {
    const { op, args } = request;
    const raw = op !== HOST_CALL && this.resolver.get(op)?.values === "raw";
    // The engine's own values, or no answer at all, which a handler in JavaScript may give.
    const convert = (value: unknown): Value => (raw ? ((value ?? NIL) as Value) : this.toSx(value));
    try {
      const given = raw ? args : args.map((arg) => this.fromSx(arg));
      const [f, ...rest] = given;
      const answer =
        op === HOST_CALL && typeof f === "function"
          ? (f as HostFunction)(...rest)
          : this.resolver.resolve({ op, args: given, ...asking });
      if (!isPromise(answer)) return convert(answer);
      return Promise.resolve(answer)
        .then(convert)
        .catch((error: unknown) => {
          throw this.asRaise(error);
        });
    } catch (error) {
      throw this.asRaise(error);
    }
  }

  /** What a handler threw, as the program sees it. */
  private asRaise(error: unknown): Raise {
    if (error instanceof Raise) return error;
    if (error instanceof SxError) return new Raise(error.condition);
    const raised =
      error instanceof OpError
        ? condition(error.kind, error.message, ...error.data.map((item) => this.toSx(item)))
        : condition("host", error instanceof Error ? error.message : String(error));
    noteCause(raised, error);
    return new Raise(raised);
  }

  private asSxError(error: unknown): unknown {
    return error instanceof Raise ? new SxError(error.payload, (value) => this.fromSx(value)) : error;
  }

  private hostFunction(f: HostFunction): Value {
    const make = this.world.coreValue("%host-function");
    if (make === undefined) throw new RangeError("the prelude lacks %host-function");
    this.world.hostObjects.add(f);
    return this.runNow({ fn: make, args: [f as unknown as Value] });
  }

  private jsResult(run: () => MaybePromise<Value>): MaybePromise<unknown> {
    try {
      const result = run();
      if (!isPromise(result)) return this.fromSx(result);
      return (result as Promise<Value>)
        .then((value) => this.fromSx(value))
        .catch((error: unknown) => {
          throw this.asSxError(error);
        });
    } catch (error) {
      throw this.asSxError(error);
    }
  }
}

/** A fiber whose first step has been taken already: a driver that runs it sees that step first. */
function resumable(fiber: EngineFiber, step: ReturnType<EngineFiber["run"]>): EngineFiber {
  let first: ReturnType<EngineFiber["run"]> | undefined = step;
  return {
    run: (fuel) => {
      const taken = first;
      first = undefined;
      return taken ?? fiber.run(fuel);
    },
    resume: (id, value) => fiber.resume(id, value),
    resumeRaise: (id, reason) => fiber.resumeRaise(id, reason),
    cancel: (reason) => fiber.cancel(reason),
    freeze: (options) => fiber.freeze(options),
    stats: fiber.stats,
  };
}

function resolverOf(ops: RuntimeOptions["ops"]): Resolver {
  if (ops instanceof Resolver) return ops;
  if (ops === undefined) return new Resolver([]);
  if (isIterable(ops)) return new Resolver(ops);
  return new Resolver(
    Object.entries(ops).map(
      ([name, f]): OpDeclaration => ({
        name,
        purity: "write",
        handler: (args) => f(...args),
      }),
    ),
  );
}

function isIterable(
  ops: Readonly<Record<string, OpFunction>> | Iterable<OpDeclaration>,
): ops is Iterable<OpDeclaration> {
  return typeof (ops as Partial<Iterable<OpDeclaration>>)[Symbol.iterator] === "function";
}

/** A runtime. Runtimes share nothing but the code of this package. */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return new Runtime(options);
}

/** For messages. */
export { inspect };
