/**
 * Finds what is wrong with a program without running it: of its top-level forms only definitions are
 * evaluated, because macros may need them, and what those ask of the world is not answered.
 */
import {
  announce,
  check,
  type Diagnostic,
  diagnosticOf,
  didYouMean,
  driveLoad,
  type LoadAnswer,
  type LoadStep,
  type Module,
  type Unit,
} from "@sorbus/compiler";
import { type Form, type ListForm, read, type Span, spanOf } from "@sorbus/reader";
import { Condition, type EngineFiber, inspect, Raise, type Value } from "@sorbus/vm";
import { nodeFiles, type SourceFiles } from "./files.ts";
import { vmTier, World } from "./world.ts";

/** What is wrong or doubtful, and where. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Absent: the file as a whole. */
  readonly span: Span | undefined;
}

/** One file of a program. */
export interface CheckedFile {
  readonly path: string;
  /** Undefined: it cannot be read. */
  readonly text: string | undefined;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
}

/** Calls and loop iterations that a definition's value, or a macro, may take. */
const FUEL = 5_000_000;

/**
 * Checks a file and all that it imports. Reports every mistake of all of them, not only the first.
 * @returns the files in the order in which they were come to
 */
export async function checkProgram(path: string, files: SourceFiles = nodeFiles): Promise<CheckedFile[]> {
  const program = new Program(files);
  await program.file(files.resolve(path, ""), undefined);
  return program.result();
}

class Program {
  private readonly files: SourceFiles;
  private readonly world: World;
  private readonly texts: Map<string, string | undefined> = new Map();
  private readonly findings: Map<string, Finding[]> = new Map();
  private readonly modules: Module[] = [];
  /** Modules with an import that cannot be read. */
  private readonly incomplete: Set<Module> = new Set();

  constructor(files: SourceFiles) {
    this.files = files;
    this.world = new World(
      vmTier,
      {},
      () => 0,
      (start) => this.runNow(start),
      true,
      (specifier, from) => files.resolve(specifier, from),
      { diagnose: true },
    );
  }

  result(): CheckedFile[] {
    for (const module of this.modules) {
      for (const { severity, code, message, span } of check(this.world.expander, module)) {
        // What an import that cannot be read would have brought, nobody knows.
        if (code === "unbound" && this.incomplete.has(module)) continue;
        this.add(module.id, { severity, message, span });
      }
    }
    return Array.from(this.texts, ([path, text]) => ({
      path,
      text,
      findings: (this.findings.get(path) ?? []).toSorted(
        (a, b) => (a.span?.start ?? -1) - (b.span?.start ?? -1),
      ),
    }));
  }

  private add(path: string, finding: Finding): void {
    const known = this.findings.get(path);
    if (known === undefined) this.findings.set(path, [finding]);
    else known.push(finding);
  }

  private error(path: string, message: string, span: Span | undefined): void {
    this.add(path, { severity: "error", message, span });
  }

  /** @param at the specifier that names the file, and the file that it stands in */
  async file(path: string, at: { readonly form: Form; readonly path: string } | undefined): Promise<void> {
    if (this.texts.has(path)) return;
    let text: string;
    try {
      text = await this.files.read(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.error(
        at?.path ?? path,
        `cannot read ${path}: ${why}`,
        at === undefined ? undefined : spanOf(at.form),
      );
      if (at === undefined) this.texts.set(path, undefined);
      return;
    }
    this.texts.set(path, text);
    const module = this.world.loader.createModule(path);
    module.loading = true;
    const { forms, errors } = read(text, { file: path });
    for (const { message, span } of errors) this.error(path, message, span);
    for (const form of forms) announce(module, form);
    // Of a text that cannot be read, who knows what the rest means.
    if (errors.length === 0) await this.forms(forms, module);
    module.loading = false;
  }

  private async forms(forms: readonly Form[], module: Module): Promise<void> {
    this.modules.push(module);
    const imports = forms.filter((form) => isCall(form, "import"));
    for (const form of imports) {
      await this.import(form, module);
    }
    for (const form of forms) if (!isCall(form, "import")) this.form(form, module);
    for (const [name, form] of module.exportList ?? []) {
      if (module.lookupExport(name) !== undefined) continue;
      const near = didYouMean(name, module.definitions());
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      this.error(module.id, `${name} is exported but not defined here${hint}`, spanOf(form));
    }
  }

  private resolved(specifier: string, from: string): string | undefined {
    try {
      return this.files.resolve(specifier, from);
    } catch {
      return undefined;
    }
  }

  private async import(form: ListForm, module: Module): Promise<void> {
    const [, specifier] = form.items;
    if (specifier?.type !== "string") return void this.form(form, module);
    const path = this.resolved(specifier.value, module.id);
    // The loader says what is wrong with it.
    if (path === undefined) return void this.form(form, module);
    await this.file(path, { form: specifier, path: module.id });
    const from = this.world.loader.module(path);
    if (from === undefined) this.incomplete.add(module);
    if (from === undefined || this.form(form, module)) return;
    // Something in it is wrong; that is no reason to call all names unknown that it brings.
    const at = form.items.findIndex((item) => item.type === "keyword" && item.name === "prefix");
    const prefix = at < 0 ? undefined : form.items[at + 1];
    module.addImport({ from, only: undefined, prefix: prefix?.type === "symbol" ? prefix.name : "", form });
  }

  /** Whether nothing keeps the form from being run. */
  private form(form: Form, module: Module): boolean {
    try {
      driveLoad(this.world.loader.evaluateForms([form], module), (step) => this.step(step));
      return true;
    } catch (error) {
      if (error instanceof Unanswered) {
        this.add(module.id, { severity: "warning", message: error.message, span: spanOf(form) });
        return false;
      }
      if (!(error instanceof Raise)) throw error;
      const { payload } = error;
      const found: Diagnostic | undefined = diagnosticOf(error);
      if (found !== undefined) this.error(found.span.file, found.message, found.span);
      else {
        const message = payload instanceof Condition ? payload.message : `raised ${inspect(payload)}`;
        this.error(module.id, message, spanOf(form));
      }
      return false;
    }
  }

  private step(step: LoadStep): LoadAnswer {
    switch (step.type) {
      case "read":
        throw new RangeError(`${step.path} has not been checked before it is imported`);
      case "run":
        this.define(step.unit);
        return undefined;
      case "macro":
        return this.finish(step.suspended.fiber as EngineFiber);
      default:
        return step satisfies never;
    }
  }

  /** Gives a definition its value if that can be had without the world. */
  private define(unit: Unit): void {
    if (unit.core.op !== "define") return;
    if (unit.core.value.op === "lambda") {
      unit.core.cell.value = this.world.tier.instantiate(unit);
      return;
    }
    // Whatever keeps it from a value keeps it from one when the program runs, or has its place there.
    this.world.tier.engine.evaluate(unit).run(FUEL);
  }

  private finish(fiber: EngineFiber): Value {
    const step = fiber.run(FUEL);
    if (step.type === "done") return step.value;
    if (step.type === "raised") throw new Raise(step.condition);
    throw new Unanswered(
      step.type === "performed"
        ? "a macro here asks for an effect, so what it expands to is not checked"
        : "a macro here does not end soon, so what it expands to is not checked",
    );
  }

  private runNow(start: { fn: Value; args: readonly Value[] } | { unit: Unit }): Value {
    const { engine } = this.world.tier;
    return this.finish("unit" in start ? engine.evaluate(start.unit) : engine.call(start.fn, start.args));
  }
}

/** A macro wants what a check does not give. */
class Unanswered extends Error {}

function isCall(form: Form, name: string): form is ListForm {
  if (form.type !== "list") return false;
  const [head] = form.items;
  return head?.type === "symbol" && head.name === name;
}
