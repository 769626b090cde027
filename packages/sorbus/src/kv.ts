/**
 * The `:kv/*` ops with the language's own values: what a program stores is what it gets back, symbols, sets,
 * the order of keys and markup included. Plain values that other code has stored are read as they are.
 */

import { isPromise, type OpDeclaration } from "@sorbus/io-resolver";
import { type KvLike, kvOps } from "@sorbus/io-resolver/kv";
import { FALSE, freezeGraph, fromArray, NIL, TRUE, thawGraph, type Value } from "@sorbus/vm";
import { type FunctionBridge, fromSx, toSx } from "./convert.ts";

/** The one key of a stored object that holds a frozen value. */
const FROZEN = "sx/frozen";

/** Functions do not go into a store. */
const noFunctions: FunctionBridge = {
  crossed: new WeakMap(),
  fromHost: () => {
    throw new TypeError("a function cannot be an SX value in a store");
  },
  toHost: () => {
    throw new TypeError("a function cannot be a key in a store");
  },
};

/** Strings, numbers, booleans, nil, bigints and bytes are stored as themselves, anything else frozen. */
function stored(value: Value): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value;
    default: {
      if (value instanceof Uint8Array) return value;
      if (value === NIL || value === TRUE || value === FALSE) return fromSx(value, noFunctions);
      return { [FROZEN]: freezeGraph([value], []) };
    }
  }
}

function loaded(value: unknown): Value {
  if (typeof value === "object" && value !== null && FROZEN in value) {
    const bytes: unknown = value[FROZEN];
    if (bytes instanceof Uint8Array) return thawGraph(bytes, [])[0] ?? NIL;
  }
  return toSx(value, noFunctions);
}

function then(value: unknown, f: (value: unknown) => Value): Value | Promise<Value> {
  return isPromise(value) ? Promise.resolve(value).then(f) : f(value);
}

/** `:kv/get :kv/set :kv/delete :kv/list` over a store, for `createRuntime({ ops })`. */
export function storeOps(store: KvLike): OpDeclaration[] {
  const key = (value: unknown): unknown => fromSx(value as Value, noFunctions);
  return kvOps(store).map((op): OpDeclaration => {
    const { check, handler } = op;
    const args = (given: readonly unknown[]): unknown[] =>
      given.map((arg, i) => (i === 0 ? key(arg) : stored(arg as Value)));
    const result = (answer: unknown): Value => {
      if (op.name !== "kv/list") return loaded(answer);
      return fromArray(
        (answer as [unknown, unknown][]).map(([k, value]) =>
          fromArray([toSx(k, noFunctions), loaded(value)]),
        ),
      );
    };
    return {
      ...op,
      values: "raw",
      ...(check !== undefined && { check: ([first]: readonly unknown[]) => check([key(first)]) }),
      handler: (given, context) => then(handler(args(given), context), result),
    };
  });
}
