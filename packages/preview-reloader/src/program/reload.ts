/**
 * One reload of a program, as a transaction: what the edit changed is found by comparing forms, expanded and compiled
 * again as far as it has to be, put in place and run; and if anything fails, everything is as it was before.
 *
 * While it goes on nothing else runs in the program. `Rebuild` is thrown for edits after which only loading the
 * program anew is sure to be right; who reloads then does that.
 */
import { type GeneratedUnit, isExport, isImport, type Unit } from "@sorbus/compiler";
import { isPromise } from "@sorbus/io-resolver";
import { type Form, reread } from "@sorbus/reader";
import { type Cell, Raise, type Value } from "@sorbus/vm";
import { type DroppedState, higher, type Tier } from "../record.ts";
import {
  changedNames,
  hasCycle,
  importedPath,
  isExpression,
  mentions,
  OldItems,
  sameLinks,
  visibleNames,
} from "./comparing.ts";
import { diffCore, type Overrides } from "./diff-core.ts";
import { diffForms } from "./diff-forms.ts";
import { install } from "./install.ts";
import { Journal } from "./journal.ts";
import { type Definition, type Item, nameOf, type SourceFile } from "./model.ts";
import { Breath, checkFile, importMistake, type Program, parse, stopIf } from "./program.ts";
import { reachedBy, rerun } from "./rerun.ts";

/** Only loading the whole program anew is sure to give what its text says. */
export class Rebuild extends Error {}

export interface Edit {
  /** The new texts, by path; undefined: there is no such file any more. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** Files of data that have changed. */
  readonly data: readonly string[];
}

/** What a reload did. */
export interface Reloaded {
  readonly tier: Tier;
  readonly reason: string;
  readonly definitions: readonly string[];
  readonly dropped: readonly DroppedState[];
  /** It consists of other files now. */
  readonly graphChanged: boolean;
  readonly timings: {
    readonly parse: number;
    readonly diff: number;
    readonly compile: number;
    readonly instantiate: number;
  };
}

/** Thrown where code would have to be compiled and may not be. */
class Structural extends Error {}

/**
 * Applies an edit to a program.
 * @param structural whether code may be compiled; undefined is answered, and nothing done, if it has to be and may not
 * @throws Raise for what is wrong with the new text, Cancelled, Rebuild
 */
export async function reload(
  program: Program,
  edit: Edit,
  signal: AbortSignal,
  structural: boolean,
): Promise<Reloaded | undefined> {
  const reloading = new Reload(program, edit, signal, structural);
  program.wanted = { signal };
  try {
    return await reloading.apply();
  } catch (error) {
    reloading.undo();
    // Whatever was going on was given up.
    stopIf(signal);
    if (error instanceof Structural) return undefined;
    if (error instanceof Raise && reloading.intoTheUnknown) {
      throw new Rebuild("new files are imported, and something is wrong");
    }
    throw error;
  } finally {
    program.wanted = {};
  }
}

/** More rounds of expansion than any order of files needs. */
const MAX_ROUNDS = 32;

interface Edited {
  readonly file: SourceFile;
  readonly now: readonly Form[];
  /** Which items have other contents; undefined: everything in the file is looked at again. */
  readonly changed: readonly number[] | undefined;
}

class Reload {
  private readonly program: Program;
  private readonly edit: Edit;
  private readonly signal: AbortSignal;
  private readonly structural: boolean;
  private readonly breath: Breath;
  private readonly journal: Journal = new Journal();
  private readonly snapshots: Set<SourceFile> = new Set();
  private tier: Tier = "unchanged";
  private reason = "";
  private readonly names: Set<string> = new Set();
  private readonly dropped: DroppedState[] = [];
  /** Cells whose value is or behaves otherwise than before. */
  private readonly changedCells: Set<Cell> = new Set();
  /** Definitions whose own code or constants changed and that have to be run. */
  private readonly toRun: Set<Definition> = new Set();
  private readonly pending: Set<Item> = new Set();
  /** How many cells had changed when users of macros were looked for last. */
  private changedAtMacros = 0;
  private rearranged = false;
  /** New imports lead to files that were not part of the program: what they need is not known before they load. */
  intoTheUnknown = false;
  private importsChanged = false;
  private readonly spent = { parse: 0, diff: 0, compile: 0, instantiate: 0 };

  constructor(program: Program, edit: Edit, signal: AbortSignal, structural: boolean) {
    this.program = program;
    this.edit = edit;
    this.signal = signal;
    this.structural = structural;
    this.breath = new Breath(signal, () => this.now());
  }

  undo(): void {
    this.journal.undo();
    this.program.forgetOrder();
  }

  async apply(): Promise<Reloaded> {
    const edited = this.timed("parse", () => this.readAll());
    const rearranged = new Map<SourceFile, Edited>();
    const needed = this.needed(edited);
    for (const each of edited) {
      if (needed !== undefined && !needed.has(each.file.path)) continue;
      if (each.changed === undefined) rearranged.set(each.file, each);
      else this.edited(each, each.changed);
    }
    await this.expandAll(rearranged);
    this.checkRemoved();
    if (this.importsChanged) this.prune();
    if (this.edit.data.length > 0) this.refresh();
    const started = this.now();
    const { program, signal, journal, breath, toRun, rearranged: moved } = this;
    const parts = { program, signal, journal, breath, toRun, changed: this.changedCells, rearranged: moved };
    this.dropped.push(...(await rerun(parts)));
    this.spent.instantiate += this.now() - started;
    stopIf(this.signal);
    return {
      tier: this.tier,
      reason: this.reason === "" ? "the forms are as they were" : this.reason,
      definitions: [...this.names],
      dropped: this.dropped,
      graphChanged: this.importsChanged,
      timings: this.spent,
    };
  }

  private now(): number {
    return this.program.options.host.now();
  }

  private timed<T>(phase: keyof Reload["spent"], work: () => T): T {
    const started = this.now();
    try {
      return work();
    } finally {
      this.spent[phase] += this.now() - started;
    }
  }

  private raise(tier: Tier, reason: string): void {
    if (this.reason === "" || higher(tier, this.tier) !== this.tier) this.reason = reason;
    this.tier = higher(tier, this.tier);
  }

  // ---- reading -------------------------------------------------------------------------------

  /** Reads the new texts; gives the files in which forms differ. */
  private readAll(): Edited[] {
    const edited: Edited[] = [];
    for (const [path, text] of this.edit.texts) {
      const file = this.program.files.get(path);
      if (file === undefined || text === undefined) continue;
      // From here on the text is what places in this file refer to, whether it loads or not.
      file.read = reread(file.read, text);
    }
    for (const [path, text] of this.edit.texts) {
      const file = this.program.files.get(path);
      if (file === undefined || text === undefined) continue;
      parse(file.read);
      const started = this.now();
      const found = this.compare(file);
      this.spent.diff += this.now() - started;
      if (found !== undefined) edited.push(found);
    }
    return edited;
  }

  private compare(file: SourceFile): Edited | undefined {
    const links: Form[] = [];
    const now: Form[] = [];
    for (const form of file.read.forms) (isImport(form) || isExport(form) ? links : now).push(form);
    const before = file.items.map((item) => item.form);
    const diff = sameLinks(file) ? diffForms(before, now) : ({ type: "rearranged" } as const);
    switch (diff.type) {
      case "same":
        for (const [i, item] of file.items.entries()) item.form = now[i] as Form;
        file.links = links;
        return undefined;
      case "edited":
        return { file, now, changed: diff.changed };
      case "rearranged":
        return { file, now, changed: undefined };
      default:
        return diff satisfies never;
    }
  }

  /**
   * The files that the program consists of by the new imports; undefined if those are as they were, or lead to files
   * that nobody has looked into. What is no longer imported may be wrong.
   */
  private needed(edited: readonly Edited[]): ReadonlySet<string> | undefined {
    const now = new Map<string, readonly Form[]>();
    for (const { file, changed } of edited) {
      if (changed === undefined && !sameLinks(file)) now.set(file.path, file.read.forms.filter(isImport));
    }
    if (now.size === 0) return undefined;
    const { files, options } = this.program;
    const reached = new Set<string>();
    const todo = this.program.roots();
    for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      const file = files.get(path);
      if (file === undefined) {
        this.intoTheUnknown = true;
        return undefined;
      }
      const imports = now.get(path);
      if (imports === undefined) for (const { path: imported } of file.imports) todo.push(imported);
      else {
        for (const form of imports) {
          const imported = importedPath(form, path, options.host);
          if (imported === undefined) return undefined;
          todo.push(imported);
        }
      }
    }
    return reached;
  }

  // ---- expanding -----------------------------------------------------------------------------

  private edited({ file, now }: Edited, changed: readonly number[]): void {
    for (const [i, item] of file.items.entries()) {
      const form = now[i] as Form;
      if (item.form === form) continue;
      const before = item.form;
      this.journal.note(() => {
        item.form = before;
      });
      item.form = form;
    }
    for (const i of changed) this.pending.add(file.items[i] as Item);
  }

  private snapshot(file: SourceFile): void {
    if (this.snapshots.has(file)) return;
    this.snapshots.add(file);
    const restore = file.module.snapshot();
    const { items, links, imports } = file;
    this.journal.note(() => {
      restore();
      Object.assign(file, { items, links, imports });
    });
  }

  /**
   * Expands what is to be expanded, and what that makes necessary, until nothing is left; file by file in the order in
   * which they load, so that what a file uses is up to date when it is expanded.
   */
  private async expandAll(rearranged: Map<SourceFile, Edited>): Promise<void> {
    let rounds = 0;
    for (;;) {
      const files = new Set([...rearranged.keys(), ...Array.from(this.pending, (item) => item.file)]);
      for (const file of this.inLoadOrder(files)) {
        const edited = rearranged.get(file);
        rearranged.delete(file);
        if (edited !== undefined) {
          for (const item of file.items) this.pending.delete(item);
          await this.rearrange(edited);
          continue;
        }
        for (const item of file.items) {
          if (!this.pending.delete(item)) continue;
          await this.expandAgain(item);
          await this.breath.take();
        }
      }
      if (rearranged.size > 0 || this.pending.size > 0) {
        rounds += 1;
        if (rounds > MAX_ROUNDS) throw new Rebuild("files depend on each other's macros in a circle");
        continue;
      }
      // Macros that call what has changed: what they were used in may expand to something else.
      for (const macro of this.reachedMacros()) {
        for (const user of this.program.macroUsers.get(nameOf(macro)) ?? []) this.pending.add(user.item);
      }
      if (this.pending.size === 0) return;
    }
  }

  /** Macros that call what has changed since they were asked for last. */
  private reachedMacros(): Definition[] {
    if (this.program.macroUsers.size === 0 || this.changedCells.size === this.changedAtMacros) return [];
    this.changedAtMacros = this.changedCells.size;
    const reached = [...reachedBy(this.program, this.changedCells)];
    const macros = reached.filter((definition) => definition.kind === "macro");
    if (macros.length > 0 && reached.some((definition) => definition.kind !== "macro")) {
      throw new Rebuild("a macro depends on top-level values that changed");
    }
    return macros;
  }

  private inLoadOrder(files: ReadonlySet<SourceFile>): SourceFile[] {
    if (files.size < 2) return [...files];
    const places = new Map(this.program.order().map((file, i) => [file, i]));
    return [...files].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }

  private async expandAgain(item: Item): Promise<void> {
    this.snapshot(item.file);
    const before = item.definitions;
    const next: Definition[] = [];
    const started = this.now();
    const expanding = this.program.expandUnits(item, item.file.module, (unit, macroCode) => {
      const old = before[next.length];
      next.push(this.replace(old, unit, item, macroCode));
    });
    if (isPromise(expanding)) await expanding;
    this.spent.compile += this.now() - started;
    // What else the form has defined so far is gone, or its names mean something else: look at all of the file.
    const names = (definitions: readonly Definition[]): string =>
      definitions
        .flatMap((d) => (d.kind === "macro" ? [d.unit.id] : d.cells.map((cell) => cell.name)))
        .join(" ");
    if (names(next) !== names(before)) {
      throw new Rebuild(`${item.file.path} defines other names than before`);
    }
    this.setDefinitions(item, next);
  }

  private setDefinitions(item: Item, next: Definition[]): void {
    const before = item.definitions;
    if (before.length === next.length && before.every((definition, i) => definition === next[i])) return;
    const { program } = this;
    for (const old of before) if (!next.includes(old)) program.unindex(old);
    for (const definition of next) if (!before.includes(definition)) program.index(definition);
    item.definitions = next;
    this.journal.note(() => {
      for (const definition of next) if (!before.includes(definition)) program.unindex(definition);
      for (const old of before) if (!next.includes(old)) program.index(old);
      item.definitions = before;
    });
  }

  /** The definition for a new expansion: the old one, with other constants perhaps, or a newly compiled one. */
  private replace(
    old: Definition | undefined,
    unit: Unit,
    item: Item,
    macroCode: readonly GeneratedUnit[],
  ): Definition {
    if (old !== undefined && old.kind !== "macro" && this.fits(old, unit)) {
      const overrides = this.timed("diff", () => diffCore(old.compiled.core, unit.core, old.code.slots));
      if (overrides !== undefined && this.install(old, unit, overrides)) return old;
    }
    const same =
      old !== undefined &&
      old.unit.contentHash === unit.contentHash &&
      old.unit.interfaceHash === unit.interfaceHash;
    if (!this.structural) throw new Structural();
    const definition = this.program.define(unit, item, macroCode);
    this.names.add(nameOf(definition));
    this.raise("unit", old === undefined ? `${unit.id} is new` : `the code of ${unit.id} changed`);
    if (old !== undefined && (!same || definition.kind === "macro")) this.enqueueUsers(old, unit);
    for (const cell of definition.cells) this.changedCells.add(cell);
    if (definition.kind === "function") {
      const [cell] = definition.cells;
      if (cell !== undefined) this.journal.set(cell, definition.closure);
    } else if (definition.kind !== "macro") this.toRun.add(definition);
    return definition;
  }

  private fits(old: Definition, unit: Unit): boolean {
    const expression = old.kind === "expression" && unit.id.includes("#");
    if (!expression && old.unit.id !== unit.id) return false;
    return old.unit.interfaceHash === unit.interfaceHash && old.unit.macros.join() === unit.macros.join();
  }

  /** Who was expanded with the old interface in view is expanded again. */
  private enqueueUsers(old: Definition, unit: Unit): void {
    if (old.kind === "macro") {
      for (const user of this.program.macroUsers.get(nameOf(old)) ?? []) this.pending.add(user.item);
      return;
    }
    if (old.unit.interfaceHash === unit.interfaceHash) return;
    for (const cell of old.cells) {
      for (const user of this.program.users.get(cell) ?? []) {
        if (user.item !== old.item) this.pending.add(user.item);
      }
    }
  }

  /** Puts constants into the code that there is. False: the edit is more than the tiers below `unit` may do. */
  private install(old: Definition, unit: Unit, overrides: Overrides): boolean {
    const tier = this.timed("instantiate", () => install(old, unit, overrides, this.journal));
    if (tier === undefined) return false;
    if (tier === "unchanged") return true;
    this.raise(
      tier,
      tier === "literal"
        ? `only constants of ${unit.id} changed`
        : `only the markup around the expressions of ${unit.id} changed`,
    );
    this.names.add(nameOf(old));
    if (old.kind !== "record") for (const cell of old.cells) this.changedCells.add(cell);
    if (old.kind !== "function") this.toRun.add(old);
    return true;
  }

  // ---- whole files ---------------------------------------------------------------------------

  /** Expands a file whose forms were added, removed or moved, form by form, as when it is loaded. */
  private async rearrange({ file, now }: Edited): Promise<void> {
    const { program, signal } = this;
    const { module } = file;
    if (!this.structural) throw new Structural();
    this.rearranged = true;
    this.snapshot(file);
    const before = file.items;
    const definitionsBefore = before.flatMap((item) => item.definitions);
    const namesBefore = visibleNames(file);
    const importsBefore = file.imports.map((i) => i.path).join("\n");
    module.clearLinks();
    module.clearDefinitions();
    const values = new Map<Cell, Value | undefined>();
    for (const { cells } of definitionsBefore) {
      for (const cell of cells) {
        values.set(cell, cell.value);
        this.journal.set(cell, undefined);
      }
    }
    const started = this.now();
    const links = program.openModule(file, file.read.forms);
    const known = new Set(program.files.keys());
    this.journal.note(() => this.forgetNew(known));
    for (const item of links) await program.link(file, item, signal);
    if (file.imports.map((i) => i.path).join("\n") !== importsBefore) {
      this.importsChanged = true;
      this.raise("unit", `${file.path} imports other files`);
    }
    program.forgetOrder();
    const old = new OldItems(before);
    const items: Item[] = [];
    file.items = items;
    const kept = new Set<Definition>();
    for (const form of now) {
      const item: Item = old.take(form) ?? { file, form, definitions: [] };
      const { form: formBefore, definitions } = item;
      this.journal.note(() => {
        item.form = formBefore;
      });
      item.form = form;
      items.push(item);
      const next: Definition[] = [];
      const expanding = program.expandUnits(item, module, (unit, macroCode) => {
        const match = definitions.find(
          (d) => !kept.has(d) && (d.unit.id === unit.id || isExpression(d, unit)),
        );
        const definition = this.replace(match, unit, item, macroCode);
        if (definition === match) {
          kept.add(match);
          this.putBack(match);
        }
        next.push(definition);
      });
      if (isPromise(expanding)) await expanding;
      await this.breath.take();
      // What lives on has its value again from where it stands.
      for (const { kind, cells } of next) {
        if (kind !== "once" && kind !== "record") continue;
        for (const cell of cells) if (cell.value === undefined) this.journal.set(cell, values.get(cell));
      }
      this.setDefinitions(item, next);
    }
    for (const definition of definitionsBefore) if (!kept.has(definition)) this.remove(definition, file);
    this.raise("unit", `forms of ${file.path} were added, removed or moved`);
    checkFile(file);
    this.spent.compile += this.now() - started;
    this.spread(file, changedNames(namesBefore, visibleNames(file)));
  }

  /** A definition that is as it was gets its value again; what is computed is computed in its turn. */
  private putBack(definition: Definition): void {
    const { core } = definition.unit;
    const [cell] = definition.cells;
    if (definition.kind === "function" && cell !== undefined) this.journal.set(cell, definition.closure);
    else if (core.op === "define" && core.value.op === "const") this.journal.set(core.cell, core.value.value);
    else if (definition.kind === "value" || definition.kind === "expression") this.toRun.add(definition);
  }

  private forgetNew(known: ReadonlySet<string>): void {
    for (const [path, file] of this.program.files) {
      if (known.has(path)) continue;
      this.dropFile(file);
      // What keeps the program from loading may be in there.
      this.program.missing.add(path);
    }
  }

  private dropFile(file: SourceFile): void {
    for (const item of file.items)
      for (const definition of item.definitions) this.program.unindex(definition);
    this.program.files.delete(file.path);
    this.program.runtime.world.loader.forget(file.path);
  }

  private remove(definition: Definition, file: SourceFile): void {
    const { program } = this;
    program.unindex(definition);
    this.journal.note(() => program.index(definition));
    for (const cell of definition.cells) {
      // Another form may define the name by now.
      if (program.definers.get(cell) !== undefined) continue;
      if (definition.kind === "once" && !cell.name.startsWith("on-reload ")) {
        this.dropped.push({ name: `${file.path}/${cell.name}`, why: "its definition is gone" });
      }
      this.journal.set(cell, undefined);
      this.changedCells.add(cell);
    }
    this.names.add(nameOf(definition));
  }

  /** Has those expanded again to whom one of the names means something else now. */
  private spread(file: SourceFile, names: ReadonlySet<string>): void {
    if (names.size === 0) return;
    for (const importer of this.program.files.values()) {
      if (importer === file) continue;
      const links = importer.module.links.filter((link) => link.from === file.module);
      if (links.length === 0) continue;
      const visible = new Set<string>();
      for (const link of links) for (const name of names) visible.add(link.prefix + name);
      for (const link of links) {
        if (
          [...(link.only ?? [])].some(
            (name) => names.has(name) && file.module.lookupExport(name) === undefined,
          )
        ) {
          throw new Rebuild(`${importer.path} imports what ${file.path} no longer exports`);
        }
      }
      for (const item of importer.items) if (mentions(item.form, visible)) this.pending.add(item);
      const passedOn = new Set([...visible].filter((name) => importer.module.exportList?.has(name) === true));
      this.spread(importer, passedOn);
    }
  }

  // ---- files that come and go ----------------------------------------------------------------

  /** @throws Raise when the program still needs a file that is no longer there */
  private checkRemoved(): void {
    for (const [path, text] of this.edit.texts) {
      if (text !== undefined || !this.program.files.has(path)) continue;
      const missing = new Error("there is no such file");
      for (const { imports } of this.program.order()) {
        const found = imports.find((i) => i.path === path);
        if (found !== undefined) throw importMistake(path, missing, found.item);
      }
      if (this.program.entryFile()?.path === path) throw importMistake(path, missing, undefined);
    }
  }

  /** Lets go of files that nothing imports any more. */
  private prune(): void {
    const { program } = this;
    program.forgetOrder();
    if (hasCycle(program)) throw new Rebuild("files import each other in a circle");
    const reachable = new Set(program.order());
    for (const file of [...program.files.values()]) {
      if (reachable.has(file)) continue;
      for (const item of file.items) {
        for (const { kind, cells } of item.definitions) {
          if (kind !== "once") continue;
          for (const { name } of cells) {
            if (!name.startsWith("on-reload ")) {
              this.dropped.push({ name: `${file.path}/${name}`, why: "nothing imports its file any more" });
            }
          }
        }
      }
      this.dropFile(file);
      this.journal.note(() => {
        program.files.set(file.path, file);
        program.runtime.world.loader.add(file.module);
        for (const item of file.items) for (const definition of item.definitions) program.index(definition);
      });
    }
  }

  private refresh(): void {
    const { program } = this;
    this.raise("refresh", `${this.edit.data.join(", ")} changed`);
    if (this.edit.data.some((path) => program.loadReads.has(path))) {
      throw new Rebuild(`top-level code has read ${this.edit.data.join(", ")}`);
    }
  }
}
