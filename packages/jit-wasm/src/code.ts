/** What there is to know of single instructions and functions of the bytecode. */
import { type Code, type Opcode, opcodes } from "@sorbus/vm";
import { decode } from "./flow.ts";
import { SAW_FLOAT, SAW_OTHER } from "./infer.ts";

/** Code that no program wrote. */
export function isMachineCode(code: Code): boolean {
  return code.positions.length === 0 && code.unit?.hash === "";
}

export function lengthOf(code: Code, pc: number): number {
  return (opcodes[code.code[pc] as number] as Opcode).length;
}

/** What an instruction has met that its code was not made for. */
export function seenAt(code: Code, pc: number, register: (r: number) => unknown): number {
  return operandsOf(code, pc).every((r) => typeof register(r) === "number") ? SAW_FLOAT : SAW_OTHER;
}

/** The registers that an arithmetic instruction or comparison reads. */
function operandsOf(code: Code, pc: number): number[] {
  const instruction = decode(code).get(pc);
  if (instruction === undefined) return [];
  return instruction.opcode.operands.flatMap(({ kind }, i) =>
    kind === "use" ? [instruction.operands[i] as number] : [],
  );
}
