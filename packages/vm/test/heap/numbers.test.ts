import fc from "fast-check";
import { test } from "vitest";
import {
  box,
  boxGet,
  boxSet,
  closure,
  closureGet,
  closureSet,
  conj,
  cons,
  dictFrom,
  dictGet,
  dictSet,
  EMPTY,
  EMPTY_DICT,
  first,
  HashTable,
  list,
  makeVector,
  NIL,
  nth,
  record,
  recordGet,
  recordSet,
  reverse,
  vector,
  vectorPop,
  vectorPush,
  vectorRef,
  vectorSet,
} from "../../src/heap/index.ts";
import type { Value } from "../../src/heap/value.ts";
import { number, POINT } from "./arbitrary.ts";

/** Every way through a slot of the heap and back. */
const ways: Record<string, (n: number) => Value | undefined> = {
  cons: (n) => first(cons(n, EMPTY)),
  list: (n) => nth(list(1, n), 1),
  conj: (n) => nth(conj(list(1), [n]), 1),
  "conj in place": (n) => nth(conj(conj(list(1), [2]), [n]), 2),
  reverse: (n) => first(reverse(list(1, n))),
  vector: (n) => vectorRef(vector([n]), 0),
  "generic vector": (n) => vectorRef(vector(["x", n]), 1),
  makeVector: (n) => vectorRef(makeVector(2, n), 1),
  "set in floats": (n) => set(makeVector(2, 0.5), n),
  "set in generic": (n) => set(makeVector(2, NIL), n),
  "floats made generic": (n) => {
    const v = makeVector(2, n);
    vectorSet(v, 0, "x");
    return vectorRef(v, 1);
  },
  "push and pop": (n) => pushed(vector([]), n),
  "push and pop of floats": (n) => pushed(makeVector(1, 0.5), n),
  dict: (n) => dictGet(dictFrom([["k", n]]), "k"),
  dictSet: (n) => dictGet(dictSet(EMPTY_DICT, "k", n), "k"),
  "dict replaced": (n) => dictGet(dictSet(dictFrom([["k", 1]]), "k", n), "k"),
  box: (n) => boxGet(box(n)),
  boxSet: (n) => {
    const b = box(NIL);
    boxSet(b, n);
    return boxGet(b);
  },
  "closure of one": (n) => closureGet(closure({ name: "f", kind: "function" }, [n]), 0),
  "closure of two": (n) => closureGet(closure({ name: "f", kind: "function" }, [1, n]), 1),
  "closure of three": (n) => closureGet(closure({ name: "f", kind: "function" }, [1, 2, n]), 2),
  closureSet: (n) => {
    const c = closure({ name: "f", kind: "function" }, [NIL]);
    closureSet(c, 0, n);
    return closureGet(c, 0);
  },
  record: (n) => recordGet(record(POINT, [n, 1]), 0),
  recordSet: (n) => {
    const r = record(POINT, [1, 2]);
    recordSet(r, 1, n);
    return recordGet(r, 1);
  },
  "hash table": (n) => {
    const table = new HashTable();
    table.set("k", n);
    return table.get("k");
  },
};
function set(v: Value, n: number): Value | undefined {
  vectorSet(v, 1, n);
  return vectorRef(v, 1);
}
function pushed(v: Value, n: number): Value | undefined {
  vectorPush(v, n);
  return vectorPop(v);
}

test.each(Object.entries(ways))("a number stays itself: %s", (_, way) => {
  fc.assert(fc.property(number, (n) => Object.is(way(n), n)));
});
