/** The expander of a program: what all expansions share. `expansion.ts` does the walking. */
import { type Form, spanOf } from "@sorbus/reader";
import type { Cell, Value } from "@sorbus/vm";
import type { Diagnostic, DiagnosticCode } from "./check.ts";
import type { Core, Unit } from "./core.ts";
import type { Expansion } from "./expansion.ts";
import { MacroCache, MacroSuspended } from "./macros.ts";
import type { CoreModule, Module } from "./module.ts";
import { syntaxError } from "./syntax.ts";
import { expandTop } from "./top.ts";

/** Runs code at compile time. */
export interface Evaluator {
  /**
   * Calls an SX function and runs it to the end.
   * @throws Raise what the function raises
   * @throws MacroSuspended when it cannot end without an answer from outside
   */
  call(fn: Value, args: readonly Value[]): Value;
}

export interface ExpanderOptions {
  readonly core: CoreModule;
  readonly evaluator: Evaluator;
  /** Evaluates a unit at once and gives its value: how a macro's function is made. */
  readonly evaluate: (unit: Unit) => Value;
  /** Emits checks of parameter types. Default false. */
  readonly development?: boolean;
  /** Records where live constants and templates are, for previews. Default false. */
  readonly record?: boolean;
  /** Keeps every call of a global function, for `check`. Default false. */
  readonly diagnose?: boolean;
  /** "a → b → a" for a module that waits for another one; a `Loader` brings its own. */
  readonly describeCycle?: (from: Module, to: Module) => string;
}

/** A call whose callee was a global name. */
export interface GlobalCall {
  readonly call: Extract<Core, { op: "call" }>;
  readonly cell: Cell;
}

export class Expander {
  readonly options: ExpanderOptions;
  /** See `ExpanderOptions`. */
  describeCycle: ((from: Module, to: Module) => string) | undefined;
  /** With `diagnose`: the calls of each module. */
  readonly calls: Map<Module, GlobalCall[]> = new Map();
  /** With `diagnose`: what `warn` was told. */
  readonly warnings: Map<Module, Diagnostic[]> = new Map();
  /** Macro results of top-level forms whose expansion was suspended. */
  private readonly suspended = new WeakMap<Form, MacroCache>();

  constructor(options: ExpanderOptions) {
    this.options = options;
    this.describeCycle = options.describeCycle;
  }

  /**
   * Expands one top-level form; defines its names in `module`. A `do` of several definitions gives
   * several units.
   * @throws Raise kind "syntax" for what is written wrongly; what a macro raises
   * @throws MacroSuspended when a macro waits for an effect: give it the answer and call again with
   *   the same form
   */
  expandTopLevel(form: Form, module: Module): Unit[] {
    try {
      return [...this.units(form, module)];
    } catch (error) {
      // The caller has seen none of the units.
      const cache = this.suspended.get(form);
      if (cache !== undefined) cache.done = 0;
      throw error;
    }
  }

  /** As `expandTopLevel`, one unit at a time: a macro in the form may use what earlier units, once run, define. */
  *units(form: Form, module: Module): Generator<Unit, void, void> {
    const cache = this.suspended.get(form) ?? new MacroCache();
    try {
      yield* expandTop(this, form, module, cache);
      if (cache.results !== undefined) this.suspended.delete(form);
    } catch (error) {
      if (error instanceof MacroSuspended) this.suspended.set(form, cache);
      // Recursion over a form ends on the host's stack before our own count does when frames are large.
      if (error instanceof RangeError && error.message.includes("call stack")) {
        syntaxError(form, "nested too deeply");
      }
      throw error;
    }
  }

  /** With `diagnose`: notes what is doubtful, though no mistake. */
  warn(module: Module, form: Form, code: DiagnosticCode, message: string): void {
    if (this.options.diagnose !== true) return;
    let warnings = this.warnings.get(module);
    if (warnings === undefined) {
      warnings = [];
      this.warnings.set(module, warnings);
    }
    warnings.push({ severity: "warning", code, message, span: spanOf(form) });
  }

  /** Notes a call of a global function. */
  noteCall(x: Expansion, call: Extract<Core, { op: "call" }>, cell: Cell): void {
    let calls = this.calls.get(x.module);
    if (calls === undefined) {
      calls = [];
      this.calls.set(x.module, calls);
    }
    calls.push({ call, cell });
  }
}
