/**
 * Which registers hold numbers, and of which representation, at the start of each block: forward data flow over
 * what the instructions give, optimistic about what past runs have shown. What was guessed is guarded by the code
 * that is made, and a guess that failed is not made again.
 */
import { type Code, liveRegisters } from "@sorbus/vm";
import { inlined } from "./emit/primitives.ts";
import type { Block, Flow, Instruction } from "./flow.ts";
import { loopOf } from "./flow.ts";

/**
 * How a value is held: `ANY` as a reference, `INT` as an i32 that fits an i31, `NUM` as an f64. 0: nothing is
 * known yet. In ascending order of what they admit, but for `ANY`.
 */
export const ANY = 1;
export const INT = 2;
export const NUM = 4;
export type Rep = number;

/** What past runs have seen at an instruction. */
export const SAW_FLOAT = 1;
export const SAW_OTHER = 2;

/** What is known of a function from its past. */
export interface Profile {
  /** Bits by instruction. */
  seen(pc: number): number;
  /** Whether a register at the head of a loop turned out not to be a number, though it looked so. */
  refuted(pc: number, register: number): boolean;
  /** Whether past runs have shown enough to rely on. */
  readonly settled: boolean;
}

export type Types = readonly (readonly Rep[])[];

/** The least representation for both. */
export function join(a: Rep, b: Rep): Rep {
  if (a === 0) return b;
  if (b === 0 || a === b) return a;
  return a === ANY || b === ANY ? ANY : NUM;
}

/** What an arithmetic instruction gives, by what its operands are. */
export function arithmetic(profile: Profile, pc: number, a: Rep, b: Rep): Rep {
  if (a === 0 || b === 0) return 0;
  const seen = profile.seen(pc);
  if (seen & SAW_OTHER) return ANY;
  if (a === INT && b === INT) return seen & SAW_FLOAT ? NUM : INT;
  if (a !== ANY && b !== ANY) return NUM;
  if (!profile.settled) return ANY;
  return a === NUM || b === NUM || seen & SAW_FLOAT ? NUM : INT;
}

/** The representation of what an instruction defines. */
export function resultOf(
  code: Code,
  profile: Profile,
  { pc, opcode, operands }: Instruction,
  type: (register: number) => Rep,
): Rep {
  const [, a = 0, b = 0] = operands;
  switch (opcode.name) {
    case "MOVE":
      return type(a);
    case "CONST": {
      const value = code.constants[a];
      return typeof value === "number" ? (isInt(value) ? INT : NUM) : ANY;
    }
    case "ADD":
    case "SUB":
    case "MUL":
      return arithmetic(profile, pc, type(a), type(b));
    case "ADDI":
    case "SUBI":
      return arithmetic(profile, pc, type(a), INT);
    case "PRIM1":
    case "PRIM2":
    case "PRIM3":
      return (
        inlined(code.constants[a], operands.length - 2)?.result(profile, pc, operands.slice(2).map(type)) ??
        ANY
      );
    default:
      return ANY;
  }
}

/** Fits an i31 and is not -0. */
export function isInt(value: number): boolean {
  return (value << 1) >> 1 === value && !Object.is(value, -0);
}

/** The register that an instruction writes; undefined: none. */
export function definedBy({ opcode, operands }: Instruction): number | undefined {
  const at = opcode.operands.findIndex((o) => o.kind === "def" || o.kind === "both");
  return at < 0 ? undefined : operands[at];
}

/** Types at the start of each block, by register; of registers that are not alive there nothing is said. */
export function infer(code: Code, flow: Flow, profile: Profile, entry: readonly Rep[]): Types {
  const { blocks } = flow;
  const live = blocks.map(({ start }) => liveRegisters(code, start));
  const types = blocks.map((): Rep[] => new Array<Rep>(code.registers).fill(0));
  const guessed = blocks.map((block) =>
    block.header && profile.settled ? assignedIn(flow, block, live[block.index] as number[], profile) : NONE,
  );
  // Once something that is no number comes round, the guess is off.
  const off = blocks.map(() => new Set<number>());
  const flowInto = (target: number, source: readonly Rep[], back: boolean): boolean => {
    const into = types[target] as Rep[];
    let changed = false;
    for (const r of live[target] as number[]) {
      let incoming = source[r] as Rep;
      if (incoming === 0) continue;
      if (guessed[target]?.has(r) && !off[target]?.has(r)) {
        if (incoming === ANY && back) off[target]?.add(r);
        else if (incoming === ANY) incoming = INT;
      }
      const joined = join(into[r] as Rep, incoming);
      if (joined !== into[r]) {
        into[r] = joined;
        changed = true;
      }
    }
    return changed;
  };
  flowInto(0, entry, false);
  const pending = new Set(blocks.keys());
  for (const index of pending) {
    pending.delete(index);
    const block = blocks[index] as Block;
    const state = [...(types[index] as Rep[])];
    for (const instruction of block.instructions) {
      const to = definedBy(instruction);
      if (to !== undefined) state[to] = resultOf(code, profile, instruction, (r) => state[r] as Rep);
    }
    for (const [i, target] of block.successors.entries()) {
      const source = selfCallState(block, i, state);
      if (flowInto(target, source, target <= index)) pending.add(target);
    }
  }
  return types;
}

/** A tail call of the function itself moves its arguments to the parameters on the way to the start. */
function selfCallState(block: Block, successor: number, state: readonly Rep[]): readonly Rep[] {
  const last = block.instructions.at(-1) as Instruction;
  if (successor !== 0 || last.opcode.name !== "TAILCALLGLOBAL") return state;
  const [, base = 0, n = 0] = last.operands;
  const moved = [...state];
  for (let i = 0; i < n; i++) moved[i] = state[base + 4 + i] as Rep;
  return moved;
}

const NONE: ReadonlySet<number> = new Set();

/** The live registers of a loop's head that the loop itself writes. */
function assignedIn(flow: Flow, header: Block, live: readonly number[], profile: Profile): Set<number> {
  const written = new Set<number>();
  for (const b of loopOf(flow, header.index)) {
    const block = flow.blocks[b] as Block;
    for (const instruction of block.instructions) {
      const to = definedBy(instruction);
      if (to !== undefined) written.add(to);
      if (instruction.opcode.name === "TAILCALLGLOBAL" && block.successors.includes(0)) {
        for (let i = 0; i < (instruction.operands[2] ?? 0); i++) written.add(i);
      }
    }
  }
  return new Set(live.filter((r) => written.has(r) && !profile.refuted(header.start, r)));
}
