/** Checks what the machine takes for granted of a function's code. For tests, and for code from elsewhere. */
import type { ClosureSpec, Code } from "./code.ts";
import { effectOf, instructions } from "./liveness.ts";
import { HEADER } from "./opcodes.ts";

/**
 * What is wrong with the code; empty: nothing. Opcodes exist, operands are complete, registers, constants and
 * captured values are in range, jumps reach instructions, calls have room for their frame, the end is never
 * run past.
 *
 * @param captured how many values a closure of this code holds
 */
export function verify(code: Code, captured: number): string[] {
  const problems: string[] = [];
  let list: ReturnType<typeof instructions>;
  try {
    list = instructions(code);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  const starts = new Set(list.map(({ pc }) => pc));
  for (const instruction of list) {
    const { pc, opcode } = instruction;
    const say = (problem: string): void => {
      problems.push(`${code.name || "fn"}@${pc} ${opcode.name}: ${problem}`);
    };
    if (pc + opcode.length > code.code.length) {
      say("its operands are cut off");
      continue;
    }
    opcode.operands.forEach(({ name, kind }, i) => {
      const value = code.code[pc + 1 + i] as number;
      if (kind === "const" && !(value >= 0 && value < code.constants.length))
        say(`no constant ${value} (${name})`);
      if (kind === "upval" && !(value >= 0 && value < captured)) say(`no captured value ${value}`);
      if ((kind === "base" || kind === "callee-base") && value + HEADER > code.registers)
        say("no room for the outgoing frame");
    });
    const { uses, defs, jumps } = effectOf(code, instruction);
    for (const r of [...uses, ...defs]) if (!(r >= 0 && r < code.registers)) say(`no register ${r}`);
    for (const target of jumps) if (!starts.has(target)) say(`no instruction at ${target}`);
    if (opcode.name === "CLOSURE") {
      const spec = code.constants[code.code[pc + 2] as number] as ClosureSpec;
      problems.push(...verify(spec.code, spec.captures.length));
      for (const from of spec.captures)
        if (from < 0 && ~from >= captured) say(`no captured value ${~from} to pass on`);
    }
  }
  const last = list.at(-1);
  if (last === undefined || !last.opcode.terminates)
    problems.push(`${code.name || "fn"}: the end can be run past`);
  return problems;
}
