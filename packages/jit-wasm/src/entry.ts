/** The way from the host into compiled code: calls of closures by their number of parameters, and continuations. */

import { HEAP_TYPES, MAX_DIRECT_ARITY } from "@sorbus/vm/heap-module";
import { anyref, externref, Module, ref, type ValType } from "@sorbus/wasm-encoder";

/** What the module gives. A closure without code takes that of the prototype first. Null: it has left. */
export interface EntryExports {
  /** Its arguments: closure, depth, then the function's. */
  readonly calls: readonly ((closure: unknown, depth: number, ...args: unknown[]) => unknown)[];
  callRow(closure: unknown, depth: number, row: unknown): unknown;
  goOn(kont: unknown, closure: unknown, depth: number, row: unknown): unknown;
  /** Gives one closure the code of another of the same type; 0: it has none. */
  adopt(closure: unknown, from: unknown): number;
  /** Takes its code from a closure. */
  forget(closure: unknown): void;
  /** Whether a closure has code. */
  hasCode(closure: unknown): number;
  /** Gives a closure a function that was exported by a unit. */
  readonly give: readonly ((closure: unknown, code: unknown) => void)[];
  giveRow(closure: unknown, code: unknown): void;
  kont(code: unknown): object;
}

export function buildEntry(): Uint8Array {
  const m = new Module("sorbus entry");
  m.rec(HEAP_TYPES);
  m.importFunc("j", "number", { params: { value: "f64" }, results: [externref] });
  const read = m.func("read", { params: { a: anyref }, results: [externref] });
  read.op("block", { label: "other", results: [anyref] });
  read.op("local.get", "a").op("br_on_cast_fail", { label: "other", from: anyref, to: ref("$flo") });
  read.op("struct.get", "$flo", "value").op("return_call", "number").op("end").op("extern.convert_any");

  const types = [...Array.from({ length: MAX_DIRECT_ARITY + 1 }, (_, n) => String(n)), "v"];
  for (const n of types) {
    const args = n === "v" ? ["row"] : Array.from({ length: Number(n) }, (_, i) => `a${i}`);
    const params: Record<string, ValType> = { closure: externref, depth: "i32" };
    for (const arg of args) params[arg] = externref;
    const f = m.func(`call${n}`, { params, results: [externref], export: true });
    f.local("clo", ref(`$clo${n}`));
    f.op("local.get", "closure")
      .op("any.convert_extern")
      .op("ref.cast", ref(`$clo${n}`))
      .op("local.tee", "clo");
    f.op("local.get", "depth");
    for (const arg of args) {
      f.op("local.get", arg).op("any.convert_extern");
      if (n === "v") f.op("ref.cast", ref("$anys"));
    }
    f.op("local.get", "clo").op("struct.get", `$clo${n}`, "code").op("call_ref", `$f${n}`).op("call", "read");

    const give = m.func(`give${n}`, {
      params: { closure: externref, code: ref(`$f${n}`) },
      results: [],
      export: true,
    });
    give
      .op("local.get", "closure")
      .op("any.convert_extern")
      .op("ref.cast", ref(`$clo${n}`))
      .op("local.get", "code");
    give.op("struct.set", `$clo${n}`, "code");
  }
  const goOn = m.func("goOn", {
    params: { kont: externref, closure: externref, depth: "i32", row: externref },
    results: [externref],
    export: true,
  });
  goOn
    .op("local.get", "closure")
    .op("any.convert_extern")
    .op("ref.cast", ref("$clo"))
    .op("local.get", "depth");
  goOn.op("local.get", "row").op("any.convert_extern").op("ref.cast", ref("$anys"));
  goOn.op("local.get", "kont").op("any.convert_extern").op("ref.cast", ref("$kont"));
  goOn.op("struct.get", "$kont", "code").op("call_ref", "$fk").op("call", "read");

  const kont = m.func("kont", { params: { code: ref("$fk") }, results: [externref], export: true });
  kont.op("local.get", "code").op("struct.new", "$kont").op("extern.convert_any");

  const adopt = m.func("adopt", {
    params: { to: externref, from: externref },
    results: ["i32"],
    export: true,
  });
  const forget = m.func("forget", { params: { to: externref }, results: [], export: true });
  const hasCode = m.func("hasCode", { params: { of: externref }, results: ["i32"], export: true });
  for (const n of types) {
    const type = `$clo${n}` as const;
    const is = (f: typeof adopt, local: string): typeof adopt =>
      f.op("local.get", local).op("any.convert_extern").op("ref.test", ref(type));
    const as = (f: typeof adopt, local: string): typeof adopt =>
      f.op("local.get", local).op("any.convert_extern").op("ref.cast", ref(type));
    is(adopt, "to").op("if", {});
    as(adopt, "to");
    as(adopt, "from").op("struct.get", type, "code").op("struct.set", type, "code");
    as(adopt, "to").op("struct.get", type, "code").op("ref.is_null").op("i32.eqz").op("return").op("end");
    is(forget, "to").op("if", {});
    as(forget, "to").op("ref.null", `$f${n}`).op("struct.set", type, "code").op("return").op("end");
    is(hasCode, "of").op("if", {});
    as(hasCode, "of").op("struct.get", type, "code").op("ref.is_null").op("i32.eqz").op("return").op("end");
  }
  adopt.op("i32.const", 0);
  hasCode.op("i32.const", 0);
  return m.encode();
}

/** The exports by what they do. */
export function entryExports(exports: Readonly<Record<string, unknown>>): EntryExports {
  const list = (name: string): never[] =>
    Array.from({ length: MAX_DIRECT_ARITY + 1 }, (_, n) => exports[`${name}${n}`] as never);
  return {
    ...(exports as unknown as Omit<EntryExports, "calls" | "give" | "callRow" | "giveRow">),
    calls: list("call"),
    give: list("give"),
    callRow: exports.callv as EntryExports["callRow"],
    giveRow: exports.givev as EntryExports["giveRow"],
  };
}
