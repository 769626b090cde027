/** Boxes, closures and records: fixed numbers of slots behind a header. */

import { MAX_DIRECT_ARITY } from "./arity.ts";
import { expected, heap, put } from "./instance.ts";
import type { RecordType, Value } from "./value.ts";

/** A captured variable that is assigned. */
export function box(v: Value): Value {
  return heap.box(put(v));
}
export function boxGet(b: Value): Value {
  return heap.boxGet(b) as Value;
}
export function boxSet(b: Value, v: Value): void {
  heap.boxSet(b, put(v));
}
export function isBox(v: Value): boolean {
  return heap.isBox(v) === 1;
}

/** The least that the code object of a closure is. */
export interface Callee {
  readonly name: string;
  readonly kind: "function" | "component";
  /** The number of parameters where all are required and positional; absent otherwise. */
  readonly arity?: number;
}

/** A closure over the captured values, which are copied. */
export function closure(code: Callee, captured: readonly Value[]): Value {
  const arity = code.arity ?? -1;
  // Anything else than 0…MAX is the generic type: br_table reads an unsigned index.
  const type = arity > MAX_DIRECT_ARITY ? -1 : arity;
  const n = captured.length;
  if (n === 0) return heap.closure(code, type, 0);
  if (n === 1) return heap.closure1(code, type, put(captured[0] as Value));
  if (n === 2) return heap.closure2(code, type, put(captured[0] as Value), put(captured[1] as Value));
  const made = heap.closure(code, type, n);
  for (let i = 0; i < n; i++) heap.closureSet(made, i, put(captured[i] as Value));
  return made;
}
/** The code object, or null when `v` is no closure. */
export function closureCode(v: Value): Callee | null {
  return heap.closureMeta(v) as Callee | null;
}
/** Captured value `i`. Traps when `c` is no closure or has fewer: the engine's mistake, not the program's. */
export function closureGet(c: Value, i: number): Value {
  return heap.closureGet(c, i) as Value;
}
export function closureSet(c: Value, i: number, v: Value): void {
  heap.closureSet(c, i, put(v));
}
export function closureSize(c: Value): number {
  return heap.closureSize(c);
}

/** A record with as many fields as its type has. Raises "type" otherwise. */
export function record(type: RecordType, fields: readonly Value[]): Value {
  const n = fields.length;
  if (n !== type.fields.length) expected(`${type.fields.length} fields for ${type.name}`, n);
  const made = heap.record(type, n);
  for (let i = 0; i < n; i++) heap.recordSet(made, i, put(fields[i] as Value));
  return made;
}
/** Null when `v` is no record. */
export function recordType(v: Value): RecordType | null {
  return heap.recordType(v) as RecordType | null;
}
/** Field `i`. Traps when `r` is no record or has fewer. */
export function recordGet(r: Value, i: number): Value {
  return heap.recordGet(r, i) as Value;
}
export function recordSet(r: Value, i: number, v: Value): void {
  heap.recordSet(r, i, put(v));
}
