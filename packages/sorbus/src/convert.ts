/** The border: JavaScript's values to the language's and back. */
import {
  Applicable,
  bool,
  Condition,
  ControlBuiltin,
  closureCode,
  dictEach,
  dictFrom,
  FALSE,
  fromArray,
  HashTable,
  isDict,
  isList,
  isVector,
  Markup,
  markupParts,
  NIL,
  Primitive,
  recordGet,
  recordType,
  SxSet,
  Sym,
  TRUE,
  toArray,
  type Value,
  vectorItems,
} from "@sorbus/vm";
import { SxError } from "./error.ts";

/** What conversion needs of a runtime: how functions cross. */
export interface FunctionBridge {
  /** Functions that have crossed, and what they are on the other side: one that comes back is itself again. */
  readonly crossed: WeakMap<object, unknown>;
  /** An SX function that calls a JavaScript one. */
  fromHost(f: (...args: unknown[]) => unknown): Value;
  /** A JavaScript function that calls an SX one. */
  toHost(f: Value): (...args: unknown[]) => unknown;
}

/**
 * null and undefined to nil, arrays to lists, plain objects and Maps to dicts, Sets to sets, functions to
 * functions; numbers, strings, bigints, `Uint8Array` and other objects as they are.
 * Linear in the size of what is given. @throws RangeError for a cyclic array or object
 */
export function toSx(value: unknown, bridge: FunctionBridge): Value {
  return convertIn(value, bridge, 0);
}

const MAX_DEPTH = 2_000;

function convertIn(value: unknown, bridge: FunctionBridge, depth: number): Value {
  if (depth > MAX_DEPTH) throw new RangeError("the value is nested too deeply, or contains itself");
  switch (typeof value) {
    case "undefined":
      return NIL;
    case "boolean":
      return bool(value);
    case "number":
    case "string":
    case "bigint":
      return value;
    case "function": {
      const known = bridge.crossed.get(value);
      if (known !== undefined) return known as Value;
      const made = bridge.fromHost(value as (...args: unknown[]) => unknown);
      bridge.crossed.set(value, made);
      bridge.crossed.set(made as object, value);
      return made;
    }
    case "object":
      break;
    default:
      throw new TypeError(`a ${typeof value} cannot be an SX value`);
  }
  if (value === null) return NIL;
  if (Array.isArray(value)) return fromArray(value.map((item) => convertIn(item, bridge, depth + 1)));
  if (value instanceof Map) {
    return dictFrom(
      [...value].map(([k, v]): [string, Value] => [String(k), convertIn(v, bridge, depth + 1)]),
    );
  }
  if (value instanceof Set) return SxSet.from([...value].map((item) => convertIn(item, bridge, depth + 1)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || isNullObject(value, prototype)) {
    return dictFrom(
      Object.entries(value).map(([k, v]): [string, Value] => [k, convertIn(v, bridge, depth + 1)]),
    );
  }
  return value;
}

/** An object without prototype that is JavaScript's: structs of the heap have none either, but cannot be extended. */
function isNullObject(value: object, prototype: unknown): boolean {
  return prototype === null && Object.isExtensible(value);
}

/**
 * nil to null, lists and vectors to arrays, dicts and records to plain objects, sets to Sets, hash tables to
 * Maps, markup to its HTML, symbols to their names, conditions to `SxError`s, functions to functions.
 * Linear. @throws Raise for markup that cannot be rendered, RangeError for a vector or table that contains itself
 */
export function fromSx(value: Value, bridge: FunctionBridge): unknown {
  return convertOut(value, bridge, 0);
}

function convertOut(value: Value, bridge: FunctionBridge, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError("the value is nested too deeply, or contains itself");
  switch (typeof value) {
    case "number":
    case "string":
    case "bigint":
      return value;
    default:
  }
  if (value === NIL) return null;
  if (value === TRUE) return true;
  if (value === FALSE) return false;
  if (isList(value)) return toArray(value).map((item) => convertOut(item, bridge, depth + 1));
  if (isDict(value)) {
    const object: Record<string, unknown> = {};
    dictEach(value, (key, item) => {
      // Not an assignment: "__proto__" is a key like any other.
      Object.defineProperty(object, key, {
        value: convertOut(item, bridge, depth + 1),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    });
    return object;
  }
  if (isVector(value)) return vectorItems(value).map((item) => convertOut(item, bridge, depth + 1));
  if (isFunction(value)) {
    const known = bridge.crossed.get(value);
    if (known !== undefined) return known;
    const f = bridge.toHost(value);
    bridge.crossed.set(f, value);
    bridge.crossed.set(value, f);
    return f;
  }
  const type = recordType(value);
  if (type !== null) {
    return Object.fromEntries(
      type.fields.map((field, i) => [field, convertOut(recordGet(value, i), bridge, depth + 1)]),
    );
  }
  if (value instanceof SxSet)
    return new Set(value.items().map((item) => convertOut(item, bridge, depth + 1)));
  if (value instanceof HashTable) {
    return new Map(
      value.entries().map(([k, v]) => [convertOut(k, bridge, depth + 1), convertOut(v, bridge, depth + 1)]),
    );
  }
  if (value instanceof Markup) return markupParts(value).join("");
  if (value instanceof Sym) return value.name;
  if (value instanceof Condition) return new SxError(value, (data) => fromSx(data, bridge));
  return value;
}

function isFunction(value: object): boolean {
  return (
    closureCode(value) !== null ||
    value instanceof Primitive ||
    value instanceof Applicable ||
    value instanceof ControlBuiltin
  );
}
