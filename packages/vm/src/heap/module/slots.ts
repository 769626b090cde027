/** Dicts, boxes, closures and records: values in numbered slots. */
import { ref, refNull } from "@sorbus/wasm-encoder";
import { MAX_DIRECT_ARITY } from "../types.ts";
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
  SLOT,
  test,
  when,
  x,
} from "./emit.ts";

export function defineSlots(d: Definer): void {
  // ---- dicts

  d.define("dict", { shape: x, size: "i32" }, [x], (c) => {
    c.do(account(SIZE.dict + SIZE.array, get("size"))).op("local.get", "shape");
    c.op("local.get", "size")
      .op("if", { results: [ref("$anys")] })
      .op("local.get", "size")
      .op("array.new_default", "$anys");
    c.op("else").op("global.get", "none").op("end").op("struct.new", "$dict").do(out);
  });
  d.define("dictShape", { x }, [x], (c) =>
    c.do(when("x", "$dict", (t) => t.op("struct.get", "$dict", "shape"))).do(nothing),
  );
  const vals: Body = (c) => c.do(as("d", "$dict")).op("struct.get", "$dict", "vals");
  d.define("dictRef", { d: x, i: "i32" }, [x], (c) =>
    c.do(vals).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  d.define("dictInit", { d: x, i: "i32", v: x }, [], (c) =>
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
  d.define("dictWith", { d: x, i: "i32", v: x }, [x], (c) => {
    c.do(dictLocals)
      .do(copyVals(0))
      .do(copyRange(zero, zero, get("n")));
    c.op("local.get", "to").op("local.get", "i").do(arg("v")).op("array.set", "$anys");
    c.do(as("d", "$dict")).op("struct.get", "$dict", "shape").do(made);
  });
  d.define("dictExtend", { d: x, shape: x, v: x }, [x], (c) => {
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
  d.define("dictWithout", { d: x, shape: x, i: "i32" }, [x], (c) => {
    const after: Body = (t) => t.op("local.get", "i").op("i32.const", 1).op("i32.add");
    c.do(dictLocals)
      .do(copyVals(-1))
      .do(copyRange(zero, zero, get("i")));
    c.do(copyRange(get("i"), after, (t) => t.op("local.get", "n").do(after).op("i32.sub")));
    c.op("local.get", "shape").do(made);
  });

  // ---- boxes

  d.define("box", { v: x }, [x], (c) =>
    c.do(account(SIZE.box)).do(arg("v")).op("struct.new", "$box").do(out),
  );
  d.define("isBox", { x }, ["i32"], test("$box"));
  d.define("boxGet", { b: x }, [x], (c) => c.do(as("b", "$box")).op("struct.get", "$box", "value").do(read));
  d.define("boxSet", { b: x, v: x }, [], (c) =>
    c.do(as("b", "$box")).do(arg("v")).op("struct.set", "$box", "value"),
  );

  // ---- closures

  /** A closure of the type for its arity; -1: the generic one. The code is there once it is compiled. */
  d.internal("newClosure", { meta: x, arity: "i32", env: ref("$anys") }, [x], (c) => {
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
  d.define("closure", { meta: x, arity: "i32", size: "i32" }, [x], (c) => {
    c.op("local.get", "meta").op("local.get", "arity");
    c.op("local.get", "size")
      .op("if", { results: [ref("$anys")] })
      .do(account(SIZE.array, get("size")));
    c.op("local.get", "size").op("array.new_default", "$anys").op("else").op("global.get", "none").op("end");
    c.op("call", "newClosure");
  });
  for (const captured of [["a"], ["a", "b"]]) {
    const params = Object.fromEntries(captured.map((name) => [name, x]));
    d.define(`closure${captured.length}`, { meta: x, arity: "i32", ...params }, [x], (c) => {
      c.do(account(SIZE.array + captured.length * SLOT))
        .op("local.get", "meta")
        .op("local.get", "arity");
      for (const name of captured) c.do(arg(name));
      c.op("array.new_fixed", "$anys", captured.length).op("call", "newClosure");
    });
  }
  d.define("closureMeta", { x }, [x], (c) =>
    c.do(when("x", "$clo", (t) => t.op("struct.get", "$clo", "meta"))).do(nothing),
  );
  const env: Body = (c) => c.do(as("c", "$clo")).op("struct.get", "$clo", "env");
  d.define("closureGet", { c: x, i: "i32" }, [x], (c) =>
    c.do(env).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  d.define("closureSet", { c: x, i: "i32", v: x }, [], (c) =>
    c.do(env).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  d.define("closureSize", { c: x }, ["i32"], (c) => c.do(env).op("array.len"));

  // ---- rows of registers, and globals, as compiled code has them

  d.define("row", { size: "i32" }, [x], (c) =>
    c.op("local.get", "size").op("array.new_default", "$anys").do(out),
  );
  const row: Body = (c) => c.do(as("row", "$anys"));
  d.define("rowGet", { row: x, i: "i32" }, [x], (c) =>
    c.do(row).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  d.define("rowSet", { row: x, i: "i32", v: x }, [], (c) =>
    c.do(row).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
  d.define("rowSize", { row: x }, ["i32"], (c) => c.do(row).op("array.len"));
  d.define("global", {}, [x], (c) =>
    c.op("ref.null", "any").op("ref.null", "$clo").op("struct.new", "$global").do(out),
  );
  d.define("globalSet", { global: x, v: x }, [], (c) => {
    c.local("g", ref("$global"));
    c.do(as("global", "$global")).op("local.tee", "g").do(arg("v")).op("struct.set", "$global", "value");
    c.op("local.get", "g").do(arg("v")).op("ref.test", ref("$clo"));
    c.op("if", { results: [refNull("$clo")] })
      .do(arg("v"))
      .op("ref.cast", ref("$clo"));
    c.op("else").op("ref.null", "$clo").op("end").op("struct.set", "$global", "clo");
  });

  // ---- records

  d.define("record", { type: x, size: "i32" }, [x], (c) => {
    c.do(account(SIZE.record + SIZE.array, get("size"))).op("local.get", "type");
    c.op("local.get", "size").op("array.new_default", "$anys").op("struct.new", "$record").do(out);
  });
  d.define("recordType", { x }, [x], (c) =>
    c.do(when("x", "$record", (t) => t.op("struct.get", "$record", "type"))).do(nothing),
  );
  const fields: Body = (c) => c.do(as("r", "$record")).op("struct.get", "$record", "fields");
  d.define("recordGet", { r: x, i: "i32" }, [x], (c) =>
    c.do(fields).op("local.get", "i").op("array.get", "$anys").do(read),
  );
  d.define("recordSet", { r: x, i: "i32", v: x }, [], (c) =>
    c.do(fields).op("local.get", "i").do(arg("v")).op("array.set", "$anys"),
  );
}
