/**
 * The WebAssembly types of all heap objects and of compiled functions, in one rec group.
 *
 * WebAssembly types are the same across modules only when their whole rec group is the same: every
 * module that touches the heap defines exactly this group, first. So nothing here may depend on
 * what a module needs, and a change here is a change of every module at once.
 *
 * A value is an `anyref` that is never null: null is the sentinel by which compiled code unwinds.
 */
import {
  anyref,
  array,
  externref,
  type FuncDef,
  func,
  immut,
  mut,
  ref,
  refNull,
  type StructDef,
  struct,
  type TypeDef,
} from "@sorbus/wasm-encoder";
import { MAX_DIRECT_ARITY } from "./arity.ts";

export { MAX_DIRECT_ARITY };

const closureFields = { meta: immut(externref), env: immut(ref("$anys")) };

/** `$fN`: the compiled code of an N-ary function; `depth` counts down the calls that fit the stack. */
function direct(n: number): { readonly code: FuncDef; readonly closure: StructDef } {
  return {
    code: func([ref(`$clo${n}`), "i32", ...Array.from({ length: n }, () => anyref)], [anyref]),
    closure: struct({ ...closureFields, code: mut(refNull(`$f${n}`)) }, { parent: "$clo" }),
  };
}
const directs: Record<`$${string}`, TypeDef> = {};
for (let n = 0; n <= MAX_DIRECT_ARITY; n++) {
  const { code, closure } = direct(n);
  directs[`$f${n}`] = code;
  directs[`$clo${n}`] = closure;
}

export const HEAP_TYPES: Readonly<Record<`$${string}`, TypeDef>> = {
  /** The elements of everything that has a number of them. */
  $anys: array(mut(anyref)),
  $floats: array(mut("f64")),
  /** A number that is not an i31. */
  $flo: struct({ value: immut("f64") }),
  /** nil, false, true and "not given", by their `code`s 0 to 3: compared by identity. */
  $imm: struct({ code: immut("i32") }),
  /** Any list; an instance of this very type is the empty list. */
  $list: struct({ len: immut("i32") }, { open: true }),
  $pair: struct({ len: immut("i32"), car: immut(anyref), cdr: immut(ref("$list")) }, { parent: "$list" }),
  /** Elements start…end are in use; both ends only ever grow. */
  $buf: struct({ items: immut(ref("$anys")), start: mut("i32"), end: mut("i32") }),
  /** Elements off…off+len of `buf`. Never empty. */
  $slice: struct({ len: immut("i32"), buf: immut(ref("$buf")), off: immut("i32") }, { parent: "$list" }),
  /** Exactly one of `items` and `floats` is there; its length is the capacity. */
  $vector: struct({ len: mut("i32"), items: mut(refNull("$anys")), floats: mut(refNull("$floats")) }),
  /** `shape`: a Shape with the keys of `vals`, or a persistent map (then `vals` is empty). */
  $dict: struct({ shape: immut(externref), vals: immut(ref("$anys")) }),
  /** A captured variable that is assigned. */
  $box: struct({ value: mut(anyref) }),
  $record: struct({ type: immut(externref), fields: immut(ref("$anys")) }),
  /** Any closure. `meta` is the engine's code object. */
  $clo: struct(closureFields, { open: true }),
  ...directs,
  /** Functions with other parameters take them as one array. */
  $fv: func([ref("$clov"), "i32", ref("$anys")], [anyref]),
  $clov: struct({ ...closureFields, code: mut(refNull("$fv")) }, { parent: "$clo" }),
  /** Code that goes on in the middle of a function, given the registers that matter there. */
  $fk: func([ref("$clo"), "i32", ref("$anys")], [anyref]),
  $kont: struct({ code: immut(ref("$fk")) }),
  /** A global binding as compiled code sees it; `clo` is `value` when that is a closure. */
  $global: struct({ value: mut(anyref), clo: mut(refNull("$clo")) }),
};
