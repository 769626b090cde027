/**
 * Lexical scope during the expansion of one unit, and the aliases that keep macros hygienic.
 *
 * Names are bound shallowly: one table from a name to its innermost binding, each of which knows
 * what it shadows, so that a reference costs one look-up however deep it stands.
 */
import type { SymbolForm } from "@sorbus/reader";
import type { Cell } from "@sorbus/vm";
import type { Local } from "./core.ts";
import type { Module } from "./module.ts";

let scopes = 0;

/**
 * One expansion of a macro. A symbol that a template introduces carries its scope as `alias`: such
 * a symbol means a local only if a binder of the same expansion bound it, else what the plain name
 * means where the macro was defined.
 */
export class AliasScope {
  readonly module: Module;
  /** Tells scopes apart where a string is needed. */
  readonly id: number;
  /** The alias that the symbol had in the template itself (a template inside an expansion). */
  readonly parent: AliasScope | undefined;
  /** Globals that the expansion defined under names of its own. */
  defined: Map<string, Cell> | undefined;
  private derived: Map<AliasScope, AliasScope> | undefined;

  constructor(module: Module, parent?: AliasScope) {
    this.module = module;
    this.id = scopes;
    scopes += 1;
    this.parent = parent;
  }

  /** The alias for a template's symbol that had `alias` itself. */
  over(alias: object | undefined): AliasScope {
    if (!(alias instanceof AliasScope)) return this;
    this.derived ??= new Map();
    let scope = this.derived.get(alias);
    if (scope === undefined) {
      scope = new AliasScope(this.module, alias);
      this.derived.set(alias, scope);
    }
    return scope;
  }
}

interface Entry {
  readonly name: string;
  readonly alias: object | undefined;
  readonly local: Local;
  /** How many lambdas stand around the binding. */
  readonly depth: number;
  readonly shadowed: Entry | undefined;
}

const nowhere: Local = { name: "", id: -1, assigned: false, captured: false };

export class Scope {
  /** How many lambdas stand around the present place. */
  depth: number = 0;
  private readonly table = new Map<string, Entry | undefined>();
  private readonly stack: Entry[] = [];
  private ids = 0;

  /** A variable that no name refers to yet. */
  fresh(name: string): Local {
    const local = { name, id: this.ids, assigned: false, captured: false };
    this.ids += 1;
    return local;
  }

  /** Binds the name of `symbol` from here to the matching `release`. */
  bind(symbol: SymbolForm, local: Local = this.fresh(symbol.name)): Local {
    const entry: Entry = {
      name: symbol.name,
      alias: symbol.alias,
      local,
      depth: this.depth,
      shadowed: this.table.get(symbol.name),
    };
    this.table.set(symbol.name, entry);
    this.stack.push(entry);
    return local;
  }

  /** Opens a scope without a variable, so that the place is no longer top level. */
  open(): void {
    const entry = { name: "", alias: undefined, local: nowhere, depth: this.depth, shadowed: undefined };
    this.stack.push(entry);
  }

  /** The present end of the scope, for `release`. */
  mark(): number {
    return this.stack.length;
  }

  release(mark: number): void {
    const { stack } = this;
    while (stack.length > mark) {
      const entry = stack.pop() as Entry;
      this.table.set(entry.name, entry.shadowed);
    }
  }

  /** The local that the name means here; notes whether an inner lambda refers to it. */
  lookup(name: string, alias: object | undefined): Local | undefined {
    let entry = this.table.get(name);
    while (entry !== undefined && entry.alias !== alias) entry = entry.shadowed;
    if (entry === undefined) {
      return alias instanceof AliasScope && alias.parent !== undefined
        ? this.lookup(name, alias.parent)
        : undefined;
    }
    if (entry.depth !== this.depth) entry.local.captured = true;
    return entry.local;
  }

  /** Whether any local is in scope: the place is not at top level. */
  get isTop(): boolean {
    return this.depth === 0 && this.stack.length === 0;
  }

  /** Names of the locals in scope; for "did you mean". */
  names(): string[] {
    return this.stack.map((entry) => entry.name);
  }
}
