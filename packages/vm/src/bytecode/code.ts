/** What the compiler produces and the machine runs: the code of one function, and of one unit. */
import type { Callee } from "../heap/index.ts";
import type { ConditionSpan } from "../heap/value.ts";

/** Where a captured value comes from when a closure is made: a register or a captured value of the maker. */
export interface ClosureSpec {
  readonly code: Code;
  /** Non-negative: register; negative: captured value ~index. */
  readonly captures: readonly number[];
}

/** Resolves offsets of a unit to a place in its file, as the file stands now. */
export type Locate = (start: number, end: number) => ConditionSpan;

/** The heat of functions that nobody has looked at: a machine without a JIT looks once in so many calls. */
export const COLD: number = 1 << 30;

/** The code of one function. Registers: required, optional, rest, key parameters, then locals and temporaries. */
export interface CodeInit {
  readonly name: string;
  readonly kind: "function" | "component";
  readonly required: number;
  readonly optional: number;
  readonly rest: boolean;
  readonly keys: readonly { readonly name: string; readonly required: boolean }[];
  readonly registers: number;
  readonly code: Int32Array;
  readonly constants: readonly unknown[];
  /** Triples (pc, start, end), ascending in pc: the form that an instruction came from. */
  readonly positions: Int32Array;
  /** Core and prelude code: not shown in stack traces. */
  readonly hidden: boolean;
  readonly locate: Locate;
}

export class Code implements Callee {
  readonly name: string;
  readonly kind: "function" | "component";
  readonly required: number;
  readonly optional: number;
  readonly rest: boolean;
  readonly keys: readonly { readonly name: string; readonly required: boolean }[];
  /** Only required parameters: a call with that many arguments needs no further work. */
  readonly simple: boolean;
  /** The number of parameters, when simple: closures of few parameters have a heap type of their own. */
  readonly arity?: number;
  readonly min: number;
  readonly max: number;
  readonly registers: number;
  readonly code: Int32Array;
  readonly constants: readonly unknown[];
  readonly positions: Int32Array;
  readonly hidden: boolean;
  readonly locate: Locate;
  /** The unit that this function belongs to, and its place there: how a frozen frame names its code. */
  unit: UnitCode | undefined;
  unitIndex: number;
  /** Calls until the machine asks its JIT about this function; below 0 each call asks. */
  heat: number = COLD;

  constructor(init: CodeInit) {
    this.name = init.name;
    this.kind = init.kind;
    this.required = init.required;
    this.optional = init.optional;
    this.rest = init.rest;
    this.keys = init.keys;
    this.simple = init.optional === 0 && !init.rest && init.keys.length === 0;
    if (this.simple) this.arity = init.required;
    this.min = init.required;
    this.max = init.rest ? Number.POSITIVE_INFINITY : init.required + init.optional;
    this.registers = init.registers;
    this.code = init.code;
    this.constants = init.constants;
    this.positions = init.positions;
    this.hidden = init.hidden;
    this.locate = init.locate;
    this.unit = undefined;
    this.unitIndex = 0;
  }
}

/**
 * Gives a constant of a function another value while the program runs: frames that read it later see the new one.
 * The one way to do so, for whoever keeps constants elsewhere (compiled code) has to be told here.
 */
export function reseed(code: Code, index: number, value: unknown): void {
  if (index < 0 || index >= code.constants.length) {
    throw new RangeError(`${code.name} has ${code.constants.length} constants, no constant ${index}`);
  }
  (code.constants as unknown[])[index] = value;
}

/** A compiled top-level form. */
export interface UnitCode {
  readonly id: string;
  /** Of its contents, without places. May be computed when it is first read. */
  readonly hash: string;
  /** The first takes no arguments and evaluates the unit; the rest are the functions inside it. */
  readonly functions: readonly Code[];
}

/** The place of an instruction, or undefined for machine-made code. O(log positions). */
export function positionAt(code: Code, pc: number): ConditionSpan | undefined {
  const { positions } = code;
  let low = 0;
  let high = positions.length / 3 - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((positions[middle * 3] as number) <= pc) {
      found = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  if (found < 0) return undefined;
  return code.locate(positions[found * 3 + 1] as number, positions[found * 3 + 2] as number);
}

/** Marks an optional or key parameter that was not given, and a letrec variable before its init. Never seen by programs. */
export { UNSET } from "../heap/instance.ts";
