import fc from "fast-check";
import { expect, test } from "vitest";
import { type Keys, PersistentMap } from "../../src/heap/hamt.ts";
import {
  dictCount,
  dictDelete,
  dictEach,
  dictFrom,
  dictGet,
  dictHas,
  dictKeys,
  dictSet,
  EMPTY_DICT,
  equal,
  isDict,
  NIL,
} from "../../src/heap/index.ts";
import { heap } from "../../src/heap/instance.ts";
import type { Value } from "../../src/heap/value.ts";

/** Few enough keys that they repeat, enough that a dict gets large. */
const key = fc.oneof(
  fc.nat(40).map((n) => `k${n}`),
  fc.constantFrom("__proto__", "constructor", "", "é"),
);
const step = fc.oneof(
  { arbitrary: fc.record({ op: fc.constant("set" as const), key, x: fc.nat() }), weight: 3 },
  { arbitrary: fc.record({ op: fc.constant("delete" as const), key }), weight: 1 },
);

function contents(d: Value): [string, Value][] {
  const out: [string, Value][] = [];
  dictEach(d, (k, v) => out.push([k, v]));
  return out;
}

test("as Maps: contents, order, and every old version stays as it was", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, back) => {
      const versions: Value[] = [EMPTY_DICT];
      const models: Map<string, Value>[] = [new Map()];
      for (const [i, s] of steps.entries()) {
        // Now and then from an older version.
        const at = i % 7 === 6 ? back % versions.length : versions.length - 1;
        const d = versions[at] as Value;
        const model = new Map(models[at]);
        if (s.op === "set") {
          versions.push(dictSet(d, s.key, s.x));
          model.set(s.key, s.x);
        } else {
          versions.push(dictDelete(d, s.key));
          model.delete(s.key);
        }
        models.push(model);
      }
      versions.forEach((d, i) => {
        const model = models[i] as Map<string, Value>;
        expect(contents(d)).toEqual([...model]);
        expect(dictCount(d)).toBe(model.size);
        expect(dictKeys(d)).toEqual([...model.keys()]);
        for (const k of ["k0", "k7", "__proto__", "missing"]) {
          expect(dictGet(d, k)).toBe(model.get(k));
          expect(dictHas(d, k)).toBe(model.has(k));
        }
        expect(equal(d, dictFrom(model))).toBe(true);
      });
    }),
    { numRuns: 200 },
  );
});

test("dictFrom: the first occurrence gives the place, the last the value", () => {
  const d = dictFrom([
    ["a", 1],
    ["b", 2],
    ["a", 3],
  ]);
  expect(contents(d)).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
  expect(dictFrom([])).toBe(EMPTY_DICT);
});

test("dicts made alike share their shape", () => {
  const make = (): Value => dictSet(dictSet(EMPTY_DICT, "title", 1), "body", 2);
  expect(heap.dictShape(make())).toBe(heap.dictShape(make()));
  expect(heap.dictShape(make())).toBe(
    heap.dictShape(
      dictFrom([
        ["title", 5],
        ["body", 6],
      ]),
    ),
  );
});

test("deleting what is not there gives the dict itself; deleting all the empty one", () => {
  const small = dictFrom([["a", 1]]);
  const large = dictFrom(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]));
  expect(dictDelete(small, "b")).toBe(small);
  expect(dictDelete(large, "b")).toBe(large);
  expect(dictDelete(small, "a")).toBe(EMPTY_DICT);
  expect(dictKeys(large).reduce(dictDelete, large)).toBe(EMPTY_DICT);
});

test("what is no dict raises", () => {
  for (const x of [NIL, 5, "x", {}] as Value[]) {
    expect(isDict(x)).toBe(false);
    for (const use of [
      () => dictGet(x, "a"),
      () => dictSet(x, "a", 1),
      () => dictCount(x),
      () => dictKeys(x),
    ]) {
      expect(use).toThrow(/type: expected a dict/);
    }
  }
});

/** Only eight hashes, which agree in their low bits: collisions and long common paths. */
const BAD: Keys<number> = { hash: (n) => (n % 8) << 28, same: (a, b) => a === b };

test("a map whose keys' hashes collide is right all the same", () => {
  const op = fc.tuple(fc.boolean(), fc.nat(40));
  fc.assert(
    fc.property(fc.array(op, { maxLength: 100 }), (steps) => {
      let map = PersistentMap.empty(BAD);
      const model = new Map<number, Value>();
      const versions: [PersistentMap<number>, [number, Value][]][] = [];
      for (const [i, [add, k]] of steps.entries()) {
        map = add ? map.set(k, i) : map.delete(k);
        if (add) model.set(k, i);
        else model.delete(k);
        versions.push([map, [...model]]);
      }
      for (const [m, entries] of versions) {
        expect(m.size).toBe(entries.length);
        expect(m.entries().map((e) => [e.key, e.value])).toEqual(entries);
        for (const [k, v] of entries) expect(m.get(k)).toBe(v);
        expect(m.get(1000)).toBe(undefined);
      }
    }),
  );
});

test("building in place leaves the map that it started from alone", () => {
  const base = PersistentMap.from(
    BAD,
    Array.from({ length: 30 }, (_, i): [number, Value] => [i, i]),
  );
  const before = base.entries().map((e) => [e.key, e.value]);
  const more = base.setAll(Array.from({ length: 60 }, (_, i): [number, Value] => [i, -i]));
  expect(base.entries().map((e) => [e.key, e.value])).toEqual(before);
  expect(more.entries().map((e) => e.value)).toEqual(Array.from({ length: 60 }, (_, i) => -i));
});

test("order survives many deletions", () => {
  let d = dictFrom(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]));
  for (let i = 0; i < 5000; i++) d = dictSet(dictDelete(d, `k${i}`), `k${i + 100}`, i);
  expect(dictKeys(d)).toEqual(Array.from({ length: 100 }, (_, i) => `k${i + 5000}`));
});
