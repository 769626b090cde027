/**
 * Primitives that compiled code does itself where their arguments are of the usual kind: what they give, for the
 * inference of types, and their code. What is not usual goes to the primitive itself, or leaves.
 */

import { Primitive } from "@sorbus/vm";
import { anyref, ref } from "@sorbus/wasm-encoder";
import { ANY, INT, NUM, type Profile, type Rep, SAW_FLOAT, SAW_OTHER } from "../infer.ts";
import type { FunctionEmitter } from "./function.ts";
import { account } from "./instructions.ts";

export interface Inlined {
  /** The representation of the result. */
  result(profile: Profile, pc: number, args: readonly Rep[]): Rep;
  /** Writes it; false: this time it is to be called as any other. */
  write(e: FunctionEmitter, pc: number, to: number, args: readonly number[], callee: Primitive): boolean;
}

/** What is known of a primitive with so many arguments; undefined: called as any other. */
export function inlined(constant: unknown, args: number): Inlined | undefined {
  return constant instanceof Primitive ? table.get(`${constant.name}/${args}`) : undefined;
}

// ---- numbers

/** The least that holds all arguments, if they are or may be taken for numbers. */
function numeric(profile: Profile, pc: number, args: readonly Rep[]): Rep {
  if (args.includes(0)) return 0;
  const seen = profile.seen(pc);
  if (seen & SAW_OTHER) return ANY;
  if (args.includes(ANY) && !profile.settled) return ANY;
  return args.includes(NUM) || seen & SAW_FLOAT ? NUM : INT;
}

interface NumberRule {
  /** Its code for small integers, in locals x and y; leaves the result on the stack. Absent: always as floats. */
  readonly int?: (e: FunctionEmitter, pc: number) => void;
  /** Its code for floats, in locals u and v. */
  readonly num: (e: FunctionEmitter, pc: number) => void;
}

function onNumbers({ int, num }: NumberRule): Inlined {
  const repOf = (profile: Profile, pc: number, args: readonly Rep[]): Rep => {
    const rep = numeric(profile, pc, args);
    return rep === INT && int === undefined ? NUM : rep;
  };
  return {
    result: repOf,
    write: (e, pc, to, args) => {
      const rep = repOf(
        e.plan.profile,
        pc,
        args.map((r) => e.rep(r)),
      );
      if (rep === ANY) return false;
      for (const arg of args) e.unbox(arg, rep, pc);
      args.forEach((arg, i) => {
        if (rep === INT) {
          e.int(arg);
          e.f.op("local.set", e.scratch(i === 0 ? "x" : "y", "i32"));
        } else {
          e.num(arg);
          e.f.op("local.set", e.scratch(i === 0 ? "u" : "v", "f64"));
        }
      });
      if (rep === INT && int !== undefined) int(e, pc);
      else num(e, pc);
      e.set(to, rep);
      return true;
    },
  };
}

/** Leaves when the condition on the stack holds: the primitive itself shall raise. */
function leaveIf(e: FunctionEmitter, pc: number): void {
  e.f.op("if", {});
  e.leave(pc);
  e.f.op("end");
}
function deoptIf(e: FunctionEmitter, pc: number): void {
  e.f.op("if", {});
  e.deopt(pc, 0);
  e.f.op("end");
}

/** Pushes x op y, which is checked to be no -0: that is a float. */
function divided(e: FunctionEmitter, pc: number, op: "i32.div_s" | "i32.rem_s"): void {
  const { f } = e;
  e.scratch("z", "i32");
  f.op("local.get", "y").op("i32.eqz");
  leaveIf(e, pc);
  f.op("local.get", "x").op("local.get", "y").op(op).op("local.tee", "z").op("i32.eqz");
  f.op("local.get", "x");
  if (op === "i32.div_s") f.op("local.get", "y").op("i32.xor");
  f.op("i32.const", 0).op("i32.lt_s").op("i32.and");
  deoptIf(e, pc);
}

function noZero(e: FunctionEmitter, pc: number): void {
  e.f.op("local.get", "v").op("f64.const", 0).op("f64.eq");
  leaveIf(e, pc);
}

const quot: Inlined = onNumbers({
  int: (e, pc) => {
    divided(e, pc, "i32.div_s");
    // -2^30 by -1 is no small integer.
    e.f
      .op("local.get", "z")
      .op("i32.const", 1 << 30)
      .op("i32.eq");
    deoptIf(e, pc);
    e.f.op("local.get", "z");
  },
  num: (e, pc) => {
    noZero(e, pc);
    e.f.op("local.get", "u").op("local.get", "v").op("f64.div").op("f64.trunc");
  },
});

const rem: Inlined = onNumbers({
  int: (e, pc) => {
    divided(e, pc, "i32.rem_s");
    e.f.op("local.get", "z");
  },
  num: (e, pc) => {
    noZero(e, pc);
    e.f.op("local.get", "u").op("local.get", "v").op("call", e.unit.helper("remainder"));
  },
});

const mod: Inlined = onNumbers({
  int: (e, pc) => {
    divided(e, pc, "i32.rem_s");
    const { f } = e;
    f.op("local.get", "z").op("local.get", "y").op("i32.add").op("local.get", "z");
    f.op("local.get", "z").op("i32.const", 0).op("i32.ne");
    f.op("local.get", "z").op("local.get", "y").op("i32.xor").op("i32.const", 0).op("i32.lt_s").op("i32.and");
    f.op("select");
  },
  num: (e, pc) => {
    noZero(e, pc);
    const { f } = e;
    const r = e.scratch("w0", "f64");
    f.op("local.get", "u").op("local.get", "v").op("call", e.unit.helper("remainder")).op("local.set", r);
    f.op("local.get", r).op("local.get", "v").op("f64.add").op("local.get", r);
    f.op("local.get", r).op("f64.const", 0).op("f64.ne");
    f.op("local.get", r).op("f64.const", 0).op("f64.lt").op("local.get", "v").op("f64.const", 0).op("f64.lt");
    f.op("i32.ne").op("i32.and").op("select");
  },
});

/** Functions to an integer: of a small integer it is itself. */
function rounding(op: "f64.floor" | "f64.ceil" | "f64.trunc"): Inlined {
  return onNumbers({
    int: (e) => e.f.op("local.get", "x"),
    num: (e) => e.f.op("local.get", "u").op(op),
  });
}

/** NaN stays; of equals the first. */
function extreme(int: "i32.lt_s" | "i32.gt_s", num: "f64.lt" | "f64.gt"): Inlined {
  return onNumbers({
    int: ({ f }) => {
      f.op("local.get", "y")
        .op("local.get", "x")
        .op("local.get", "y")
        .op("local.get", "x")
        .op(int)
        .op("select");
    },
    num: ({ f }) => {
      f.op("local.get", "v").op("local.get", "u");
      f.op("local.get", "v").op("local.get", "u").op(num);
      f.op("local.get", "v").op("local.get", "v").op("f64.ne").op("i32.or");
      f.op("local.get", "u").op("local.get", "u").op("f64.eq").op("i32.and").op("select");
    },
  });
}

const negate: Inlined = onNumbers({
  int: (e, pc) => {
    // -0, and 2^30, are no small integers.
    const { f } = e;
    f.op("local.get", "x")
      .op("i32.eqz")
      .op("local.get", "x")
      .op("i32.const", -(1 << 30))
      .op("i32.eq")
      .op("i32.or");
    deoptIf(e, pc);
    f.op("i32.const", 0).op("local.get", "x").op("i32.sub");
  },
  num: (e) => e.f.op("local.get", "u").op("f64.neg"),
});

const abs: Inlined = onNumbers({
  int: (e, pc) => {
    const { f } = e;
    f.op("local.get", "x")
      .op("i32.const", -(1 << 30))
      .op("i32.eq");
    deoptIf(e, pc);
    f.op("i32.const", 0).op("local.get", "x").op("i32.sub").op("local.get", "x");
    f.op("local.get", "x").op("i32.const", 0).op("i32.lt_s").op("select");
  },
  num: (e) => e.f.op("local.get", "u").op("f64.abs"),
});

// ---- vectors

/** Sets local `index` to what the register holds; branches to "slow" if that is no small integer. */
function indexIn(e: FunctionEmitter, register: number): void {
  const { f } = e;
  const index = e.scratch("index", "i32");
  if (e.has(register, INT)) e.int(register);
  else if (e.has(register, NUM)) {
    e.num(register);
    f.op("i32.trunc_sat_f64_s").op("local.tee", index).op("f64.convert_i32_s");
    e.num(register);
    f.op("f64.ne").op("br_if", "slow").op("local.get", index);
  } else {
    e.any(register);
    f.op("ref.test", ref("i31")).op("i32.eqz").op("br_if", "slow");
    e.any(register);
    f.op("ref.cast", ref("i31")).op("i31.get_s");
  }
  f.op("local.set", index);
}

/** Sets local `vector` to the vector in the register; branches to "slow" if it is none, or has no such index. */
function vectorIn(e: FunctionEmitter, register: number): void {
  const { f } = e;
  const vector = e.scratch("vector", ref("$vector"));
  e.any(register);
  f.op("ref.test", ref("$vector")).op("i32.eqz").op("br_if", "slow");
  e.any(register);
  f.op("ref.cast", ref("$vector")).op("local.set", vector);
  f.op("local.get", "index")
    .op("local.get", vector)
    .op("struct.get", "$vector", "len")
    .op("i32.ge_u")
    .op("br_if", "slow");
}

/** Whether floats are expected of a vector, and nothing else. */
function floatsOnly(profile: Profile, pc: number): boolean {
  return profile.settled && profile.seen(pc) === SAW_FLOAT;
}

function note(e: FunctionEmitter, pc: number, bit: number): void {
  const site = e.site(pc);
  if (site === 0) return;
  e.f.op("i32.const", 0).op("i32.const", 0).op("i32.load8_u", { align: 0, offset: site });
  e.f.op("i32.const", bit).op("i32.or").op("i32.store8", { align: 0, offset: site });
}

const vectorRef: Inlined = {
  result: (profile, pc) => (floatsOnly(profile, pc) ? NUM : ANY),
  write: (e, pc, to, args, callee) => {
    const [vector = 0, index = 0] = args;
    if (e.has(vector, INT | NUM)) return false;
    const { f } = e;
    const floats = floatsOnly(e.plan.profile, pc);
    const result = floats ? e.scratch("u", "f64") : e.scratch("r", anyref);
    f.op("block", { label: "done" }).op("block", { label: "slow" });
    indexIn(e, index);
    vectorIn(e, vector);
    if (floats) {
      f.op("local.get", "vector").op("struct.get", "$vector", "floats").op("br_on_null", "slow");
      f.op("local.get", "index")
        .op("array.get", "$floats")
        .op("local.set", result)
        .op("br", "done")
        .op("end");
      e.deopt(pc, 0);
      f.op("end").op("local.get", result);
      e.set(to, NUM);
      return true;
    }
    f.op("block", { label: "floats" });
    f.op("local.get", "vector").op("struct.get", "$vector", "items").op("br_on_null", "floats");
    f.op("local.get", "index").op("array.get", "$anys").op("local.set", result);
    note(e, pc, SAW_OTHER);
    f.op("br", "done").op("end");
    f.op("local.get", "vector").op("struct.get", "$vector", "floats").op("br_on_null", "slow");
    f.op("local.get", "index")
      .op("array.get", "$floats")
      .op("call", e.unit.helper("box"))
      .op("local.set", result);
    note(e, pc, SAW_FLOAT);
    f.op("br", "done").op("end");
    slowly(e, pc, args, callee);
    f.op("end").op("local.get", result);
    e.set(to, ANY);
    return true;
  },
};

/** Calls the primitive and sets local r to what it gives. */
function slowly(e: FunctionEmitter, pc: number, args: readonly number[], callee: Primitive): void {
  for (const arg of args) e.external(arg);
  e.f
    .op("call", `${callee.name}/${args.length}`)
    .op("any.convert_extern")
    .op("local.set", e.scratch("r", anyref));
  e.leaveIfNull("r", pc);
}

const vectorSet: Inlined = {
  result: () => ANY,
  write: (e, pc, to, args, callee) => {
    const [vector = 0, index = 0, value = 0] = args;
    if (e.has(vector, INT | NUM)) return false;
    const { f } = e;
    f.op("block", { label: "done" }).op("block", { label: "slow" });
    indexIn(e, index);
    vectorIn(e, vector);
    if (e.has(value, INT | NUM)) {
      f.op("block", { label: "items" });
      f.op("local.get", "vector").op("struct.get", "$vector", "floats").op("br_on_null", "items");
      f.op("local.get", "index");
      e.num(value);
      f.op("array.set", "$floats").op("br", "done").op("end");
    }
    f.op("local.get", "vector").op("struct.get", "$vector", "items").op("br_on_null", "slow");
    f.op("local.get", "index");
    e.any(value);
    f.op("array.set", "$anys").op("br", "done").op("end");
    slowly(e, pc, args, callee);
    f.op("end").op("global.get", "nil");
    e.set(to, ANY);
    return true;
  },
};

// ---- lists

/** How many: of lists and vectors without asking. */
const length: Inlined = {
  result: () => INT,
  write: (e, pc, to, args, callee) => {
    const [from = 0] = args;
    const { f } = e;
    const result = e.scratch("z", "i32");
    e.scratch("r", anyref);
    f.op("block", { label: "done" });
    for (const type of ["$list", "$vector"] as const) {
      if (callee.name === "vector-length" && type === "$list") continue;
      f.op("block", { label: "other", results: [anyref] });
      e.any(from);
      f.op("br_on_cast_fail", { label: "other", from: anyref, to: ref(type) });
      f.op("struct.get", type, "len").op("local.set", result).op("br", "done").op("end").op("drop");
    }
    slowly(e, pc, args, callee);
    f.op("local.get", "r").op("ref.cast", ref("i31")).op("i31.get_s").op("local.set", result);
    f.op("end").op("local.get", result);
    e.set(to, INT);
    return true;
  },
};

const nth: Inlined = {
  result: () => ANY,
  write: (e, pc, to, args, callee) => {
    const [list = 0, index = 0] = args;
    const { f } = e;
    const slice = e.scratch("slice", ref("$slice"));
    e.scratch("r", anyref);
    f.op("block", { label: "done" }).op("block", { label: "slow" });
    indexIn(e, index);
    f.op("block", { label: "pairs" });
    e.any(list);
    f.op("ref.test", ref("$slice")).op("i32.eqz").op("br_if", "pairs");
    e.any(list);
    f.op("ref.cast", ref("$slice")).op("local.set", slice);
    f.op("local.get", "index")
      .op("local.get", slice)
      .op("struct.get", "$slice", "len")
      .op("i32.ge_u")
      .op("br_if", "slow");
    f.op("local.get", slice).op("struct.get", "$slice", "buf").op("struct.get", "$buf", "items");
    f.op("local.get", slice).op("struct.get", "$slice", "off").op("local.get", "index").op("i32.add");
    f.op("array.get", "$anys").op("local.set", "r").op("br", "done").op("end");
    e.any(list);
    f.op("extern.convert_any").op("local.get", "index").op("call", "heap.nth").op("any.convert_extern");
    f.op("local.tee", "r").op("ref.is_null").op("i32.eqz").op("br_if", "done").op("end");
    slowly(e, pc, args, callee);
    f.op("end").op("local.get", "r");
    e.set(to, ANY);
    return true;
  },
};

const conj: Inlined = {
  result: () => ANY,
  write: (e, pc, to, args, callee) => {
    const [list = 0, item = 0] = args;
    const { f } = e;
    e.scratch("r", anyref);
    e.any(list);
    f.op("extern.convert_any");
    e.any(item);
    f.op("extern.convert_any").op("call", "heap.conj1").op("any.convert_extern").op("local.tee", "r");
    f.op("ref.is_null").op("if", {});
    slowly(e, pc, args, callee);
    f.op("end").op("local.get", "r");
    e.set(to, ANY);
    return true;
  },
};

const list: Inlined = {
  result: () => ANY,
  write: (e, _pc, to, args) => {
    const { f } = e;
    account(e, 88 + 8 * args.length);
    f.op("i32.const", args.length);
    for (const arg of args) e.any(arg);
    f.op("array.new_fixed", "$anys", args.length).op("i32.const", 0).op("i32.const", args.length);
    f.op("struct.new", "$buf").op("i32.const", 0).op("struct.new", "$slice");
    e.set(to, ANY);
    return true;
  },
};

const table: ReadonlyMap<string, Inlined> = new Map<string, Inlined>([
  [
    "//2",
    onNumbers({
      num: (e, pc) => {
        noZero(e, pc);
        e.f.op("local.get", "u").op("local.get", "v").op("f64.div");
      },
    }),
  ],
  ["-/1", negate],
  ["quot/2", quot],
  ["quotient/2", quot],
  ["rem/2", rem],
  ["remainder/2", rem],
  ["mod/2", mod],
  ["modulo/2", mod],
  ["sqrt/1", onNumbers({ num: (e) => e.f.op("local.get", "u").op("f64.sqrt") })],
  ["floor/1", rounding("f64.floor")],
  ["ceil/1", rounding("f64.ceil")],
  ["trunc/1", rounding("f64.trunc")],
  ["abs/1", abs],
  ["min/2", extreme("i32.lt_s", "f64.lt")],
  ["max/2", extreme("i32.gt_s", "f64.gt")],
  ["vector-ref/2", vectorRef],
  ["vector-set!/3", vectorSet],
  ["vector-length/1", length],
  ["len/1", length],
  ["nth/2", nth],
  ["conj/2", conj],
  ["list/1", list],
  ["list/2", list],
  ["list/3", list],
]);
