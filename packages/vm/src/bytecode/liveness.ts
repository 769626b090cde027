/**
 * Which registers of a function still matter at an instruction: backward data flow over its code, from
 * what the opcode table says of each operand. Computed when it is first asked for.
 */
import type { ClosureSpec, Code } from "./code.ts";
import { HEADER, type Opcode, opcodes } from "./opcodes.ts";

interface Instruction {
  readonly pc: number;
  readonly opcode: Opcode;
}

/** The instructions of a function, in order. @throws RangeError for a number that is no opcode */
export function instructions(code: Code): Instruction[] {
  const list: Instruction[] = [];
  for (let pc = 0; pc < code.code.length; ) {
    const opcode = opcodes[code.code[pc] as number];
    if (opcode === undefined) throw new RangeError(`no opcode ${code.code[pc]} at ${pc} of ${code.name}`);
    list.push({ pc, opcode });
    pc += opcode.length;
  }
  return list;
}

/** Registers that an instruction reads and writes, and where it may jump. */
export interface Effect {
  readonly uses: readonly number[];
  readonly defs: readonly number[];
  readonly jumps: readonly number[];
}

export function effectOf(code: Code, { pc, opcode }: Instruction): Effect {
  const uses: number[] = [];
  const defs: number[] = [];
  const jumps: number[] = [];
  const operand = (i: number): number => code.code[pc + 1 + i] as number;
  const range = (first: number, n: number): void => {
    for (let r = first; r < first + n; r++) uses.push(r);
  };
  const count = opcode.operands.findIndex((o) => o.kind === "count");
  opcode.operands.forEach(({ kind }, i) => {
    const value = operand(i);
    switch (kind) {
      case "def":
        defs.push(value);
        break;
      case "use":
        uses.push(value);
        break;
      case "both":
        uses.push(value);
        defs.push(value);
        break;
      case "jump":
        jumps.push(value);
        break;
      case "span":
        range(value, operand(count));
        break;
      case "callee-base":
        uses.push(value + 1);
        range(value + HEADER, operand(count));
        break;
      case "base":
        range(value + HEADER, operand(count));
        break;
      case "const": {
        const constant = code.constants[value];
        if (opcode.name === "CLOSURE") {
          for (const from of (constant as ClosureSpec).captures) if (from >= 0) uses.push(from);
        }
        break;
      }
      case "imm":
      case "upval":
      case "count":
        break;
      default:
        kind satisfies never;
    }
  });
  return { uses, defs, jumps };
}

const known = new WeakMap<Code, ReadonlyMap<number, ReadonlySet<number>>>();

/**
 * The registers whose values are needed when the instruction at `pc` is about to run; undefined when no
 * instruction begins there. The first call for a function takes time in its size times its loops' nesting.
 */
export function liveAt(code: Code, pc: number): ReadonlySet<number> | undefined {
  let table = known.get(code);
  if (table === undefined) {
    table = analyse(code);
    known.set(code, table);
  }
  return table.get(pc);
}

const rows = new WeakMap<Code, Map<number, readonly number[]>>();

/**
 * The same in ascending order: the registers that a frame consists of where it is kept apart from a stack.
 * @throws RangeError when no instruction begins at `pc`
 */
export function liveRegisters(code: Code, pc: number): readonly number[] {
  let table = rows.get(code);
  if (table === undefined) {
    table = new Map();
    rows.set(code, table);
  }
  let row = table.get(pc);
  if (row === undefined) {
    const live = liveAt(code, pc);
    if (live === undefined) throw new RangeError(`no instruction begins at ${pc} of ${code.name}`);
    row = [...live].sort((a, b) => a - b);
    table.set(pc, row);
  }
  return row;
}

function analyse(code: Code): ReadonlyMap<number, ReadonlySet<number>> {
  const list = instructions(code);
  const effects = list.map((instruction) => effectOf(code, instruction));
  const live = new Map<number, Set<number>>(list.map(({ pc }) => [pc, new Set<number>()]));
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = list.length - 1; i >= 0; i--) {
      const { pc, opcode } = list[i] as Instruction;
      const { uses, defs, jumps } = effects[i] as Effect;
      const here = live.get(pc) as Set<number>;
      const before = here.size;
      const flow = (from: ReadonlySet<number> | undefined): void => {
        for (const r of from ?? []) if (!defs.includes(r)) here.add(r);
      };
      if (!opcode.terminates) flow(live.get(pc + opcode.length));
      for (const target of jumps) flow(live.get(target));
      for (const r of uses) here.add(r);
      if (here.size !== before) changed = true;
    }
  }
  return live;
}
