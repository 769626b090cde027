import { createRequire } from "node:module";
import { expect, test } from "vitest";
import {
  anyref,
  array,
  eqref,
  externref,
  func,
  funcref,
  i31ref,
  immut,
  Module,
  mut,
  OPCODE_ROWS,
  type Opcode,
  ref,
  refNull,
  struct,
  type TypeDef,
  type ValType,
} from "../src/index.ts";
import { hex, run, wasm } from "./helpers.ts";

/** Without the name section, which only people read. */
function core(bytes: Uint8Array): string {
  const all = hex(bytes);
  const at = all.search(/00 .. (.. )?04 6e 61 6d 65/);
  return at < 0 ? all : all.slice(0, at).trim();
}

test("golden: a function that adds", () => {
  const m = new Module();
  m.func("add", { params: { a: "i32", b: "i32" }, results: ["i32"], export: true })
    .op("local.get", "a")
    .op("local.get", "b")
    .op("i32.add");
  expect(core(m.encode())).toBe(
    "00 61 73 6d 01 00 00 00 " + // magic, version
      "01 07 01 60 02 7f 7f 01 7f " + // type: (i32 i32) -> i32
      "03 02 01 00 " + // function: of type 0
      "07 07 01 03 61 64 64 00 00 " + // export "add", func 0
      "0a 09 01 07 00 20 00 20 01 6a 0b", // code
  );
  expect(run(m.encode()).add?.(40, 2)).toBe(42);
});

test("golden: a rec group with an open, a final and a mutually recursive type", () => {
  const m = new Module();
  const types = m.rec({
    $base: struct({ n: immut("i32") }, { open: true }),
    $leaf: struct({ n: immut("i32"), f: mut(refNull("$fn")) }, { parent: "$base" }),
    $fn: func([ref("$leaf")], [anyref]),
    $arr: array(mut("i8")),
  });
  expect(types).toEqual({ $base: 0, $leaf: 1, $fn: 2, $arr: 3 });
  expect(core(m.encode())).toBe(
    "00 61 73 6d 01 00 00 00 " +
      "01 1c 01 4e 04 " + // one rec group of four
      "50 00 5f 01 7f 00 " + // sub (struct (field i32))
      "4f 01 00 5f 02 7f 00 63 02 01 " + // sub final 0 (struct (field i32) (field (mut (ref null 2))))
      "60 01 64 01 01 6e " + // func (ref 1) -> anyref
      "5e 78 01", // array (mut i8)
  );
  expect(wasm.validate(m.encode())).toBe(true);
});

test("golden: a negative constant, a global and an element segment", () => {
  const m = new Module();
  const f = m.func("f", { results: ["i32"] });
  f.op("i32.const", -129);
  m.global("g", { type: funcref, mutable: true, export: true }, (c) => c.op("ref.func", "f"));
  expect(core(m.encode())).toBe(
    "00 61 73 6d 01 00 00 00 01 05 01 60 00 01 7f 03 02 01 00 " +
      "06 06 01 70 01 d2 00 0b " + // global (mut funcref) = ref.func 0
      "07 05 01 01 67 03 00 " +
      "09 05 01 03 00 01 00 " + // declare func 0
      "0a 07 01 05 00 41 ff 7e 0b",
  );
  expect(wasm.validate(m.encode())).toBe(true);
});

// wabt.js 1.0.39 reads no GC types, so it checks a module without them; the engine checks all others.
test("wabt agrees about a module of numbers, control, tail calls and exceptions", async () => {
  const require = createRequire(import.meta.url);
  const wabt = await (
    require("wabt") as () => Promise<{
      readWasm(bytes: Uint8Array, options: object): { validate(): void; toText(options: object): string };
    }>
  )();
  const m = new Module("demo");
  m.tag("oops", ["i32"]);
  m.importFunc("env", "log", { params: { x: "f64" } });
  const f = m.func("gcd", { params: { a: "i32", b: "i32" }, results: ["i32"], export: true });
  f.op("local.get", "b").op("i32.eqz").op("if", {}).op("local.get", "a").op("return").op("end");
  f.op("local.get", "b").op("local.get", "a").op("local.get", "b").op("i32.rem_u").op("return_call", "gcd");
  const g = m.func("fail", { params: { x: "f64" } });
  g.op("local.get", "x").op("call", "log").op("i32.const", 7).op("throw", "oops");
  const features = { exceptions: true, tail_call: true, reference_types: true, multi_value: true };
  const read = wabt.readWasm(m.encode(), { readDebugNames: true, ...features });
  read.validate();
  const text = read.toText({});
  expect(text).toContain("return_call 1");
  expect(text).toContain("(param $a i32) (param $b i32)");
  expect(text).toContain("(tag $oops (type 0)");
});

const isNumeric = (t: string): boolean => ["i32", "i64", "f32", "f64"].includes(t);
const numeric = (Object.keys(OPCODE_ROWS) as Opcode[]).filter((name) => {
  const [, immediates, stack] = OPCODE_ROWS[name];
  return (
    immediates.length === 0 &&
    stack
      .split(/ |->/)
      .filter((t) => t !== "")
      .every(isNumeric) &&
    name !== "nop"
  );
});

test("every purely numeric line of the table: the engine agrees about the stack effect", () => {
  expect(numeric.length).toBeGreaterThan(110);
  for (const name of numeric) {
    const [from = "", to = ""] = OPCODE_ROWS[name][2].split("->");
    const takes = from.trim().split(" ") as ValType[];
    const m = new Module();
    const f = m.func("f", {
      params: Object.fromEntries(takes.map((t, i) => [`p${i}`, t])),
      results: [to.trim() as ValType],
    });
    for (const i of takes.keys()) f.op("local.get", i);
    (f.op as (name: Opcode) => void).call(f, name);
    expect(wasm.validate(m.encode()), name).toBe(true);
  }
});

test("opcodes are all different", () => {
  const seen = new Map<number, string>();
  for (const [name, [code, immediates]] of Object.entries(OPCODE_ROWS)) {
    for (const each of immediates[0] === "ref" ? [code, code + 1] : [code]) {
      expect(seen.get(each), name).toBeUndefined();
      seen.set(each, name);
    }
  }
});

const POINTS: Record<`$${string}`, TypeDef> = {
  $shape: struct({ tag: immut("i32") }, { open: true }),
  $circle: struct({ tag: immut("i32"), r: mut("f64") }, { parent: "$shape" }),
  $items: array(mut(anyref)),
  $bytes: array(mut("i8")),
  $op: func([anyref], [anyref]),
};

test("structs, casts and branches on casts", () => {
  const m = new Module("shapes");
  m.rec(POINTS);
  const make = m.func("circle", { params: { r: "f64" }, results: [externref], export: true });
  make.op("i32.const", 9).op("local.get", "r").op("struct.new", "$circle").op("extern.convert_any");
  const radius = m.func("radius", { params: { x: externref }, results: ["f64"], export: true });
  radius.op("block", { label: "other", results: [anyref] });
  radius.op("local.get", "x").op("any.convert_extern");
  radius.op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$circle") });
  radius.op("struct.get", "$circle", "r").op("return").op("end").op("drop").op("f64.const", -1);
  const grow = m.func("grow", { params: { x: externref }, export: true });
  grow.op("local.get", "x").op("any.convert_extern").op("ref.cast", ref("$circle"));
  grow.op("f64.const", 8).op("struct.set", "$circle", "r");
  const is = m.func("isShape", { params: { x: externref }, results: ["i32"], export: true });
  is.op("block", { label: "yes", results: [ref("$shape")] });
  is.op("local.get", "x").op("any.convert_extern");
  is.op("br_on_cast", { label: "yes", from: anyref, to: ref("$shape") });
  is.op("drop").op("i32.const", 0).op("return").op("end").op("struct.get", "$shape", "tag");
  const { circle, radius: r, grow: g, isShape } = run(m.encode());
  const c = circle?.(2.5);
  expect([r?.(c), r?.("x"), r?.(null), isShape?.(c), isShape?.(5)]).toEqual([2.5, -1, -1, 9, 0]);
  g?.(c);
  expect(r?.(c)).toBe(8);
});

test("null is told apart by ref.test and ref.cast of both nullabilities", () => {
  const m = new Module();
  m.rec(POINTS);
  for (const [name, type] of [
    ["strict", ref("$circle")],
    ["lax", refNull("$circle")],
  ] as const) {
    m.func(name, { results: ["i32"], export: true })
      .op("ref.null", "any")
      .op("ref.test", type);
    m.func(`${name}Cast`, { results: ["i32"], export: true })
      .op("ref.null", "any")
      .op("ref.cast", type)
      .op("ref.is_null");
  }
  const e = run(m.encode());
  expect([e.strict?.(), e.lax?.(), e.laxCast?.()]).toEqual([0, 1, 1]);
  expect(() => e.strictCast?.()).toThrow();
});

test("arrays: fixed, default, copy, fill, packed", () => {
  const m = new Module();
  m.rec(POINTS);
  const f = m.func("f", { results: ["i32"], export: true });
  f.local("a", ref("$items"));
  f.local("b", ref("$items"));
  f.op("i32.const", 1)
    .op("ref.i31")
    .op("i32.const", 20)
    .op("ref.i31")
    .op("array.new_fixed", "$items", 2)
    .op("local.set", "a");
  f.op("i32.const", 5).op("array.new_default", "$items").op("local.set", "b");
  f.op("local.get", "b").op("i32.const", 3).op("local.get", "a").op("i32.const", 0).op("i32.const", 2);
  f.op("array.copy", "$items", "$items");
  f.op("local.get", "b").op("i32.const", 4).op("array.get", "$items").op("ref.cast", i31ref).op("i31.get_s");
  f.op("local.get", "b").op("array.len").op("i32.add");
  const packed = m.func("packed", { results: ["i32"], export: true });
  packed.local("b", ref("$bytes"));
  packed.op("i32.const", 255).op("i32.const", 4).op("array.new", "$bytes").op("local.tee", "b");
  packed
    .op("i32.const", 0)
    .op("array.get_s", "$bytes")
    .op("local.get", "b")
    .op("i32.const", 0)
    .op("array.get_u", "$bytes")
    .op("i32.add");
  const e = run(m.encode());
  expect(e.f?.()).toBe(25);
  expect(e.packed?.()).toBe(254);
});

test("typed function references, direct and tail", () => {
  const m = new Module();
  m.rec(POINTS);
  m.func("same", { type: "$op", params: { x: anyref } }).op("local.get", "x");
  m.func("twice", { type: "$op" })
    .op("local.get", 0)
    .op("ref.func", "same")
    .op("call_ref", "$op")
    .op("ref.func", "same")
    .op("return_call_ref", "$op");
  const main = m.func("main", { params: { x: externref }, results: [externref], export: true });
  main.op("local.get", "x").op("any.convert_extern").op("call", "twice").op("extern.convert_any");
  expect(run(m.encode()).main?.("hello")).toBe("hello");
});

test("br_table, select, multi-value blocks", () => {
  const m = new Module();
  const f = m.func("name", { params: { i: "i32" }, results: ["i32"], export: true });
  for (const label of ["other", "two", "one", "zero"]) f.op("block", { label });
  f.op("local.get", "i").op("br_table", ["zero", "one", "two"], "other").op("end");
  for (const n of [100, 101, 102]) f.op("i32.const", n).op("return").op("end");
  f.op("i32.const", -1);
  const g = m.func("swap", { params: { a: "i32", b: "i32" }, results: ["i32"], export: true });
  g.op("local.get", "a").op("local.get", "b");
  g.op("block", { params: ["i32", "i32"], results: ["i32", "i32"] })
    .op("local.set", "a")
    .op("local.set", "b");
  g.op("local.get", "a").op("local.get", "b").op("end").op("i32.sub");
  const h = m.func("pick", { params: { c: "i32" }, results: [externref], export: true });
  h.op("ref.null", "extern").op("ref.null", "extern").op("local.get", "c").op("select.typed", [externref]);
  const e = run(m.encode());
  expect([0, 1, 2, 3, -1].map((i) => e.name?.(i))).toEqual([100, 101, 102, -1, -1]);
  expect(e.swap?.(10, 3)).toBe(-7);
  expect(e.pick?.(1)).toBe(null);
});

test("exceptions: throw, catch with its payload, catch everything", () => {
  const m = new Module();
  m.importFunc("env", "boom", {});
  m.tag("oops", ["i32"], { export: true });
  m.func("thrower", {}).op("i32.const", 41).op("throw", "oops");
  const f = m.func("catcher", { results: ["i32"], export: true });
  f.op("block", { label: "caught", results: ["i32"] });
  f.op("try_table", {}, [{ tag: "oops", label: "caught" }])
    .op("call", "thrower")
    .op("end");
  f.op("i32.const", 0).op("return").op("end").op("i32.const", 1).op("i32.add");
  const g = m.func("all", { results: ["i32"], export: true });
  g.op("block", { label: "any" })
    .op("try_table", {}, [{ label: "any" }])
    .op("call", "boom")
    .op("end");
  g.op("i32.const", 0).op("return").op("end").op("i32.const", 1);
  const e = run(m.encode(), {
    env: {
      boom: () => {
        throw new Error("js");
      },
    },
  });
  expect([e.catcher?.(), e.all?.()]).toEqual([42, 1]);
});

test("imported and exported globals, also mutable; imported functions come first", () => {
  const a = new Module();
  a.global("n", { type: "i32", mutable: true, export: true }, (c) => c.op("i32.const", 5));
  a.global("k", { type: "i32", export: "konst" }, (c) => c.op("i32.const", -7));
  const first = run(a.encode());
  const b = new Module();
  b.importGlobal("a", "n", "i32", true);
  b.importGlobal("a", "konst", "i32");
  b.importFunc("a", "f", { results: ["i32"] }, "theirs");
  const f = b.func("f", { results: ["i32"], export: true });
  f.op("global.get", "n").op("i32.const", 1).op("i32.add").op("global.set", "n");
  f.op("global.get", "n").op("global.get", "konst").op("i32.mul").op("call", "theirs").op("i32.add");
  const e = run(b.encode(), { a: { ...first, f: () => 100 } });
  expect(e.f?.()).toBe(58);
  expect((first.n as unknown as { value: number }).value).toBe(6);
});

test("an identical rec group in two modules is one set of types; a different one is not", () => {
  const a = new Module();
  a.rec(POINTS);
  a.func("make", { results: [externref], export: true })
    .op("i32.const", 1)
    .op("f64.const", 2)
    .op("struct.new", "$circle")
    .op("extern.convert_any");
  const asks = (types: Record<`$${string}`, TypeDef>): unknown => {
    const b = new Module();
    b.rec(types);
    b.func("is", { params: { x: externref }, results: ["i32"], export: true })
      .op("local.get", "x")
      .op("any.convert_extern")
      .op("ref.test", ref("$circle"));
    return run(b.encode()).is?.(run(a.encode()).make?.());
  };
  expect(asks(POINTS)).toBe(1);
  expect(asks({ ...POINTS, $more: struct({}) })).toBe(0);
});

test("mistakes throw where they are made", () => {
  const m = new Module();
  m.rec({ $p: struct({ x: immut("i32") }) });
  const f = m.func("f", { params: { a: "i32" } });
  expect(() => f.op("local.get", "b")).toThrow("no local b in f");
  expect(() => f.op("local.get", 1)).toThrow("no local 1");
  expect(() => f.op("call", "nobody")).toThrow("no func nobody");
  expect(() => f.op("br", "out")).toThrow("no block is labelled out");
  expect(() => f.op("struct.get", "$p", "y")).toThrow("no field y in $p");
  expect(() => f.op("struct.get", "$q", 0)).toThrow("no type $q");
  expect(() => f.op("end")).toThrow("end without a block");
  expect(() => f.local("a", "i32")).toThrow("two locals named a");
  expect(() => m.func("f", {})).toThrow("two funcs named f");
  expect(() => m.importFunc("e", "late", {})).toThrow("after a definition");
  expect(() => m.global("g", { type: "i32" }, (c) => c.op("local.get", 0))).toThrow("constant expression");
  const g = m.func("g", {});
  g.op("block", { label: "open" });
  expect(() => m.encode()).toThrow("unclosed block open");
});

test("names are there for stack traces", () => {
  const m = new Module("named");
  m.func("thrower", {}).op("unreachable");
  m.func("outer", { export: true }).op("call", "thrower");
  let stack = "";
  try {
    run(m.encode()).outer?.();
  } catch (error) {
    stack = (error as Error).stack ?? "";
  }
  expect(stack).toContain("thrower");
  expect(stack).toContain("outer");
});

test("eqref and i31 compare by value", () => {
  const m = new Module();
  const f = m.func("same", { params: { a: externref, b: externref }, results: ["i32"], export: true });
  for (const name of ["a", "b"]) f.op("local.get", name).op("any.convert_extern").op("ref.cast", eqref);
  f.op("ref.eq");
  const same = run(m.encode()).same;
  expect([same?.(5, 5), same?.(5, 6), same?.(-1, -1)]).toEqual([1, 0, 1]);
});
