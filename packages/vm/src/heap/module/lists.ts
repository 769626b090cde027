/** Lists and the buffers under slices. */
import { anyref, ref } from "@sorbus/wasm-encoder";
import {
  account,
  arg,
  as,
  type Body,
  type Definer,
  get,
  nothing,
  out,
  read,
  SIZE,
  test,
  when,
  x,
} from "./emit.ts";
import { NTH_WALK } from "./exports.ts";

export function defineLists(d: Definer): void {
  for (const [name, type] of [
    ["isList", "$list"],
    ["isPair", "$pair"],
    ["isSlice", "$slice"],
  ] as const) {
    d.define(name, { x }, ["i32"], test(type));
  }
  d.define("len", { x }, ["i32"], (c) =>
    c.do(when("x", "$list", (t) => t.op("struct.get", "$list", "len"))).op("i32.const", -1),
  );
  d.define("cons", { head: x, tail: x }, [x], (c) => {
    c.local("list", ref("$list"));
    c.do(
      when("tail", "$list", (t) => {
        t.op("local.set", "list").do(account(SIZE.pair));
        t.op("local.get", "list").op("struct.get", "$list", "len").op("i32.const", 1).op("i32.add");
        t.do(arg("head")).op("local.get", "list").op("struct.new", "$pair").do(out);
      }),
    ).do(nothing);
  });
  d.define("first", { x }, [x], (c) => {
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
  d.define("rest", { x }, [x], (c) => {
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
  d.define("car", { pair: x }, [x], (c) =>
    c.do(as("pair", "$pair")).op("struct.get", "$pair", "car").do(read),
  );
  d.define("cdr", { pair: x }, [x], (c) =>
    c.do(as("pair", "$pair")).op("struct.get", "$pair", "cdr").do(out),
  );
  d.define("nth", { x, i: "i32" }, [x], (c) => {
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
  d.define("conj1", { x, v: x }, [x], (c) => {
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
  d.define("slice", { buf: x, off: "i32", len: "i32" }, [x], (c) => {
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
  d.define("sliceBuf", { slice: x }, [x], (c) =>
    c.do(as("slice", "$slice")).op("struct.get", "$slice", "buf").do(out),
  );
  d.define("sliceOff", { slice: x }, ["i32"], (c) =>
    c.do(as("slice", "$slice")).op("struct.get", "$slice", "off"),
  );
  d.define("sameSlice", { a: x, b: x }, ["i32"], (c) => {
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
  d.define("buf", { capacity: "i32", start: "i32", end: "i32" }, [x], (c) => {
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
  d.define("bufGet", { buf: x, i: "i32" }, [x], (c) =>
    c.do(items("buf")).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  d.define("bufSet", { buf: x, i: "i32", v: x }, [], (c) =>
    c.do(items("buf")).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  d.define("bufCopy", { to: x, at: "i32", from: x, off: "i32", n: "i32" }, [], (c) => {
    c.do(items("to")).op("local.get", "at").do(items("from")).op("local.get", "off").op("local.get", "n");
    c.op("array.copy", "$anys", "$anys");
  });
  d.define("bufCapacity", { buf: x }, ["i32"], (c) => c.do(items("buf")).op("array.len"));
  for (const [name, field] of [
    ["Start", "start"],
    ["End", "end"],
  ] as const) {
    d.define(`buf${name}`, { buf: x }, ["i32"], (c) =>
      c.do(as("buf", "$buf")).op("struct.get", "$buf", field),
    );
    d.define(`setBuf${name}`, { buf: x, i: "i32" }, [], (c) =>
      c.do(as("buf", "$buf")).op("local.get", "i").op("struct.set", "$buf", field),
    );
  }
}
