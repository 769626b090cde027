/**
 * Values as text: `inspect` for programs (data reads back), `str` for people. No recursion: any depth
 * and length prints. A vector, table, record or condition inside itself prints as `#<cycle>`.
 */
import { isKeywordName, printString } from "@sorbus/reader";
import { ControlBuiltin } from "../control/builtins.ts";
import { Primitive } from "../primitives/primitive.ts";
import { closureCode, recordGet, recordType } from "./cells.ts";
import { dictEach } from "./dict.ts";
import { NIL, setDescribe, structOf, TRUE } from "./instance.ts";
import { fromArray, toArray } from "./list.ts";
import { SxSet } from "./set.ts";
import { HashTable } from "./table.ts";
import { Applicable, Condition, Markup, Raise, RecordType, Sym, TrustedUrl, type Value } from "./value.ts";
import { vectorItems } from "./vector.ts";

/** A class outside the heap gives with a method of this name what `inspect` shows of it. */
export const PRINT: unique symbol = Symbol.for("sorbus.print");

/** A compound that is being written. */
interface Open {
  readonly items: readonly Value[];
  /** Written before each item, where there are any: keys and their like. */
  readonly labels: readonly string[] | undefined;
  readonly close: string;
  /** To be forgotten again when it is closed. */
  readonly self: object | undefined;
  at: number;
}

/** A sink that may say that it has had enough. */
class Text {
  out = "";
  readonly limit: number;
  constructor(limit: number) {
    this.limit = limit;
  }
}

/** The text that stands for `v` in a program. O(size of the text). */
export function inspect(v: Value): string {
  return write(v, new Text(Number.POSITIVE_INFINITY)).out;
}

/** The first `limit` characters of `inspect`, with an ellipsis when there is more: for messages. */
export function inspectBriefly(v: Value, limit: number): string {
  const text = write(v, new Text(limit)).out;
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function write(v: Value, text: Text): Text {
  const stack: Open[] = [];
  const within = new Set<object>();
  let top = begin(v, text, within);
  while (top !== undefined) {
    if (text.out.length > text.limit) return text;
    if (top.at === top.items.length) {
      text.out += top.close;
      if (top.self !== undefined) within.delete(top.self);
      top = stack.pop();
      continue;
    }
    const i = top.at++;
    if (i > 0) text.out += " ";
    if (top.labels !== undefined) text.out += top.labels[i];
    const inner = begin(top.items[i] as Value, text, within);
    if (inner !== undefined) {
      stack.push(top);
      top = inner;
    }
  }
  return text;
}

/** Writes an atom, or the opening of a compound, whose rest is still to be written. */
function begin(v: Value, text: Text, within: Set<object>): Open | undefined {
  const compound = (
    opening: string,
    items: readonly Value[],
    close: string,
    labels?: readonly string[],
    self?: object,
  ): Open => {
    text.out += opening;
    if (self !== undefined) within.add(self);
    return { items, labels, close, self, at: 0 };
  };
  if (typeof v !== "object") {
    text.out += atom(v);
    return undefined;
  }
  if (within.has(v)) {
    text.out += "#<cycle>";
    return undefined;
  }
  switch (structOf(v)) {
    case "$list":
      return compound("(", toArray(v), ")");
    case "$dict": {
      const labels: string[] = [];
      const items: Value[] = [];
      dictEach(v, (key, value) => {
        labels.push(`${printKey(key)} `);
        items.push(value);
      });
      return compound("{", items, "}", labels);
    }
    case "$vector":
      return compound("#vector (", vectorItems(v), ")", undefined, v);
    case "$record": {
      const type = recordType(v);
      if (type === null) return undefined;
      const items = type.fields.map((_, i) => recordGet(v, i));
      return compound(
        `#<${type.name}${items.length > 0 ? " " : ""}`,
        items,
        ">",
        type.fields.map((f) => `${f}: `),
        v,
      );
    }
    case "$imm":
      text.out += v === NIL ? "nil" : String(v === TRUE);
      return undefined;
    case "$clo": {
      const code = closureCode(v);
      text.out += named(code?.kind === "component" ? "component" : "fn", code?.name ?? "");
      return undefined;
    }
    case "$box":
      text.out += "#<box>";
      return undefined;
    case undefined:
      if (v instanceof SxSet) return compound("#set (", v.items(), ")");
      if (v instanceof HashTable) {
        return compound(
          "#hash-table (",
          v.entries().map((pair) => fromArray(pair)),
          ")",
          undefined,
          v,
        );
      }
      if (v instanceof Condition) {
        return compound(`#<condition ${v.kind} ${printString(v.message)}`, [], ">");
      }
      text.out += instance(v);
      return undefined;
  }
}

function atom(v: Exclude<Value, object>): string {
  if (typeof v === "string") return printString(v);
  if (typeof v === "bigint") return `${v}n`;
  return Object.is(v, -0) ? "-0" : String(v);
}

/** A dict key as the reader takes it: a keyword where it can be one. */
function printKey(key: string): string {
  return isKeywordName(key) ? `:${key}` : printString(key);
}

function named(what: string, name: string): string {
  return name === "" ? `#<${what}>` : `#<${what} ${name}>`;
}

/** Instances of JavaScript classes that hold no values that would have to be gone through. */
function instance(v: object): string {
  if (v instanceof Sym) return v.name;
  if (v instanceof Primitive || v instanceof ControlBuiltin) return named("fn", v.name);
  if (v instanceof Markup) return `#markup ${printString(html(v, "…"))}`;
  if (v instanceof Uint8Array) return `#bytes "${base64(v)}"`;
  if (v instanceof Applicable) return `#<${v.kind}>`;
  if (v instanceof RecordType) return named("record-type", v.name);
  if (v instanceof TrustedUrl) return `#<trusted-url ${printString(v.url)}>`;
  const own = (v as { [PRINT]?: () => string })[PRINT];
  if (typeof own === "function") return own.call(v);
  const name: unknown = v.constructor?.name;
  return named("host", typeof name === "string" && name !== "Object" ? name : "");
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The HTML of markup; `later` for each part that is not evaluated yet. */
function html(m: Markup, later: string): string {
  if (typeof m.parts === "string") return m.parts;
  let out = "";
  for (const part of m.parts) out += typeof part === "string" ? part : later;
  return out;
}

/**
 * The text that people see. Raises what markup refused, and "type" for markup that has parts still to
 * be evaluated: those are rendered by `render-to-html`.
 */
export function str(v: Value): string {
  if (typeof v === "string") return v;
  if (typeof v !== "object") return String(v);
  if (v === NIL) return "";
  if (v instanceof Markup) {
    if (v.refused !== undefined) throw new Raise(v.refused);
    if (typeof v.parts !== "string" && v.parts.some((part) => typeof part !== "string")) {
      throw new Raise(
        new Condition(
          "type",
          "markup with parts that are evaluated later has no text yet: use render-to-html",
          fromArray([v]),
        ),
      );
    }
    return html(v, "");
  }
  return inspect(v);
}

setDescribe((v) => inspectBriefly(v, 60));
