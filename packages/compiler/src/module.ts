/**
 * Modules: which global names mean what, and where. A module sees its own definitions, then what it
 * imports, then the core. Nothing here reads a file; `loader.ts` fills modules from sources.
 */

import type { Form } from "@sorbus/reader";
import { Cell, type Value } from "@sorbus/vm";
import type { SpecialForm } from "./expansion.ts";
import type { ParamList } from "./params.ts";

/** What a caller can know of a definition without running it. */
export interface Signature {
  readonly kind: "function" | "component" | "record" | "macro";
  readonly name: string;
  readonly min: number;
  /** `Infinity` with `&rest`. */
  readonly max: number;
  readonly keys: readonly { readonly name: string; readonly required: boolean }[];
  /** Of a record type: its fields in the order of their declaration. */
  readonly fields?: readonly string[];
}

export interface Macro {
  readonly name: string;
  /** Called by the evaluator with the expansion's scope and then one value for each parameter. */
  readonly fn: Value;
  readonly params: ParamList;
  /** Where the names in its templates resolve. */
  readonly module: Module;
  readonly interfaceHash: string;
}

/** What a global name means. */
export type Binding =
  | { readonly kind: "cell"; readonly cell: Cell }
  | { readonly kind: "macro"; readonly macro: Macro }
  | { readonly kind: "special"; readonly name: string; readonly expand: SpecialForm }
  | { readonly kind: "element"; readonly name: string; readonly cell: Cell }
  /** A macro whose definition stands further down, or in a module that is still being loaded. */
  | { readonly kind: "pending"; readonly name: string; readonly module: Module }
  /** Two imports bring different things under one name: an error where it is used. */
  | { readonly kind: "ambiguous"; readonly name: string; readonly modules: readonly [Module, Module] };

/** A global of a module, with what is known of its definition. */
class ModuleCell extends Cell {
  signature: Signature | undefined;
}

/** Notes what is known of the definition that fills `cell`; undefined: nothing. */
export function noteSignature(cell: Cell, signature: Signature | undefined): void {
  if (cell instanceof ModuleCell) cell.signature = signature;
}

/** What is known of the definition that fills `cell`. */
export function signatureOfCell(cell: Cell): Signature | undefined {
  return cell instanceof ModuleCell ? cell.signature : undefined;
}

/** One `(import …)`: a view of another module. */
export interface ImportLink {
  readonly from: Module;
  /** The names to take; undefined: all that it exports. */
  readonly only: ReadonlySet<string> | undefined;
  readonly prefix: string;
  readonly form: Form | undefined;
}

/** A reference to a global name that nothing defined when it was expanded; `check` reports what stays so. */
export interface UnknownReference {
  readonly cell: Cell;
  readonly form: Form;
}

/** Whether two imports bring the same thing, by different ways. */
function isSame(a: Binding, b: Binding): boolean {
  if (a.kind === "cell" && b.kind === "cell") return a.cell === b.cell;
  return a.kind === "macro" && b.kind === "macro" ? a.macro === b.macro : a === b;
}

/** Counts changes of what names mean in any module: what was looked up before one is looked up again. */
let epoch = 0;

export class Module {
  /** The path of its file, or another name that is unique in the program. */
  readonly id: string;
  /** Undefined only for the core itself. */
  readonly core: CoreModule | undefined;
  /** A file that is being loaded: definitions may still come. */
  loading: boolean = false;
  readonly unknown: UnknownReference[] = [];
  readonly links: ImportLink[] = [];
  /** What `(export …)` named; undefined: every definition is exported. */
  exportList: Map<string, Form> | undefined;
  protected readonly own: Map<string, Binding> = new Map();
  private readonly forward: Map<string, Cell> = new Map();
  /** Cells of definitions that a reload has taken away: a definition of the name gets its cell again. */
  private readonly retired: Map<string, Cell> = new Map();
  private readonly imported: Map<string, Binding | undefined> = new Map();
  private importedEpoch = 0;
  private counter = 0;

  constructor(id: string, core: CoreModule | undefined) {
    this.id = id;
    this.core = core;
  }

  /** What `name` means here: own definitions, then imports, then the core. */
  lookup(name: string): Binding | undefined {
    return this.own.get(name) ?? this.lookupImport(name) ?? this.core?.lookupVisible(name);
  }

  /** A definition of this module itself. */
  lookupOwn(name: string): Binding | undefined {
    return this.own.get(name);
  }

  private lookupImport(name: string): Binding | undefined {
    if (this.links.length === 0) return undefined;
    const { imported } = this;
    if (this.importedEpoch !== epoch) {
      imported.clear();
      this.importedEpoch = epoch;
    }
    if (imported.has(name)) return imported.get(name);
    // Should two modules re-export a name from each other, it is nowhere.
    imported.set(name, undefined);
    const found = this.findImport(name);
    imported.set(name, found);
    return found;
  }

  private findImport(name: string): Binding | undefined {
    let found: Binding | undefined;
    let source: Module | undefined;
    for (const link of this.links) {
      if (!name.startsWith(link.prefix)) continue;
      const plain = link.prefix === "" ? name : name.slice(link.prefix.length);
      if (link.only !== undefined && !link.only.has(plain)) continue;
      const binding = link.from.lookupExport(plain);
      if (binding === undefined) continue;
      if (found !== undefined && source !== undefined && !isSame(found, binding)) {
        return { kind: "ambiguous", name, modules: [source, link.from] };
      }
      found = binding;
      source = link.from;
    }
    return found;
  }

  /** What another module gets under that name. A re-export needs an `(export …)` that names it. */
  lookupExport(name: string): Binding | undefined {
    if (this.exportList === undefined) return this.own.get(name);
    return this.exportList.has(name) ? (this.own.get(name) ?? this.lookupImport(name)) : undefined;
  }

  /** The names that `lookupExport` answers, in order of definition. */
  exports(): string[] {
    if (this.exportList === undefined) return [...this.own.keys()];
    return [...this.exportList.keys()].filter((name) => this.lookupExport(name) !== undefined);
  }

  /** The names that this module defines. */
  definitions(): string[] {
    return [...this.own.keys()];
  }

  /** Every name that means something here; for "did you mean". */
  names(): Set<string> {
    const names = new Set(this.own.keys());
    for (const link of this.links) {
      for (const name of link.from.exports()) {
        if (link.only === undefined || link.only.has(name)) names.add(link.prefix + name);
      }
    }
    if (this.core !== undefined) for (const name of this.core.visibleNames()) names.add(name);
    return names;
  }

  /** The cell of a name that nothing defines so far. A later definition of the name fills it. */
  forwardCell(name: string): Cell {
    let cell = this.forward.get(name);
    if (cell === undefined) {
      cell = new ModuleCell(this.id, name);
      this.forward.set(name, cell);
    }
    return cell;
  }

  /** Whether `cell` stands for a name that nothing has defined. */
  isUnknown(cell: Cell): boolean {
    return this.forward.get(cell.name) === cell;
  }

  /** The cell of a definition of this module, made if need be; whatever else had the name here gives way. */
  define(name: string): Cell {
    return this.defineBinding(name).cell;
  }

  /** As `define`; gives the binding, so that what is known of the definition can be noted on it. */
  defineBinding(name: string): Extract<Binding, { kind: "cell" }> {
    const existing = this.own.get(name);
    if (existing?.kind === "cell") return existing;
    const cell = this.forward.get(name) ?? this.retired.get(name) ?? new ModuleCell(this.id, name);
    this.forward.delete(name);
    this.retired.delete(name);
    const binding: Extract<Binding, { kind: "cell" }> = { kind: "cell", cell };
    this.bindOwn(name, binding);
    return binding;
  }

  defineMacro(name: string, macro: Macro): void {
    this.bindOwn(name, { kind: "macro", macro });
  }

  /** Notes that a macro of that name is defined further down. */
  announceMacro(name: string): void {
    if (!this.own.has(name)) this.bindOwn(name, { kind: "pending", name, module: this });
  }

  private bindOwn(name: string, binding: Binding): void {
    this.own.set(name, binding);
    epoch += 1;
  }

  /** Takes back definitions that were announced and did not come about; code that refers to them stays linked. */
  forget(names: Iterable<string>): void {
    for (const name of names) {
      const binding = this.own.get(name);
      if (binding?.kind === "cell" && binding.cell.value === undefined) this.forward.set(name, binding.cell);
      else if (binding?.kind !== "pending") continue;
      this.own.delete(name);
      epoch += 1;
    }
  }

  addImport(link: ImportLink): void {
    this.links.push(link);
    epoch += 1;
  }

  setExports(names: Map<string, Form>): void {
    this.exportList = names;
    epoch += 1;
  }

  /** Forgets imports and the export list, before the file is loaded again. Definitions stay. */
  clearLinks(): void {
    this.links.length = 0;
    this.exportList = undefined;
    epoch += 1;
    this.unknown.length = 0;
  }

  /**
   * Forgets all definitions, before the whole file is expanded again; those that come again get the cells that they
   * had, so that code which refers to them stays linked.
   */
  clearDefinitions(): void {
    for (const [name, binding] of this.own) if (binding.kind === "cell") this.retired.set(name, binding.cell);
    this.own.clear();
    epoch += 1;
  }

  /** What names mean here now, to go back to if a reload fails. Linear in the module's definitions. */
  snapshot(): () => void {
    const { own, forward, retired, links, unknown } = this;
    const maps = [own, forward, retired] as Map<string, unknown>[];
    const kept = maps.map((map) => [...map]);
    const signatures = [...own.values()].flatMap((binding) =>
      binding.kind === "cell" ? [[binding.cell, signatureOfCell(binding.cell)] as const] : [],
    );
    const [keptLinks, keptUnknown, { exportList }] = [[...links], [...unknown], this];
    return () => {
      maps.forEach((map, i) => {
        map.clear();
        for (const [name, value] of kept[i] ?? []) map.set(name, value);
      });
      for (const [cell, signature] of signatures) noteSignature(cell, signature);
      links.splice(0, links.length, ...keptLinks);
      unknown.splice(0, unknown.length, ...keptUnknown);
      this.exportList = exportList;
      epoch += 1;
    };
  }

  /** A number that is unique in the module, for generated names and unit ids. */
  next(): number {
    this.counter += 1;
    return this.counter;
  }
}

/** The module under all others: primitives, prelude, special forms, elements. */
export class CoreModule extends Module {
  private readonly resolve: ((name: string) => void) | undefined;
  private readonly resolving = new Set<string>();

  constructor(resolve: ((name: string) => void) | undefined) {
    super("core", undefined);
    this.resolve = resolve;
  }

  /** Adds or replaces a binding; for the makers of core modules. */
  bind(name: string, binding: Binding): void {
    this.own.set(name, binding);
  }

  /** Binds a name to a cell with that value; undefined: none so far. */
  bindValue(name: string, value: Value | undefined, signature?: Signature): void {
    const cell = new ModuleCell(this.id, name, value);
    cell.signature = signature;
    this.own.set(name, { kind: "cell", cell });
  }

  override lookup(name: string): Binding | undefined {
    const binding = this.own.get(name);
    if (
      binding !== undefined &&
      (binding.kind === "cell" || binding.kind === "element") &&
      binding.cell.value === undefined &&
      this.resolve !== undefined &&
      !this.resolving.has(name)
    ) {
      // Once: a prelude function that refers to itself asks again while it is being compiled.
      this.resolving.add(name);
      this.resolve(name);
      return this.own.get(name);
    }
    return binding;
  }

  /** As `lookup`, for programs: names that begin with `%` are the core's own. */
  lookupVisible(name: string): Binding | undefined {
    return name.charCodeAt(0) === 37 && name.length > 1 ? undefined : this.lookup(name);
  }

  visibleNames(): string[] {
    return [...this.own.keys()].filter((name) => name.length === 1 || !name.startsWith("%"));
  }
}
