/**
 * The heap's WebAssembly module: allocation and access for every type in types.ts.
 *
 * Functions that JavaScript calls take and give externref, i32 and f64 only: a call with anyref or a
 * struct type in its signature costs ten times as much. An accessor answers null (or -1) when its
 * argument is of another type, so that a check costs its caller no second call; TypeScript raises.
 */
import { anyref, externref, type Func, Module, type RefType, ref, type ValType } from "@sorbus/wasm-encoder";
import { HEAP_TYPES, MAX_DIRECT_ARITY } from "./types.ts";

/** What JavaScript sees of the module. `null` always says "not of that type" or "not possible". */
export interface HeapExports {
  allocated(): number;
  account(bytes: number): void;
  flo(x: number): object;

  /** An index into `STRUCTS`, or its length for what is no struct of the heap. */
  structOf(x: unknown): number;

  isList(x: unknown): number;
  isPair(x: unknown): number;
  isSlice(x: unknown): number;
  /** -1: not a list. */
  len(x: unknown): number;
  cons(head: unknown, tail: unknown): object | null;
  first(x: unknown): unknown;
  rest(x: unknown): object | null;
  car(pair: unknown): unknown;
  cdr(pair: unknown): object;
  /** Walks at most `NTH_WALK` pairs; null: further away, out of range or not a list. */
  nth(x: unknown, i: number): unknown;
  /** In place or null. */
  conj1(x: unknown, v: unknown): object | null;
  slice(buf: unknown, off: number, len: number): object;
  sliceBuf(slice: unknown): object;
  sliceOff(slice: unknown): number;
  sameSlice(a: unknown, b: unknown): number;
  buf(capacity: number, start: number, end: number): object;
  bufGet(buf: unknown, i: number): unknown;
  bufSet(buf: unknown, i: number, v: unknown): void;
  bufCopy(to: unknown, at: number, from: unknown, off: number, n: number): void;
  bufCapacity(buf: unknown): number;
  bufStart(buf: unknown): number;
  bufEnd(buf: unknown): number;
  setBufStart(buf: unknown, i: number): void;
  setBufEnd(buf: unknown, i: number): void;

  /** -1: not a vector. */
  vectorLength(x: unknown): number;
  vector(len: number, fill: unknown): object;
  floats(len: number, fill: number): object;
  isFloats(v: unknown): number;
  vectorRef(x: unknown, i: number): unknown;
  /** 1 done, 0 out of range, -1 not a vector. `v` is no number. */
  vectorSet(x: unknown, i: number, v: unknown): number;
  vectorSetNumber(x: unknown, i: number, v: number): number;
  /** 1 done, -1 not a vector. */
  vectorPush(x: unknown, v: unknown): number;
  vectorPushNumber(x: unknown, v: number): number;
  vectorPop(x: unknown): unknown;

  dict(shape: unknown, size: number): object;
  dictShape(x: unknown): object | null;
  dictRef(d: unknown, i: number): unknown;
  /** Only while the dict is being made. */
  dictInit(d: unknown, i: number, v: unknown): void;
  dictWith(d: unknown, i: number, v: unknown): object;
  dictExtend(d: unknown, shape: unknown, v: unknown): object;
  dictWithout(d: unknown, shape: unknown, i: number): object;

  box(v: unknown): object;
  isBox(x: unknown): number;
  boxGet(b: unknown): unknown;
  boxSet(b: unknown, v: unknown): void;

  closure(meta: unknown, arity: number, size: number): object;
  closure1(meta: unknown, arity: number, a: unknown): object;
  closure2(meta: unknown, arity: number, a: unknown, b: unknown): object;
  closureMeta(x: unknown): object | null;
  closureGet(c: unknown, i: number): unknown;
  closureSet(c: unknown, i: number, v: unknown): void;
  closureSize(c: unknown): number;

  record(type: unknown, size: number): object;
  recordType(x: unknown): object | null;
  recordGet(r: unknown, i: number): unknown;
  recordSet(r: unknown, i: number, v: unknown): void;
}

/** The structs that values are, the most frequent first. */
export const STRUCTS = ["$list", "$clo", "$dict", "$imm", "$vector", "$record", "$box"] as const;
export type Struct = (typeof STRUCTS)[number];

/** How many pairs `nth` walks before it wants the list flattened. */
export const NTH_WALK = 128;

type Params = Readonly<Record<string, ValType>>;
type Body = (c: Func) => void;

/** Bytes that an object takes, about: header and padding included, pointers compressed or not. */
const SIZE = {
  flo: 24,
  list: 24,
  pair: 32,
  slice: 32,
  buf: 32,
  array: 24,
  vector: 40,
  dict: 32,
  box: 24,
  record: 32,
  closure: 40,
};
const SLOT = 8;

/** A reference of a JavaScript value. */
const x: RefType = externref;

export function buildHeap(): Uint8Array {
  const m = new Module("sorbus heap");
  m.rec(HEAP_TYPES);
  // The identity, which makes a JavaScript number of an f64.
  m.importFunc("js", "number", { params: { value: "f64" }, results: [externref] });

  m.global("bytes", { type: "f64", mutable: true, export: true }, (c) => c.op("f64.const", 0));
  ["nil", "false", "true"].forEach((name, i) => {
    m.global(name, { type: ref("$imm"), export: true }, (c) => c.op("i32.const", i).op("struct.new", "$imm"));
  });
  m.global("empty", { type: ref("$list"), export: true }, (c) =>
    c.op("i32.const", 0).op("struct.new", "$list"),
  );
  m.global("none", { type: ref("$anys") }, (c) => c.op("array.new_fixed", "$anys", 0));

  function define(name: string, params: Params, results: readonly ValType[], body: Body): void {
    body(m.func(name, { params, results, export: true }));
  }
  function internal(name: string, params: Params, results: readonly ValType[], body: Body): void {
    body(m.func(name, { params, results }));
  }

  /** Adds a constant, and `slots` (what the part pushes) slots, to the count of bytes allocated. */
  const account =
    (bytes: number, slots?: Body): Body =>
    (c) => {
      c.op("global.get", "bytes").op("f64.const", bytes).op("f64.add");
      if (slots !== undefined) {
        c.do(slots).op("f64.convert_i32_s").op("f64.const", SLOT).op("f64.mul").op("f64.add");
      }
      c.op("global.set", "bytes");
    };
  const get =
    (local: string): Body =>
    (c) =>
      c.op("local.get", local);
  /** Pushes a parameter from JavaScript as anyref. */
  const arg =
    (local: string): Body =>
    (c) =>
      c.op("local.get", local).op("any.convert_extern");
  /** Pushes a parameter from JavaScript that the caller knows to be of that type; traps otherwise. */
  const as =
    (local: string, type: `$${string}`): Body =>
    (c) =>
      c.do(arg(local)).op("ref.cast", ref(type));
  /** Runs `then` with the parameter on the stack and returns what it leaves, if it is of that type. */
  const when =
    (local: string, type: `$${string}`, then: Body): Body =>
    (c) => {
      c.op("block", { label: "other", results: [anyref] });
      c.do(arg(local)).op("br_on_cast_fail", { label: "other", from: anyref, to: ref(type) });
      c.do(then).op("return").op("end").op("drop");
    };
  const nothing: Body = (c) => c.op("ref.null", "extern");
  const out: Body = (c) => c.op("extern.convert_any");
  const test =
    (type: `$${string}`): Body =>
    (c) =>
      c.do(arg("x")).op("ref.test", ref(type));

  define("allocated", {}, ["f64"], (c) => c.op("global.get", "bytes"));
  define("account", { bytes: "f64" }, [], (c) =>
    c.op("global.get", "bytes").op("local.get", "bytes").op("f64.add").op("global.set", "bytes"),
  );

  // ---- numbers

  define("flo", { value: "f64" }, [x], (c) =>
    c.do(account(SIZE.flo)).op("local.get", "value").op("struct.new", "$flo").do(out),
  );
  /** What a slot holds, as JavaScript's value. */
  internal("read", { value: anyref }, [x], (c) => {
    c.op("block", { label: "other", results: [anyref] });
    c.op("local.get", "value").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$flo") });
    c.op("struct.get", "$flo", "value").op("return_call", "number").op("end").do(out);
  });
  const read: Body = (c) => c.op("call", "read");
  /** A number as a slot holds it: i31 where it is one (and not -0), else boxed. */
  internal("number->any", { value: "f64" }, [ref("any")], (c) => {
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

  define("structOf", { x }, ["i32"], (c) => {
    c.local("v", anyref);
    c.do(arg("x")).op("local.set", "v");
    STRUCTS.forEach((type, i) => {
      c.op("local.get", "v").op("ref.test", ref(type)).op("if", {}).op("i32.const", i).op("return").op("end");
    });
    c.op("i32.const", STRUCTS.length);
  });

  // ---- lists

  for (const [name, type] of [
    ["isList", "$list"],
    ["isPair", "$pair"],
    ["isSlice", "$slice"],
    ["isBox", "$box"],
  ] as const) {
    define(name, { x }, ["i32"], test(type));
  }
  define("len", { x }, ["i32"], (c) =>
    c.do(when("x", "$list", (t) => t.op("struct.get", "$list", "len"))).op("i32.const", -1),
  );
  define("cons", { head: x, tail: x }, [x], (c) => {
    c.local("list", ref("$list"));
    c.do(
      when("tail", "$list", (t) => {
        t.op("local.set", "list").do(account(SIZE.pair));
        t.op("local.get", "list").op("struct.get", "$list", "len").op("i32.const", 1).op("i32.add");
        t.do(arg("head")).op("local.get", "list").op("struct.new", "$pair").do(out);
      }),
    ).do(nothing);
  });
  define("first", { x }, [x], (c) => {
    c.local("s", ref("$slice"));
    c.do(when("x", "$pair", (t) => t.op("struct.get", "$pair", "car").do(read)));
    c.do(
      when("x", "$slice", (t) => {
        t.op("local.tee", "s").op("struct.get", "$slice", "buf").op("struct.get", "$buf", "items");
        t.op("local.get", "s").op("struct.get", "$slice", "off").op("array.get", "$anys").do(read);
      }),
    );
    c.do(when("x", "$list", (t) => t.op("drop").op("global.get", "nil").do(out))).do(nothing);
  });
  define("rest", { x }, [x], (c) => {
    c.local("s", ref("$slice"));
    c.do(when("x", "$pair", (t) => t.op("struct.get", "$pair", "cdr").do(out)));
    c.do(
      when("x", "$slice", (t) => {
        t.op("local.tee", "s").op("struct.get", "$slice", "len").op("i32.const", 1).op("i32.eq");
        t.op("if", {}).op("global.get", "empty").do(out).op("return").op("end");
        t.do(account(SIZE.slice));
        t.op("local.get", "s").op("struct.get", "$slice", "len").op("i32.const", 1).op("i32.sub");
        t.op("local.get", "s").op("struct.get", "$slice", "buf");
        t.op("local.get", "s").op("struct.get", "$slice", "off").op("i32.const", 1).op("i32.add");
        t.op("struct.new", "$slice").do(out);
      }),
    );
    c.do(when("x", "$list", (t) => t.op("drop").op("global.get", "empty").do(out))).do(nothing);
  });
  define("car", { pair: x }, [x], (c) => c.do(as("pair", "$pair")).op("struct.get", "$pair", "car").do(read));
  define("cdr", { pair: x }, [x], (c) => c.do(as("pair", "$pair")).op("struct.get", "$pair", "cdr").do(out));
  define("nth", { x, i: "i32" }, [x], (c) => {
    c.local("list", ref("$list"));
    c.local("walk", "i32");
    c.local("p", ref("$pair"));
    c.local("s", ref("$slice"));
    c.op("block", { label: "not", results: [anyref] });
    c.do(arg("x"))
      .op("br_on_cast_fail", { label: "not", from: anyref, to: ref("$list") })
      .op("local.tee", "list");
    // One comparison for both ends: a negative index is a huge unsigned one.
    c.op("struct.get", "$list", "len").op("local.get", "i").op("i32.le_u");
    c.op("if", {}).do(nothing).op("return").op("end");
    c.op("i32.const", NTH_WALK).op("local.set", "walk");
    c.op("loop", { label: "next" });
    c.op("block", { label: "slice", results: [ref("$list")] });
    c.op("local.get", "list").op("br_on_cast_fail", { label: "slice", from: ref("$list"), to: ref("$pair") });
    c.op("local.set", "p");
    c.op("local.get", "i").op("i32.eqz").op("if", {});
    c.op("local.get", "p").op("struct.get", "$pair", "car").do(read).op("return").op("end");
    c.op("local.get", "i").op("i32.const", 1).op("i32.sub").op("local.set", "i");
    c.op("local.get", "p").op("struct.get", "$pair", "cdr").op("local.set", "list");
    c.op("local.get", "walk").op("i32.const", 1).op("i32.sub").op("local.tee", "walk").op("br_if", "next");
    c.do(nothing).op("return").op("end");
    c.op("ref.cast", ref("$slice"))
      .op("local.tee", "s")
      .op("struct.get", "$slice", "buf")
      .op("struct.get", "$buf", "items");
    c.op("local.get", "s").op("struct.get", "$slice", "off").op("local.get", "i").op("i32.add");
    c.op("array.get", "$anys").do(read).op("return");
    c.op("end").op("unreachable").op("end").op("drop").do(nothing);
  });
  define("conj1", { x, v: x }, [x], (c) => {
    c.local("s", ref("$slice"));
    c.local("b", ref("$buf"));
    c.local("end", "i32");
    const appended: Body = (t) => {
      t.op("local.tee", "s").op("struct.get", "$slice", "buf").op("local.tee", "b");
      t.op("struct.get", "$buf", "end").op("local.set", "end");
      t.op("local.get", "s")
        .op("struct.get", "$slice", "off")
        .op("local.get", "s")
        .op("struct.get", "$slice", "len");
      t.op("i32.add").op("local.get", "end").op("i32.eq");
      t.op("local.get", "end")
        .op("local.get", "b")
        .op("struct.get", "$buf", "items")
        .op("array.len")
        .op("i32.lt_s");
      t.op("i32.and").op("if", {});
      t.op("local.get", "b")
        .op("struct.get", "$buf", "items")
        .op("local.get", "end")
        .do(arg("v"))
        .op("array.set", "$anys");
      t.op("local.get", "b")
        .op("local.get", "end")
        .op("i32.const", 1)
        .op("i32.add")
        .op("struct.set", "$buf", "end");
      t.do(account(SIZE.slice));
      t.op("local.get", "s").op("struct.get", "$slice", "len").op("i32.const", 1).op("i32.add");
      t.op("local.get", "b")
        .op("local.get", "s")
        .op("struct.get", "$slice", "off")
        .op("struct.new", "$slice")
        .do(out);
      t.op("return").op("end").do(nothing);
    };
    c.do(when("x", "$slice", appended)).do(nothing);
  });
  define("slice", { buf: x, off: "i32", len: "i32" }, [x], (c) => {
    c.op("local.get", "len")
      .op("i32.eqz")
      .op("if", {})
      .op("global.get", "empty")
      .do(out)
      .op("return")
      .op("end");
    c.do(account(SIZE.slice));
    c.op("local.get", "len").do(as("buf", "$buf")).op("local.get", "off").op("struct.new", "$slice").do(out);
  });
  define("sliceBuf", { slice: x }, [x], (c) =>
    c.do(as("slice", "$slice")).op("struct.get", "$slice", "buf").do(out),
  );
  define("sliceOff", { slice: x }, ["i32"], (c) =>
    c.do(as("slice", "$slice")).op("struct.get", "$slice", "off"),
  );
  define("sameSlice", { a: x, b: x }, ["i32"], (c) => {
    c.local("s", ref("$slice"));
    c.local("t", ref("$slice"));
    const same: Body = (t) => {
      t.op("local.set", "t");
      t.op("local.get", "s")
        .op("struct.get", "$slice", "buf")
        .op("local.get", "t")
        .op("struct.get", "$slice", "buf")
        .op("ref.eq");
      for (const field of ["off", "len"]) {
        t.op("local.get", "s")
          .op("struct.get", "$slice", field)
          .op("local.get", "t")
          .op("struct.get", "$slice", field);
        t.op("i32.eq").op("i32.and");
      }
    };
    c.do(
      when("a", "$slice", (t) =>
        t
          .op("local.set", "s")
          .do(when("b", "$slice", same))
          .op("i32.const", 0),
      ),
    );
    c.op("i32.const", 0);
  });
  define("buf", { capacity: "i32", start: "i32", end: "i32" }, [x], (c) => {
    c.do(account(SIZE.buf + SIZE.array, get("capacity")));
    c.op("local.get", "capacity")
      .op("array.new_default", "$anys")
      .op("local.get", "start")
      .op("local.get", "end");
    c.op("struct.new", "$buf").do(out);
  });
  const items =
    (local: string): Body =>
    (c) =>
      c.do(as(local, "$buf")).op("struct.get", "$buf", "items");
  define("bufGet", { buf: x, i: "i32" }, [x], (c) =>
    c.do(items("buf")).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  define("bufSet", { buf: x, i: "i32", v: x }, [], (c) =>
    c.do(items("buf")).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  define("bufCopy", { to: x, at: "i32", from: x, off: "i32", n: "i32" }, [], (c) => {
    c.do(items("to")).op("local.get", "at").do(items("from")).op("local.get", "off").op("local.get", "n");
    c.op("array.copy", "$anys", "$anys");
  });
  define("bufCapacity", { buf: x }, ["i32"], (c) => c.do(items("buf")).op("array.len"));
  for (const [name, field] of [
    ["Start", "start"],
    ["End", "end"],
  ] as const) {
    define(`buf${name}`, { buf: x }, ["i32"], (c) => c.do(as("buf", "$buf")).op("struct.get", "$buf", field));
    define(`setBuf${name}`, { buf: x, i: "i32" }, [], (c) =>
      c.do(as("buf", "$buf")).op("local.get", "i").op("struct.set", "$buf", field),
    );
  }

  // ---- vectors

  define("vectorLength", { x }, ["i32"], (c) =>
    c.do(when("x", "$vector", (t) => t.op("struct.get", "$vector", "len"))).op("i32.const", -1),
  );
  define("vector", { len: "i32", fill: x }, [x], (c) => {
    c.do(account(SIZE.vector + SIZE.array, get("len"))).op("local.get", "len");
    c.do(arg("fill"))
      .op("local.get", "len")
      .op("array.new", "$anys")
      .op("ref.null", "$floats")
      .op("struct.new", "$vector")
      .do(out);
  });
  define("floats", { len: "i32", fill: "f64" }, [x], (c) => {
    c.do(account(SIZE.vector + SIZE.array, get("len")))
      .op("local.get", "len")
      .op("ref.null", "$anys");
    c.op("local.get", "fill")
      .op("local.get", "len")
      .op("array.new", "$floats")
      .op("struct.new", "$vector")
      .do(out);
  });
  define("isFloats", { v: x }, ["i32"], (c) =>
    c.do(as("v", "$vector")).op("struct.get", "$vector", "items").op("ref.is_null"),
  );
  const vectorLocals: Body = (c) => {
    c.local("v", ref("$vector"));
  };
  const field =
    (name: string): Body =>
    (c) =>
      c.op("local.get", "v").op("struct.get", "$vector", name);
  const inRange: Body = (c) => c.op("local.get", "i").do(field("len")).op("i32.lt_u");
  const generic: Body = (c) => c.do(field("items")).op("ref.is_null").op("i32.eqz");
  define("vectorRef", { x, i: "i32" }, [x], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.set", "v").do(inRange).op("i32.eqz").op("if", {}).do(nothing).op("return").op("end");
        t.do(generic).op("if", {});
        t.do(field("items")).op("local.get", "i").op("array.get", "$anys").do(read).op("return").op("end");
        t.do(field("floats")).op("local.get", "i").op("array.get", "$floats").op("call", "number");
      }),
    ).do(nothing);
  });
  /** Makes an f64 vector a generic one of the same capacity. */
  internal("generalise", { v: ref("$vector") }, [], (c) => {
    c.local("i", "i32");
    c.local("to", ref("$anys"));
    c.do(account(SIZE.array, (a) => a.do(field("floats")).op("array.len")));
    c.do(field("floats")).op("array.len").op("array.new_default", "$anys").op("local.set", "to");
    c.op("loop", { label: "next" }).op("local.get", "i").do(field("len")).op("i32.lt_s").op("if", {});
    c.op("local.get", "to")
      .op("local.get", "i")
      .do(field("floats"))
      .op("local.get", "i")
      .op("array.get", "$floats");
    c.op("call", "number->any").op("array.set", "$anys");
    c.op("local.get", "i")
      .op("i32.const", 1)
      .op("i32.add")
      .op("local.set", "i")
      .op("br", "next")
      .op("end")
      .op("end");
    c.op("local.get", "v").op("local.get", "to").op("struct.set", "$vector", "items");
    c.op("local.get", "v").op("ref.null", "$floats").op("struct.set", "$vector", "floats");
  });
  const generalise: Body = (c) =>
    c.do(generic).op("i32.eqz").op("if", {}).op("local.get", "v").op("call", "generalise").op("end");
  define("vectorSet", { x, i: "i32", value: x }, ["i32"], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.set", "v")
          .do(inRange)
          .op("i32.eqz")
          .op("if", {})
          .op("i32.const", 0)
          .op("return")
          .op("end");
        t.do(generalise)
          .do(field("items"))
          .op("local.get", "i")
          .do(arg("value"))
          .op("array.set", "$anys")
          .op("i32.const", 1);
      }),
    ).op("i32.const", -1);
  });
  define("vectorSetNumber", { x, i: "i32", value: "f64" }, ["i32"], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.set", "v")
          .do(inRange)
          .op("i32.eqz")
          .op("if", {})
          .op("i32.const", 0)
          .op("return")
          .op("end");
        t.do(generic)
          .op("if", {})
          .do(field("items"))
          .op("local.get", "i")
          .op("local.get", "value")
          .op("call", "number->any");
        t.op("array.set", "$anys")
          .op("else")
          .do(field("floats"))
          .op("local.get", "i")
          .op("local.get", "value");
        t.op("array.set", "$floats").op("end").op("i32.const", 1);
      }),
    ).op("i32.const", -1);
  });
  /** Doubles the capacity when it is used up. */
  internal("room", { v: ref("$vector") }, [], (c) => {
    c.local("capacity", "i32");
    c.local("anys", ref("$anys"));
    c.local("floats", ref("$floats"));
    const grow =
      (name: "anys" | "floats", slot: string): Body =>
      (t) => {
        t.do(field(slot)).op("array.len").do(field("len")).op("i32.eq").op("if", {});
        t.do(field("len"))
          .op("i32.const", 1)
          .op("i32.shl")
          .op("i32.const", 4)
          .op("i32.add")
          .op("local.set", "capacity");
        t.do(account(SIZE.array, get("capacity")));
        t.op("local.get", "capacity")
          .op("array.new_default", `$${name}`)
          .op("local.tee", name)
          .op("i32.const", 0);
        t.do(field(slot)).op("i32.const", 0).do(field("len")).op("array.copy", `$${name}`, `$${name}`);
        t.op("local.get", "v").op("local.get", name).op("struct.set", "$vector", slot).op("end");
      };
    c.do(generic).op("if", {}).do(grow("anys", "items")).op("else").do(grow("floats", "floats")).op("end");
  });
  const setLength =
    (change: "i32.add" | "i32.sub"): Body =>
    (c) =>
      c
        .op("local.get", "v")
        .do(field("len"))
        .op("i32.const", 1)
        .op(change)
        .op("struct.set", "$vector", "len");
  define("vectorPush", { x, value: x }, ["i32"], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.set", "v").do(generalise).op("local.get", "v").op("call", "room");
        t.do(field("items")).do(field("len")).do(arg("value")).op("array.set", "$anys");
        t.do(setLength("i32.add")).op("i32.const", 1);
      }),
    ).op("i32.const", -1);
  });
  define("vectorPushNumber", { x, value: "f64" }, ["i32"], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.tee", "v").op("call", "room").do(generic).op("if", {});
        t.do(field("items"))
          .do(field("len"))
          .op("local.get", "value")
          .op("call", "number->any")
          .op("array.set", "$anys");
        t.op("else")
          .do(field("floats"))
          .do(field("len"))
          .op("local.get", "value")
          .op("array.set", "$floats")
          .op("end");
        t.do(setLength("i32.add")).op("i32.const", 1);
      }),
    ).op("i32.const", -1);
  });
  define("vectorPop", { x }, [x], (c) => {
    c.do(vectorLocals);
    c.local("last", externref);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.tee", "v")
          .op("struct.get", "$vector", "len")
          .op("i32.eqz")
          .op("if", {})
          .do(nothing)
          .op("return")
          .op("end");
        t.do(setLength("i32.sub"))
          .do(generic)
          .op("if", { results: [externref] });
        t.do(field("items")).do(field("len")).op("array.get", "$anys").do(read);
        // The slot is cleared so that the vector keeps nothing alive.
        t.do(field("items")).do(field("len")).op("ref.null", "any").op("array.set", "$anys");
        t.op("else")
          .do(field("floats"))
          .do(field("len"))
          .op("array.get", "$floats")
          .op("call", "number")
          .op("end");
      }),
    ).do(nothing);
  });

  // ---- dicts

  define("dict", { shape: x, size: "i32" }, [x], (c) => {
    c.do(account(SIZE.dict + SIZE.array, get("size"))).op("local.get", "shape");
    c.op("local.get", "size")
      .op("if", { results: [ref("$anys")] })
      .op("local.get", "size")
      .op("array.new_default", "$anys");
    c.op("else").op("global.get", "none").op("end").op("struct.new", "$dict").do(out);
  });
  define("dictShape", { x }, [x], (c) =>
    c.do(when("x", "$dict", (t) => t.op("struct.get", "$dict", "shape"))).do(nothing),
  );
  const vals: Body = (c) => c.do(as("d", "$dict")).op("struct.get", "$dict", "vals");
  define("dictRef", { d: x, i: "i32" }, [x], (c) =>
    c.do(vals).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  define("dictInit", { d: x, i: "i32", v: x }, [], (c) =>
    c.do(vals).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  const dictLocals: Body = (c) => {
    c.local("from", ref("$anys"));
    c.local("to", ref("$anys"));
    c.local("n", "i32");
  };
  /** `from`, `n` its length and a new array `to` of n + more elements. */
  const copyVals =
    (more: number): Body =>
    (c) => {
      c.do(vals).op("local.tee", "from").op("array.len").op("local.set", "n");
      c.do(account(SIZE.dict + SIZE.array, get("n")));
      c.op("local.get", "n")
        .op("i32.const", more)
        .op("i32.add")
        .op("array.new_default", "$anys")
        .op("local.set", "to");
    };
  const copyRange =
    (at: Body, off: Body, count: Body): Body =>
    (c) =>
      c
        .op("local.get", "to")
        .do(at)
        .op("local.get", "from")
        .do(off)
        .do(count)
        .op("array.copy", "$anys", "$anys");
  const zero: Body = (c) => c.op("i32.const", 0);
  const made: Body = (c) => c.op("local.get", "to").op("struct.new", "$dict").do(out);
  define("dictWith", { d: x, i: "i32", v: x }, [x], (c) => {
    c.do(dictLocals)
      .do(copyVals(0))
      .do(copyRange(zero, zero, get("n")));
    c.op("local.get", "to").op("local.get", "i").do(arg("v")).op("array.set", "$anys");
    c.do(as("d", "$dict")).op("struct.get", "$dict", "shape").do(made);
  });
  define("dictExtend", { d: x, shape: x, v: x }, [x], (c) => {
    c.do(dictLocals)
      .do(copyVals(1))
      .do(copyRange(zero, zero, get("n")));
    c.op("local.get", "to")
      .op("local.get", "n")
      .do(arg("v"))
      .op("array.set", "$anys")
      .op("local.get", "shape")
      .do(made);
  });
  define("dictWithout", { d: x, shape: x, i: "i32" }, [x], (c) => {
    const after: Body = (t) => t.op("local.get", "i").op("i32.const", 1).op("i32.add");
    c.do(dictLocals)
      .do(copyVals(-1))
      .do(copyRange(zero, zero, get("i")));
    c.do(copyRange(get("i"), after, (t) => t.op("local.get", "n").do(after).op("i32.sub")));
    c.op("local.get", "shape").do(made);
  });

  // ---- boxes

  define("box", { v: x }, [x], (c) => c.do(account(SIZE.box)).do(arg("v")).op("struct.new", "$box").do(out));
  define("boxGet", { b: x }, [x], (c) => c.do(as("b", "$box")).op("struct.get", "$box", "value").do(read));
  define("boxSet", { b: x, v: x }, [], (c) =>
    c.do(as("b", "$box")).do(arg("v")).op("struct.set", "$box", "value"),
  );

  // ---- closures

  /** A closure of the type for its arity; -1: the generic one. The code is there once it is compiled. */
  internal("newClosure", { meta: x, arity: "i32", env: ref("$anys") }, [x], (c) => {
    c.do(account(SIZE.closure)).op("block", { label: "generic" });
    for (let n = MAX_DIRECT_ARITY; n >= 0; n--) c.op("block", { label: `n${n}` });
    c.op("local.get", "arity").op(
      "br_table",
      Array.from({ length: MAX_DIRECT_ARITY + 1 }, (_, n) => `n${n}`),
      "generic",
    );
    const make = (type: `$${string}`, code: `$${string}`): void => {
      c.op("end")
        .op("local.get", "meta")
        .op("local.get", "env")
        .op("ref.null", code)
        .op("struct.new", type)
        .do(out)
        .op("return");
    };
    for (let n = 0; n <= MAX_DIRECT_ARITY; n++) make(`$clo${n}`, `$f${n}`);
    make("$clov", "$fv");
    c.op("unreachable");
  });
  define("closure", { meta: x, arity: "i32", size: "i32" }, [x], (c) => {
    c.op("local.get", "meta").op("local.get", "arity");
    c.op("local.get", "size")
      .op("if", { results: [ref("$anys")] })
      .do(account(SIZE.array, get("size")));
    c.op("local.get", "size").op("array.new_default", "$anys").op("else").op("global.get", "none").op("end");
    c.op("call", "newClosure");
  });
  for (const captured of [["a"], ["a", "b"]]) {
    const params = Object.fromEntries(captured.map((name) => [name, x]));
    define(`closure${captured.length}`, { meta: x, arity: "i32", ...params }, [x], (c) => {
      c.do(account(SIZE.array + captured.length * SLOT))
        .op("local.get", "meta")
        .op("local.get", "arity");
      for (const name of captured) c.do(arg(name));
      c.op("array.new_fixed", "$anys", captured.length).op("call", "newClosure");
    });
  }
  define("closureMeta", { x }, [x], (c) =>
    c.do(when("x", "$clo", (t) => t.op("struct.get", "$clo", "meta"))).do(nothing),
  );
  const env: Body = (c) => c.do(as("c", "$clo")).op("struct.get", "$clo", "env");
  define("closureGet", { c: x, i: "i32" }, [x], (c) =>
    c.do(env).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  define("closureSet", { c: x, i: "i32", v: x }, [], (c) =>
    c.do(env).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  define("closureSize", { c: x }, ["i32"], (c) => c.do(env).op("array.len"));

  // ---- records

  define("record", { type: x, size: "i32" }, [x], (c) => {
    c.do(account(SIZE.record + SIZE.array, get("size"))).op("local.get", "type");
    c.op("local.get", "size").op("array.new_default", "$anys").op("struct.new", "$record").do(out);
  });
  define("recordType", { x }, [x], (c) =>
    c.do(when("x", "$record", (t) => t.op("struct.get", "$record", "type"))).do(nothing),
  );
  const fields: Body = (c) => c.do(as("r", "$record")).op("struct.get", "$record", "fields");
  define("recordGet", { r: x, i: "i32" }, [x], (c) =>
    c.do(fields).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  define("recordSet", { r: x, i: "i32", v: x }, [], (c) =>
    c.do(fields).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );

  return m.encode();
}
