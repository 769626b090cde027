/** Dicts: immutable, string keys, insertion order. */
import {
  append,
  bool,
  cons,
  dictDelete,
  dictEach,
  dictFrom,
  dictGet,
  dictHas,
  dictKeys,
  dictSet,
  EMPTY_DICT,
  fromArray,
  HashTable,
  isDict,
  isList,
  isVector,
  kindOf,
  len,
  list,
  NIL,
  raise,
  sublist,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, shown, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf, lookup } from "./sequences.ts";

function key(name: string, k: Value): string {
  return typeof k === "string" ? k : typeError(name, "string", "key", k);
}

/** Arguments that come in pairs. */
export function pairs(name: string, kvs: readonly Value[]): [Value, Value][] {
  if (kvs.length % 2 !== 0) raise("arity", `${name}: no value for the key ${shown(kvs.at(-1) ?? NIL)}`);
  const entries: [Value, Value][] = [];
  for (let i = 0; i < kvs.length; i += 2) entries.push([kvs[i] ?? NIL, kvs[i + 1] ?? NIL]);
  return entries;
}

/** A list or dict with one entry other than before. */
function put(name: string, c: Value, k: Value, v: Value): Value {
  if (isDict(c)) return dictSet(c, key(name, k), v);
  if (typeof k !== "number" || !Number.isInteger(k)) return typeError(name, "int", "key", k);
  const size = len(c);
  if (k < 0 || k >= size)
    return raise("range", `${name}: index ${k} is out of range for a list of ${size} items`, c, k);
  return append(sublist(c, 0, k), cons(v, sublist(c, k + 1, size)));
}

function getIn(c: Value, path: Value, fallback: Value): Value {
  let here = c;
  for (const k of itemsOf(path)) {
    if (here === NIL) return fallback;
    if (!isDict(here) && !isList(here) && !isVector(here) && !(here instanceof HashTable)) {
      return raise(
        "type",
        `get-in: cannot look up ${shown(k)} in ${shown(here)}, a ${kindOf(here)}`,
        here,
        path,
      );
    }
    const next = lookup("get-in", here, k);
    if (next === undefined) return fallback;
    here = next;
  }
  return here;
}

function assocIn(c: Value, path: Value, v: Value): Value {
  const keys = itemsOf(path);
  if (keys.length === 0) return raise("range", "assoc-in: the path is empty", c);
  // Down to the last but one, then up again: a path may be long, so no recursion.
  const passed: Value[] = [];
  let here = c;
  for (const k of keys) {
    if (here === NIL) here = EMPTY_DICT;
    if (!isDict(here) && !isList(here)) {
      return raise(
        "type",
        `assoc-in: cannot put ${shown(k)} into ${shown(here)}, a ${kindOf(here)}`,
        here,
        path,
      );
    }
    passed.push(here);
    here = lookup("assoc-in", here, k) ?? NIL;
  }
  let result = v;
  for (let i = keys.length - 1; i >= 0; i--)
    result = put("assoc-in", passed[i] ?? EMPTY_DICT, keys[i] ?? NIL, result);
  return result;
}

function entryOf(name: string, entry: Value): [string, Value] {
  const items = isList(entry) || isVector(entry) ? itemsOf(entry) : [];
  const [k, v] = items;
  if (k === undefined || v === undefined || items.length !== 2) {
    return raise("type", `${name}: expected an entry (key value), got ${shown(entry)}`, entry);
  }
  return [key(name, k), v];
}

export const dicts: readonly Primitive[] = [
  declare(
    "dict",
    "&rest kvs",
    "pure",
    "A dict of keys and values in turn: `(dict :a 1 :b 2)` is `{:a 1 :b 2}`.",
    (...kvs) => dictFrom(pairs("dict", kvs).map(([k, v]): [string, Value] => [key("dict", k), v])),
  ),
  declare(
    "get-in",
    "c:dict|list|vector|hash-table path:sequence &optional default",
    "reads",
    "What is at the end of a path of keys and indexes, else `default`, else nil. Nil on the way counts as missing, anything " +
      "else that has no keys raises. `(get-in {:a (list 1 2)} (list :a 1))` is `2`.",
    (c, path, fallback = NIL) => getIn(c, path, fallback),
  ),
  declare(
    "assoc",
    "c:dict|list k v &rest kvs",
    "pure",
    "`c` with `v` under `k`, and so on: the dict with keys set, or the list with the items at existing indexes replaced " +
      "(linear in its length). `(assoc {:a 1} :b 2)` is `{:a 1 :b 2}`.",
    (c, k, v, ...kvs) => {
      let result = put("assoc", c, k, v);
      if (kvs.length > 0) for (const [k2, v2] of pairs("assoc", kvs)) result = put("assoc", result, k2, v2);
      return result;
    },
  ),
  declare(
    "assoc-in",
    "c:dict|list path:sequence v",
    "reads",
    "`c` with `v` at the end of the path; dicts that are missing on the way, or nil, are made.",
    assocIn,
  ),
  declare(
    "dissoc",
    "d:dict &rest ks:string",
    "pure",
    "The dict without these keys; one that is missing does not matter.",
    (d, ...ks) => ks.reduce((result, k) => dictDelete(result, k), d),
  ),
  declare(
    "merge",
    "&rest ds:dict",
    "pure",
    "One dict of all entries; of a key that several have, the last value, in the place of the first.",
    (...ds) => {
      const [head = EMPTY_DICT, ...others] = ds;
      let result = head;
      for (const d of others) {
        dictEach(d, (k, v) => {
          result = dictSet(result, k, v);
        });
      }
      return result;
    },
  ),
  declare("keys", "d:dict", "pure", "A list of the keys in order of insertion.", (d) =>
    fromArray(dictKeys(d)),
  ),
  declare("vals", "d:dict", "pure", "A list of the values in order of insertion.", (d) => {
    const values: Value[] = [];
    dictEach(d, (_, v) => values.push(v));
    return fromArray(values);
  }),
  declare("entries", "d:dict", "pure", "A list of `(key value)` lists in order of insertion.", (d) => {
    const entries: Value[] = [];
    dictEach(d, (k, v) => entries.push(list(k, v)));
    return fromArray(entries);
  }),
  declare(
    "from-entries",
    "entries:sequence",
    "reads",
    "The dict of a list of `(key value)` lists: what `entries` takes apart.",
    (entries) => dictFrom(itemsOf(entries).map((entry) => entryOf("from-entries", entry))),
  ),
  declare(
    "zipmap",
    "ks:sequence vs:sequence",
    "reads",
    "The dict of these keys with these values, to the end of the shorter: `(zipmap '(:a :b) '(1 2))` is `{:a 1 :b 2}`.",
    (ks, vs) => {
      const values = itemsOf(vs);
      const entries: [string, Value][] = [];
      itemsOf(ks).forEach((k, i) => {
        const v = values[i];
        if (v !== undefined) entries.push([key("zipmap", k), v]);
      });
      return dictFrom(entries);
    },
  ),
  declare(
    "has-key?",
    "d:dict key:string",
    "pure",
    "Whether the dict has the key, be its value nil.",
    (d, k) => bool(dictHas(d, k)),
  ),
  declare(
    "select-keys",
    "d:dict ks:sequence",
    "reads",
    "The dict of those of the keys that `d` has, in the order of `ks`.",
    (d, ks) => {
      const entries: [string, Value][] = [];
      for (const k of itemsOf(ks)) {
        const v = dictGet(d, key("select-keys", k));
        if (v !== undefined) entries.push([key("select-keys", k), v]);
      }
      return dictFrom(entries);
    },
  ),
];
