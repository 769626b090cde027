/**
 * One WebAssembly module of compiled functions under construction: what it imports, and the constants it holds.
 * Imports come before functions in a module, so all of them are announced before the first body is written.
 */

import {
  type Cell,
  type Code,
  closureCode,
  EMPTY,
  FALSE,
  NIL,
  Primitive,
  TRUE,
  UNSET,
  type Value,
} from "@sorbus/vm";
import { HEAP_TYPES, heapModule } from "@sorbus/vm/heap-module";
import { anyref, externref, Module, type RefType, ref, type ValType } from "@sorbus/wasm-encoder";
import { signatureOf } from "./emit/function.ts";
import { defineHelper, type HelperName } from "./emit/helpers.ts";
import type { HostImports } from "./host.ts";

const nullary: readonly ValType[] = [];
const x = externref;

/** The functions of the host that any unit may call, with their signatures. `exit` marks what gives null to leave. */
export const HOST: Readonly<
  Record<keyof HostImports, { params: readonly ValType[]; results: readonly ValType[] }>
> = {
  save: { params: [x, "i32", x, x], results: nullary },
  deopt: { params: [x, "i32", "i32"], results: nullary },
  number: { params: ["f64"], results: [x] },
  link: { params: [x, "i32"], results: ["i32"] },
  prepare: { params: [x, x, x], results: ["i32"] },
  taken: { params: [], results: [x] },
  tierUp: { params: [x], results: ["i32"] },
  continuation: { params: [x, "i32"], results: [x] },
  remainder: { params: ["f64", "f64"], results: ["f64"] },
  setGlobal: { params: [x, x], results: nullary },
  add: { params: [x, x], results: [x] },
  sub: { params: [x, x], results: [x] },
  mul: { params: [x, x], results: [x] },
  less: { params: [x, x], results: ["i32"] },
  lessEqual: { params: [x, x], results: ["i32"] },
  greater: { params: [x, x], results: ["i32"] },
  greaterEqual: { params: [x, x], results: ["i32"] },
  equal: { params: [x, x], results: ["i32"] },
  empty: { params: [x], results: ["i32"] },
};

/** Functions of the heap's own module that units call. */
const HEAP_FUNCTIONS = {
  conj1: { params: [x, x], results: [x] },
  nth: { params: [x, "i32"], results: [x] },
} as const satisfies Readonly<Record<string, { params: readonly ValType[]; results: readonly ValType[] }>>;

const heapGlobals: Readonly<Record<string, RefType>> = {
  nil: ref("$imm"),
  false: ref("$imm"),
  true: ref("$imm"),
  unset: ref("$imm"),
  empty: ref("$list"),
};

const NAMED: ReadonlyMap<Value, string> = new Map([
  [NIL, "nil"],
  [FALSE, "false"],
  [TRUE, "true"],
  [UNSET, "unset"],
  [EMPTY, "empty"],
]);

/** What a unit needs from the JIT that makes it. */
export interface UnitWorld {
  readonly host: HostImports;
  readonly memory: object;
  readonly metered: boolean;
  /** A primitive as compiled code calls it: externrefs to an externref, null when it has raised. */
  primitive(primitive: Primitive, args: number | "row"): (...args: unknown[]) => unknown;
  /** A primitive by its name. */
  named(name: string): Primitive;
  /** A template as compiled code calls it, with a row. */
  template(template: object): (row: unknown) => unknown;
  /** A closure of that code whose own `code` is the best there is. */
  prototype(code: Code): object;
  /** The heap's mirror of a global binding. */
  global(cell: Cell): object;
}

export class Unit {
  readonly module: Module;
  readonly world: UnitWorld;
  readonly imports: Record<"h" | "j" | "k", Record<string, unknown>>;
  readonly #constants: Map<unknown, string> = new Map();
  readonly #hosts: Map<object, string> = new Map();
  readonly #callees: Map<Value, string> = new Map();
  readonly #prototypes: Map<Code, string> = new Map();
  readonly #templates: Map<object, string> = new Map();
  readonly #helpers: Set<string> = new Set();
  #count = 0;

  constructor(name: string, world: UnitWorld) {
    this.world = world;
    this.module = new Module(name);
    this.module.rec(HEAP_TYPES);
    this.imports = { h: heapModule as Record<string, unknown>, j: { memory: world.memory }, k: {} };
    this.module.importMemory("j", "memory", 1);
    for (const [field, type] of Object.entries(HOST)) {
      this.#importFunc("j", field, world.host[field as keyof HostImports], type.params, type.results, field);
    }
    for (const [field, type] of Object.entries(HEAP_FUNCTIONS)) {
      this.#importFunc("h", field, undefined, type.params, type.results, `heap.${field}`);
    }
    for (const [field, type] of Object.entries(heapGlobals)) this.module.importGlobal("h", field, type);
    if (world.metered) this.module.importGlobal("h", "bytes", "f64", true);
  }

  #importFunc(
    from: "h" | "j" | "k",
    field: string,
    value: unknown,
    params: readonly ValType[],
    results: readonly ValType[],
    name: string,
  ): void {
    if (value !== undefined) this.imports[from][field] = value;
    const named = Object.fromEntries(params.map((type, i) => [`p${i}`, type]));
    this.module.importFunc(from, field, { params: named, results }, name);
  }

  /** Announces a value that code refers to. */
  announce(value: Value): void {
    if (typeof value === "number" || NAMED.has(value) || this.#constants.has(value)) return;
    this.#constants.set(value, this.#global(anyref, value));
  }

  /** Announces an object of the host: code, a cell. */
  announceHost(object: object): void {
    if (!this.#hosts.has(object)) this.#hosts.set(object, this.#global(externref, object));
  }

  /** Announces a global binding. */
  announceCell(cell: Cell): void {
    this.announceHost(cell);
    if (!this.#constants.has(cell))
      this.#constants.set(cell, this.#global(ref("$global"), this.world.global(cell)));
  }

  /** Announces code of which closures are made. */
  announceClosure(code: Code): void {
    this.announceHost(code);
    if (this.#prototypes.has(code)) return;
    this.#prototypes.set(code, this.#global(ref(signatureOf(code).closure), this.world.prototype(code)));
  }

  /** Announces a closure that a global holds at present, if calls of it can be bound without the host. */
  announceCallee(value: Value): void {
    if (this.#callees.has(value) || bindsPlainly(value) === undefined) return;
    this.#callees.set(value, this.#global(ref("$clo"), value));
  }

  /** The name of the global that holds an announced callee; undefined: it is none. */
  callee(value: Value | undefined): string | undefined {
    return value === undefined ? undefined : this.#callees.get(value);
  }

  /** Announces what is called with a row: a primitive of many arguments, a template. */
  announceRow(callee: object): void {
    if (callee instanceof Primitive) this.announcePrimitive(callee, "row");
    else if (!this.#templates.has(callee)) {
      const name = `template${this.#count++}`;
      this.#templates.set(callee, name);
      this.#importFunc("k", name, this.world.template(callee), [externref], [externref], name);
    }
  }

  /** Announces a call of a primitive with so many arguments, or with a row of them. */
  announcePrimitive(primitive: Primitive, args: number | "row"): void {
    const name = primitiveName(primitive, args);
    if (this.imports.k[name] !== undefined) return;
    const params = new Array<ValType>(args === "row" ? 1 : args).fill(externref);
    this.#importFunc("k", name, this.world.primitive(primitive, args), params, [externref], name);
  }

  #global(type: RefType, value: unknown): string {
    const name = `k${this.#count++}`;
    this.imports.k[name] = value;
    this.module.importGlobal("k", name, type, false);
    return name;
  }

  /** The name of the global that holds a value or a global binding. */
  constant(key: unknown): string {
    return announced(NAMED.get(key as Value) ?? this.#constants.get(key));
  }

  /** The name of the global that holds an object of the host. */
  hostConstant(object: object): string {
    return announced(this.#hosts.get(object));
  }

  /** The name of the global that holds the prototype of closures of that code. */
  prototypeOf(code: Code): string {
    return announced(this.#prototypes.get(code));
  }

  /** The name of the function that is called with a row. */
  rowCall(callee: object): string {
    return callee instanceof Primitive
      ? primitiveName(callee, "row")
      : announced(this.#templates.get(callee));
  }

  /** The name of a function of this module that does what many places need; it is defined when first asked for. */
  helper(name: HelperName): string {
    if (!this.#helpers.has(name)) {
      this.#helpers.add(name);
      defineHelper(this, name);
    }
    return `%${name}`;
  }

  encode(): Uint8Array {
    return this.module.encode();
  }
}

export function primitiveName(primitive: Primitive, args: number | "row"): string {
  return `${primitive.name}/${args}`;
}

/** The code of a function that takes its arguments as a row, if they are matched to its parameters by their places alone. */
export function bindsPlainly(value: Value): Code | undefined {
  const code = closureCode(value) as Code | null;
  if (code === null || code.kind !== "function" || code.keys.length > 0) return undefined;
  return signatureOf(code).direct ? undefined : code;
}

function announced(name: string | undefined): string {
  if (name === undefined) throw new Error("compiled code refers to what was not announced");
  return name;
}
