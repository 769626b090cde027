/** Vectors: generic ones and those of f64s. */
import { externref, ref } from "@sorbus/wasm-encoder";
import { account, arg, as, type Body, type Definer, get, nothing, out, read, SIZE, when, x } from "./emit.ts";

export function defineVectors(d: Definer): void {
  d.define("vectorLength", { x }, ["i32"], (c) =>
    c.do(when("x", "$vector", (t) => t.op("struct.get", "$vector", "len"))).op("i32.const", -1),
  );
  d.define("vector", { len: "i32", fill: x }, [x], (c) => {
    c.do(account(SIZE.vector + SIZE.array, get("len"))).op("local.get", "len");
    c.do(arg("fill"))
      .op("local.get", "len")
      .op("array.new", "$anys")
      .op("ref.null", "$floats")
      .op("struct.new", "$vector")
      .do(out);
  });
  d.define("floats", { len: "i32", fill: "f64" }, [x], (c) => {
    c.do(account(SIZE.vector + SIZE.array, get("len")))
      .op("local.get", "len")
      .op("ref.null", "$anys");
    c.op("local.get", "fill")
      .op("local.get", "len")
      .op("array.new", "$floats")
      .op("struct.new", "$vector")
      .do(out);
  });
  d.define("isFloats", { v: x }, ["i32"], (c) =>
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
  d.define("vectorRef", { x, i: "i32" }, [x], (c) => {
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
  d.internal("generalise", { v: ref("$vector") }, [], (c) => {
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
  d.define("vectorSet", { x, i: "i32", value: x }, ["i32"], (c) => {
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
  d.define("vectorSetNumber", { x, i: "i32", value: "f64" }, ["i32"], (c) => {
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
  d.internal("room", { v: ref("$vector") }, [], (c) => {
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
  d.define("vectorPush", { x, value: x }, ["i32"], (c) => {
    c.do(vectorLocals);
    c.do(
      when("x", "$vector", (t) => {
        t.op("local.set", "v").do(generalise).op("local.get", "v").op("call", "room");
        t.do(field("items")).do(field("len")).do(arg("value")).op("array.set", "$anys");
        t.do(setLength("i32.add")).op("i32.const", 1);
      }),
    ).op("i32.const", -1);
  });
  d.define("vectorPushNumber", { x, value: "f64" }, ["i32"], (c) => {
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
  d.define("vectorPop", { x }, [x], (c) => {
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
}
