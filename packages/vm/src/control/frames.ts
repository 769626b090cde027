/**
 * Frames that stay. A call in tail position replaces its caller, and so the caller would be missing
 * from the trace of a condition that a prelude function raises for it: `(define (f) (error "no"))`
 * would be blamed on whoever called `f`. So a call of a prelude function from a program's own code
 * keeps the caller's frame, unless the function calls one of its arguments in tail position, when a
 * loop through it must not grow. (Those that push a mark first do not: a loop through them grows anyway.)
 */
import type { Cell } from "../heap/value.ts";
import { ControlBuiltin } from "./builtins.ts";

/** Prelude functions that call what they are given in tail position. */
const passing: ReadonlySet<string> = new Set(["call/cc", "call-with-current-continuation", "eval", "%guard"]);

/**
 * Whether a call of the global `cell`, written in a program's own code, keeps the frame of its caller
 * even in tail position.
 */
export function keepsFrame(cell: Cell): boolean {
  return cell.module === "core" && !(cell.value instanceof ControlBuiltin) && !passing.has(cell.name);
}
