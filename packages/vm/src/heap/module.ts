/**
 * Builds the heap's WebAssembly module: allocation and access for every type in types.ts.
 *
 * Functions that JavaScript calls take and give externref, i32 and f64 only: a call with anyref or a
 * struct type in its signature costs ten times as much. An accessor answers null (or -1) when its
 * argument is of another type, so that a check costs its caller no second call; TypeScript raises.
 *
 * V8 inlines an export into JavaScript when it is straight-line code, casts included (1.6 ns); one with
 * a branch is a call (4.3 ns), and a second or third type test in it, such as the one that unboxes
 * numbers, is lost in that. So no accessor here avoids a branch at the price of a second call.
 */
import { anyref, externref, Module, ref } from "@sorbus/wasm-encoder";
import { account, arg, Definer, out, SIZE, x } from "./module/emit.ts";
import { STRUCTS } from "./module/exports.ts";
import { defineLists } from "./module/lists.ts";
import { defineSlots } from "./module/slots.ts";
import { defineVectors } from "./module/vectors.ts";
import { HEAP_TYPES } from "./types.ts";

/** A module that is valid where GC types exist: a function of an anyref. */
export function buildProbe(): Uint8Array {
  const module = new Module();
  module
    .func("probe", { params: { x: anyref }, results: ["i32"] })
    .op("local.get", 0)
    .op("ref.is_null");
  return module.encode();
}

export function buildHeap(): Uint8Array {
  const m = new Module("sorbus heap");
  m.rec(HEAP_TYPES);
  // The identity, which makes a JavaScript number of an f64.
  m.importFunc("js", "number", { params: { value: "f64" }, results: [externref] });

  m.global("bytes", { type: "f64", mutable: true, export: true }, (c) => c.op("f64.const", 0));
  ["nil", "false", "true", "unset"].forEach((name, i) => {
    m.global(name, { type: ref("$imm"), export: true }, (c) => c.op("i32.const", i).op("struct.new", "$imm"));
  });
  m.global("empty", { type: ref("$list"), export: true }, (c) =>
    c.op("i32.const", 0).op("struct.new", "$list"),
  );
  m.global("none", { type: ref("$anys") }, (c) => c.op("array.new_fixed", "$anys", 0));

  const d = new Definer(m);
  defineNumbers(d);
  defineLists(d);
  defineVectors(d);
  defineSlots(d);
  return m.encode();
}

/** The count of bytes allocated, numbers in slots, and which struct something is. */
function defineNumbers(d: Definer): void {
  d.define("allocated", {}, ["f64"], (c) => c.op("global.get", "bytes"));
  d.define("account", { bytes: "f64" }, [], (c) =>
    c.op("global.get", "bytes").op("local.get", "bytes").op("f64.add").op("global.set", "bytes"),
  );

  d.define("flo", { value: "f64" }, [x], (c) =>
    c.do(account(SIZE.flo)).op("local.get", "value").op("struct.new", "$flo").do(out),
  );
  /** What a slot holds, as JavaScript's value. */
  d.internal("read", { value: anyref }, [x], (c) => {
    c.op("block", { label: "other", results: [anyref] });
    c.op("local.get", "value").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$flo") });
    c.op("struct.get", "$flo", "value").op("return_call", "number").op("end").do(out);
  });
  /** A number as a slot holds it: i31 where it is one (and not -0), else boxed. */
  d.internal("number->any", { value: "f64" }, [ref("any")], (c) => {
    c.local("i", "i32");
    c.op("local.get", "value").op("i32.trunc_sat_f64_s").op("local.tee", "i").op("f64.convert_i32_s");
    c.op("i64.reinterpret_f64").op("local.get", "value").op("i64.reinterpret_f64").op("i64.eq");
    c.op("local.get", "i").op("i32.const", 1).op("i32.shl").op("i32.const", 1).op("i32.shr_s");
    c.op("local.get", "i").op("i32.eq").op("i32.and");
    c.op("if", { results: [ref("any")] })
      .op("local.get", "i")
      .op("ref.i31")
      .op("else");
    c.do(account(SIZE.flo)).op("local.get", "value").op("struct.new", "$flo").op("end");
  });

  d.define("structOf", { x }, ["i32"], (c) => {
    c.local("v", anyref);
    c.do(arg("x")).op("local.set", "v");
    STRUCTS.forEach((type, i) => {
      c.op("local.get", "v").op("ref.test", ref(type)).op("if", {}).op("i32.const", i).op("return").op("end");
    });
    c.op("i32.const", STRUCTS.length);
  });
}
