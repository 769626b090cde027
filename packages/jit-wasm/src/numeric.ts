/** Primitives on numbers that compiled code does itself: what they give, by what they are given. */
import { Primitive } from "@sorbus/vm";
import type { Profile, Rep } from "./infer.ts";

export interface NumericPrimitive {
  result(profile: Profile, pc: number, args: readonly Rep[]): Rep;
}

const table: ReadonlyMap<string, NumericPrimitive> = new Map();

/** Undefined: called as any other primitive. */
export function numericPrimitive(constant: unknown): NumericPrimitive | undefined {
  return constant instanceof Primitive ? table.get(constant.name) : undefined;
}
