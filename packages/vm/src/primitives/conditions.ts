/** Conditions as values, and what the core module needs of record types. Raising is control: see docs/control.md. */
import {
  bool,
  dictFrom,
  fromArray,
  list,
  NIL,
  raise,
  record,
  recordGet,
  recordSet,
  recordType,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { Condition, RecordType, Sym } from "../heap/value.ts";
import { declare, shown, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf } from "./sequences.ts";

const nameOf = (name: string, v: Value): string =>
  v instanceof Sym ? v.name : typeof v === "string" ? v : typeError(name, "symbol|string", "name", v);

/** The error of an accessor that was given something else: `point-x: expected a point, got 5`. */
function notA(type: RecordType, r: Value, who: string): never {
  return raise(
    "type",
    `${who}: expected ${/^[aeiou]/i.test(type.name) ? "an" : "a"} ${type.name}, got ${shown(r)}`,
    r,
  );
}

const accessor = (type: RecordType, i: number): string => `${type.name}-${type.fields[i] ?? i}`;

export const conditions: readonly Primitive[] = [
  declare(
    "condition",
    "kind:string message:string &rest data",
    "allocates",
    'A condition of that kind, to be raised with `raise`; `error` makes and raises one of kind "user".',
    (kind, message, ...data) => new Condition(kind, message, list(...data)),
  ),
  declare(
    "%condition",
    "kind:string message:string data:list",
    "allocates",
    "A condition with a list of data.",
    (kind, message, data) => new Condition(kind, message, data),
  ),
  declare(
    "error-kind",
    "c:condition",
    "pure",
    'What kind of error the condition is, a string: `"type"` `"arity"` `"unbound"` `"range"` `"user"` …',
    (c) => c.kind,
  ),
  declare("error-message", "c:condition", "pure", "The message of a condition.", (c) => c.message),
  declare(
    "error-data",
    "c:condition",
    "pure",
    "A list of the values that a condition carries.",
    (c) => c.data,
  ),
  declare(
    "error-stack",
    "c:condition",
    "reads",
    "Where the condition was raised: a list of dicts with `:name :file :line :column`, innermost first; `()` before it was raised.",
    (c) =>
      fromArray(
        (c.stack ?? []).map((frame) =>
          dictFrom([
            ["name", frame.name],
            ["file", frame.file],
            ["line", frame.line],
            ["column", frame.column],
          ]),
        ),
      ),
  ),
];

export const records: readonly Primitive[] = [
  declare(
    "%record-type",
    "name:symbol|string fields:list",
    "allocates",
    "A new record type with these fields, symbols or strings.",
    (name, fields) =>
      new RecordType(
        nameOf("%record-type", name),
        itemsOf(fields).map((field) => nameOf("%record-type", field)),
      ),
  ),
  declare(
    "%record",
    "type:record-type &rest vs",
    "allocates",
    "A new record with these values in its fields.",
    (type, ...vs) => {
      if (vs.length !== type.fields.length) {
        raise(
          "arity",
          `${type.name}: expected ${type.fields.length} fields (${type.fields.join(" ")}), got ${vs.length}`,
        );
      }
      return record(type, vs);
    },
  ),
  declare("%record?", "type:record-type r", "pure", "Whether `r` is a record of that type.", (type, r) =>
    bool(recordType(r) === type),
  ),
  declare(
    "%record-ref",
    "type:record-type r i:nat &optional who:string",
    "reads",
    "Field `i` of a record of that type; `who` is the accessor that an error names.",
    (type, r, i, who) => (recordType(r) === type ? recordGet(r, i) : notA(type, r, who ?? accessor(type, i))),
  ),
  declare(
    "%record-set!",
    "type:record-type r i:nat v &optional who:string",
    "writes",
    "Sets field `i` of a record of that type. Gives nil.",
    (type, r, i, v, who) => {
      if (recordType(r) !== type) return notA(type, r, who ?? `set-${accessor(type, i)}!`);
      recordSet(r, i, v);
      return NIL;
    },
  ),
  declare("record-type-of", "r:record", "pure", "The type of a record.", (r) => recordType(r) ?? NIL),
  declare(
    "record-type-name",
    "type:record-type",
    "pure",
    "The name of a record type, a string.",
    (type) => type.name,
  ),
  declare("record-type-fields", "type:record-type", "pure", "A list of the names of the fields.", (type) =>
    fromArray(type.fields),
  ),
  declare("record->dict", "r:record", "reads", "A dict of the fields of a record.", (r) => {
    const fields = recordType(r)?.fields ?? [];
    return dictFrom(fields.map((field, i): [string, Value] => [field, recordGet(r, i)]));
  }),
];
