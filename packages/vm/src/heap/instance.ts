/** The one instance of the heap module, and what every other file of the heap needs from it. */
import { heapBytes } from "./bytes.ts";
import { type HeapExports, STRUCTS, type Struct } from "./module/exports.ts";
import { Condition, type ErrorKind, Raise, type Value } from "./value.ts";
import { globalValue, instantiate, wasmApi } from "./wasm.ts";

// Asked first, so that an engine without GC types is told apart from a mistake in the module.
wasmApi();
const exported = instantiate(heapBytes(), { js: { number: (x: number): number => x } });

/**
 * The module's exports as they are, for compiled modules to import: the globals `nil`, `false`, `true`,
 * `empty` with their WebAssembly types, and `bytes`, the count of bytes allocated, which they keep up too.
 */
export const heapModule: Readonly<Record<string, unknown>> = exported;

/** The raw module. What goes into a slot passes through `put` first. */
export const heap: HeapExports = exported as unknown as HeapExports;

export const NIL: Value = globalValue(exported.nil);
export const FALSE: Value = globalValue(exported.false);
export const TRUE: Value = globalValue(exported.true);
/** A parameter that was not given, a variable that is not initialised. Never seen by programs. */
export const UNSET: Value = globalValue(exported.unset);
/** The empty list. */
export const EMPTY: Value = globalValue(exported.empty);

/** All that JavaScript can know of a value before it goes into a slot: numbers that are no i31 are boxed. */
export function put(v: Value): Value {
  return typeof v === "number" && ((v << 1) >> 1 !== v || Object.is(v, -0)) ? heap.flo(v) : v;
}

/** Which struct of the heap `v` is; undefined for instances of JavaScript classes. */
export function structOf(v: object): Struct | undefined {
  return STRUCTS[heap.structOf(v)];
}

/** Everything but nil and false. */
export function truthy(v: Value): boolean {
  return v !== FALSE && v !== NIL;
}
export function bool(b: boolean): Value {
  return b ? TRUE : FALSE;
}

/** How errors name what they were given; set by print.ts, which needs everything else first. */
let describe: (v: Value) => string = () => "a value";
export function setDescribe(f: (v: Value) => string): void {
  describe = f;
}

/** Raises a condition without data. The file list.ts has the general form. */
export function fail(kind: ErrorKind, message: string): never {
  throw new Raise(new Condition(kind, message, EMPTY));
}
/** Raises a type error: `expected a list, got 5`. */
export function expected(what: string, got: Value): never {
  return fail("type", `expected ${what}, got ${describe(got)}`);
}

/** Bytes that TypeScript's own structures have taken; in an array so that counting allocates nothing. */
const own = new Float64Array(1);
export function account(bytes: number): void {
  own[0] = (own[0] ?? 0) + bytes;
}

/**
 * Bytes allocated through the heap since the module was loaded, about. It only grows: the memory limit
 * compares differences, and measures what is alive only when enough has been allocated.
 */
export function stats(): { allocated: number } {
  return { allocated: heap.allocated() + (own[0] ?? 0) };
}
