/**
 * Calls. A callee of the expected kind with code is called at once, by reference; one that has no code yet is linked;
 * anything else is prepared by the host, or the function leaves and the VM makes the call.
 */

import { type Cell, closureCode, HEADER } from "@sorbus/vm";
import { MAX_DIRECT_ARITY } from "@sorbus/vm/heap-module";
import { anyref, ref, refNull } from "@sorbus/wasm-encoder";
import type { Instruction } from "../flow.ts";
import { ANY } from "../infer.ts";
import { bindsPlainly } from "../unit.ts";
import { type FunctionEmitter, signatureOf } from "./function.ts";
import { listOf, row } from "./instructions.ts";

interface TailCall {
  /** A register, or a global binding. */
  readonly callee: number | Cell;
  readonly base: number;
  readonly count: number;
  /** Places of keywords among the arguments, a constant. */
  readonly named: object | undefined;
}

interface Call extends TailCall {
  readonly to: number;
}

export function call(e: FunctionEmitter, { pc }: Instruction, { to, ...what }: Call): void {
  const { f } = e;
  const result = e.scratch("r", anyref);
  if (e.unit.world.metered) e.burn(pc);
  f.op("block", { label: "returned" });
  if (isItself(e, what)) {
    f.op("global.get", e.unit.constant(what.callee)).op("struct.get", "$global", "clo");
    f.op("local.get", "clo").op("ref.eq").op("if", {}).op("local.get", "clo");
    depth(e, false);
    for (let i = 0; i < what.count; i++) e.any(what.base + HEADER + i);
    f.op("call", e.f.index).op("local.set", result).op("br", "returned").op("end");
  }
  const go = (type: "$fv" | `$f${number}`): void => {
    f.op("call_ref", type).op("local.set", result).op("br", "returned");
  };
  if (!bound(e, what, false, go)) direct(e, what, false, go);
  prepare(e, pc, what);
  calleeOf(e, what.callee);
  depth(e, false);
  f.op("call", e.unit.helper("proceed")).op("local.set", result).op("end");
  e.leaveIfNull(result, pc);
  f.op("local.get", result);
  e.set(to, ANY);
}

export function tailCall(e: FunctionEmitter, instruction: Instruction, what: TailCall): void {
  const { f } = e;
  const { pc } = instruction;
  if (e.unit.world.metered) e.burn(pc);
  if (e.plan.isSelfCall(instruction)) selfCall(e, what);
  const go = (type: "$fv" | `$f${number}`): void => {
    f.op("return_call_ref", type);
  };
  if (!bound(e, what, true, go)) direct(e, what, true, go);
  prepare(e, pc, what);
  calleeOf(e, what.callee);
  f.op("local.get", "depth").op("return_call", e.unit.helper("proceed"));
}

/** Whether a global is, at present, a closure of the running function: it may then be called without a reference. */
function isItself(e: FunctionEmitter, { callee, count }: TailCall): boolean {
  const { code, plan } = e;
  if (plan.continues || typeof callee === "number" || !signatureOf(code).direct) return false;
  return count === code.required && callee.value !== undefined && closureCode(callee.value) === code;
}

/** The running closure itself, by its name: a jump to the start. */
function selfCall(e: FunctionEmitter, { callee, base, count }: TailCall): void {
  const { f } = e;
  f.op("global.get", e.unit.constant(callee)).op("struct.get", "$global", "clo");
  f.op("local.get", "clo").op("ref.eq").op("if", {});
  const before = e.forms.slice();
  for (let i = 0; i < count; i++) e.copy(i, base + HEADER + i);
  e.countRound(0);
  e.again();
  e.forms = before;
  f.op("end");
}

/** Pushes what a callee takes as depth: less than this frame had, unless it comes in its place. */
function depth(e: FunctionEmitter, tail: boolean): void {
  e.f.op("local.get", "depth");
  if (!tail) e.f.op("i32.const", e.weight).op("i32.sub");
}

function calleeOf(e: FunctionEmitter, callee: number | Cell): void {
  if (typeof callee === "number") e.any(callee);
  else e.f.op("global.get", e.unit.constant(callee)).op("struct.get", "$global", "value");
}

/** The call of a function of `count` plain parameters; goes on behind itself where the callee is none. */
function direct(
  e: FunctionEmitter,
  { callee, base, count, named }: TailCall,
  tail: boolean,
  go: (type: `$f${number}`) => void,
): void {
  const { f } = e;
  if (count > MAX_DIRECT_ARITY || named !== undefined) return;
  const type = `$f${count}` as const;
  const closure = `$clo${count}` as const;
  const clo = e.scratch(`c${count}`, refNull(closure));
  const code = e.scratch(`f${count}`, refNull(type));
  f.op("block", { label: "other" }).op("loop", { label: "again" });
  f.op("block", { label: "not", results: [anyref] });
  calleeOf(e, callee);
  f.op("br_on_cast_fail", { label: "not", from: anyref, to: ref(closure) }).op("local.tee", clo);
  f.op("struct.get", closure, "code").op("local.tee", code).op("ref.is_null").op("if", {});
  f.op("local.get", clo).op("extern.convert_any").op("i32.const", count).op("call", "link");
  f.op("br_if", "again").op("br", "other").op("end");
  f.op("local.get", clo).op("ref.as_non_null");
  depth(e, tail);
  for (let i = 0; i < count; i++) e.any(base + HEADER + i);
  f.op("local.get", code);
  go(type);
  f.op("unreachable").op("end").op("drop").op("end").op("end");
}

/**
 * The call of a global that holds, at present, a function of optional or rest parameters: its row is made here. False: it is
 * none, or the number of arguments is wrong.
 */
function bound(
  e: FunctionEmitter,
  { callee, base, count, named }: TailCall,
  tail: boolean,
  go: (type: "$fv") => void,
): boolean {
  if (typeof callee === "number" || named !== undefined || callee.value === undefined) return false;
  const expected = e.unit.callee(callee.value);
  const code = bindsPlainly(callee.value);
  if (expected === undefined || code === undefined || count < code.min || count > code.max) return false;
  const { f } = e;
  const clo = e.scratch("cv", refNull("$clov"));
  const target = e.scratch("fv", refNull("$fv"));
  f.op("block", { label: "other" }).op("loop", { label: "again" });
  f.op("global.get", e.unit.constant(callee)).op("struct.get", "$global", "clo");
  f.op("global.get", expected).op("ref.eq").op("i32.eqz").op("br_if", "other");
  f.op("global.get", expected).op("ref.cast", ref("$clov")).op("local.tee", clo);
  f.op("struct.get", "$clov", "code").op("local.tee", target).op("ref.is_null").op("if", {});
  f.op("local.get", clo).op("extern.convert_any").op("i32.const", count).op("call", "link");
  f.op("br_if", "again").op("br", "other").op("end");
  f.op("local.get", clo).op("ref.as_non_null");
  depth(e, tail);
  const positional = code.required + code.optional;
  for (let i = 0; i < positional; i++) {
    if (i < count) e.any(base + HEADER + i);
    else f.op("global.get", "unset");
  }
  if (code.rest) {
    if (count <= positional) f.op("global.get", "empty");
    else listOf(e, base + HEADER + positional, count - positional);
  }
  f.op("array.new_fixed", "$anys", positional + (code.rest ? 1 : 0));
  f.op("local.get", target);
  go("$fv");
  f.op("unreachable").op("end").op("end");
  return true;
}

/** Has the host make the call ready; leaves at `pc` where it cannot. */
function prepare(e: FunctionEmitter, pc: number, { callee, base, count, named }: TailCall): void {
  const { f } = e;
  calleeOf(e, callee);
  f.op("extern.convert_any");
  row(e, base + HEADER, count);
  f.op("extern.convert_any");
  if (named === undefined) f.op("ref.null", "extern");
  else f.op("global.get", e.unit.hostConstant(named));
  f.op("call", "prepare").op("i32.eqz").op("if", {});
  e.leave(pc);
  f.op("end");
}
