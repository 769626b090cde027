/** What each instruction of the bytecode becomes, but for calls. */

import type { Cell, ClosureSpec, Primitive, Value } from "@sorbus/vm";
import { anyref, type Opcode, ref } from "@sorbus/wasm-encoder";
import type { Instruction } from "../flow.ts";
import { ANY, arithmetic, INT, isInt, NUM, SAW_FLOAT, SAW_OTHER } from "../infer.ts";
import { primitiveName } from "../unit.ts";
import { call, tailCall } from "./calls.ts";
import { type FunctionEmitter, signatureOf } from "./function.ts";
import type { HelperName } from "./helpers.ts";
import { inlined } from "./primitives.ts";

/** Writes an instruction that goes on with the next one, ends a path, or (LOOP) goes round. */
export function perform(e: FunctionEmitter, instruction: Instruction): void {
  const { f, code, unit } = e;
  const { pc, opcode, operands } = instruction;
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  const constant = (i: number): unknown => code.constants[i];
  switch (opcode.name) {
    case "MOVE":
      e.copy(a, b);
      return;
    case "CONST":
      constantInto(e, a, constant(b) as Value);
      return;
    case "GLOBAL":
      f.op("global.get", unit.constant(constant(b))).op("struct.get", "$global", "value");
      // Null: not defined, or not linked yet: the VM's business.
      e.take(a, pc);
      return;
    case "SETGLOBAL": {
      const cell = unit.constant(constant(a));
      f.op("global.get", cell).op("struct.get", "$global", "value").op("ref.is_null").op("if", {});
      e.leave(pc);
      f.op("end");
      setGlobal(e, constant(a) as Cell, b);
      return;
    }
    case "DEFINE":
      setGlobal(e, constant(a) as Cell, b);
      return;
    case "UPVAL":
      captured(e, b);
      e.set(a, ANY);
      return;
    case "BOX":
      account(e, 24);
      e.any(a);
      f.op("struct.new", "$box");
      e.set(a, ANY);
      return;
    case "BOXGET":
      e.any(b);
      f.op("ref.cast", ref("$box")).op("struct.get", "$box", "value");
      e.set(a, ANY);
      return;
    case "BOXSET":
      e.any(a);
      f.op("ref.cast", ref("$box"));
      e.any(b);
      f.op("struct.set", "$box", "value");
      return;
    case "UPBOXGET":
      captured(e, b);
      f.op("ref.cast", ref("$box")).op("struct.get", "$box", "value");
      e.set(a, ANY);
      return;
    case "UPBOXSET":
      captured(e, a);
      f.op("ref.cast", ref("$box"));
      e.any(b);
      f.op("struct.set", "$box", "value");
      return;
    case "CHECKSET":
      if (!e.has(a, ANY)) return;
      e.any(a);
      f.op("call", unit.helper("isUnset")).op("if", {});
      e.leave(pc);
      f.op("end");
      return;
    case "CLOSURE":
      closure(e, a, constant(b) as ClosureSpec);
      return;
    case "FIXUP":
      e.any(a);
      f.op("ref.cast", ref("$clo")).op("struct.get", "$clo", "env").op("i32.const", b);
      e.any(c);
      f.op("array.set", "$anys");
      return;
    case "JUMP":
      return;
    case "LOOP":
      if (unit.world.metered) e.burn(pc);
      e.countRound(a);
      return;
    case "ADD":
    case "SUB":
    case "MUL":
      arithmeticInto(e, instruction, opcode.name, a, { register: b }, { register: c });
      return;
    case "ADDI":
      arithmeticInto(e, instruction, "ADD", a, { register: b }, { value: c });
      return;
    case "SUBI":
      arithmeticInto(e, instruction, "SUB", a, { register: b }, { value: c });
      return;
    case "LT":
    case "LE":
    case "EQ":
      f.op("global.get", "true").op("global.get", "false");
      compare(e, pc, COMPARISONS[opcode.name], { register: b }, { register: c });
      f.op("select.typed", [ref("$imm")]);
      e.set(a, ANY);
      return;
    case "NOT":
      f.op("global.get", "false").op("global.get", "true");
      truthy(e, b);
      f.op("select.typed", [ref("$imm")]);
      e.set(a, ANY);
      return;
    case "FIRST":
      listPart(e, pc, "first", a, [b]);
      return;
    case "REST":
      listPart(e, pc, "rest", a, [b]);
      return;
    case "CONS":
      listPart(e, pc, "cons", a, [b, c]);
      return;
    case "PRIM0":
      primitive(e, pc, a, constant(b) as Primitive, []);
      return;
    case "PRIM1":
      primitive(e, pc, a, constant(b) as Primitive, [c]);
      return;
    case "PRIM2":
      primitive(e, pc, a, constant(b) as Primitive, [c, d]);
      return;
    case "PRIM3":
      primitive(e, pc, a, constant(b) as Primitive, operands.slice(2));
      return;
    case "PRIMN":
    case "TEMPLATE":
      row(e, c, d);
      f.op("extern.convert_any")
        .op("call", unit.rowCall(constant(b) as object))
        .op("any.convert_extern");
      e.take(a, pc);
      return;
    case "CALL":
      call(e, instruction, { callee: a + 1, base: a, count: b, to: c, named: undefined });
      return;
    case "CALLGLOBAL":
      call(e, instruction, { callee: constant(a) as Cell, base: b, count: c, to: d, named: undefined });
      return;
    case "CALLNAMED":
      call(e, instruction, { callee: a + 1, base: a, count: b, to: d, named: constant(c) as object });
      return;
    case "TAILCALL":
      tailCall(e, instruction, { callee: a + 1, base: a, count: b, named: undefined });
      return;
    case "TAILCALLGLOBAL":
      tailCall(e, instruction, { callee: constant(a) as Cell, base: b, count: c, named: undefined });
      return;
    case "TAILCALLNAMED":
      tailCall(e, instruction, { callee: a + 1, base: a, count: b, named: constant(c) as object });
      return;
    case "RETURN":
      e.any(a);
      f.op("return");
      return;
    case "POPMARK":
      // A mark frame is the machine's: its code is never compiled.
      throw new RangeError("POPMARK in a program's code");
    default:
      throw new RangeError(`no code for ${opcode.name}`);
  }
}

/** Pushes 1 where the conditional jump goes on with the next instruction, 0 where it jumps. */
export function decide(e: FunctionEmitter, { pc, opcode, operands }: Instruction): void {
  const { f, unit } = e;
  const [a = 0, b = 0] = operands;
  switch (opcode.name) {
    case "JFALSE":
      truthy(e, a);
      return;
    case "JTRUE":
      truthy(e, a);
      f.op("i32.eqz");
      return;
    case "JSET":
      if (!e.has(a, ANY)) {
        f.op("i32.const", 0);
        return;
      }
      e.any(a);
      f.op("call", unit.helper("isUnset"));
      return;
    case "JNLT":
    case "JNLE":
    case "JNGT":
    case "JNGE":
    case "JNEQ":
      compare(e, pc, COMPARISONS[opcode.name], { register: a }, { register: b });
      return;
    case "JNLTI":
    case "JNGTI":
    case "JNLEI":
    case "JNGEI":
      compare(e, pc, COMPARISONS[opcode.name], { register: a }, { value: b });
      return;
    case "JNEQI":
      if (e.has(a, INT)) {
        e.int(a);
        f.op("i32.const", b).op("i32.eq");
      } else if (e.has(a, NUM)) {
        e.num(a);
        f.op("f64.const", b).op("f64.eq");
      } else {
        e.any(a);
        f.op("i32.const", b).op("call", unit.helper("isNumber"));
      }
      return;
    case "JNNIL":
      if (!e.has(a, ANY)) f.op("i32.const", 0);
      else {
        e.any(a);
        f.op("call", unit.helper("isNil"));
      }
      return;
    case "JNEMPTY":
      e.any(a);
      f.op("call", unit.helper("empty"));
      orLeave(e, pc);
      return;
    default:
      throw new RangeError(`no code for ${opcode.name}`);
  }
}

// ---- values

function constantInto(e: FunctionEmitter, to: number, value: Value): void {
  if (typeof value !== "number") {
    e.f.op("global.get", e.unit.constant(value));
    e.set(to, ANY);
  } else if (isInt(value)) {
    e.f.op("i32.const", value);
    e.set(to, INT);
  } else {
    e.f.op("f64.const", value);
    e.set(to, NUM);
  }
}

function setGlobal(e: FunctionEmitter, cell: Cell, from: number): void {
  e.f.op("global.get", e.unit.hostConstant(cell));
  e.external(from);
  e.f.op("call", "setGlobal");
}

function captured(e: FunctionEmitter, index: number): void {
  e.f.op("local.get", "clo").op("struct.get", "$clo", "env").op("i32.const", index).op("array.get", "$anys");
}

/** Counts bytes where limits ask for it. */
export function account(e: FunctionEmitter, bytes: number): void {
  if (!e.unit.world.metered) return;
  e.f.op("global.get", "bytes").op("f64.const", bytes).op("f64.add").op("global.set", "bytes");
}

function closure(e: FunctionEmitter, to: number, spec: ClosureSpec): void {
  const { f, unit } = e;
  const { closure: type } = signatureOf(spec.code);
  account(e, 64 + 8 * spec.captures.length);
  f.op("global.get", unit.hostConstant(spec.code));
  for (const from of spec.captures) {
    if (from < 0) captured(e, ~from);
    else if (e.forms[from] === 0) f.op("global.get", "nil");
    else e.any(from);
  }
  f.op("array.new_fixed", "$anys", spec.captures.length);
  f.op("global.get", unit.prototypeOf(spec.code)).op("struct.get", type, "code");
  f.op("struct.new", type);
  e.set(to, ANY);
}

/** Pushes a list of `count` registers, one at least. */
export function listOf(e: FunctionEmitter, first: number, count: number): void {
  account(e, 88 + 8 * count);
  e.f.op("i32.const", count);
  row(e, first, count);
  e.f
    .op("i32.const", 0)
    .op("i32.const", count)
    .op("struct.new", "$buf")
    .op("i32.const", 0)
    .op("struct.new", "$slice");
}

/** Pushes registers `first` … as one array. */
export function row(e: FunctionEmitter, first: number, count: number): void {
  for (let i = 0; i < count; i++) e.any(first + i);
  e.f.op("array.new_fixed", "$anys", count);
}

// ---- numbers

type Operand = { readonly register: number } | { readonly value: number };

interface Comparison {
  readonly int: Opcode & `i32.${string}`;
  readonly num: Opcode & `f64.${string}`;
  readonly helper: HelperName;
}

const LESS: Comparison = { int: "i32.lt_s", num: "f64.lt", helper: "less" };
const LESS_EQUAL: Comparison = { int: "i32.le_s", num: "f64.le", helper: "lessEqual" };
const GREATER: Comparison = { int: "i32.gt_s", num: "f64.gt", helper: "greater" };
const GREATER_EQUAL: Comparison = { int: "i32.ge_s", num: "f64.ge", helper: "greaterEqual" };
const EQUAL: Comparison = { int: "i32.eq", num: "f64.eq", helper: "equal" };
const COMPARISONS = {
  LT: LESS,
  LE: LESS_EQUAL,
  EQ: EQUAL,
  JNLT: LESS,
  JNLE: LESS_EQUAL,
  JNGT: GREATER,
  JNGE: GREATER_EQUAL,
  JNEQ: EQUAL,
  JNLTI: LESS,
  JNLEI: LESS_EQUAL,
  JNGTI: GREATER,
  JNGEI: GREATER_EQUAL,
} as const;

function repOf(e: FunctionEmitter, operand: Operand): number {
  return "value" in operand ? INT : e.rep(operand.register);
}
function pushInt(e: FunctionEmitter, operand: Operand): void {
  if ("value" in operand) e.f.op("i32.const", operand.value);
  else e.int(operand.register);
}
function pushNum(e: FunctionEmitter, operand: Operand): void {
  if ("value" in operand) e.f.op("f64.const", operand.value);
  else e.num(operand.register);
}
function pushAny(e: FunctionEmitter, operand: Operand): void {
  if ("value" in operand) e.f.op("i32.const", operand.value).op("ref.i31");
  else e.any(operand.register);
}
function unbox(e: FunctionEmitter, operand: Operand, rep: number, pc: number): void {
  if ("register" in operand) e.unbox(operand.register, rep, pc);
}

/** Branches to "slow" unless the operand is a small integer, which is then in the local. */
function smallOr(e: FunctionEmitter, operand: Operand, to: string): void {
  const { f } = e;
  if ("value" in operand || e.has(operand.register, INT)) {
    pushInt(e, operand);
    f.op("local.set", to);
    return;
  }
  e.any(operand.register);
  f.op("ref.test", ref("i31")).op("i32.eqz").op("br_if", "slow");
  e.any(operand.register);
  f.op("ref.cast", ref("i31")).op("i31.get_s").op("local.set", to);
}

type Arithmetic = "ADD" | "SUB" | "MUL";
const FLOAT_OPS = { ADD: "f64.add", SUB: "f64.sub", MUL: "f64.mul" } as const;
const HELPERS = { ADD: "add", SUB: "sub", MUL: "mul" } as const satisfies Record<Arithmetic, HelperName>;

function arithmeticInto(
  e: FunctionEmitter,
  { pc }: Instruction,
  op: Arithmetic,
  to: number,
  a: Operand,
  b: Operand,
): void {
  const { f } = e;
  const rep = arithmetic(e.plan.profile, pc, repOf(e, a), repOf(e, b));
  if (rep === NUM) {
    unbox(e, a, NUM, pc);
    unbox(e, b, NUM, pc);
    pushNum(e, a);
    pushNum(e, b);
    f.op(FLOAT_OPS[op]);
    e.set(to, NUM);
    return;
  }
  if (rep === INT) {
    unbox(e, a, INT, pc);
    unbox(e, b, INT, pc);
    pushInt(e, a);
    f.op("local.set", e.scratch("x", "i32"));
    pushInt(e, b);
    f.op("local.set", e.scratch("y", "i32"));
    smallArithmetic(e, op);
    f.op("if", {});
    e.deopt(pc, 0);
    f.op("end").op("local.get", "z");
    e.set(to, INT);
    return;
  }
  const result = e.scratch("r", anyref);
  e.scratch("x", "i32");
  e.scratch("y", "i32");
  f.op("block", { label: "done" });
  if (repOf(e, a) !== NUM && repOf(e, b) !== NUM) {
    f.op("block", { label: "slow" });
    smallOr(e, a, "x");
    smallOr(e, b, "y");
    smallArithmetic(e, op);
    f.op("br_if", "slow")
      .op("local.get", "z")
      .op("ref.i31")
      .op("local.set", result)
      .op("br", "done")
      .op("end");
  }
  pushAny(e, a);
  pushAny(e, b);
  f.op("i32.const", e.site(pc)).op("call", e.unit.helper(HELPERS[op])).op("local.tee", result);
  f.op("ref.is_null").op("if", {});
  e.leave(pc);
  f.op("end").op("end").op("local.get", result);
  e.set(to, ANY);
}

/** x op y in z; pushes 1 where that is no small integer, or -0. */
function smallArithmetic(e: FunctionEmitter, op: Arithmetic): void {
  const { f } = e;
  e.scratch("z", "i32");
  if (op !== "MUL") {
    f.op("local.get", "x")
      .op("local.get", "y")
      .op(op === "ADD" ? "i32.add" : "i32.sub")
      .op("local.tee", "z");
    f.op("local.get", "z").op("i32.const", 1).op("i32.shl").op("i32.xor").op("i32.const", 0).op("i32.lt_s");
    return;
  }
  e.scratch("w", "i64");
  f.op("local.get", "x").op("i64.extend_i32_s").op("local.get", "y").op("i64.extend_i32_s").op("i64.mul");
  f.op("local.tee", "w").op("i32.wrap_i64").op("local.set", "z");
  // Outside of [-2^30, 2^30)?
  f.op("local.get", "w")
    .op("i64.const", 1n << 30n)
    .op("i64.add")
    .op("i64.const", 1n << 31n)
    .op("i64.ge_u");
  // 0 with a negative factor is -0.
  f.op("local.get", "z").op("i32.eqz").op("local.get", "x").op("local.get", "y").op("i32.or");
  f.op("i32.const", 0).op("i32.lt_s").op("i32.and").op("i32.or");
}

/** Pushes 1 or 0. */
function compare(e: FunctionEmitter, pc: number, comparison: Comparison, a: Operand, b: Operand): void {
  const { f } = e;
  const { profile } = e.plan;
  const seen = profile.seen(pc);
  const [x, y] = [repOf(e, a), repOf(e, b)];
  const known = x !== ANY && y !== ANY;
  if (known || (profile.settled && !(seen & SAW_OTHER))) {
    const rep = x === NUM || y === NUM || (!known && seen & SAW_FLOAT) ? NUM : INT;
    unbox(e, a, rep, pc);
    unbox(e, b, rep, pc);
    const push = rep === INT ? pushInt : pushNum;
    push(e, a);
    push(e, b);
    f.op(rep === INT ? comparison.int : comparison.num);
    return;
  }
  const result = e.scratch("z", "i32");
  e.scratch("x", "i32");
  e.scratch("y", "i32");
  f.op("block", { label: "done" });
  if (x !== NUM && y !== NUM) {
    f.op("block", { label: "slow" });
    smallOr(e, a, "x");
    smallOr(e, b, "y");
    f.op("local.get", "x")
      .op("local.get", "y")
      .op(comparison.int)
      .op("local.set", result)
      .op("br", "done")
      .op("end");
  }
  pushAny(e, a);
  pushAny(e, b);
  f.op("i32.const", e.site(pc)).op("call", e.unit.helper(comparison.helper)).op("local.tee", result);
  f.op("i32.const", 2).op("i32.eq").op("if", {});
  e.leave(pc);
  f.op("end").op("end").op("local.get", result);
}

function truthy(e: FunctionEmitter, register: number): void {
  if (!e.has(register, ANY)) {
    e.f.op("i32.const", 1);
    return;
  }
  e.any(register);
  e.f.op("call", e.unit.helper("truthy"));
}

/** A 2 on the stack says that there was an error: leaves. */
export function orLeave(e: FunctionEmitter, pc: number): void {
  const { f } = e;
  const answer = e.scratch("z", "i32");
  f.op("local.tee", answer).op("i32.const", 2).op("i32.eq").op("if", {});
  e.leave(pc);
  f.op("end").op("local.get", answer);
}

// ---- lists and primitives

/** What units do with lists by themselves; anything else is the primitive's. */
function listPart(
  e: FunctionEmitter,
  pc: number,
  name: "first" | "rest" | "cons",
  to: number,
  args: number[],
): void {
  const { f } = e;
  const result = e.scratch("r", anyref);
  for (const arg of args) e.any(arg);
  f.op("call", e.unit.helper(name)).op("local.tee", result).op("ref.is_null").op("if", {});
  for (const arg of args) e.external(arg);
  f.op("call", primitiveName(e.unit.world.named(name), args.length)).op("any.convert_extern");
  f.op("local.set", result).op("end").op("local.get", result);
  e.take(to, pc);
}

function primitive(
  e: FunctionEmitter,
  pc: number,
  to: number,
  callee: Primitive,
  args: readonly number[],
): void {
  if (inlined(callee, args.length)?.write(e, pc, to, args, callee)) return;
  callPrimitive(e, pc, to, callee, args);
}

/** Calls a primitive of the host. */
function callPrimitive(
  e: FunctionEmitter,
  pc: number,
  to: number,
  callee: Primitive,
  args: readonly number[],
): void {
  for (const arg of args) e.external(arg);
  e.f.op("call", primitiveName(callee, args.length)).op("any.convert_extern");
  e.take(to, pc);
}
