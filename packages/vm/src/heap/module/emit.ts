/** How the functions of the heap's module are written: shorthands for what most of them do. */
import {
  anyref,
  externref,
  type Func,
  type Module,
  type RefType,
  ref,
  type ValType,
} from "@sorbus/wasm-encoder";

/** A part of a function. */
export type Body = (c: Func) => void;
type Params = Readonly<Record<string, ValType>>;

/** Bytes that an object takes, about: header and padding included, pointers compressed or not. */
export const SIZE = {
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
export const SLOT = 8;

/** A reference of a JavaScript value. */
export const x: RefType = externref;

/** Defines functions of one module. */
export class Definer {
  readonly module: Module;
  constructor(module: Module) {
    this.module = module;
  }
  /** For JavaScript. */
  define(name: string, params: Params, results: readonly ValType[], body: Body): void {
    body(this.module.func(name, { params, results, export: true }));
  }
  /** Within the module. */
  internal(name: string, params: Params, results: readonly ValType[], body: Body): void {
    body(this.module.func(name, { params, results }));
  }
}

/** Adds a constant, and `slots` (what the part pushes) slots, to the count of bytes allocated. */
export function account(bytes: number, slots?: Body): Body {
  return (c) => {
    c.op("global.get", "bytes").op("f64.const", bytes).op("f64.add");
    if (slots !== undefined) {
      c.do(slots).op("f64.convert_i32_s").op("f64.const", SLOT).op("f64.mul").op("f64.add");
    }
    c.op("global.set", "bytes");
  };
}
export function get(local: string): Body {
  return (c) => c.op("local.get", local);
}
/** Pushes a parameter from JavaScript as anyref. */
export function arg(local: string): Body {
  return (c) => c.op("local.get", local).op("any.convert_extern");
}
/** Pushes a parameter from JavaScript that the caller knows to be of that type; traps otherwise. */
export function as(local: string, type: `$${string}`): Body {
  return (c) => c.do(arg(local)).op("ref.cast", ref(type));
}
/** Runs `then` with the parameter on the stack and returns what it leaves, if it is of that type. */
export function when(local: string, type: `$${string}`, then: Body): Body {
  return (c) => {
    c.op("block", { label: "other", results: [anyref] });
    c.do(arg(local)).op("br_on_cast_fail", { label: "other", from: anyref, to: ref(type) });
    c.do(then).op("return").op("end").op("drop");
  };
}
/** Whether the parameter `x` is of that type. */
export function test(type: `$${string}`): Body {
  return (c) => c.do(arg("x")).op("ref.test", ref(type));
}
export const nothing: Body = (c) => c.op("ref.null", "extern");
/** From anyref to JavaScript, where it is known not to be a boxed number. */
export const out: Body = (c) => c.op("extern.convert_any");
/** From what a slot holds to JavaScript. */
export const read: Body = (c) => c.op("call", "read");
