/** Hash tables: mutable, any key by `=`, in order of insertion. */
import { bool, dictEach, dictFrom, fromArray, HashTable, list, NIL } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare, typeError } from "./declare.ts";
import { pairs } from "./dicts.ts";
import type { Primitive } from "./primitive.ts";

export const tables: readonly Primitive[] = [
  declare(
    "make-hash-table",
    "&rest kvs",
    "allocates",
    "A new hash-table, empty or of keys and values in turn.",
    (...kvs) => {
      const table = new HashTable();
      for (const [k, v] of pairs("make-hash-table", kvs)) table.set(k, v);
      return table;
    },
  ),
  declare(
    "hash-ref",
    "t:hash-table key &optional default",
    "reads",
    "The value of `key`, else `default`, else nil.",
    (t, k, fallback = NIL) => t.get(k) ?? fallback,
  ),
  declare(
    "hash-set!",
    "t:hash-table key value",
    "writes",
    "Sets the value of `key`. Gives nil.",
    (t, k, v) => {
      t.set(k, v);
      return NIL;
    },
  ),
  declare(
    "hash-delete!",
    "t:hash-table key",
    "writes",
    "Takes `key` out. Gives whether it was there.",
    (t, k) => bool(t.delete(k)),
  ),
  declare(
    "hash-has?",
    "t:hash-table key",
    "reads",
    "Whether the table has `key`, be its value nil.",
    (t, k) => bool(t.has(k)),
  ),
  declare(
    "hash-keys",
    "t:hash-table",
    "reads",
    "A list of the keys as they are now, in order of insertion.",
    (t) => fromArray(t.entries().map(([k]) => k)),
  ),
  declare(
    "hash-values",
    "t:hash-table",
    "reads",
    "A list of the values as they are now, in order of insertion.",
    (t) => fromArray(t.entries().map(([, v]) => v)),
  ),
  declare("hash-entries", "t:hash-table", "reads", "A list of `(key value)` lists as they are now.", (t) =>
    fromArray(t.entries().map(([k, v]): Value => list(k, v))),
  ),
  declare("hash-count", "t:hash-table", "reads", "How many keys there are.", (t) => t.size),
  declare("hash-clear!", "t:hash-table", "writes", "Takes every key out. Gives nil.", (t) => {
    t.clear();
    return NIL;
  }),
  declare("hash-copy", "t:hash-table", "allocates", "A new hash-table of the same entries.", (t) => {
    const copy = new HashTable();
    for (const [k, v] of t.entries()) copy.set(k, v);
    return copy;
  }),
  declare(
    "hash->dict",
    "t:hash-table",
    "reads",
    "The dict of the entries; every key must be a string.",
    (t) =>
      dictFrom(
        t
          .entries()
          .map(([k, v]): [string, Value] => [
            typeof k === "string" ? k : typeError("hash->dict", "string", "key", k),
            v,
          ]),
      ),
  ),
  declare("dict->hash", "d:dict", "allocates", "A new hash-table of the entries of a dict.", (d) => {
    const table = new HashTable();
    dictEach(d, (k, v) => {
      table.set(k, v);
    });
    return table;
  }),
];
