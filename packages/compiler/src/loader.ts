/**
 * Loads modules: reads files, expands their forms one by one and has each run before the next is
 * expanded, so that macros may use what stands above them. It does nothing itself that may take
 * time: it is a generator of steps, and whoever drives it reads, runs and answers, at once or later.
 */
import { type Form, type ReadOptions, read, spanOf } from "@sorbus/reader";
import { Condition, fromArray, Raise, type Value } from "@sorbus/vm";
import { type Diagnostic, diagnosticOf } from "./check.ts";
import type { Unit } from "./core.ts";
import type { Expander } from "./expander.ts";
import {
  addExports,
  announce,
  exportMistakes,
  type ImportForm,
  isExport,
  isImport,
  linkImport,
  parseImport,
} from "./imports.ts";
import { MacroSuspended } from "./macros.ts";
import { type CoreModule, Module } from "./module.ts";
import { syntaxCondition, syntaxError } from "./syntax.ts";

/** What the loader waits for. */
export type LoadStep =
  /** The answer is the text of the file. Throw what is wrong with it into the generator. */
  | { readonly type: "read"; readonly path: string }
  /** The answer does not matter; an exception ends the load. */
  | { readonly type: "run"; readonly unit: Unit; readonly module: Module }
  /** The answer is the value of the macro's function. */
  | { readonly type: "macro"; readonly suspended: MacroSuspended };

/** Answers of the kinds that `LoadStep` asks for. */
export type LoadAnswer = string | Value | undefined;

export type Load<T> = Generator<LoadStep, T, LoadAnswer>;

export interface LoaderOptions {
  readonly expander: Expander;
  readonly core: CoreModule;
  /** The path of the module that `specifier` names in the module `from`. */
  readonly resolve: (specifier: string, from: string) => string;
  readonly read?: Pick<ReadOptions, "tags">;
  /** Given, mistakes in files are told to it and loading goes on with the next form; else the first one is thrown. */
  readonly report?: (mistake: Diagnostic, module: Module) => void;
}

interface Entry {
  readonly module: Module;
  /** The forms of the file as read last. */
  forms: readonly Form[];
  state: "loading" | "loaded";
}

export class Loader {
  private readonly options: LoaderOptions;
  private readonly entries = new Map<string, Entry>();
  /** Modules that have an import under way → the module that each imports. */
  private readonly importing = new Map<Module, Module>();

  constructor(options: LoaderOptions) {
    this.options = options;
    options.expander.describeCycle = (from, to) => this.cycle(from, to);
  }

  /** A loaded module. */
  module(path: string): Module | undefined {
    return this.entries.get(path)?.module;
  }

  /** All modules, in the order in which their loading began. */
  modules(): Module[] {
    return [...this.entries.values()].map((entry) => entry.module);
  }

  /** Makes a module known by its id, as if it had been loaded. */
  add(module: Module): void {
    this.entries.set(module.id, { module, forms: [], state: "loaded" });
  }

  /** Forgets a module: what refers to it stays as it is, and it is loaded anew when it is asked for again. */
  forget(id: string): void {
    this.entries.delete(id);
  }

  /** The top-level forms of a module, as read last. */
  forms(path: string): readonly Form[] {
    return this.entries.get(path)?.forms ?? [];
  }

  /**
   * Loads the module of a file and all that it imports, each once.
   * @throws Raise kind "read", "syntax" or "import", or what the driver throws
   * @throws Error for a module that another load of this loader has not finished
   */
  load(path: string): Load<Module> {
    return this.loadFor(path, undefined, undefined);
  }

  private *loadFor(path: string, importer: Module | undefined, form: ImportForm | undefined): Load<Module> {
    const known = this.entries.get(path);
    if (known !== undefined) {
      if (known.state === "loading" && !this.waitsFor(known.module, importer)) {
        throw new Error(`${path} is being loaded already: one load at a time`);
      }
      return known.module;
    }
    const module = new Module(path, this.options.core);
    module.loading = true;
    const entry: Entry = { module, forms: [], state: "loading" };
    this.entries.set(path, entry);
    if (importer !== undefined) this.importing.set(importer, module);
    try {
      entry.forms = this.parse(yield* this.text(path, form), path, module);
      yield* this.statements(entry.forms, module);
      this.checkExports(module);
      module.loading = false;
      entry.state = "loaded";
    } finally {
      if (importer !== undefined) this.importing.delete(importer);
      // What has failed is loaded anew when it is asked for again.
      if (entry.state === "loading") this.entries.delete(path);
    }
    return module;
  }

  /** Reads, expands and runs a text in an existing module: the prompt, `eval` of a text. */
  *evaluate(text: string, module: Module, file: string = module.id): Load<void> {
    yield* this.statements(this.parse(text, file, module), module);
  }

  /** Expands and runs forms in an existing module, imports among them included. */
  *evaluateForms(forms: readonly Form[], module: Module): Load<void> {
    yield* this.statements(forms, module);
  }

  /** A module that no file stands for, such as a prompt's. */
  createModule(id: string): Module {
    const module = new Module(id, this.options.core);
    this.add(module);
    return module;
  }

  private parse(text: string, file: string, module: Module): readonly Form[] {
    const { forms, errors } = read(text, { ...this.options.read, file });
    const { report } = this.options;
    const [first, ...others] = errors;
    if (first === undefined) return forms;
    if (report !== undefined) {
      for (const { message, span } of errors)
        report({ severity: "error", code: "read", message, span }, module);
      return forms;
    }
    const more = others.map((e) => `${e.span.line}:${e.span.column} ${e.message}`);
    const condition = new Condition("read", first.message, fromArray(more));
    condition.span = first.span;
    throw new Raise(condition);
  }

  private *text(path: string, importedBy: ImportForm | undefined): Load<string> {
    let text: LoadAnswer;
    try {
      text = yield { type: "read", path };
    } catch (error) {
      if (error instanceof Raise) throw error;
      const condition = new Condition(
        "import",
        `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
        fromArray([path]),
      );
      if (importedBy !== undefined) condition.span = syntaxCondition(importedBy.specifierForm, "").span;
      throw new Raise(condition);
    }
    if (typeof text !== "string") throw new TypeError(`the text of ${path} is no string`);
    return text;
  }

  private *statements(forms: readonly Form[], module: Module): Load<void> {
    const before = new Set(module.definitions());
    for (const form of forms) announce(module, form);
    const announced = module.definitions().filter((name) => !before.has(name));
    try {
      yield* this.inOrder(forms, module);
    } catch (error) {
      module.forget(announced);
      throw error;
    }
  }

  private *inOrder(forms: readonly Form[], module: Module): Load<void> {
    const imports: ImportForm[] = [];
    for (const form of forms) {
      if (isExport(form)) addExports(module, form);
      else if (isImport(form)) imports.push(parseImport(form));
    }
    // Imports come first, wherever they stand: what they bring means the same in the whole file.
    for (const item of imports) yield* this.reporting(this.link(item, module), module);
    for (const form of forms) {
      if (!isExport(form) && !isImport(form)) yield* this.reporting(this.form(form, module), module);
    }
  }

  /** With `report`, tells it a mistake in `part` instead of letting it end the load. */
  private *reporting(part: Load<void>, module: Module): Load<void> {
    try {
      yield* part;
    } catch (error) {
      const mistake = diagnosticOf(error);
      if (mistake === undefined || this.options.report === undefined) throw error;
      this.options.report(mistake, module);
    }
  }

  private *form(form: Form, module: Module): Load<void> {
    for (;;) {
      try {
        for (const unit of this.options.expander.units(form, module)) yield { type: "run", unit, module };
        return;
      } catch (error) {
        if (!(error instanceof MacroSuspended)) throw error;
        const value = yield { type: "macro", suspended: error };
        if (value === undefined) throw new TypeError("a suspended macro was answered without a value");
        error.complete(value);
      }
    }
  }

  private *link(item: ImportForm, module: Module): Load<void> {
    const from = yield* this.loadFor(this.path(item, module), module, item);
    linkImport(module, item, from, () => this.cycle(module, from));
  }

  /** The path of the file that an import names. @throws Raise kind "import" at the name */
  private path({ specifier, specifierForm }: ImportForm, module: Module): string {
    try {
      return this.options.resolve(specifier, module.id);
    } catch (error) {
      if (error instanceof Raise) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const condition = new Condition("import", message, fromArray([specifier]));
      condition.span = spanOf(specifierForm);
      throw new Raise(condition);
    }
  }

  private checkExports(module: Module): void {
    for (const { message, form } of exportMistakes(module)) {
      if (this.options.report === undefined) syntaxError(form, message);
      this.options.report({ severity: "error", code: "syntax", message, span: spanOf(form) }, module);
    }
  }

  /** Whether `from` is loading what leads to `to`, or is it. */
  private waitsFor(from: Module, to: Module | undefined): boolean {
    for (let module: Module | undefined = from; module !== undefined; module = this.importing.get(module)) {
      if (module === to) return true;
    }
    return false;
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

/**
 * Drives a load. The result is a promise only if `answer` gave one: a load whose steps are all
 * answered at once is done at once.
 */
export function driveLoad<T>(
  load: Load<T>,
  answer: (step: LoadStep) => LoadAnswer | Promise<LoadAnswer>,
): T | Promise<T> {
  let result = load.next();
  while (result.done !== true) {
    let reply: LoadAnswer | Promise<LoadAnswer>;
    try {
      reply = answer(result.value);
    } catch (error) {
      result = load.throw(error);
      continue;
    }
    if (reply instanceof Promise) return driveLater(load, reply, answer);
    result = load.next(reply);
  }
  return result.value;
}

async function driveLater<T>(
  load: Load<T>,
  first: Promise<LoadAnswer>,
  answer: (step: LoadStep) => LoadAnswer | Promise<LoadAnswer>,
): Promise<T> {
  let reply: LoadAnswer | Promise<LoadAnswer> = first;
  for (;;) {
    let value: LoadAnswer;
    let failure: { readonly error: unknown } | undefined;
    try {
      value = await reply;
    } catch (error) {
      failure = { error };
    }
    // What the load itself throws leaves here; it is not given back to it.
    const result = failure === undefined ? load.next(value) : load.throw(failure.error);
    if (result.done === true) return result.value;
    try {
      reply = answer(result.value);
    } catch (error) {
      reply = Promise.reject(error);
    }
  }
}
