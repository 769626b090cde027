/** What kind of value something is. */
import { ControlBuiltin } from "../control/builtins.ts";
import { Primitive } from "../primitives/primitive.ts";
import { closureCode } from "./cells.ts";
import { NIL, structOf } from "./instance.ts";
import { SxSet } from "./set.ts";
import { HashTable } from "./table.ts";
import { Applicable, Condition, Markup, RecordType, Sym, TrustedUrl, type Value } from "./value.ts";

export type Kind =
  | "nil"
  | "boolean"
  | "number"
  | "bigint"
  | "string"
  | "symbol"
  | "list"
  | "vector"
  | "dict"
  | "hash-table"
  | "set"
  | "bytes"
  | "function"
  | "macro"
  | "component"
  | "markup"
  | "continuation"
  | "parameter"
  | "record"
  | "record-type"
  | "condition"
  | "trusted-url"
  | "host";

/** A class outside the heap says with a method of this name what kind its instances are. */
export const KIND: unique symbol = Symbol.for("sorbus.kind");

export function kindOf(v: Value): Kind {
  switch (typeof v) {
    case "number":
      return "number";
    case "string":
      return "string";
    case "bigint":
      return "bigint";
    default:
      return kindOfObject(v as object);
  }
}

function kindOfObject(v: object): Kind {
  switch (structOf(v)) {
    case "$list":
      return "list";
    case "$dict":
      return "dict";
    case "$clo":
      return closureCode(v)?.kind ?? "function";
    case "$imm":
      return v === NIL ? "nil" : "boolean";
    case "$vector":
      return "vector";
    case "$record":
      return "record";
    case "$box":
      return "host";
    case undefined:
      return kindOfInstance(v);
  }
}

function kindOfInstance(v: object): Kind {
  if (v instanceof Sym) return "symbol";
  if (v instanceof Primitive || v instanceof ControlBuiltin) return "function";
  if (v instanceof Markup) return "markup";
  if (v instanceof SxSet) return "set";
  if (v instanceof HashTable) return "hash-table";
  if (v instanceof Uint8Array) return "bytes";
  if (v instanceof Condition) return "condition";
  if (v instanceof Applicable) return v.kind;
  if (v instanceof RecordType) return "record-type";
  if (v instanceof TrustedUrl) return "trusted-url";
  const own = (v as { [KIND]?: () => Kind })[KIND];
  return typeof own === "function" ? own.call(v) : "host";
}
