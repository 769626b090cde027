/** Primitives that compiled code does itself where their arguments are of the usual kind. */
import type { Primitive } from "@sorbus/vm";
import type { FunctionEmitter } from "./function.ts";

/** Writes the primitive's own code; false: it is called as any other. */
export function inlinePrimitive(
  _e: FunctionEmitter,
  _pc: number,
  _to: number,
  _callee: Primitive,
  _args: readonly number[],
): boolean {
  return false;
}
