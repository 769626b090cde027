/**
 * The control flow of a function, or of what follows from one of its instructions on: basic blocks in reverse
 * postorder, their dominators, and which of them head loops. Knows nothing of what instructions do but where
 * they go.
 */
import { type Code, instructions, type Opcode } from "@sorbus/vm";

export interface Instruction {
  readonly pc: number;
  /** Where the instruction after it begins. */
  readonly next: number;
  readonly opcode: Opcode;
  readonly operands: readonly number[];
}

export interface Block {
  /** Its place in reverse postorder; the first is where the flow begins. */
  readonly index: number;
  readonly start: number;
  readonly instructions: readonly Instruction[];
  /** By index. Of a conditional jump: the next instruction's, then the target's. */
  readonly successors: readonly number[];
  readonly predecessors: readonly number[];
  /** The immediate dominator; the first block's is itself. */
  readonly dominator: number;
  /** The blocks that it dominates immediately. */
  readonly dominated: readonly number[];
  /** Some block after it in the order goes back to it. */
  readonly header: boolean;
  /** More than one block comes here from before. */
  readonly merge: boolean;
}

export interface Flow {
  readonly blocks: readonly Block[];
  /** Every edge backwards in the order goes to a dominator: the flow is nested loops and branches. */
  readonly reducible: boolean;
}

/** Whether a tail call may be a jump to the function's start. */
export type IsSelfCall = (instruction: Instruction) => boolean;

/** The instructions of a function by where they begin. O(length). */
export function decode(code: Code): Map<number, Instruction> {
  const found = new Map<number, Instruction>();
  for (const { pc, opcode } of instructions(code)) {
    const operands = Array.from(code.code.subarray(pc + 1, pc + opcode.length));
    found.set(pc, { pc, next: pc + opcode.length, opcode, operands });
  }
  return found;
}

/** Where an instruction jumps to; undefined: nowhere. */
export function jumpOf({ opcode, operands }: Instruction): number | undefined {
  const at = opcode.operands.findIndex((o) => o.kind === "jump");
  return at < 0 ? undefined : operands[at];
}

/** The flow from the instruction at `entry` on. O(n log n) for code as compilers write it. */
export function flowOf(code: Code, entry: number, isSelfCall: IsSelfCall): Flow {
  const all = decode(code);
  const leaders = new Set<number>([0, entry]);
  for (const instruction of all.values()) {
    const jump = jumpOf(instruction);
    if (jump !== undefined) leaders.add(jump).add(instruction.next);
    else if (instruction.opcode.terminates) leaders.add(instruction.next);
  }
  interface Draft {
    readonly start: number;
    readonly instructions: Instruction[];
    readonly targets: number[];
  }
  const drafts = new Map<number, Draft>();
  const draftAt = (start: number): Draft => {
    const known = drafts.get(start);
    if (known !== undefined) return known;
    const list: Instruction[] = [];
    const targets: number[] = [];
    for (let pc = start; ; ) {
      const instruction = all.get(pc);
      if (instruction === undefined) throw new RangeError(`${code.name} runs off its end at ${pc}`);
      list.push(instruction);
      const jump = jumpOf(instruction);
      if (isSelfCall(instruction)) targets.push(0);
      if (jump !== undefined || instruction.opcode.terminates || leaders.has(instruction.next)) {
        if (!instruction.opcode.terminates) targets.push(instruction.next);
        if (jump !== undefined) targets.push(jump);
        break;
      }
      pc = instruction.next;
    }
    const draft = { start, instructions: list, targets };
    drafts.set(start, draft);
    return draft;
  };
  const order = postorder(draftAt(entry), (draft) => draft.targets.map(draftAt)).reverse();
  const indexOf = new Map(order.map((draft, index) => [draft, index]));
  const successors = order.map((draft) => draft.targets.map((t) => indexOf.get(draftAt(t)) as number));
  const predecessors = order.map((): number[] => []);
  for (const [from, targets] of successors.entries()) {
    for (const to of new Set(targets)) (predecessors[to] as number[]).push(from);
  }
  const arrivals = order.map(() => 0);
  for (const [from, targets] of successors.entries()) {
    for (const to of targets) if (to > from) arrivals[to] = (arrivals[to] as number) + 1;
  }
  const dominators = dominatorsOf(predecessors);
  const dominated = order.map((): number[] => []);
  for (let b = 1; b < order.length; b++) (dominated[dominators[b] as number] as number[]).push(b);
  const dominates = (a: number, b: number): boolean => {
    let at = b;
    while (at > a) at = dominators[at] as number;
    return at === a;
  };
  let reducible = true;
  const headers = new Set<number>();
  for (const [from, targets] of successors.entries()) {
    for (const to of targets) {
      if (to > from) continue;
      headers.add(to);
      if (!dominates(to, from)) reducible = false;
    }
  }
  return {
    reducible,
    blocks: order.map((draft, index) => ({
      index,
      start: draft.start,
      instructions: draft.instructions,
      successors: successors[index] as number[],
      predecessors: predecessors[index] as number[],
      dominator: dominators[index] as number,
      dominated: dominated[index] as number[],
      header: headers.has(index),
      merge: (arrivals[index] as number) > 1,
    })),
  };
}

function postorder<T>(entry: T, successors: (node: T) => readonly T[]): T[] {
  const done: T[] = [];
  const seen = new Set<T>([entry]);
  const open: { node: T; rest: T[] }[] = [{ node: entry, rest: [...successors(entry)].reverse() }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    // The target of a jump before the instruction after it: so the order is close to the code's.
    const next = top.rest.shift();
    if (next === undefined) {
      done.push(top.node);
      open.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      open.push({ node: next, rest: [...successors(next)].reverse() });
    }
  }
  return done;
}

/** K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm" (2001). Nodes are in reverse postorder. */
function dominatorsOf(predecessors: readonly (readonly number[])[]): number[] {
  const dominators = predecessors.map((_, i): number => (i === 0 ? 0 : -1));
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (x > y) x = dominators[x] as number;
      while (y > x) y = dominators[y] as number;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = 1; b < predecessors.length; b++) {
      let best = -1;
      for (const p of predecessors[b] as number[]) {
        if ((dominators[p] as number) >= 0) best = best < 0 ? p : meet(p, best);
      }
      if (dominators[b] !== best) {
        dominators[b] = best;
        changed = true;
      }
    }
  }
  return dominators;
}

/** The blocks of the loop that `header` heads. */
export function loopOf(flow: Flow, header: number): Set<number> {
  const inside = new Set<number>([header]);
  const open = (flow.blocks[header] as Block).predecessors.filter((p) => p >= header);
  for (let b = open.pop(); b !== undefined; b = open.pop()) {
    if (inside.has(b)) continue;
    inside.add(b);
    open.push(...(flow.blocks[b] as Block).predecessors);
  }
  return inside;
}
