/** Functions that a unit has for itself when its code needs them, small enough for the engine to inline. */
import { anyref, externref, type Func, ref } from "@sorbus/wasm-encoder";
import { SAW_FLOAT, SAW_OTHER } from "../infer.ts";
import type { Unit } from "../unit.ts";

type Write = (f: Func, unit: Unit) => void;
interface Helper {
  readonly params: Readonly<Record<string, typeof anyref | "i32" | "f64">>;
  readonly results: readonly (typeof anyref | "i32" | "f64")[];
  readonly write: Write;
}

const two = { a: anyref, b: anyref, site: "i32" } as const;

/** Stores what an instruction has seen, for the compiler to read. `site` 0: nobody wants to know. */
function note(f: Func, bit: number): void {
  f.op("local.get", "site").op("if", {});
  f.op("local.get", "site").op("local.get", "site").op("i32.load8_u", { align: 0, offset: 0 });
  f.op("i32.const", bit).op("i32.or").op("i32.store8", { align: 0, offset: 0 }).op("end");
}

/** Sets `to` to the number in `from`, or branches to "other". */
export function unbox(f: Func, from: string, to: string, other: string): void {
  f.op("local.get", from).op("ref.test", ref("i31")).op("if", {});
  f.op("local.get", from)
    .op("ref.cast", ref("i31"))
    .op("i31.get_s")
    .op("f64.convert_i32_s")
    .op("local.set", to);
  f.op("else").op("local.get", from).op("ref.test", ref("$flo")).op("i32.eqz").op("br_if", other);
  f.op("local.get", from)
    .op("ref.cast", ref("$flo"))
    .op("struct.get", "$flo", "value")
    .op("local.set", to)
    .op("end");
}

function twoNumbers(f: Func, then: () => void): void {
  f.local("x", "f64");
  f.local("y", "f64");
  f.op("block", { label: "other" });
  unbox(f, "a", "x", "other");
  unbox(f, "b", "y", "other");
  note(f, SAW_FLOAT);
  f.op("local.get", "x").op("local.get", "y");
  then();
  f.op("return").op("end");
  note(f, SAW_OTHER);
}

function read2(f: Func, unit: Unit): Func {
  const read = unit.helper("read");
  return f.op("local.get", "a").op("call", read).op("local.get", "b").op("call", read);
}

function arithmetic(op: "f64.add" | "f64.sub" | "f64.mul", host: "add" | "sub" | "mul"): Helper {
  return {
    params: two,
    results: [anyref],
    write: (f, unit) => {
      twoNumbers(f, () => f.op(op).op("call", unit.helper("box")));
      read2(f, unit).op("call", host).op("any.convert_extern");
    },
  };
}

function comparison(
  op: "f64.lt" | "f64.le" | "f64.gt" | "f64.ge" | "f64.eq",
  host: "less" | "lessEqual" | "greater" | "greaterEqual" | "equal",
): Helper {
  return {
    params: two,
    results: ["i32"],
    write: (f, unit) => {
      twoNumbers(f, () => f.op(op));
      read2(f, unit).op("call", host);
    },
  };
}

function metered(f: Func, unit: Unit, bytes: number): void {
  if (unit.world.metered)
    f.op("global.get", "bytes").op("f64.const", bytes).op("f64.add").op("global.set", "bytes");
}

export type HelperName =
  | "box"
  | "read"
  | "truthy"
  | "isNil"
  | "isUnset"
  | "add"
  | "sub"
  | "mul"
  | "less"
  | "lessEqual"
  | "greater"
  | "greaterEqual"
  | "equal"
  | "isNumber"
  | "first"
  | "rest"
  | "cons"
  | "empty"
  | "remainder"
  | "proceed";

const table: Readonly<Record<HelperName, Helper>> = {
  /** A number as a value: an i31 where it is one (and not -0), else boxed. */
  box: {
    params: { value: "f64" },
    results: [anyref],
    write: (f, unit) => {
      f.local("i", "i32");
      f.op("local.get", "value").op("i32.trunc_sat_f64_s").op("local.tee", "i").op("f64.convert_i32_s");
      f.op("i64.reinterpret_f64").op("local.get", "value").op("i64.reinterpret_f64").op("i64.eq");
      f.op("local.get", "i").op("i32.const", 1).op("i32.shl").op("i32.const", 1).op("i32.shr_s");
      f.op("local.get", "i").op("i32.eq").op("i32.and");
      f.op("if", { results: [anyref] })
        .op("local.get", "i")
        .op("ref.i31")
        .op("else");
      metered(f, unit, 24);
      f.op("local.get", "value").op("struct.new", "$flo").op("end");
    },
  },
  /** A value as JavaScript has it. */
  read: {
    params: { a: anyref },
    results: [externref],
    write: (f) => {
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$flo") });
      f.op("struct.get", "$flo", "value").op("return_call", "number").op("end").op("extern.convert_any");
    },
  },
  truthy: {
    params: { a: anyref },
    results: ["i32"],
    write: (f) => {
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$imm") });
      f.op("struct.get", "$imm", "code").op("i32.const", 2).op("i32.ge_u").op("return").op("end");
      f.op("drop").op("i32.const", 1);
    },
  },
  isNil: {
    params: { a: anyref },
    results: ["i32"],
    write: (f) => {
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$imm") });
      f.op("struct.get", "$imm", "code").op("i32.eqz").op("return").op("end");
      f.op("drop").op("i32.const", 0);
    },
  },
  isUnset: {
    params: { a: anyref },
    results: ["i32"],
    write: (f) => {
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$imm") });
      f.op("struct.get", "$imm", "code").op("i32.const", 3).op("i32.eq").op("return").op("end");
      f.op("drop").op("i32.const", 0);
    },
  },
  add: arithmetic("f64.add", "add"),
  sub: arithmetic("f64.sub", "sub"),
  mul: arithmetic("f64.mul", "mul"),
  less: comparison("f64.lt", "less"),
  lessEqual: comparison("f64.le", "lessEqual"),
  greater: comparison("f64.gt", "greater"),
  greaterEqual: comparison("f64.ge", "greaterEqual"),
  equal: comparison("f64.eq", "equal"),
  /** 1 the number in `a` is `n`, else 0. */
  isNumber: {
    params: { a: anyref, n: "i32" },
    results: ["i32"],
    write: (f) => {
      f.op("local.get", "a")
        .op("ref.test", ref("i31"))
        .op("if", { results: ["i32"] });
      f.op("local.get", "a").op("ref.cast", ref("i31")).op("i31.get_s").op("local.get", "n").op("i32.eq");
      f.op("else")
        .op("local.get", "a")
        .op("ref.test", ref("$flo"))
        .op("if", { results: ["i32"] });
      f.op("local.get", "a").op("ref.cast", ref("$flo")).op("struct.get", "$flo", "value");
      f.op("local.get", "n")
        .op("f64.convert_i32_s")
        .op("f64.eq")
        .op("else")
        .op("i32.const", 0)
        .op("end")
        .op("end");
    },
  },
  /** Null: no list. */
  first: {
    params: { a: anyref },
    results: [anyref],
    write: (f) => {
      f.local("s", ref("$slice"));
      f.op("block", { label: "pair", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "pair", from: anyref, to: ref("$pair") });
      f.op("struct.get", "$pair", "car").op("return").op("end").op("drop");
      f.op("block", { label: "slice", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "slice", from: anyref, to: ref("$slice") });
      f.op("local.tee", "s").op("struct.get", "$slice", "buf").op("struct.get", "$buf", "items");
      f.op("local.get", "s")
        .op("struct.get", "$slice", "off")
        .op("array.get", "$anys")
        .op("return")
        .op("end")
        .op("drop");
      f.op("local.get", "a")
        .op("ref.test", ref("$list"))
        .op("if", { results: [anyref] });
      f.op("global.get", "nil").op("else").op("ref.null", "any").op("end");
    },
  },
  rest: {
    params: { a: anyref },
    results: [anyref],
    write: (f, unit) => {
      f.local("s", ref("$slice"));
      f.op("block", { label: "pair", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "pair", from: anyref, to: ref("$pair") });
      f.op("struct.get", "$pair", "cdr").op("return").op("end").op("drop");
      f.op("block", { label: "slice", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "slice", from: anyref, to: ref("$slice") });
      f.op("local.tee", "s").op("struct.get", "$slice", "len").op("i32.const", 1).op("i32.eq");
      f.op("if", {}).op("global.get", "empty").op("return").op("end");
      metered(f, unit, 32);
      f.op("local.get", "s").op("struct.get", "$slice", "len").op("i32.const", 1).op("i32.sub");
      f.op("local.get", "s").op("struct.get", "$slice", "buf");
      f.op("local.get", "s").op("struct.get", "$slice", "off").op("i32.const", 1).op("i32.add");
      f.op("struct.new", "$slice").op("return").op("end").op("drop");
      f.op("local.get", "a")
        .op("ref.test", ref("$list"))
        .op("if", { results: [anyref] });
      f.op("global.get", "empty").op("else").op("ref.null", "any").op("end");
    },
  },
  cons: {
    params: { a: anyref, b: anyref },
    results: [anyref],
    write: (f, unit) => {
      f.local("l", ref("$list"));
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "b").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$list") });
      f.op("local.set", "l");
      metered(f, unit, 32);
      f.op("local.get", "l").op("struct.get", "$list", "len").op("i32.const", 1).op("i32.add");
      f.op("local.get", "a").op("local.get", "l").op("struct.new", "$pair").op("return").op("end");
      f.op("drop").op("ref.null", "any");
    },
  },
  /** 0, 1; 2: it has raised. */
  empty: {
    params: { a: anyref },
    results: ["i32"],
    write: (f, unit) => {
      f.op("block", { label: "other", results: [anyref] });
      f.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$list") });
      f.op("struct.get", "$list", "len").op("i32.eqz").op("return").op("end");
      f.op("call", unit.helper("read")).op("return_call", "empty");
    },
  },
  /** The remainder with the sign of `a`, as JavaScript's %; `b` is not 0. */
  remainder: {
    params: { a: "f64", b: "f64" },
    results: ["f64"],
    write: (f) => {
      f.local("x", "i64");
      f.local("y", "i64");
      f.op("local.get", "a").op("i64.trunc_sat_f64_s").op("local.tee", "x").op("f64.convert_i64_s");
      f.op("local.get", "a").op("f64.eq");
      f.op("local.get", "b").op("i64.trunc_sat_f64_s").op("local.tee", "y").op("f64.convert_i64_s");
      f.op("local.get", "b").op("f64.eq").op("i32.and");
      f.op("local.get", "a")
        .op("f64.abs")
        .op("f64.const", 2 ** 53)
        .op("f64.lt")
        .op("i32.and");
      f.op("local.get", "b")
        .op("f64.abs")
        .op("f64.const", 2 ** 53)
        .op("f64.lt")
        .op("i32.and");
      f.op("if", {}).op("local.get", "x").op("local.get", "y").op("i64.rem_s").op("f64.convert_i64_s");
      f.op("local.get", "a").op("f64.copysign").op("return").op("end");
      f.op("local.get", "a").op("local.get", "b").op("return_call", "remainder");
    },
  },
  /** Goes on with what `prepare` has made ready: a value, or a call of a function that takes a row. */
  proceed: {
    params: { callee: anyref, depth: "i32" },
    results: [anyref],
    write: (f) => {
      f.local("taken", anyref);
      f.local("clo", ref("$clov"));
      f.op("call", "taken")
        .op("any.convert_extern")
        .op("local.tee", "taken")
        .op("ref.test", ref("$anys"))
        .op("if", {});
      f.op("local.get", "callee")
        .op("ref.cast", ref("$clov"))
        .op("local.tee", "clo")
        .op("local.get", "depth");
      f.op("local.get", "taken").op("ref.cast", ref("$anys"));
      f.op("local.get", "clo").op("struct.get", "$clov", "code").op("return_call_ref", "$fv").op("end");
      f.op("local.get", "taken");
    },
  },
};

export function defineHelper(unit: Unit, name: HelperName): void {
  const { params, results, write } = table[name];
  // Declared first, so that it may be asked for by what it asks for.
  const f = unit.module.func(`%${name}`, { params, results });
  write(f, unit);
}
