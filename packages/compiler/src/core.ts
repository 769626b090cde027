/**
 * Core: the small language that expansion ends in. The reference evaluator runs it as it is; the
 * back end turns it into bytecode. Every node keeps the form it came from, for spans.
 */
import type { Form } from "@sorbus/reader";
import type { Cell, Value } from "@sorbus/vm";

/** A lexical variable. Identity is the variable; `name` is for people. */
export interface Local {
  readonly name: string;
  /** Unique within the unit, in order of introduction: stable for equal source. */
  readonly id: number;
  /** Some `set!` assigns it. Final once the unit's expansion is done. */
  assigned: boolean;
  /** Some inner lambda refers to it. Final once the unit's expansion is done. */
  captured: boolean;
}

/** A parameter after the required ones. `fallback` is evaluated in the scope of those before it. */
export interface OptionalParam {
  readonly local: Local;
  readonly fallback: Core;
}
export interface KeyParam {
  /** The name at the call, without the colon. */
  readonly name: string;
  readonly local: Local;
  /** `undefined`: required. */
  readonly fallback: Core | undefined;
}

/** Destructuring patterns and `:as` types of parameters have become part of `body`. */
export interface Lambda {
  readonly op: "lambda";
  readonly form: Form;
  /** The defined name, or "" for an anonymous function. */
  readonly name: string;
  readonly kind: "function" | "component";
  readonly required: readonly Local[];
  readonly optional: readonly OptionalParam[];
  readonly rest: Local | undefined;
  readonly keys: readonly KeyParam[];
  readonly body: Core;
}

export type Core =
  /** `slot`: the path of the literal in its definition, when it is a live constant (see `units`). */
  | { readonly op: "const"; readonly form: Form; readonly value: Value; readonly slot?: string }
  | { readonly op: "local"; readonly form: Form; readonly local: Local }
  /** Reading an undefined cell raises "unbound", with a "did you mean". */
  | { readonly op: "global"; readonly form: Form; readonly cell: Cell }
  | { readonly op: "set-local"; readonly form: Form; readonly local: Local; readonly value: Core }
  /** An undefined cell raises "unbound". The value of any assignment or definition is nil. */
  | { readonly op: "set-global"; readonly form: Form; readonly cell: Cell; readonly value: Core }
  | { readonly op: "define"; readonly form: Form; readonly cell: Cell; readonly value: Core }
  | { readonly op: "if"; readonly form: Form; readonly test: Core; readonly then: Core; readonly else: Core }
  /** At least one; the value is the last one's. */
  | { readonly op: "seq"; readonly form: Form; readonly body: readonly Core[] }
  /** Parallel: the inits do not see the locals. */
  | {
      readonly op: "let";
      readonly form: Form;
      readonly locals: readonly Local[];
      readonly inits: readonly Core[];
      readonly body: Core;
    }
  /**
   * As `letrec*`: the inits see all locals and run in order; reading a local before its init has
   * run raises "unbound". Inner `define`s, `letrec` and named `let` become this.
   */
  | {
      readonly op: "letrec";
      readonly form: Form;
      readonly locals: readonly Local[];
      readonly inits: readonly Core[];
      readonly body: Core;
    }
  | Lambda
  /**
   * Function and arguments are evaluated left to right. `named` holds the indexes in `args` of
   * literal keywords: `(f 1 :size 2)` has args [1, "size", 2] and named [1]. A callee that is a
   * component or has `&key` parameters takes args[i+1] as its argument `args[i]`; to any other
   * callee the keyword is a string like any other. Absent when there is no literal keyword.
   */
  | {
      readonly op: "call";
      readonly form: Form;
      readonly fn: Core;
      readonly args: readonly Core[];
      readonly named?: readonly number[];
    };

/** A template of static markup, and the paths of the literals that are text in it and nothing else. */
export interface LiveTemplate {
  readonly template: Value;
  readonly literals: readonly string[];
}

/**
 * A preview form. Running it does nothing; expanded with `record`, it defines the cell `preview NAME`, a function that
 * gives a dict: `render` takes traits and gives markup, `setup` is nil or takes nothing, `actions` is nil or a function
 * that gives a dict.
 */
export interface UnitPreview {
  readonly name: string;
  readonly form: Form;
  /** What `:traits` says, a dict of constants. */
  readonly traits?: Value;
}

/** What a top-level form expands to. */
export interface Unit {
  /** Module id + definition name, or module id + ordinal for an expression. */
  readonly id: string;
  readonly core: Core;
  readonly form: Form;
  /** Hash of the expansion without positions: equal source gives equal hashes in any process. */
  readonly contentHash: string;
  /** Hash of what users of the definition depend on: its name, kind, parameters, macro text. */
  readonly interfaceHash: string;
  /** Live constant slots: slot id → value. */
  readonly slots: ReadonlyMap<string, Value>;
  /** Folded templates by the path of their outermost element; the constant has the same path as its slot. */
  readonly templates?: ReadonlyMap<string, LiveTemplate>;
  /** The macros that its expansion went through, as `module/name`: it depends on their text. */
  readonly macros: readonly string[];
  /** What a `(preview "Name" …)` form says. */
  readonly preview?: UnitPreview;
}
