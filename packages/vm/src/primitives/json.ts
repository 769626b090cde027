/**
 * JSON to values and back, with stacks of their own: a document may be nested more deeply than the
 * host's stack. Not `JSON.parse`: objects of JavaScript put keys such as "1" first, and its
 * messages differ from engine to engine.
 */
import {
  dictEach,
  dictFrom,
  EMPTY,
  EMPTY_DICT,
  FALSE,
  fromArray,
  HashTable,
  isDict,
  isList,
  isVector,
  kindOf,
  NIL,
  raise,
  SxSet,
  TRUE,
  toArray,
  vectorItems,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, shown } from "./declare.ts";
import { checkString } from "./limits.ts";
import type { Primitive } from "./primitive.ts";

type Open = { readonly items: Value[] } | { readonly entries: Map<string, Value>; key: string };

const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS: readonly [string, Value][] = [
  ["true", TRUE],
  ["false", FALSE],
  ["null", NIL],
];
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

export function decodeJson(text: string): Value {
  let at = 0;

  const fail = (expected: string): never => {
    const before = text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    const point = text.codePointAt(at);
    const found = point === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(point));
    return raise(
      "read",
      `json-decode: expected ${expected}, found ${found} at line ${line}, column ${column}`,
      line,
      column,
    );
  };
  const space = (): void => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const string = (): string => {
    let result = "";
    at++;
    for (;;) {
      PLAIN.lastIndex = at;
      PLAIN.test(text);
      result += text.slice(at, PLAIN.lastIndex);
      at = PLAIN.lastIndex;
      const ch = text[at];
      if (ch === '"') {
        at++;
        return result;
      }
      if (ch !== "\\")
        return fail(
          ch === undefined ? 'a " that ends the string' : "an escape in place of a control character",
        );
      at++;
      const letter = text[at] ?? "";
      const escaped = ESCAPES[letter];
      if (escaped !== undefined) {
        result += escaped;
        at++;
      } else if (letter === "u") {
        const digits = text.slice(at + 1, at + 5);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
          at++;
          return fail("four hexadecimal digits");
        }
        result += String.fromCharCode(Number.parseInt(digits, 16));
        at += 5;
      } else return fail('one of " \\ / b f n r t u after a backslash');
    }
  };
  const number = (): number => {
    NUMBER.lastIndex = at;
    if (!NUMBER.test(text)) return fail("a value");
    const n = Number(text.slice(at, NUMBER.lastIndex));
    if (!Number.isFinite(n)) return fail("a number that a double can hold");
    at = NUMBER.lastIndex;
    return n;
  };

  const open: Open[] = [];
  /** A key and its colon. */
  const key = (): string => {
    if (text[at] !== '"') return fail("a string as the key");
    const name = string();
    space();
    if (text[at] !== ":") return fail('":" after the key');
    at++;
    space();
    return name;
  };

  space();
  for (;;) {
    // A value, or the start of one that has parts.
    let value: Value;
    const ch = text[at];
    if (ch === "[") {
      at++;
      space();
      if (text[at] !== "]") {
        open.push({ items: [] });
        continue;
      }
      at++;
      value = EMPTY;
    } else if (ch === "{") {
      at++;
      space();
      if (text[at] !== "}") {
        open.push({ entries: new Map(), key: key() });
        continue;
      }
      at++;
      value = EMPTY_DICT;
    } else if (ch === '"') value = string();
    else {
      const word = WORDS.find(([name]) => text.startsWith(name, at));
      if (word === undefined) value = number();
      else {
        at += word[0].length;
        value = word[1];
      }
    }
    // Where the value goes, and what that completes.
    for (;;) {
      space();
      const top = open.at(-1);
      if (top === undefined) {
        if (at < text.length) fail("the end of the text");
        return value;
      }
      if ("items" in top) {
        top.items.push(value);
        if (text[at] === ",") {
          at++;
          space();
          break;
        }
        if (text[at] !== "]") fail('"," or "]"');
        value = fromArray(top.items);
      } else {
        top.entries.set(top.key, value);
        if (text[at] === ",") {
          at++;
          space();
          top.key = key();
          break;
        }
        if (text[at] !== "}") fail('"," or "}"');
        value = dictFrom(top.entries);
      }
      at++;
      open.pop();
    }
  }
}

/** A container that is being written. */
interface Writing {
  readonly value: Value;
  /** Absent for arrays. */
  readonly keys: readonly string[] | undefined;
  readonly values: readonly Value[];
  at: number;
}

function openContainer(v: Value): Writing | undefined {
  if (isList(v)) return { value: v, keys: undefined, values: toArray(v), at: 0 };
  if (isVector(v)) return { value: v, keys: undefined, values: vectorItems(v), at: 0 };
  if (v instanceof SxSet) return { value: v, keys: undefined, values: v.items(), at: 0 };
  if (!isDict(v) && !(v instanceof HashTable)) return undefined;
  const keys: string[] = [];
  const values: Value[] = [];
  const add = (k: Value, x: Value): void => {
    if (typeof k !== "string")
      raise("type", `json-encode: the key ${shown(k)} of a hash-table is not a string`, k);
    else {
      keys.push(k);
      values.push(x);
    }
  };
  if (v instanceof HashTable) for (const [k, x] of v.entries()) add(k, x);
  else dictEach(v, add);
  return { value: v, keys, values, at: 0 };
}

function where(open: readonly Writing[]): string {
  const path = open.map((w) => (w.keys === undefined ? `[${w.at - 1}]` : `.${w.keys[w.at - 1]}`)).join("");
  return path === "" ? "" : ` at ${path.length > 120 ? `…${path.slice(-119)}` : path}`;
}

/**
 * The JSON text of a value. `indent` 0 is compact.
 * Raises "type" for what JSON has no form for, saying where in the value it is.
 */
export function encodeJson(value: Value, indent: number): string {
  let out = "";
  const open: Writing[] = [];
  // Only what is mutable can contain itself.
  const within = new Set<Value>();
  const margin = (): string => (indent === 0 ? "" : `\n${" ".repeat(indent * open.length)}`);
  let v = value;
  for (;;) {
    if (typeof v === "string") out += JSON.stringify(v);
    else if (typeof v === "number") {
      if (!Number.isFinite(v)) return raise("type", `json-encode: JSON has no ${v}${where(open)}`, v);
      out += Object.is(v, -0) ? "-0" : String(v);
    } else if (v === NIL) out += "null";
    else if (v === TRUE) out += "true";
    else if (v === FALSE) out += "false";
    else {
      const container = openContainer(v);
      if (container === undefined) {
        const hint = typeof v === "bigint" ? "; convert it with bigint->number or str" : "";
        return raise(
          "type",
          `json-encode: JSON has no form for a ${kindOf(v)}, ${shown(v)}${where(open)}${hint}`,
          v,
        );
      }
      if (container.values.length === 0) out += container.keys === undefined ? "[]" : "{}";
      else {
        if (within.has(v)) return raise("type", `json-encode: the value contains itself${where(open)}`);
        if (isVector(v) || v instanceof HashTable) within.add(v);
        out += container.keys === undefined ? "[" : "{";
        open.push(container);
      }
    }
    checkString("json-encode", out.length);
    // The next value, after the ends of all containers that are done.
    for (;;) {
      const top = open.at(-1);
      if (top === undefined) return out;
      const next = top.values[top.at];
      if (next !== undefined) {
        if (top.at > 0) out += ",";
        out += margin();
        const key = top.keys?.[top.at];
        if (key !== undefined) out += `${JSON.stringify(key)}:${indent === 0 ? "" : " "}`;
        top.at++;
        v = next;
        break;
      }
      open.pop();
      within.delete(top.value);
      out += margin() + (top.keys === undefined ? "]" : "}");
    }
  }
}

export const json: readonly Primitive[] = [
  declare(
    "json-encode",
    "x &optional indent:nat",
    "reads",
    "The JSON text of `x`, compact, or with `indent` spaces (up to 10) for each level. Lists, vectors and sets become arrays, dicts and " +
      'hash-tables objects, nil null. What JSON has no form for (bigints, symbols, functions, NaN …) raises "type" with its place. ' +
      '`(json-encode {:a (list 1 nil)})` is `"{\\"a\\":[1,null]}"`.',
    (x, indent = 0) => {
      if (indent > 10) raise("range", `json-encode: expected an indent from 0 to 10, got ${indent}`, indent);
      return encodeJson(x, indent);
    },
  ),
  declare(
    "json-decode",
    "s:string",
    "pure",
    "The value that the JSON text stands for: arrays become lists, objects dicts in the order of their keys (of a key that is there twice, the last " +
      'value), null nil. Anything else raises "read" with line and column.',
    decodeJson,
  ),
];
