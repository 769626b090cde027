/** What kind of value something is. */

import type { Kind } from "../heap/index.ts";
import {
  bool,
  dictCount,
  FALSE,
  HashTable,
  isDict,
  isList,
  kindOf,
  len,
  NIL,
  SxSet,
  truthy,
  vectorLength,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { Regex } from "./regex.ts";

function kindTest(name: string, noun: string, ...kinds: Kind[]): Primitive {
  const [only] = kinds;
  const test =
    kinds.length === 1
      ? (x: Value) => bool(kindOf(x) === only)
      : (x: Value) => bool(kinds.includes(kindOf(x)));
  return declare(name, "x", "pure", `Whether \`x\` is ${noun}.`, test);
}

const COUNTABLE = "string|sequence|dict|hash-table|set|bytes";

/** How many items, entries or UTF-16 units there are. */
export function lengthOf(name: string, x: Value): number {
  if (typeof x === "string") return x.length;
  if (isList(x)) return len(x);
  if (isDict(x)) return dictCount(x);
  if (x instanceof SxSet || x instanceof HashTable) return x.size;
  if (x instanceof Uint8Array) return x.length;
  return kindOf(x) === "vector" ? vectorLength(x) : typeError(name, COUNTABLE, "x", x);
}

export const predicates: readonly Primitive[] = [
  declare("not", "x", "pure", "True for nil and false, false for anything else.", (x) => bool(!truthy(x))),
  declare("identity", "x", "pure", "`x` itself.", (x) => x),
  declare("nil?", "x", "pure", "Whether `x` is nil.", (x) => bool(x === NIL)),
  declare("true?", "x", "pure", "Whether `x` is true itself.", (x) =>
    bool(truthy(x) && kindOf(x) === "boolean"),
  ),
  declare("false?", "x", "pure", "Whether `x` is false itself.", (x) => bool(x === FALSE)),
  declare("number?", "x", "pure", "Whether `x` is a number (not a bigint).", (x) =>
    bool(typeof x === "number"),
  ),
  declare("bigint?", "x", "pure", "Whether `x` is a bigint.", (x) => bool(typeof x === "bigint")),
  declare("string?", "x", "pure", "Whether `x` is a string. Keywords are.", (x) =>
    bool(typeof x === "string"),
  ),
  declare("list?", "x", "pure", "Whether `x` is a list.", (x) => bool(isList(x))),
  declare("dict?", "x", "pure", "Whether `x` is a dict.", (x) => bool(isDict(x))),
  kindTest("boolean?", "true or false", "boolean"),
  kindTest("symbol?", "a symbol", "symbol"),
  kindTest("vector?", "a vector", "vector"),
  kindTest("hash-table?", "a hash-table", "hash-table"),
  kindTest("set?", "a set", "set"),
  kindTest("bytes?", "bytes", "bytes"),
  kindTest(
    "function?",
    "something that can be called: a function, component, continuation or parameter",
    "function",
    "component",
    "continuation",
    "parameter",
  ),
  kindTest("component?", "a component", "component"),
  kindTest("macro?", "a macro", "macro"),
  kindTest("continuation?", "a continuation", "continuation"),
  kindTest("parameter?", "a parameter, as `make-parameter` gives it", "parameter"),
  kindTest("record?", "a record of any type", "record"),
  kindTest("markup?", "markup", "markup"),
  kindTest("error?", "a condition, as `error` and the language itself raise them", "condition"),
  declare("regex?", "x", "pure", "Whether `x` is a regex.", (x) => bool(x instanceof Regex)),
  declare(
    "type-of",
    "x",
    "pure",
    'The name of the kind of `x`: `"nil"` `"boolean"` `"number"` `"bigint"` `"string"` `"symbol"` `"list"` `"vector"` ' +
      '`"dict"` `"hash-table"` `"set"` `"bytes"` `"function"` `"macro"` `"component"` `"markup"` `"continuation"` ' +
      '`"parameter"` `"record"` `"record-type"` `"condition"` `"trusted-url"` `"regex"` `"host"`.',
    (x) => (x instanceof Regex ? "regex" : kindOf(x)),
  ),
  declare(
    "len",
    "x",
    "reads",
    "How many items `x` has: items of a list, vector or set, entries of a dict or hash-table, bytes, or UTF-16 units of " +
      "a string. Takes the same time however many.",
    (x) => lengthOf("len", x),
  ),
  declare(
    "empty?",
    "x",
    "reads",
    "Whether `x` has no items, for everything that has a `len`; nil counts as empty.",
    (x) => bool(x === NIL || lengthOf("empty?", x) === 0),
  ),
];
