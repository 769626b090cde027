/** The back end: a unit's Core to the bytecode of its functions. */
import { spanAt } from "@sorbus/reader";
import { type Code, condition, type Locate, Raise, type UnitCode } from "@sorbus/vm";
import type { Unit } from "../core.ts";
import type { UnitContext } from "./frame.ts";
import { FunctionCompiler } from "./function.ts";

export interface GenerateOptions {
  /** Places of the unit's offsets, for who compiles once and keeps the code while the text around it moves. */
  readonly locate?: Locate;
  /** Core and prelude code, left out of stack traces. */
  readonly hidden?: boolean;
  /** A form of a file: its frame is kept under the call in its tail position, so that traces end in the form. */
  readonly keepsTop?: boolean;
}

/** A compiled unit with the places of its live constants. */
export interface GeneratedUnit extends UnitCode {
  readonly slots: ReadonlyMap<string, { readonly fn: number; readonly constant: number }>;
}

/**
 * Compiles a unit. Linear in the size of its Core, but for nested loops.
 * @throws Raise of kind "syntax" for code that is nested too deeply.
 */
export function generate(unit: Unit, options: GenerateOptions = {}): GeneratedUnit {
  const { origin } = unit.form;
  const context: UnitContext = {
    functions: [],
    hidden: options.hidden === true,
    keepsTop: options.keepsTop === true,
    origin,
    locate:
      options.locate ?? ((start, end) => spanAt(origin.source, origin.offset + start, origin.offset + end)),
    defining: unit.core.op === "define" && unit.core.value.op === "lambda" ? unit.core.cell : undefined,
    slots: new Map(),
    spread: new Set(),
  };
  try {
    FunctionCompiler.topLevel(context, unit.core);
  } catch (error) {
    if (!(error instanceof RangeError) || !error.message.includes("call stack")) throw error;
    throw new Raise(condition("syntax", "the code is nested too deeply to compile"));
  }
  const functions: readonly Code[] = context.functions;
  const generated: GeneratedUnit = {
    id: unit.id,
    get hash() {
      return unit.contentHash;
    },
    functions,
    slots: context.slots,
  };
  functions.forEach((code, index) => {
    code.unit = generated;
    code.unitIndex = index;
  });
  return generated;
}
