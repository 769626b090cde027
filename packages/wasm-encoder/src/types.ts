/** WebAssembly's types as plain data, and how to write them down shortly. */

export type NumType = "i32" | "i64" | "f32" | "f64";
/** Only as the type of a field. */
export type PackedType = "i8" | "i16";
export type AbstractHeapType =
  | "any"
  | "eq"
  | "i31"
  | "struct"
  | "array"
  | "none"
  | "func"
  | "nofunc"
  | "extern"
  | "noextern"
  | "exn"
  | "noexn";
/** A type by its index in the module, or by the name that it was defined under. */
export type TypeRef = `$${string}` | number;
export type HeapType = AbstractHeapType | TypeRef;
export interface RefType {
  readonly heap: HeapType;
  readonly nullable: boolean;
}
export type ValType = NumType | RefType;

/** `(ref heap)`: never null. */
export const ref = (heap: HeapType): RefType => ({ heap, nullable: false });
/** `(ref null heap)`. */
export const refNull = (heap: HeapType): RefType => ({ heap, nullable: true });

export const anyref: RefType = refNull("any");
export const eqref: RefType = refNull("eq");
export const i31ref: RefType = refNull("i31");
export const structref: RefType = refNull("struct");
export const arrayref: RefType = refNull("array");
export const funcref: RefType = refNull("func");
export const externref: RefType = refNull("extern");
export const exnref: RefType = refNull("exn");

export interface FieldType {
  readonly type: ValType | PackedType;
  readonly mutable: boolean;
}
export type Fields = Readonly<Record<string, FieldType>>;

interface Subtyping {
  /** The declared supertype. */
  readonly parent?: TypeRef;
  /** Whether other types may declare this one their supertype; not open is final. */
  readonly open: boolean;
}
export interface StructDef extends Subtyping {
  readonly kind: "struct";
  /** In order. A subtype repeats its parent's fields first. */
  readonly fields: Fields;
}
export interface ArrayDef extends Subtyping {
  readonly kind: "array";
  readonly element: FieldType;
}
export interface FuncDef extends Subtyping {
  readonly kind: "func";
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}
export type TypeDef = StructDef | ArrayDef | FuncDef;

export interface SubtypeOptions {
  readonly parent?: TypeRef;
  readonly open?: boolean;
}

/** A field that may be assigned. */
export const mut = (type: ValType | PackedType): FieldType => ({ type, mutable: true });
/** A field that may not. */
export const immut = (type: ValType | PackedType): FieldType => ({ type, mutable: false });

function subtyping(options: SubtypeOptions): Subtyping {
  return { open: options.open ?? false, ...(options.parent === undefined ? {} : { parent: options.parent }) };
}
export const struct = (fields: Fields, options: SubtypeOptions = {}): StructDef => ({
  kind: "struct",
  fields,
  ...subtyping(options),
});
export const array = (element: FieldType, options: SubtypeOptions = {}): ArrayDef => ({
  kind: "array",
  element,
  ...subtyping(options),
});
export const func = (
  params: readonly ValType[],
  results: readonly ValType[],
  options: SubtypeOptions = {},
): FuncDef => ({ kind: "func", params, results, ...subtyping(options) });

export const NUM_CODES: Readonly<Record<NumType | PackedType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  i8: 0x78,
  i16: 0x77,
};
export const HEAP_CODES: Readonly<Record<AbstractHeapType, number>> = {
  noexn: 0x74,
  nofunc: 0x73,
  noextern: 0x72,
  none: 0x71,
  func: 0x70,
  extern: 0x6f,
  any: 0x6e,
  eq: 0x6d,
  i31: 0x6c,
  struct: 0x6b,
  array: 0x6a,
  exn: 0x69,
};
