/** What an edit did to a file: to its imports, its forms and its names; and which files the imports lead to. */
import { isExport, isImport, parseImport, type Unit } from "@sorbus/compiler";
import { type Form, formsEqual } from "@sorbus/reader";
import { keyOf } from "./diff-forms.ts";
import type { Definition, Item, SourceFile } from "./model.ts";
import type { Program, ProgramHost } from "./program.ts";

/** Whether imports and exports are as they were when the file was expanded. */
export function sameLinks({ links, read }: SourceFile): boolean {
  const now = read.forms.filter((form) => isImport(form) || isExport(form));
  return now.length === links.length && now.every((form, i) => formsEqual(form, links[i] as Form));
}

export function importedPath(form: Form, from: string, host: ProgramHost): string | undefined {
  try {
    return isImport(form) ? host.resolve(parseImport(form).specifier, from) : undefined;
  } catch {
    // Written wrongly, or of nothing: linking the file says so.
    return undefined;
  }
}

/** Finds the item that a form was before it moved or changed: an equal one, else the one with its name. */
export class OldItems {
  private readonly items: (Item | undefined)[];
  private readonly byKey: Map<string, number[]> = new Map();

  constructor(items: readonly Item[]) {
    this.items = [...items];
    for (const [i, item] of items.entries()) {
      const key = keyOf(item.form) ?? "";
      const known = this.byKey.get(key);
      if (known === undefined) this.byKey.set(key, [i]);
      else known.push(i);
    }
  }

  take(form: Form): Item | undefined {
    const places = (this.byKey.get(keyOf(form) ?? "") ?? []).filter((i) => this.items[i] !== undefined);
    const place =
      places.find((i) => this.items[i]?.form === form) ??
      places.find((i) => formsEqual((this.items[i] as Item).form, form)) ??
      places[0];
    if (place === undefined) return undefined;
    const item = this.items[place];
    this.items[place] = undefined;
    return item;
  }
}

export function isExpression(definition: Definition, unit: Unit): boolean {
  return definition.kind === "expression" && unit.id.includes("#");
}

/** What names mean to importers, as far as their expansion depends on it. */
export function visibleNames({ module }: SourceFile): Map<string, string> {
  return new Map(module.exports().map((name) => [name, module.lookupExport(name)?.kind ?? ""]));
}

export function changedNames(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Set<string> {
  const names = new Set<string>();
  for (const [name, kind] of before) if (after.get(name) !== kind) names.add(name);
  for (const [name, kind] of after) if (before.get(name) !== kind) names.add(name);
  return names;
}

export function mentions(form: Form, names: ReadonlySet<string>): boolean {
  const todo: Form[] = [form];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (next.type === "symbol" && names.has(next.name)) return true;
    if (next.type === "list" || next.type === "dict") for (const item of next.items) todo.push(item);
  }
  return false;
}

export function hasCycle(program: Program): boolean {
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string): boolean => {
    if (done.has(path)) return false;
    if (open.has(path)) return true;
    open.add(path);
    const found = program.files.get(path)?.imports.some((i) => visit(i.path)) === true;
    open.delete(path);
    done.add(path);
    return found;
  };
  return [...program.files.keys()].some(visit);
}
