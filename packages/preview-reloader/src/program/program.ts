/**
 * A program that is loaded and stays alive while its text changes: its files, their modules and code, and what can be
 * asked of it. Loading is here, replacing parts in `reload.ts`.
 */
import {
  addExports,
  announce,
  type Core,
  exportMistakes,
  type GeneratedUnit,
  type ImportForm,
  isExport,
  isImport,
  linkImport,
  MacroSuspended,
  type Module,
  parseImport,
  type Unit,
} from "@sorbus/compiler";
import { isPromise } from "@sorbus/io-resolver";
import { type Form, type ReadResult, read, spanOf } from "@sorbus/reader";
import {
  Cell,
  Condition,
  EMPTY,
  type EngineFiber,
  fromArray,
  type Limits,
  NIL,
  Raise,
  type Value,
} from "@sorbus/vm";
import { type MaybePromise, Runtime, vmTierWith } from "sorbus";
import type { Definition, DefinitionKind, Import, Item, SourceFile } from "./model.ts";
import { type Answerer, PREVIEW_TIME, PreviewResolver } from "./ops.ts";
import { locateIn } from "./place.ts";
import { shapeOf } from "./shape.ts";

/** What a program needs of the world around it. */
export interface ProgramHost extends Answerer {
  /** The path of what `specifier` names in the file `from`; `from` is "" for the entry. */
  resolve(specifier: string, from: string): string;
  /** The text of a file of the program. Throws or rejects when there is none. */
  read(path: string): MaybePromise<string>;
  /** Milliseconds since some start. */
  now(): number;
}

export interface ProgramOptions {
  readonly entry: string;
  /** A file with hooks of the project, which is part of the program. */
  readonly hooks?: string | undefined;
  readonly host: ProgramHost;
  /** Of each run: top-level code of a form, a render, an action. */
  readonly limits: Limits;
  /** When it is for previews, in milliseconds since 1970. Default: the start of 2025. */
  readonly time?: number;
  /** What once-only values get instead of those that they compute, by the id of their definition. */
  readonly restore?: (definition: Definition, run: () => MaybePromise<void>) => MaybePromise<void>;
}

/** Calls and loop iterations after which a run lets others have a turn, and looks whether it is still wanted. */
const SLICE = 200_000;

/** A load or reload that nobody wants any more. */
export class Cancelled extends Error {}

/** A program, loaded. Make one with `Program.load`. */
export class Program {
  readonly runtime: Runtime;
  readonly resolver: PreviewResolver;
  readonly options: ProgramOptions;
  readonly files: Map<string, SourceFile> = new Map();
  /** Files that could not be read: when they come to be, the program may load. */
  readonly missing: Set<string> = new Set();
  /** What defines a cell. */
  readonly definers: Map<Cell, Definition> = new Map();
  /** The definitions whose code mentions a cell. */
  readonly users: Map<Cell, Set<Definition>> = new Map();
  /** The definitions whose expansion went through a macro, by `module/name`. */
  readonly macroUsers: Map<string, Set<Definition>> = new Map();
  /** Values that are kept across reloads, with the shapes that they started from. */
  readonly shapes: Map<Cell, string> = new Map();
  /** Ops that top-level code asked for, and the data that it read. */
  readonly loadReads: Set<string> = new Set();
  loadAsked = false;
  private loadOrder: SourceFile[] | undefined;
  private readonly importing: Map<Module, Module> = new Map();
  /** Code that was generated since it was last taken, for units that are no values themselves. */
  private generated: GeneratedUnit[] = [];
  private compiling: Item | undefined;

  private breath: Breath | undefined;
  /** For macros that wait: they are given up when what they expand is no longer wanted. */
  wanted: { readonly signal?: AbortSignal } = {};

  private constructor(options: ProgramOptions) {
    this.options = options;
    const { host, limits, time = PREVIEW_TIME } = options;
    this.resolver = new PreviewResolver(host, time);
    this.runtime = new Runtime({
      ops: this.resolver,
      record: true,
      development: true,
      limits,
      slice: SLICE,
      now: () => host.now(),
      files: { resolve: host.resolve, read: host.read },
      tier: vmTierWith({
        onUnit: (code) => this.generated.push(code),
        locate: () => (this.compiling === undefined ? undefined : locateIn(this.compiling)),
      }),
    });
    const { world } = this.runtime;
    world.expander.describeCycle = (from, to) => this.cycle(from, to);
  }

  /** @throws Raise (or rejects with it) when the program cannot be loaded; `missing` and `files` of `program` say what it read */
  static async load(
    options: ProgramOptions,
    signal?: AbortSignal,
    made?: (program: Program) => void,
  ): Promise<Program> {
    const program = new Program(options);
    program.breath = new Breath(signal, () => options.host.now());
    program.wanted = signal === undefined ? {} : { signal };
    made?.(program);
    const { entry, hooks, host } = options;
    if (hooks !== undefined) await program.loadFile(host.resolve(hooks, ""), undefined, undefined, signal);
    await program.loadFile(host.resolve(entry, ""), undefined, undefined, signal);
    program.runtime.world.main = program.entryFile()?.module;
    program.breath = undefined;
    program.wanted = {};
    return program;
  }

  entryFile(): SourceFile | undefined {
    return this.files.get(this.options.host.resolve(this.options.entry, ""));
  }

  /** The text of a file of the program, for code frames. */
  readonly textOf = (path: string): string | undefined => this.files.get(path)?.read.source.text;

  // ---- loading -------------------------------------------------------------------------------

  /** Loads a file and what it imports, each once, and runs their top-level code in order. */
  async loadFile(
    path: string,
    importer: SourceFile | undefined,
    form: ImportForm | undefined,
    signal?: AbortSignal,
  ): Promise<SourceFile> {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const text = this.text(path, form);
    const whole = isPromise(text) ? await text : text;
    stopIf(signal);
    const source = parse(read(whole, { file: path }));
    const module = this.runtime.world.loader.createModule(path);
    const file: SourceFile = { path, module, read: source, items: [], links: [], imports: [] };
    this.files.set(path, file);
    this.forgetOrder();
    module.loading = true;
    if (importer !== undefined) this.importing.set(importer.module, module);
    try {
      await this.loadForms(file, signal);
    } catch (error) {
      // The text stays for code frames; nothing else of it counts.
      file.items = [];
      throw error;
    } finally {
      module.loading = false;
      if (importer !== undefined) this.importing.delete(importer.module);
    }
    return file;
  }

  private async loadForms(file: SourceFile, signal: AbortSignal | undefined): Promise<void> {
    const { module } = file;
    const { forms } = file.read;
    const links = this.openModule(file, forms);
    for (const item of links) await this.link(file, item, signal);
    for (const form of forms) {
      if (isImport(form) || isExport(form)) continue;
      const item: Item = { file, form, definitions: [] };
      file.items.push(item);
      const expanding = this.expand(item, module, (definition) => {
        item.definitions.push(definition);
        this.index(definition);
        return this.runFirst(definition, signal);
      });
      if (isPromise(expanding)) await expanding;
      stopIf(signal);
    }
    await this.breath?.take();
    checkFile(file);
  }

  /** Announces what the forms define, and gives the imports, which come first. */
  openModule(file: SourceFile, forms: readonly Form[]): ImportForm[] {
    const { module } = file;
    for (const form of forms) announce(module, form);
    const imports: ImportForm[] = [];
    const links: Form[] = [];
    for (const form of forms) {
      if (isExport(form)) addExports(module, form);
      else if (isImport(form)) imports.push(parseImport(form));
      else continue;
      links.push(form);
    }
    file.links = links;
    file.imports = [];
    return imports;
  }

  async link(file: SourceFile, item: ImportForm, signal: AbortSignal | undefined): Promise<void> {
    const { host } = this.options;
    const path = this.resolvePath(item, file.path, host);
    const known = this.files.get(path);
    // What it wants counts even if it is not there: the graph says what a file has to do with which.
    file.imports = [...file.imports, { item, path } satisfies Import];
    const from = known ?? (await this.loadFile(path, file, item, signal));
    linkImport(file.module, item, from.module, () => this.cycle(file.module, from.module));
  }

  private resolvePath(item: ImportForm, from: string, host: ProgramHost): string {
    try {
      return host.resolve(item.specifier, from);
    } catch (error) {
      if (error instanceof Raise) throw error;
      throw importMistake(item.specifier, error, item);
    }
  }

  private text(path: string, importedBy: ImportForm | undefined): MaybePromise<string> {
    const failed = (error: unknown): never => {
      this.missing.add(path);
      throw importMistake(path, error, importedBy);
    };
    try {
      const text = this.options.host.read(path);
      return isPromise(text) ? (text as Promise<string>).catch(failed) : text;
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * Expands and compiles a form; `each` is given its definitions one by one, and the next is expanded when it is done.
   * A promise only if a macro or `each` waits.
   */
  expand(
    item: Item,
    module: Module,
    each: (definition: Definition) => MaybePromise<void>,
  ): MaybePromise<void> {
    return this.expandUnits(item, module, (unit, macroCode) => each(this.define(unit, item, macroCode)));
  }

  /** As `expand`, without compiling: `each` gets units and the code that the compiler made of macros among them. */
  expandUnits(
    item: Item,
    module: Module,
    each: (unit: Unit, macroCode: readonly GeneratedUnit[]) => MaybePromise<void>,
  ): MaybePromise<void> {
    for (;;) {
      this.generated = [];
      let suspended: MacroSuspended | undefined;
      try {
        const units = this.runtime.world.expander.units(item.form, module);
        for (;;) {
          this.compiling = item;
          let next: IteratorResult<Unit, void>;
          try {
            next = units.next();
          } finally {
            this.compiling = undefined;
          }
          if (next.done === true) break;
          const waiting = each(next.value, this.generated);
          this.generated = [];
          if (isPromise(waiting)) {
            const rest = units;
            return (waiting as Promise<void>).then(() => this.expandRest(item, module, rest, each));
          }
        }
        module.unknown.length = 0;
        return;
      } catch (error) {
        if (!(error instanceof MacroSuspended)) throw error;
        suspended = error;
      }
      const stopped = suspended;
      this.loadAsked = true;
      const value = this.runtime.finish(stopped.fiber as EngineFiber, this.wanted);
      if (isPromise(value)) {
        return (value as Promise<Value>).then((result) => {
          stopped.complete(result);
          return this.expandUnits(item, module, each);
        });
      }
      stopped.complete(value);
    }
  }

  /** The rest of a generator of units, once something between two of them has waited. */
  private async expandRest(
    item: Item,
    module: Module,
    units: Generator<Unit, void, void>,
    each: (unit: Unit, macroCode: readonly GeneratedUnit[]) => MaybePromise<void>,
  ): Promise<void> {
    for (;;) {
      this.generated = [];
      this.compiling = item;
      let next: IteratorResult<Unit, void>;
      try {
        next = units.next();
      } catch (error) {
        if (!(error instanceof MacroSuspended)) throw error;
        error.complete(await this.runtime.finish(error.fiber as EngineFiber, this.wanted));
        // Units that were handed out are not handed out again.
        return this.expandUnits(item, module, each);
      } finally {
        this.compiling = undefined;
      }
      if (next.done === true) return;
      await each(next.value, this.generated);
    }
  }

  /** Compiles a unit. */
  define(unit: Unit, item: Item, macroCode: readonly GeneratedUnit[] = []): Definition {
    const kind = kindOf(unit, item);
    const { tier } = this.runtime.world;
    this.compiling = item;
    this.generated = [];
    let closure: Value;
    try {
      closure = kind === "function" ? tier.instantiate(unit) : kind === "macro" ? NIL : tier.thunk(unit);
    } finally {
      this.compiling = undefined;
    }
    const [code] = kind === "macro" ? macroCode : this.generated;
    if (code === undefined) throw new RangeError(`${unit.id} has no code`);
    const refs = new Set<Cell>();
    for (const { functions } of kind === "macro" ? macroCode : [code]) {
      for (const { constants } of functions) {
        for (const constant of constants) {
          if (constant instanceof Cell && constant.module !== "core") refs.add(constant);
        }
      }
    }
    const cells = kind === "macro" ? [] : definedCells(unit);
    return { kind, item, unit, compiled: unit, code, installed: NOTHING, closure, cells, refs: [...refs] };
  }

  /** Enters a definition into the indexes. */
  index(definition: Definition): void {
    for (const cell of definition.cells) this.definers.set(cell, definition);
    for (const cell of definition.refs) addTo(this.users, cell, definition);
    for (const macro of definition.unit.macros) addTo(this.macroUsers, macro, definition);
  }

  unindex(definition: Definition): void {
    for (const cell of definition.cells)
      if (this.definers.get(cell) === definition) this.definers.delete(cell);
    for (const cell of definition.refs) removeFrom(this.users, cell, definition);
    for (const macro of definition.unit.macros) removeFrom(this.macroUsers, macro, definition);
  }

  // ---- running -------------------------------------------------------------------------------

  /** Runs a definition for the first time in this program. */
  runFirst(definition: Definition, signal?: AbortSignal): MaybePromise<void> {
    const { restore } = this.options;
    if (definition.kind !== "once") return this.run(definition, signal);
    const shaped = (): void => this.noteShapes(definition);
    const run = (): MaybePromise<void> => {
      const ran = this.run(definition, signal);
      return isPromise(ran) ? (ran as Promise<void>).then(shaped) : shaped();
    };
    return restore === undefined ? run() : restore(definition, run);
  }

  /** Remembers the shapes that once-only values have now as those that they start from. */
  private noteShapes(definition: Definition): void {
    for (const cell of definition.cells) {
      if (cell.value !== undefined && !cell.name.startsWith("on-reload ")) {
        this.shapes.set(cell, shapeOf(cell.value));
      }
    }
  }

  /** Does what the definition says. A promise only if it asks for something that is not there yet. */
  run(definition: Definition, signal?: AbortSignal): MaybePromise<void> {
    const { unit, kind } = definition;
    if (kind === "macro") return;
    if (kind === "function") {
      const [cell] = definition.cells;
      if (cell !== undefined) cell.value = definition.closure;
      return;
    }
    const { core } = unit;
    if (core.op === "define" && core.value.op === "const") {
      core.cell.value = core.value.value;
      return;
    }
    this.resolver.begin();
    const done = (): void => {
      if (this.resolver.asked.size > 0) this.loadAsked = true;
      for (const path of this.resolver.reads) this.loadReads.add(path);
    };
    const value = this.call(definition.closure, [], signal);
    return isPromise(value) ? (value as Promise<Value>).then(done) : done();
  }

  /** Calls a function of the program within its limits. @throws Raise (or rejects with it) */
  call(fn: Value, args: readonly Value[], signal?: AbortSignal): MaybePromise<Value> {
    return this.runtime.callValue(fn, args, signal === undefined ? {} : { signal });
  }

  // ---- the graph -----------------------------------------------------------------------------

  /** The files in the order in which their top-level code runs. Linear after a change of imports, else at hand. */
  order(): readonly SourceFile[] {
    if (this.loadOrder !== undefined) return this.loadOrder;
    const order: SourceFile[] = [];
    const seen = new Set<string>();
    const visit = (path: string): void => {
      const file = this.files.get(path);
      if (file === undefined || seen.has(path)) return;
      seen.add(path);
      for (const { path: imported } of file.imports) visit(imported);
      order.push(file);
    };
    for (const path of this.roots()) visit(path);
    this.loadOrder = order;
    return order;
  }

  /** The files that the host names. */
  roots(): string[] {
    const { hooks, entry, host } = this.options;
    return (hooks === undefined ? [entry] : [hooks, entry]).map((path) => host.resolve(path, ""));
  }

  forgetOrder(): void {
    this.loadOrder = undefined;
  }

  /** All definitions, in the order in which they run. */
  *definitions(): Generator<Definition> {
    for (const file of this.order()) for (const item of file.items) yield* item.definitions;
  }

  /** "a → b → a": how the module `to` came to load `from`, which needs `to`. */
  private cycle(from: Module, to: Module): string {
    const path = [to];
    for (let module = this.importing.get(to); module !== undefined; module = this.importing.get(module)) {
      path.push(module);
      if (module === from) break;
    }
    return [...path, to].map((module) => module.id).join(" → ");
  }
}

const NOTHING: ReadonlyMap<string, Value> = new Map();

/** How long work goes on before others have a turn, in milliseconds. */
const BREATH = 8;

/** Lets others have a turn now and then during long work, and ends it when it is no longer wanted. */
export class Breath {
  private readonly signal: AbortSignal | undefined;
  private readonly now: () => number;
  private last: number;

  constructor(signal: AbortSignal | undefined, now: () => number) {
    this.signal = signal;
    this.now = now;
    this.last = now();
  }

  /** @throws Cancelled */
  async take(): Promise<void> {
    if (this.now() - this.last > BREATH) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.last = this.now();
    }
    stopIf(this.signal);
  }
}

export function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Cancelled("overtaken by a newer save");
}

/** The reading, if it is of a text without mistakes. @throws Raise kind "read": the first mistake, the others as its data */
export function parse(result: ReadResult): ReadResult {
  const [first, ...others] = result.errors;
  if (first === undefined) return result;
  const more = others.map((e) => `${e.span.line}:${e.span.column} ${e.message}`);
  const condition = new Condition("read", first.message, fromArray(more));
  condition.span = first.span;
  throw new Raise(condition);
}

/** @throws Raise kind "syntax" for a name that is exported and not defined, or two previews of one name */
export function checkFile({ module, items }: SourceFile): void {
  for (const { message, form } of exportMistakes(module)) mistake(message, form);
  const previews = new Set<string>();
  for (const { form, definitions } of items) {
    for (const { unit } of definitions) {
      const name = unit.preview?.name;
      if (name === undefined) continue;
      if (previews.has(name)) mistake(`there are two previews with the name ${JSON.stringify(name)}`, form);
      previews.add(name);
    }
  }
}

function mistake(message: string, form: Form): never {
  const condition = new Condition("syntax", message, EMPTY);
  condition.span = spanOf(form);
  throw new Raise(condition);
}

export function importMistake(path: string, error: unknown, importedBy: ImportForm | undefined): Raise {
  const why = error instanceof Error ? error.message : String(error);
  const condition = new Condition("import", `cannot read ${path}: ${why}`, fromArray([path]));
  if (importedBy !== undefined) condition.span = spanOf(importedBy.specifierForm);
  return new Raise(condition);
}

function kindOf(unit: Unit, item: Item): DefinitionKind {
  const { core, form } = unit;
  if (core.op === "define") return core.value.op === "lambda" ? "function" : "value";
  const head = headOf(form) ?? headOf(item.form);
  if (unit.id.startsWith(`${item.file.path}#`)) return "expression";
  switch (head) {
    case "defonce":
      return "once";
    case "define-record-type":
      return "record";
    case "defmacro":
      return core.op === "const" ? "macro" : "expression";
    case "define":
      return "value";
    default:
      return "expression";
  }
}

function headOf(form: Form): string | undefined {
  if (form.type !== "list") return undefined;
  const [head] = form.items;
  return head?.type === "symbol" ? head.name : undefined;
}

/** The cells that running the unit defines, in order. */
function definedCells({ core }: Unit): Cell[] {
  if (core.op === "define") return [core.cell];
  const cells: Cell[] = [];
  const todo: Core[] = [core];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    switch (node.op) {
      case "define":
        cells.push(node.cell);
        break;
      case "if":
        todo.push(node.else, node.then);
        break;
      case "seq":
        todo.push(...node.body.toReversed());
        break;
      case "let":
      case "letrec":
        todo.push(node.body);
        break;
      default:
    }
  }
  return cells;
}

function addTo<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, new Set([value]));
  else known.add(value);
}

function removeFrom<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const known = index.get(key);
  known?.delete(value);
  if (known?.size === 0) index.delete(key);
}
