/** What `(import …)` and `(export …)` say, and which names a file defines; without expanding anything. */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import { Raise } from "@sorbus/vm";
import { didYouMean } from "./did-you-mean.ts";
import { type Module, noteSignature } from "./module.ts";
import { parseParamForm, signatureOf } from "./params.ts";
import { patternNames } from "./patterns.ts";
import { isParen, isSymbol, need, syntaxError } from "./syntax.ts";

export interface ImportForm {
  readonly form: ListForm;
  readonly specifier: string;
  readonly specifierForm: Form;
  /** In the order of writing; undefined: all. */
  readonly only: readonly SymbolForm[] | undefined;
  readonly prefix: string;
}

export function isImport(form: Form): form is ListForm {
  return isParen(form) && isSymbol(form.items[0], "import");
}

export function isExport(form: Form): form is ListForm {
  return isParen(form) && isSymbol(form.items[0], "export");
}

/** `(import "./posts.sx" :only (a b) :prefix p/)` */
export function parseImport(form: ListForm): ImportForm {
  const file = need(form, 1, 'a file: (import "./posts.sx")');
  if (file.type !== "string") syntaxError(file, 'import needs a file: (import "./posts.sx")');
  let only: SymbolForm[] | undefined;
  let prefix = "";
  for (let i = 2; i < form.items.length; i += 2) {
    const option = form.items[i] as Form;
    const value = form.items[i + 1];
    if (option.type !== "keyword" || (option.name !== "only" && option.name !== "prefix")) {
      syntaxError(option, "import has the options :only (name…) and :prefix name");
    }
    if (value === undefined) syntaxError(option, `:${option.name} has no value`);
    if (option.name === "prefix") {
      if (value.type !== "symbol") syntaxError(value, "a prefix is a name such as p/");
      prefix = value.name;
    } else {
      if (value.type !== "list") syntaxError(value, ":only is followed by a list of names");
      only = value.items.map((item) =>
        item.type === "symbol" ? item : syntaxError(item, ":only lists names"),
      );
    }
  }
  return { form, specifier: file.value, specifierForm: file, only, prefix };
}

/** `(export a b)` */
export function addExports(module: Module, form: ListForm): void {
  const names = new Map(module.exportList);
  for (const item of form.items.slice(1)) {
    if (item.type !== "symbol") syntaxError(item, "export lists names");
    names.set(item.name, item);
  }
  module.setExports(names);
}

/**
 * Makes what `item` brings from the module `from` mean something in `module`. `cycle` says how `from` came to be
 * loading still.
 * @throws Raise kind "syntax" for a name that is not exported, or is a macro that is not there yet
 */
export function linkImport(module: Module, item: ImportForm, from: Module, cycle: () => string): void {
  for (const name of item.only ?? []) {
    const binding = from.lookupExport(name.name);
    if (binding?.kind === "pending") {
      syntaxError(
        name,
        `the macro ${name.name} is imported from a file that is still being loaded: ${cycle()}`,
      );
    }
    // A file that is being loaded may still come to define it, by a macro.
    if (binding !== undefined || (from.loading && from.exportList === undefined)) continue;
    const near = didYouMean(name.name, from.exports());
    syntaxError(
      name,
      `${item.specifier} exports no ${name.name}${near === undefined ? "" : `; did you mean ${near}?`}`,
    );
  }
  const only = item.only === undefined ? undefined : new Set(item.only.map((name) => name.name));
  module.addImport({ from, only, prefix: item.prefix, form: item.form });
}

/** What `(export …)` names and the module does not define. */
export function* exportMistakes(
  module: Module,
): Generator<{ readonly message: string; readonly form: Form }> {
  for (const [name, form] of module.exportList ?? []) {
    if (module.lookupExport(name) !== undefined) continue;
    const near = didYouMean(name, module.definitions());
    yield {
      message: `${name} is exported but not defined here${near === undefined ? "" : `; did you mean ${near}?`}`,
      form,
    };
  }
}

/**
 * Makes the names that top-level forms visibly define known before anything is expanded: a
 * definition holds in the whole file, also above it, and modules that import each other see it.
 */
export function announce(module: Module, form: Form): void {
  if (!isParen(form)) return;
  const [head, target] = form.items;
  if (head?.type !== "symbol" || target === undefined) return;
  switch (head.name) {
    case "do":
    case "begin":
      for (const item of form.items.slice(1)) announce(module, item);
      return;
    case "define":
    case "defonce":
      if (isParen(target)) define(module, target.items[0]);
      else for (const name of namesOf(target)) define(module, name);
      return;
    case "defcomp":
      announceComponent(module, form, target);
      return;
    case "defmacro":
      if (target.type === "symbol") module.announceMacro(target.name);
      return;
    case "define-record-type": {
      define(module, target);
      const [, , maker, predicate, ...fields] = form.items;
      define(module, isParen(maker) ? maker.items[0] : maker);
      define(module, predicate);
      for (const field of fields) {
        if (isParen(field)) for (const accessor of field.items.slice(1)) define(module, accessor);
      }
      return;
    }
  }
}

function namesOf(pattern: Form): SymbolForm[] {
  try {
    return patternNames(pattern);
  } catch (error) {
    // Written wrongly: the expansion will say so.
    if (error instanceof Raise) return [];
    throw error;
  }
}

function define(module: Module, form: Form | undefined): void {
  if (form?.type !== "symbol" || module.core?.lookup(form.name)?.kind === "special") return;
  if (form.name.startsWith("%") || form.alias !== undefined) return;
  // What is a macro so far stays one until the definition is expanded.
  if (module.lookupOwn(form.name) === undefined) module.define(form.name);
}

function announceComponent(module: Module, form: ListForm, target: Form): void {
  if (target.type !== "symbol") return;
  define(module, target);
  const binding = module.lookupOwn(target.name);
  if (binding?.kind !== "cell") return;
  try {
    noteSignature(binding.cell, signatureOf("component", target.name, parseParamForm(form, form.items[2])));
  } catch (error) {
    if (!(error instanceof Raise)) throw error;
  }
}
