/**
 * When what is compiled, and what compiled code and the machine ask for while it runs. A hot function is compiled once
 * for what can be known without guessing, with counters that also learn what kinds of numbers it sees; when it proves
 * to be worth it, again for exactly those. Code that meets something else leaves, and is made anew without the guess.
 */
import {
  type Cell,
  COLD,
  type Code,
  closureCode,
  closure as closureOf,
  equal,
  type Jit,
  type JitExit,
  type LeftFrame,
  liveRegisters,
  type Marks,
  NIL,
  type Primitive,
  payloadOf,
  positionAt,
  renderTemplate,
  resolveCall,
  type Template,
  TRUE,
  type Value,
} from "@sorbus/vm";
import { heap, instantiate, put } from "@sorbus/vm/heap-module";
import { announce, named } from "./announce.ts";
import { isMachineCode, lengthOf, seenAt } from "./code.ts";
import { FunctionEmitter, type Plan, parametersOf, signatureOf } from "./emit/function.ts";
import { buildEntry, type EntryExports, entryExports } from "./entry.ts";
import { flowOf, type Instruction } from "./flow.ts";
import type { HostImports } from "./host.ts";
import { type Profile, SAW_FLOAT } from "./infer.ts";
import { FUEL, Memory, PATIENCE } from "./memory.ts";
import { Unit, type UnitWorld } from "./unit.ts";

export interface JitOptions {
  /** Calls and loop iterations after which a function is compiled. Default 500. */
  readonly threshold?: number;
  /** Calls and loop iterations of compiled code after which it is compiled again for what it has seen. Default 2,000. */
  readonly promotion?: number;
  /** Compiled functions and continuations that are kept; those unused for longest are given up. Default 4,000. */
  readonly maxUnits?: number;
  /** For tests: after how many instructions compiled code leaves for no reason, asked anew each time. */
  readonly patience?: () => number;
  /**
   * Whether compiled code counts calls, loops and bytes. Default true. False makes calls a little faster, and a run that
   * has limits, a slice or a signal does without compiled code.
   */
  readonly metered?: boolean;
  /** Names of functions that are not to be compiled. Default: none. */
  readonly exclude?: readonly (string | RegExp)[];
  /** Told of the bytes of each module before it is instantiated: for tools that look at them. */
  readonly onUnit?: (bytes: Uint8Array, code: Code) => void;
  /** Told of what happens: for traces. */
  readonly onEvent?: (event: JitEvent) => void;
}

export type JitEvent =
  | {
      readonly type: "compiled";
      readonly code: Code;
      readonly entry: number;
      readonly final: boolean;
      readonly bytes: number;
    }
  | { readonly type: "failed"; readonly code: Code; readonly error: unknown }
  | { readonly type: "excluded"; readonly code: Code }
  | { readonly type: "deopt"; readonly code: Code; readonly pc: number; readonly reason: string }
  | { readonly type: "dropped"; readonly code: Code };

export interface JitStats {
  /** Functions and continuations compiled, those that were made anew included. */
  compiled: number;
  /** Times that compiled code was left because it had been made for something else. */
  deopts: number;
  /** Functions that could not be compiled. */
  fallbacks: number;
  /** Bytes of WebAssembly made. */
  bytes: number;
}

/** Depth that a call from the VM gives to compiled code, in units of 32 bytes: well within the host's stack. */
const DEPTH = 14_000;
/** After so many wrong guesses about a function none are made. */
const MAX_DEOPTS = 12;
/** Units that are kept where nothing else is asked for. */
const MAX_UNITS = 4_000;
/** Closures of one function that are told when its code is given up. Most have one; those of an inner one die young. */
const MAX_ADOPTERS = 16;
/** Returns to one place of a compiled function before it gets an entry there. */
const RETURNS = 30;

/** What the JIT knows of a function. */
interface State {
  readonly code: Code;
  /** A closure whose code is the best there is. */
  readonly prototype: object;
  /** 0: not compiled. 1: with counters. 2: final. */
  level: 0 | 1 | 2;
  promoted: boolean;
  hopeless: boolean;
  deopts: number;
  /** Times that compiled code wanted to call it. */
  wanted: number;
  /** When it was used last, by the JIT's count. */
  used: number;
  /** Closures that were given its code, as far as they are known: they lose it when it is given up. */
  readonly adopters: WeakRef<object>[];
  readonly counter: number;
  readonly sites: number;
  readonly refuted: Set<string>;
  readonly continuations: Map<number, { heat: number; kont: object | undefined }>;
  isSelf: IsSelf;
}
type IsSelf = (instruction: Instruction) => boolean;

interface Made {
  readonly memory: Memory;
  readonly world: UnitWorld;
  readonly entry: EntryExports;
}

export class WasmJit implements Jit {
  readonly threshold: number;
  readonly metered: boolean;
  readonly stats: JitStats = { compiled: 0, deopts: 0, fallbacks: 0, bytes: 0 };
  readonly #options: JitOptions;
  readonly #promotion: number;
  /** What units need, made when the first is: a program that is over soon pays nothing. */
  #made: Made | undefined = undefined;
  readonly #states: WeakMap<Code, State> = new WeakMap();
  readonly #globals: WeakMap<Cell, object> = new WeakMap();
  readonly #wrapped: Map<string, (...args: unknown[]) => unknown> = new Map();
  /** Functions with compiled code, and how many units that is. */
  readonly #compiled: Set<State> = new Set();
  #units = 0;
  #uses = 0;
  marks: Marks | undefined = undefined;
  #frames: LeftFrame[] = [];
  #raised: Value | undefined = undefined;
  #taken: unknown = undefined;
  #wrong: { readonly state: State; readonly pc: number; readonly what: number } | undefined = undefined;

  constructor(options: JitOptions = {}) {
    this.#options = options;
    this.threshold = options.threshold ?? 500;
    this.metered = options.metered ?? true;
    this.#promotion = options.promotion ?? 2_000;
  }

  get #ready(): Made {
    this.#made ??= this.#make();
    return this.#made;
  }

  #make(): Made {
    const memory = new Memory();
    const world: UnitWorld = {
      host: this.#host(),
      memory: memory.object,
      metered: this.metered,
      primitive: (primitive, args) => this.#wrap(primitive, args),
      named: (name) => named(name),
      template: (template) => (row) =>
        this.#guard(() => renderTemplate(template as Template, this.#values(row as object))),
      prototype: (code) => this.#state(code).prototype,
      global: (cell) => this.#global(cell),
    };
    const entry = entryExports(
      instantiate(buildEntry(), { j: { number: (value: number): number => value } }),
    );
    return { memory, world, entry };
  }

  get fuel(): number {
    return this.#ready.memory.words[FUEL >> 2] as number;
  }
  set fuel(n: number) {
    this.#ready.memory.words[FUEL >> 2] = n;
  }

  // ---- what the machine asks

  call(code: Code, closure: Value, values: readonly unknown[], at: number): Value | null | undefined {
    code.heat = -1;
    const state = this.#state(code);
    if (state.level === 0 && !this.#compile(state)) return undefined;
    state.used = ++this.#uses;
    if (this.#ready.entry.hasCode(closure) === 0) this.#adopt(closure, state);
    this.#reset();
    if (!signatureOf(code).direct) {
      const n = parametersOf(code);
      const row = heap.row(n);
      for (let i = 0; i < n; i++) heap.rowSet(row, i, put(values[at + i] as Value));
      return this.#ready.entry.callRow(closure, DEPTH, row) as Value | null;
    }
    const arg = (i: number): Value => put(values[at + i] as Value);
    const call = this.#ready.entry.calls[code.required] as EntryExports["calls"][number];
    switch (code.required) {
      case 0:
        return call(closure, DEPTH) as Value | null;
      case 1:
        return call(closure, DEPTH, arg(0)) as Value | null;
      case 2:
        return call(closure, DEPTH, arg(0), arg(1)) as Value | null;
      case 3:
        return call(closure, DEPTH, arg(0), arg(1), arg(2)) as Value | null;
      default:
        return call(
          closure,
          DEPTH,
          ...Array.from({ length: code.required }, (_, i) => arg(i)),
        ) as Value | null;
    }
  }

  goOn(
    code: Code,
    pc: number,
    closure: Value,
    values: readonly unknown[],
    fp: number,
    loop: boolean,
  ): Value | null | undefined {
    if (isMachineCode(code)) return undefined;
    const state = this.#state(code);
    if (state.hopeless) return undefined;
    let place = state.continuations.get(pc);
    if (place === undefined) {
      place = { heat: loop ? 0 : Math.min(RETURNS, this.threshold), kont: undefined };
      state.continuations.set(pc, place);
    }
    if (place.kont === undefined) {
      if (--place.heat >= 0) return undefined;
      place.kont = this.#continue(state, pc);
      if (place.kont === undefined) return undefined;
    }
    state.used = ++this.#uses;
    const live = liveRegisters(code, pc);
    const row = heap.row(live.length);
    for (let i = 0; i < live.length; i++) heap.rowSet(row, i, put(values[fp + (live[i] as number)] as Value));
    this.#reset();
    return this.#ready.entry.goOn(place.kont, closure, DEPTH, row) as Value | null;
  }

  #reset(): void {
    const { patience } = this.#options;
    if (patience !== undefined) this.#ready.memory.words[PATIENCE >> 2] = patience();
    this.#frames = [];
    this.#raised = undefined;
    this.#wrong = undefined;
  }

  exit(): JitExit {
    return { frames: this.#frames, raised: this.#raised };
  }

  learn(register: (r: number) => unknown): void {
    const wrong = this.#wrong;
    if (wrong === undefined) return;
    this.#wrong = undefined;
    const { state, pc, what } = wrong;
    const { code } = state;
    this.stats.deopts++;
    let reason: string;
    let news: boolean;
    if (what > 0) {
      const key = `${pc}:${what - 1}`;
      reason = `register ${what - 1} is no number at the head of a loop`;
      news = !state.refuted.has(key);
      state.refuted.add(key);
    } else {
      const bit = seenAt(code, pc, register);
      reason =
        bit === SAW_FLOAT ? "not the small integer that was expected" : "not the number that was expected";
      news = ((this.#ready.memory.bytes[state.sites + pc] as number) & bit) === 0;
      this.#ready.memory.bytes[state.sites + pc] =
        (this.#ready.memory.bytes[state.sites + pc] as number) | bit;
    }
    this.#options.onEvent?.({ type: "deopt", code, pc, reason });
    // The closure may have code that was given up before.
    this.#ready.entry.forget((this.#frames[0] as LeftFrame).closure);
    if (!news) return;
    state.deopts++;
    this.#forget(state);
  }

  /** Gives up all compiled code of a function; what runs of it goes on to its end. */
  #forget(state: State): void {
    const { entry } = this.#ready;
    if (state.level > 0) this.#units--;
    state.level = 0;
    entry.forget(state.prototype);
    for (const adopter of state.adopters.splice(0)) {
      const closure = adopter.deref();
      if (closure !== undefined) entry.forget(closure);
    }
    for (const place of state.continuations.values()) {
      if (place.kont !== undefined) this.#units--;
      place.kont = undefined;
    }
    this.#compiled.delete(state);
  }

  /** Makes room for a unit of `state`: gives up what was not used for longest. */
  #makeRoom(state: State): void {
    const max = this.#options.maxUnits ?? MAX_UNITS;
    while (this.#units >= max) {
      let oldest: State | undefined;
      for (const other of this.#compiled) {
        if (other !== state && (oldest === undefined || other.used < oldest.used)) oldest = other;
      }
      if (oldest === undefined) return;
      this.#forget(oldest);
      oldest.code.heat = this.threshold;
      this.#options.onEvent?.({ type: "dropped", code: oldest.code });
    }
  }

  // ---- what compiled code asks

  #host(): HostImports {
    return {
      save: (code, pc, closure, row) => this.#save(code as Code, pc, closure as Value, row),
      deopt: (code, pc, what) => {
        this.#wrong = { state: this.#state(code as Code), pc, what };
      },
      number: (value) => value,
      link: (callee) => this.#link(callee as Value),
      prepare: (callee, row, keywords) => {
        if (this.#prepare(callee as Value | null, row as object, keywords)) return 1;
        // The call has been counted, and the VM will count it when it makes it.
        if (this.#raised === undefined) this.fuel++;
        return 0;
      },
      taken: () => {
        const taken = this.#taken;
        this.#taken = undefined;
        return taken;
      },
      tierUp: (closure) => this.#tierUp(closure as Value),
      continuation: (code, pc) => this.#promote(code as Code, pc),
      remainder: (a, b) => a % b,
      setGlobal: (cell, value) => {
        (cell as Cell).value = value as Value;
      },
      add: this.#binary("+"),
      sub: this.#binary("-"),
      mul: this.#binary("*"),
      less: this.#test("<"),
      lessEqual: this.#test("<="),
      greater: this.#test(">"),
      greaterEqual: this.#test(">="),
      equal: (a, b) => this.#decide(() => equal(a as Value, b as Value)),
      empty: (a) => this.#decide(() => named("empty?").fn(a as Value) === TRUE),
    };
  }

  #save(code: Code, at: number, closure: Value, row: object): void {
    const pc = this.#frames.length === 0 ? at : at + lengthOf(code, at);
    this.#frames.push({ code, closure, pc, row, at });
  }

  /** Runs what may raise: null, and what it raised is noted. */
  #guard(run: () => Value): unknown {
    try {
      return put(run());
    } catch (error) {
      this.#raised = payloadOf(error);
      return null;
    }
  }

  /** 0 or 1; 2: it has raised. */
  #decide(run: () => boolean): number {
    try {
      return run() ? 1 : 0;
    } catch (error) {
      this.#raised = payloadOf(error);
      return 2;
    }
  }

  #binary(name: string): (a: unknown, b: unknown) => unknown {
    const { fn } = named(name);
    return (a, b) => this.#guard(() => fn(a as Value, b as Value));
  }

  #test(name: string): (a: unknown, b: unknown) => number {
    const { fn } = named(name);
    return (a, b) => this.#decide(() => fn(a as Value, b as Value) === TRUE);
  }

  #wrap(primitive: Primitive, args: number | "row"): (...args: unknown[]) => unknown {
    const key = `${primitive.name}/${args}`;
    let wrapped = this.#wrapped.get(key);
    if (wrapped === undefined) {
      wrapped = args === "row" ? this.#wrapRow(primitive) : this.#wrapPlain(primitive.fn, args);
      this.#wrapped.set(key, wrapped);
    }
    return wrapped;
  }

  #wrapRow({ fn }: Primitive): (...args: unknown[]) => unknown {
    return (row) => this.#guard(() => fn(...this.#values(row as object)));
  }

  #wrapPlain(fn: (...args: Value[]) => Value, args: number): (...args: unknown[]) => unknown {
    const raise = (error: unknown): null => {
      this.#raised = payloadOf(error);
      return null;
    };
    switch (args) {
      case 1:
        return (a) => {
          try {
            return put(fn(a as Value));
          } catch (error) {
            return raise(error);
          }
        };
      case 2:
        return (a, b) => {
          try {
            return put(fn(a as Value, b as Value));
          } catch (error) {
            return raise(error);
          }
        };
      default:
        return (...given) => {
          try {
            return put(fn(...(given as Value[])));
          } catch (error) {
            return raise(error);
          }
        };
    }
  }

  #values(row: object): Value[] {
    const n = heap.rowSize(row);
    const values: Value[] = new Array(n);
    for (let i = 0; i < n; i++) values[i] = heap.rowGet(row, i) as Value;
    return values;
  }

  #link(callee: Value): number {
    const code = closureCode(callee) as Code | null;
    if (code === null) return 0;
    const state = this.#state(code);
    if (state.level === 0 && (!this.#isWanted(state) || !this.#compile(state))) return 0;
    return this.#adopt(callee, state);
  }

  /** Compiled code calls it: soon it is hot. */
  #isWanted(state: State): boolean {
    return ++state.wanted > Math.min(2, this.threshold);
  }

  #prepare(callee: Value | null, row: object, keywords: unknown): boolean {
    // A global that is not defined, or not linked yet.
    if (callee === null) return false;
    try {
      const call = resolveCall(
        callee,
        this.#values(row),
        (keywords ?? undefined) as readonly number[] | undefined,
      );
      switch (call.type) {
        case "value":
          this.#taken = put(call.value);
          return true;
        case "control": {
          // To look at a mark takes no stack; all else that control builtins do is the machine's.
          if (call.builtin.name !== "%mark" || this.marks === undefined) return false;
          const [key = NIL, otherwise = NIL] = call.args;
          this.#taken = put(this.marks.mark(key) ?? otherwise);
          return true;
        }
        case "frame":
          return call.closure === callee ? this.#bind(call.code, callee, call.registers) : false;
        default:
          return call satisfies never;
      }
    } catch (error) {
      this.#raised = payloadOf(error);
      return false;
    }
  }

  #bind(code: Code, callee: Value, registers: readonly unknown[]): boolean {
    if (signatureOf(code).direct) return false;
    const state = this.#state(code);
    if (state.level === 0 && (!this.#isWanted(state) || !this.#compile(state))) return false;
    if (this.#ready.entry.hasCode(callee) === 0) this.#adopt(callee, state);
    const row = heap.row(registers.length);
    for (let i = 0; i < registers.length; i++) heap.rowSet(row, i, put(registers[i] as Value));
    this.#taken = row;
    return true;
  }

  #tierUp(closure: Value): number {
    const state = this.#state(closureCode(closure) as Code);
    if (state.level < 2) {
      state.promoted = true;
      if (!this.#compile(state)) {
        this.#ready.memory.words[state.counter >> 2] = COLD;
        return 0;
      }
    }
    return this.#adopt(closure, state);
  }

  #promote(code: Code, pc: number): object | null {
    const state = this.#state(code);
    state.promoted = true;
    let place = state.continuations.get(pc);
    if (place === undefined) {
      place = { heat: 0, kont: undefined };
      state.continuations.set(pc, place);
    }
    place.kont ??= this.#continue(state, pc);
    if (place.kont === undefined) this.#ready.memory.words[state.counter >> 2] = COLD;
    return place.kont ?? null;
  }

  #adopt(closure: Value, state: State): number {
    if (state.adopters.length < MAX_ADOPTERS) state.adopters.push(new WeakRef(closure as object));
    state.used = ++this.#uses;
    return this.#ready.entry.adopt(closure, state.prototype);
  }

  // ---- compiling

  #state(code: Code): State {
    let state = this.#states.get(code);
    if (state === undefined) {
      const counter = this.#ready.memory.allocate(4);
      const made: State = {
        code,
        prototype: closureOf(code, []) as object,
        level: 0,
        promoted: false,
        hopeless: false,
        deopts: 0,
        wanted: 0,
        used: 0,
        adopters: [],
        counter,
        sites: this.#ready.memory.allocate(code.code.length),
        refuted: new Set(),
        continuations: new Map(),
        isSelf: ({ opcode, operands: [cell = 0, , n] }) =>
          opcode.name === "TAILCALLGLOBAL" &&
          code.simple &&
          n === code.required &&
          signatureOf(code).direct &&
          (code.constants[cell] as Cell).value !== undefined &&
          closureCode((code.constants[cell] as Cell).value as Value) === code,
      };
      this.#states.set(code, made);
      state = made;
    }
    return state;
  }

  #profile(state: State): Profile {
    return {
      seen: (pc) => this.#ready.memory.bytes[state.sites + pc] as number,
      refuted: (pc, r) => state.refuted.has(`${pc}:${r}`),
      settled: state.promoted && state.deopts <= MAX_DEOPTS,
    };
  }

  /** Compiles a function for what is known of it. False: it cannot be, or must not. */
  #compile(state: State): boolean {
    const { code } = state;
    if (state.hopeless) return false;
    if (isMachineCode(code) || this.#isExcluded(code)) {
      state.hopeless = true;
      code.heat = COLD;
      this.#options.onEvent?.({ type: "excluded", code });
      return false;
    }
    const made = this.#emit(state, 0, false);
    if (made === undefined) return false;
    if (state.level === 0) this.#units++;
    const { type } = signatureOf(code);
    if (type === "$fv") this.#ready.entry.giveRow(state.prototype, made);
    else (this.#ready.entry.give[code.required] as EntryExports["give"][number])(state.prototype, made);
    state.level = state.promoted ? 2 : 1;
    code.heat = -1;
    return true;
  }

  #continue(state: State, pc: number): object | undefined {
    state.promoted = true;
    if (state.hopeless || this.#isExcluded(state.code)) return undefined;
    const made = this.#emit(state, pc, true);
    if (made === undefined) return undefined;
    this.#units++;
    state.code.heat = -1;
    return this.#ready.entry.kont(made);
  }

  #emit(state: State, entry: number, continues: boolean): unknown {
    const { code } = state;
    this.#makeRoom(state);
    state.used = ++this.#uses;
    this.#compiled.add(state);
    try {
      const isSelfCall: IsSelf = continues && entry !== 0 ? () => false : state.isSelf;
      const plan: Plan = {
        code,
        entry,
        continues,
        flow: flowOf(code, entry, isSelfCall),
        profile: this.#profile(state),
        counter: state.promoted ? undefined : state.counter,
        sites: state.sites,
        restless: this.#options.patience !== undefined,
        isSelfCall,
      };
      this.#ready.memory.words[state.counter >> 2] = this.#promotion;
      // As profilers and stack traces of the engine show it; no other function of a unit has a blank in its name.
      const at = positionAt(code, entry);
      const name = `${code.name || "fn"} ${at === undefined ? "?" : `${at.file}:${at.line}`}`;
      const unit = new Unit(name, this.#ready.world);
      announce(unit, plan);
      new FunctionEmitter(unit, plan, name);
      const bytes = unit.encode();
      this.#options.onUnit?.(bytes, code);
      const exports = instantiate(bytes, unit.imports);
      this.stats.compiled++;
      this.stats.bytes += bytes.length;
      this.#options.onEvent?.({ type: "compiled", code, entry, final: state.promoted, bytes: bytes.length });
      return exports.f;
    } catch (error) {
      this.stats.fallbacks++;
      state.hopeless = true;
      code.heat = COLD;
      this.#options.onEvent?.({ type: "failed", code, error });
      return undefined;
    }
  }

  #isExcluded(code: Code): boolean {
    return (this.#options.exclude ?? []).some((pattern) =>
      typeof pattern === "string" ? pattern === code.name : pattern.test(code.name),
    );
  }

  #global(cell: Cell): object {
    let global = this.#globals.get(cell);
    if (global === undefined) {
      global = heap.global();
      this.#globals.set(cell, global);
      const mirror = global;
      const write = (value: Value | undefined): void =>
        heap.globalSet(mirror, value === undefined ? null : put(value));
      cell.onWrite = write;
      write(cell.value);
    }
    return global;
  }
}
