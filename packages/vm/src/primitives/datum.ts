/** Forms as data: what `quote` and `read-string` give. */

import type { Form } from "@sorbus/reader";
import { read } from "@sorbus/reader";
import { bool, dictFrom, EMPTY, fromArray, NIL, raise, SxSet, vector } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { intern, Sym } from "../heap/value.ts";
import { decodeBase64 } from "./base64.ts";
import { declare, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

/** A form with parts, on the way to its value. */
interface Building {
  readonly form: Form;
  readonly items: readonly Form[];
  readonly values: Value[];
}

function leaf(form: Form): Value | undefined {
  switch (form.type) {
    case "nil":
      return NIL;
    case "boolean":
      return bool(form.value);
    case "number":
    case "bigint":
    case "string":
      return form.value;
    case "keyword":
      return form.name;
    case "symbol":
      return form.alias === undefined ? intern(form.name) : new Sym(form.name, form.alias);
    case "value":
      // What a macro or a tag handler put there is a value of this machine, or a host's object.
      return (form.value ?? NIL) as Value;
    case "tagged": {
      if (form.tag !== "bytes" || form.form.type !== "string") return undefined;
      const data = decodeBase64(form.form.value, "standard");
      return typeof data === "string" ? raise("read", `#bytes: ${data}`) : data;
    }
    default:
      return undefined;
  }
}

function partsOf(form: Form): readonly Form[] {
  if (form.type === "list" || form.type === "dict") return form.items;
  return form.type === "tagged" && form.form.type === "list" ? form.form.items : [];
}

function assemble({ form, values }: Building): Value {
  if (form.type === "tagged") return form.tag === "vector" ? vector(values) : SxSet.from(values);
  if (form.type !== "dict") return values.length === 0 ? EMPTY : fromArray(values);
  const entries: [string, Value][] = [];
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i] ?? NIL;
    if (typeof key !== "string")
      raise("read", `a dict has strings and keywords as its keys, got ${shown(key)}`, key);
    else entries.push([key, values[i + 1] ?? NIL]);
  }
  return dictFrom(entries);
}

/**
 * The value that a form is as quoted data: lists whichever bracket they have, keywords as strings,
 * symbols with the alias that a macro gave them. Raises "read" for a dict with another key than
 * strings and keywords. Needs no host stack however deep the form.
 */
export function formToValue(form: Form): Value {
  const open: Building[] = [];
  let here = form;
  for (;;) {
    let value = leaf(here);
    if (value === undefined) {
      const building: Building = { form: here, items: partsOf(here), values: [] };
      const first = building.items[0];
      if (first !== undefined) {
        open.push(building);
        here = first;
        continue;
      }
      value = assemble(building);
    }
    for (;;) {
      const top = open.at(-1);
      if (top === undefined) return value;
      top.values.push(value);
      const next = top.items[top.values.length];
      if (next !== undefined) {
        here = next;
        break;
      }
      open.pop();
      value = assemble(top);
    }
  }
}

function readForms(name: string, text: string): readonly Form[] {
  const { forms, errors } = read(text, { file: name });
  const [error] = errors;
  if (error === undefined) return forms;
  const { line, column } = error.span;
  return raise("read", `${name}: ${error.message} at line ${line}, column ${column}`, line, column);
}

export const datum: readonly Primitive[] = [
  declare(
    "read-string",
    "s:string",
    "allocates",
    'The one form that `s` holds, as data: `(read-string "(+ 1 :a)")` is `(+ 1 "a")`. A mistake in it, no form or more than one raises "read".',
    (s) => {
      const [form, another] = readForms("read-string", s);
      if (form === undefined)
        return raise("read", "read-string: expected a form, found the end of the text", s);
      if (another !== undefined)
        return raise("read", "read-string: expected one form, found more; read-all takes any number", s);
      return formToValue(form);
    },
  ),
  declare("read-all", "s:string", "allocates", "A list of all forms in `s`, as data.", (s) =>
    fromArray(readForms("read-all", s).map(formToValue)),
  ),
];
