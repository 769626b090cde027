/**
 * One function, or what follows from one of its instructions on, as a WebAssembly function: structure, registers,
 * and how it leaves. What the instructions do is in `instructions.ts` and `calls.ts`.
 *
 * A register is up to three locals, one for each way of holding its value (`infer.ts`); which of them are valid is
 * known at every point. Control flow becomes nested blocks by the dominator tree (N. Ramsey, "Beyond Relooper: Recursive
 * Translation of Unstructured Control Flow to Structured Control Flow", 2022).
 */

import { type Code, liveRegisters } from "@sorbus/vm";
import { MAX_DIRECT_ARITY } from "@sorbus/vm/heap-module";
import { anyref, type Func, ref, type ValType } from "@sorbus/wasm-encoder";
import { type Block, type Flow, type Instruction, jumpOf } from "../flow.ts";
import { ANY, INT, infer, NUM, type Profile, type Rep, type Types } from "../infer.ts";
import { FUEL, PATIENCE } from "../memory.ts";
import type { Unit } from "../unit.ts";
import { decide, perform } from "./instructions.ts";

/** What is to be compiled. */
export interface Plan {
  readonly code: Code;
  /** Where it begins: 0 for the function itself. */
  readonly entry: number;
  readonly flow: Flow;
  readonly profile: Profile;
  /** What follows from `entry` on, given the registers that are alive there; else the function, given its arguments. */
  readonly continues: boolean;
  /** Address of the counter that says when to compile again; undefined: this is final. */
  readonly counter: number | undefined;
  /** Address of the function's profile in memory: what is seen at pc is at `sites + pc`. */
  readonly sites: number;
  /** Whether it leaves every now and then for no reason: for tests. */
  readonly restless: boolean;
  /** Whether a cell's tail call with so many arguments is one of the running closure, at present. */
  readonly isSelfCall: (instruction: Instruction) => boolean;
}

/** Stack that one unit of depth stands for, in bytes. */
const UNIT = 32;

/** `$fN` for functions of few required parameters, `$fv` for others. */
export function signatureOf(code: Code): { type: `$${string}`; closure: `$${string}`; direct: boolean } {
  const direct = code.simple && code.required <= MAX_DIRECT_ARITY;
  const suffix = direct ? String(code.required) : "v";
  return { type: `$f${suffix}`, closure: `$clo${suffix}`, direct };
}

/** How many registers a call fills. */
export function parametersOf(code: Code): number {
  return code.required + code.optional + (code.rest ? 1 : 0) + code.keys.length;
}

/** Which ways of holding each register are valid. */
export type Forms = Uint8Array;

export class FunctionEmitter {
  readonly f: Func;
  readonly unit: Unit;
  readonly plan: Plan;
  readonly code: Code;
  /** Depth that a call made from here leaves to its callee. */
  readonly weight: number;
  forms: Forms;
  readonly #types: Types;
  readonly #locals: Set<string> = new Set();

  constructor(unit: Unit, plan: Plan, name: string) {
    const { code, entry, flow, profile, continues } = plan;
    this.unit = unit;
    this.plan = plan;
    this.code = code;
    this.weight = Math.ceil((128 + code.registers * 20) / UNIT);
    this.forms = new Uint8Array(code.registers);
    const signature = signatureOf(code);
    const row = continues || !signature.direct;
    const params: Record<string, ValType> = {
      clo: ref(continues ? "$clo" : signature.closure),
      depth: "i32",
    };
    if (row) params.row = ref("$anys");
    else for (let r = 0; r < code.required; r++) params[this.#name(r, ANY)] = anyref;
    this.f = unit.module.func(name, { type: continues ? "$fk" : signature.type, params, export: "f" });
    const given = continues ? liveRegisters(code, entry) : range(row ? parametersOf(code) : code.required);
    const types = new Array<Rep>(code.registers).fill(0);
    for (const r of given) types[r] = ANY;
    this.#types = infer(code, flow, profile, types);
    if (!continues) this.#checkDepth(given, row);
    if (row) this.#unpack(given);
    for (const r of given) this.forms[r] = ANY;
    if (!continues) this.countEntry();
    this.#edge(flow.blocks[0] as Block, entry);
    if (flow.reducible) this.#tree(flow.blocks[0] as Block);
    else this.#dispatchLoop();
    this.f.op("unreachable");
  }

  // ---- entry

  #unpack(given: readonly number[]): void {
    given.forEach((r, i) => {
      this.f.op("local.get", "row").op("i32.const", i).op("array.get", "$anys");
      this.f.op("local.set", this.local(r, ANY));
    });
  }

  /** Where the host's stack may not suffice, the calls go on in the VM. */
  #checkDepth(given: readonly number[], row: boolean): void {
    this.f.op("local.get", "depth").op("i32.const", this.weight).op("i32.lt_s").op("if", {});
    if (row) this.#unpack(given);
    for (const r of given) this.forms[r] = ANY;
    this.leave(0);
    this.f.op("end");
    this.forms.fill(0);
  }

  /** Counts an entry; where the counter has run out and there is better code, goes on in that. */
  countEntry(): void {
    const { counter, continues } = this.plan;
    if (counter === undefined || continues) return;
    this.#countDown(counter);
    this.f.op("if", {}).op("local.get", "clo").op("extern.convert_any").op("call", "tierUp").op("if", {});
    const { type, closure, direct } = signatureOf(this.code);
    this.f.op("local.get", "clo").op("local.get", "depth");
    if (direct) for (let r = 0; r < this.code.required; r++) this.f.op("local.get", this.local(r, ANY));
    else this.f.op("local.get", "row");
    this.f
      .op("local.get", "clo")
      .op("struct.get", closure, "code")
      .op("return_call_ref", type)
      .op("end")
      .op("end");
  }

  /** Takes one off a count in memory; pushes 1 where none was left. */
  #countDown(address: number): void {
    const { f } = this;
    const left = this.scratch("left", "i32");
    f.op("i32.const", 0).op("i32.const", 0).op("i32.load", { align: 2, offset: address });
    f.op("i32.const", 1).op("i32.sub").op("local.tee", left).op("i32.store", { align: 2, offset: address });
    f.op("local.get", left).op("i32.const", 0).op("i32.lt_s");
  }

  /** Takes one off the fuel; leaves at `pc` when there is none left. */
  burn(pc: number): void {
    this.#countDown(FUEL);
    this.f.op("if", {});
    this.leave(pc);
    this.f.op("end");
  }

  #leaveAtTimes(pc: number): void {
    this.#countDown(PATIENCE);
    this.f.op("if", {});
    this.leave(pc);
    this.f.op("end");
  }

  // ---- structure

  /** The code of a block and of all that it dominates. */
  #tree(block: Block): void {
    if (!block.header) {
      this.#within(block, this.#merges(block));
      return;
    }
    // Those that go round bring no more than what the head expects.
    this.forms = this.#formsAt(block);
    this.f.op("loop", { label: `b${block.index}` });
    this.#within(block, this.#merges(block));
    this.f.op("end").op("unreachable");
  }

  /** What it dominates and more than one block branches to: such a block stands behind the code that branches. */
  #merges(block: Block): Block[] {
    return block.dominated.map((b) => this.plan.flow.blocks[b] as Block).filter((b) => b.merge);
  }

  #within(block: Block, merges: Block[]): void {
    // The last in the order is the outermost.
    for (let i = merges.length - 1; i >= 0; i--)
      this.f.op("block", { label: `b${(merges[i] as Block).index}` });
    this.#instructions(block, (target) => this.#branch(block, target));
    for (const merge of merges) {
      this.f.op("end");
      this.forms = this.#formsAt(merge);
      this.#tree(merge);
    }
  }

  #branch(from: Block, target: Block): void {
    this.#edge(target, target.start);
    if (target.merge || target.index <= from.index) this.f.op("br", `b${target.index}`);
    else this.#tree(target);
  }

  /** For what is no nest of loops: a loop around a table of blocks. Slower, and it takes any flow. */
  #dispatchLoop(): void {
    const { blocks } = this.plan.flow;
    const { f } = this;
    f.local("state", "i32");
    f.op("loop", { label: "dispatch" });
    for (let i = blocks.length - 1; i >= 0; i--) f.op("block", { label: `b${i}` });
    f.op("local.get", "state").op(
      "br_table",
      blocks.map((_, i) => `b${i}`),
      "b0",
    );
    for (const block of blocks) {
      f.op("end");
      this.forms = this.#formsAt(block);
      this.#instructions(block, (target) => {
        this.#edge(target, target.start);
        f.op("i32.const", target.index).op("local.set", "state").op("br", "dispatch");
      });
    }
    f.op("end").op("unreachable");
  }

  #formsAt(block: Block): Forms {
    const forms = new Uint8Array(this.code.registers);
    for (const r of liveRegisters(this.code, block.start)) forms[r] = this.#types[block.index]?.[r] ?? 0;
    return forms;
  }

  #instructions(block: Block, branch: (target: Block) => void): void {
    const { blocks } = this.plan.flow;
    const follow = (successor: number): void => {
      const target = block.successors[successor];
      if (target === undefined)
        throw new RangeError(`a block of ${this.code.name} has no successor ${successor}`);
      branch(blocks[target] as Block);
    };
    const last = block.instructions.at(-1) as Instruction;
    for (const instruction of block.instructions) {
      if (this.plan.restless) this.#leaveAtTimes(instruction.pc);
      if (instruction !== last) perform(this, instruction);
    }
    if (jumpOf(last) !== undefined && !last.opcode.terminates) {
      decide(this, last);
      const before = this.forms.slice();
      this.f.op("if", {});
      follow(0);
      this.forms = before;
      this.f.op("else");
      follow(1);
      this.f.op("end").op("unreachable");
      return;
    }
    perform(this, last);
    if (jumpOf(last) !== undefined || !last.opcode.terminates) follow(0);
  }

  /** To the start of the function, whose parameters have been set. */
  again(): void {
    const first = this.plan.flow.blocks[0] as Block;
    this.#edge(first, first.start);
    this.f.op("br", this.plan.flow.reducible ? `b${first.index}` : "dispatch");
  }

  /** Brings what is alive at a block into the form that it expects; leaves at `pc` where a guess does not hold. */
  #edge(target: Block, pc: number): void {
    for (const r of liveRegisters(this.code, target.start)) {
      const wanted = this.#types[target.index]?.[r] ?? 0;
      const forms = this.forms[r] as number;
      if (wanted === 0 || forms & wanted) continue;
      if (wanted === ANY) {
        this.any(r);
        this.f.op("local.set", this.local(r, ANY));
      } else if (wanted === NUM && forms & INT) {
        this.f
          .op("local.get", this.local(r, INT))
          .op("f64.convert_i32_s")
          .op("local.set", this.local(r, NUM));
      } else this.unbox(r, wanted, pc, r + 1);
      this.forms[r] = forms | wanted;
    }
  }

  // ---- registers

  #name(register: number, rep: Rep): string {
    return `${rep === ANY ? "a" : rep === INT ? "i" : "n"}${register}`;
  }

  /** The local of a register. */
  local(register: number, rep: Rep): string {
    const name = this.#name(register, rep);
    if (!this.#locals.has(name)) {
      this.#locals.add(name);
      if (!this.f.localNames.includes(name)) {
        this.f.local(name, rep === ANY ? anyref : rep === INT ? "i32" : "f64");
      }
    }
    return name;
  }

  /** A local for something in between. */
  scratch(name: string, type: ValType): string {
    if (!this.#locals.has(name)) {
      this.#locals.add(name);
      this.f.local(name, type);
    }
    return name;
  }

  has(register: number, rep: Rep): boolean {
    return ((this.forms[register] as number) & rep) !== 0;
  }

  /** What a register is taken for: the cheapest of its valid forms. */
  rep(register: number): Rep {
    const forms = this.forms[register] as number;
    return forms & INT ? INT : forms & NUM ? NUM : ANY;
  }

  /** Copies a register in all forms that are worth it. */
  copy(to: number, from: number): void {
    const forms = this.forms[from] as number;
    const wanted = forms & INT ? INT : forms;
    for (const rep of [ANY, INT, NUM]) {
      if (wanted & rep) this.f.op("local.get", this.local(from, rep)).op("local.set", this.local(to, rep));
    }
    this.forms[to] = wanted;
  }

  /** Sets a register from the stack. */
  set(register: number, rep: Rep): void {
    this.f.op("local.set", this.local(register, rep));
    this.forms[register] = rep;
  }

  /** Pushes a register as a reference. */
  any(register: number): void {
    const { f } = this;
    if (this.has(register, ANY)) f.op("local.get", this.local(register, ANY));
    else if (this.has(register, INT)) f.op("local.get", this.local(register, INT)).op("ref.i31");
    else if (this.has(register, NUM)) {
      f.op("local.get", this.local(register, NUM)).op("call", this.unit.helper("box"));
    } else throw new RangeError(`register ${register} of ${this.code.name} has no value`);
  }

  /** Pushes a register as JavaScript has it. */
  external(register: number): void {
    if (this.has(register, INT)) {
      this.f.op("local.get", this.local(register, INT)).op("ref.i31").op("extern.convert_any");
    } else if (this.has(register, NUM)) {
      this.f.op("local.get", this.local(register, NUM)).op("call", "number");
    } else {
      this.any(register);
      this.f.op("call", this.unit.helper("read"));
    }
  }

  /** Pushes a register that holds a number, as an f64. */
  num(register: number): void {
    if (this.has(register, NUM)) this.f.op("local.get", this.local(register, NUM));
    else this.f.op("local.get", this.local(register, INT)).op("f64.convert_i32_s");
  }

  /** Pushes a register that holds a small integer. */
  int(register: number): void {
    this.f.op("local.get", this.local(register, INT));
  }

  /**
   * Makes the number in a register valid as an i32 or f64. Where it holds something else the function leaves at `pc`;
   * `what` is for the compiler to learn from: 0 the instruction, r + 1 register r at the head of a loop.
   */
  unbox(register: number, rep: Rep, pc: number, what: number = 0): void {
    if (this.has(register, rep)) return;
    const { f } = this;
    if (rep === NUM && this.has(register, INT)) return;
    const from = this.local(register, ANY);
    if (rep === INT) {
      f.op("local.get", from).op("ref.test", ref("i31")).op("i32.eqz").op("if", {});
      this.deopt(pc, what);
      f.op("end");
      f.op("local.get", from)
        .op("ref.cast", ref("i31"))
        .op("i31.get_s")
        .op("local.set", this.local(register, INT));
    } else {
      const to = this.local(register, NUM);
      f.op("block", { label: "known" }).op("block", { label: "flo", results: [anyref] });
      f.op("local.get", from).op("br_on_cast_fail", { label: "flo", from: anyref, to: ref("i31") });
      f.op("i31.get_s").op("f64.convert_i32_s").op("local.set", to).op("br", "known").op("end");
      f.op("ref.test", ref("$flo")).op("i32.eqz").op("if", {});
      this.deopt(pc, what);
      f.op("end");
      f.op("local.get", from)
        .op("ref.cast", ref("$flo"))
        .op("struct.get", "$flo", "value")
        .op("local.set", to);
      f.op("end");
    }
    this.forms[register] = (this.forms[register] as number) | rep;
  }

  /** Address of what is seen at an instruction; 0 where nobody wants to know. */
  site(pc: number): number {
    return this.plan.counter === undefined ? 0 : this.plan.sites + pc;
  }

  // ---- leaving

  /** Leaves because the instruction at `pc` was compiled for something else. */
  deopt(pc: number, what: number): void {
    this.f
      .op("global.get", this.unit.hostConstant(this.code))
      .op("i32.const", pc)
      .op("i32.const", what)
      .op("call", "deopt");
    this.leave(pc);
  }

  /** Saves the frame, with what is alive at the instruction, and gives null to the caller. */
  leave(pc: number): void {
    const { f } = this;
    const live = liveRegisters(this.code, pc);
    f.op("global.get", this.unit.hostConstant(this.code)).op("i32.const", pc);
    f.op("local.get", "clo").op("extern.convert_any");
    for (const r of live) this.any(r);
    f.op("array.new_fixed", "$anys", live.length).op("extern.convert_any");
    f.op("call", "save").op("ref.null", "any").op("return");
  }

  /** Takes a reference from the stack into a register; null: what gave it has left or raised, and so does this at `pc`. */
  take(register: number, pc: number): void {
    const result = this.scratch("r", anyref);
    this.f.op("local.set", result);
    this.leaveIfNull(result, pc);
    this.f.op("local.get", result);
    this.set(register, ANY);
  }

  /** Leaves at `pc` if the reference in the local is null: what was called has left, or raised. */
  leaveIfNull(local: string, pc: number): void {
    this.f.op("local.get", local).op("ref.is_null").op("if", {});
    this.leave(pc);
    this.f.op("end");
  }

  /** At the end of a loop's round: goes on in better code if the counter has run out and there is some. */
  countRound(header: number): void {
    const { f } = this;
    const { counter } = this.plan;
    if (counter === undefined) return;
    this.#countDown(counter);
    f.op("if", {});
    const k = this.scratch("kont", anyref);
    f.op("global.get", this.unit.hostConstant(this.code)).op("i32.const", header).op("call", "continuation");
    f.op("any.convert_extern").op("local.tee", k).op("ref.is_null").op("i32.eqz").op("if", {});
    f.op("local.get", "clo").op("local.get", "depth");
    const live = liveRegisters(this.code, header);
    for (const r of live) this.any(r);
    f.op("array.new_fixed", "$anys", live.length);
    f.op("local.get", k)
      .op("ref.cast", ref("$kont"))
      .op("struct.get", "$kont", "code")
      .op("return_call_ref", "$fk");
    f.op("end").op("end");
  }
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
