/**
 * Forms as values and back: what `quote` gives, what macros receive, and how their results become
 * forms again. A list that a macro passes on unchanged keeps its form, with brackets and places.
 */
import type { DictForm, Form, ListForm, TaggedForm } from "@sorbus/reader";
import {
  dictEach,
  dictFrom,
  FALSE,
  fromArray,
  intern,
  isDict,
  isList,
  NIL,
  SxSet,
  Sym,
  TRUE,
  toArray,
  type Value,
  vector,
} from "@sorbus/vm";
import { syntaxError } from "./syntax.ts";

/** The form that a list or dict value was made from. */
const origins = new WeakMap<object, Form>();

/** The value of `(quote form)`: symbols are plain, keywords are strings, brackets make no difference. */
export function quoted(form: Form): Value {
  switch (form.type) {
    case "symbol":
      return intern(form.name);
    case "list":
      return fromArray(form.items.map(quoted));
    case "dict":
      return dictFrom(pairs(form, quoted));
    default:
      return atom(form);
  }
}

function atom(form: Exclude<Form, { type: "symbol" | "list" | "dict" }>): Value {
  switch (form.type) {
    case "tagged":
      return tagged(form);
    case "keyword":
      return form.name;
    case "nil":
      return NIL;
    case "boolean":
      return form.value ? TRUE : FALSE;
    case "value":
      return form.value as Value;
    default:
      return form.value;
  }
}

/** `#vector (1 2)`, `#set (1 2)`, `#bytes "AQI="`; the reader has checked their shape. */
function tagged({ tag, form }: TaggedForm): Value {
  const items = form.type === "list" ? form.items.map(quoted) : [];
  switch (tag) {
    case "vector":
      return vector(items);
    case "set":
      return SxSet.from(items);
    case "bytes":
      return bytesOf(form.type === "string" ? form.value : "");
  }
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 that the reader has checked. */
function bytesOf(text: string): Uint8Array {
  const clean = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const digit of clean) {
    bits = (bits << 6) | digits.indexOf(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at] = (bits >> count) & 255;
    at += 1;
  }
  return bytes;
}

function keyName(form: Form | undefined): string | undefined {
  if (form?.type === "keyword") return form.name;
  return form?.type === "string" ? form.value : undefined;
}

function pairs(form: DictForm, convert: (item: Form) => Value): [string, Value][] {
  const entries: [string, Value][] = [];
  for (let i = 0; i < form.items.length; i += 2) {
    const keyForm = form.items[i] as Form;
    const key = keyName(keyForm);
    if (key === undefined) syntaxError(keyForm, "a key of a quoted dict is a keyword or a string");
    entries.push([key, convert(form.items[i + 1] as Form)]);
  }
  return entries;
}

/** Remembers that `value`, a list or dict, stands for `form`. */
export function remember(value: Value, form: Form): Value {
  const empty = (form.type === "list" || form.type === "dict") && form.items.length === 0;
  if (typeof value === "object" && !empty) origins.set(value, form);
  return value;
}

/** The form that a list or dict value was made from, if it is known. */
export function originOf(value: Value): Form | undefined {
  return typeof value === "object" ? origins.get(value) : undefined;
}

/** A form as a value that a macro can take apart; `formOf` gives the form back. */
export function formToValue(form: Form): Value {
  switch (form.type) {
    case "symbol":
      return form.alias === undefined ? intern(form.name) : new Sym(form.name, form.alias);
    case "list":
      return remember(fromArray(form.items.map(formToValue)), form);
    case "dict":
      // A dict whose keys are expressions has no value yet: its call of `dict` stands for it.
      for (let i = 0; i < form.items.length; i += 2) {
        if (keyName(form.items[i]) === undefined) {
          return remember(fromArray([intern("dict"), ...form.items.map(formToValue)]), form);
        }
      }
      return remember(dictFrom(pairs(form, formToValue)), form);
    default:
      return atom(form);
  }
}

/** Where forms made of values belong, and which strings among them were written as keywords. */
export interface Place {
  /** Forms without a place of their own get this one's. */
  readonly form: Form;
  /** Whether a string that has lost its form is to be a keyword form again. */
  isKeyword(text: string): boolean;
}

/** A value as a form, for expansion. Values without a notation become `ValueForm`s. */
export function valueToForm(value: Value, place: Place): Form {
  const { origin, start, end } = place.form;
  switch (typeof value) {
    case "number":
      return { type: "number", origin, start, end, value };
    case "bigint":
      return { type: "bigint", origin, start, end, value };
    case "string":
      return place.isKeyword(value)
        ? { type: "keyword", origin, start, end, name: value }
        : { type: "string", origin, start, end, value };
  }
  const known = origins.get(value);
  if (known !== undefined) return known;
  if (value instanceof Sym) {
    return value.alias === undefined
      ? { type: "symbol", origin, start, end, name: value.name }
      : { type: "symbol", origin, start, end, name: value.name, alias: value.alias };
  }
  if (value === NIL) return { type: "nil", origin, start, end };
  if (value === TRUE || value === FALSE)
    return { type: "boolean", origin, start, end, value: value === TRUE };
  if (isList(value)) {
    const items = toArray(value).map((item) => valueToForm(item, place));
    return { type: "list", origin, start, end, items, bracket: "(" };
  }
  if (isDict(value)) {
    const items: Form[] = [];
    dictEach(value, (key, item) => {
      items.push({ type: "keyword", origin, start, end, name: key }, valueToForm(item, place));
    });
    return { type: "dict", origin, start, end, items };
  }
  return { type: "value", origin, start, end, value };
}

/** A place for values that no macro call made, such as the argument of `eval`: strings stay strings. */
export function placeOf(form: Form): Place {
  return { form, isKeyword: () => false };
}

/**
 * The place of a macro's expansion. A string in it becomes a keyword where the macro call has a
 * keyword of that name and no such string: strings have no identity by which to know better.
 */
export function placeOfCall(call: ListForm): Place {
  let keywords: Set<string> | undefined;
  return {
    form: call,
    isKeyword(text) {
      keywords ??= onlyKeywords(call);
      return keywords.has(text);
    },
  };
}

function onlyKeywords(call: ListForm): Set<string> {
  const keywords = new Set<string>();
  const strings = new Set<string>();
  const queue: Form[] = [...call.items];
  for (let form = queue.pop(); form !== undefined; form = queue.pop()) {
    if (form.type === "keyword") keywords.add(form.name);
    else if (form.type === "string") strings.add(form.value);
    else if (form.type === "list" || form.type === "dict") queue.push(...form.items);
  }
  for (const text of strings) keywords.delete(text);
  return keywords;
}
