/**
 * What a value is in TypeScript's eyes. Numbers, strings and bigints are JavaScript's own;
 * everything else is an object: an opaque WasmGC struct (lists, vectors, dicts, closures, records,
 * boxes, nil, true, false) or an instance of one of the classes below. Never null, undefined or a
 * JavaScript boolean: the type checker sees to it.
 *
 * A language number is always a JavaScript number here; `heap` boxes what does not fit an i31 when
 * it is stored into a struct and unboxes it when it is read.
 */
export type Value = number | string | bigint | object;

/** A symbol. Plain symbols are interned (`intern`); an alias comes from a macro template. */
export class Sym {
  readonly name: string;
  /** Hygiene: the expansion that introduced this symbol; absent on plain, interned symbols. */
  readonly alias: object | undefined;
  constructor(name: string, alias?: object) {
    this.name = name;
    this.alias = alias;
  }
}

const symbols = new Map<string, WeakRef<Sym>>();
const forgotten = new FinalizationRegistry<string>((name) => {
  // Another symbol may have taken the name since.
  if (symbols.get(name)?.deref() === undefined) symbols.delete(name);
});

/** The one plain symbol of that name, as long as somebody has it: a program may make them without end. */
export function intern(name: string): Sym {
  const known = symbols.get(name)?.deref();
  if (known !== undefined) return known;
  const symbol = new Sym(name);
  symbols.set(name, new WeakRef(symbol));
  forgotten.register(symbol, name);
  return symbol;
}

/** The kinds of condition that the language itself raises. Programs see the string (`error-kind`). */
export type ErrorKind =
  | "arity"
  | "type"
  | "unbound"
  | "op"
  | "read"
  | "syntax"
  | "range"
  | "arithmetic"
  | "match"
  | "url"
  | "limit"
  | "timeout"
  | "cancelled"
  | "assert"
  | "context"
  | "control"
  | "import"
  | "host"
  | "user";

/** One line of an SX stack trace. */
export interface StackFrame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What `error` and the machine raise. Immutable to programs; the host adds where it happened. */
export class Condition {
  readonly kind: ErrorKind | (string & {});
  readonly message: string;
  /** An SX list. */
  readonly data: Value;
  /** Where it was raised: offsets in a file. */
  span: ConditionSpan | undefined;
  /** SX frames, innermost first; filled in by the machine at the raise. */
  stack: readonly StackFrame[] | undefined;
  constructor(kind: string, message: string, data: Value) {
    this.kind = kind;
    this.message = message;
    this.data = data;
    this.span = undefined;
    this.stack = undefined;
  }
}

export interface ConditionSpan {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/**
 * How TypeScript code (a primitive, a machine's helper) raises: the machine catches it at the
 * instruction that called and raises `payload` in SX. `payload` is mostly a `Condition`.
 */
export class Raise extends Error {
  readonly payload: Value;
  constructor(payload: Value) {
    super(payload instanceof Condition ? `${payload.kind}: ${payload.message}` : "raised");
    this.name = "Raise";
    this.payload = payload;
  }
}

/** Safe HTML. Text in it has been escaped exactly once. */
export class Markup {
  /** The HTML, or the parts of it: strings already escaped, and thunks (SX functions) still to run. */
  readonly parts: string | readonly (string | Deferred)[];
  /** A refused URL somewhere inside: raised when this is rendered. */
  readonly refused: Condition | undefined;
  constructor(parts: string | readonly (string | Deferred)[], refused?: Condition) {
    this.parts = parts;
    this.refused = refused;
  }
}

/** A part of markup that is evaluated when the rest has been sent. */
export class Deferred {
  readonly thunk: Value;
  constructor(thunk: Value) {
    this.thunk = thunk;
  }
}

/**
 * A value that is called through another: continuations and parameters. Calling it with arguments
 * calls `procedure` with the same arguments, in tail position.
 */
export class Applicable {
  readonly kind: "continuation" | "parameter";
  procedure: Value;
  constructor(kind: "continuation" | "parameter", procedure: Value) {
    this.kind = kind;
    this.procedure = procedure;
  }
}

/** `(trust-url s)`: a URL that the program vouches for. */
export class TrustedUrl {
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
}

/** What `define-record-type` makes. Two definitions are two types, even with equal names. */
export class RecordType {
  readonly name: string;
  readonly fields: readonly string[];
  constructor(name: string, fields: readonly string[]) {
    this.name = name;
    this.fields = fields;
  }
}

/** A global binding of a module. Shared by every tier; a redefinition writes `value`. */
export class Cell {
  readonly module: string;
  readonly name: string;
  #value: Value | undefined;
  /** The machine's: the value that was called last through this cell, and its code if it is a closure. */
  called: Value | undefined = undefined;
  calledCode: object | null = null;
  /** Told of each new value: how compiled code, which has a copy in the heap, stays up to date. */
  onWrite: ((value: Value | undefined) => void) | undefined = undefined;
  constructor(module: string, name: string, value?: Value) {
    this.module = module;
    this.name = name;
    this.#value = value;
  }
  /** `undefined` until defined: reading it then raises "unbound". */
  get value(): Value | undefined {
    return this.#value;
  }
  set value(value: Value | undefined) {
    this.#value = value;
    this.onWrite?.(value);
  }
}
