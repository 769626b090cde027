import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equal, fromArray, HashTable, hash, list, NIL, SxSet, vector } from "../../src/heap/index.ts";
import type { Value } from "../../src/heap/value.ts";
import { comparable } from "./arbitrary.ts";

/** Keys that are easily confused. */
const keys: readonly (() => Value)[] = [
  () => 1,
  () => 1n,
  () => "1",
  () => Number.NaN,
  () => 0,
  () => list(1, 2),
  () => vector([1, 2]),
  () => list(1, 2n),
  () => list(),
  () => NIL,
  () => SxSet.from([1, 2]),
  () => SxSet.from([list(2), 1]),
];
const op = fc.record({ add: fc.boolean(), key: fc.nat(keys.length - 1) });

describe("keys are told apart by =, and NaN is one", () => {
  test("in sets, of which old versions stay as they were", () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (steps) => {
        let set = SxSet.from([]);
        const model = new Set<number>();
        const versions: [SxSet, number[]][] = [];
        for (const { add, key } of steps) {
          const v = (keys[key] as () => Value)();
          set = add ? set.add(v) : set.delete(v);
          if (add) model.add(key);
          else model.delete(key);
          versions.push([set, [...model]]);
        }
        for (const [s, members] of versions) {
          expect(s.size).toBe(members.length);
          keys.forEach((make, i) => {
            expect(s.has(make())).toBe(members.includes(i));
          });
          const items = s.items();
          members.forEach((m, i) => {
            const wanted = (keys[m] as () => Value)();
            expect(equal(items[i] as Value, wanted) || (Number.isNaN(wanted) && Number.isNaN(items[i]))).toBe(
              true,
            );
          });
        }
      }),
    );
  });

  test("in hash tables", () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (steps) => {
        const table = new HashTable();
        const model = new Map<number, number>();
        for (const [i, { add, key }] of steps.entries()) {
          const v = (keys[key] as () => Value)();
          if (add) {
            table.set(v, i);
            model.set(key, i);
          } else {
            expect(table.delete(v)).toBe(model.delete(key));
          }
        }
        expect(table.size).toBe(model.size);
        expect(table.entries().map(([, v]) => v)).toEqual([...model.values()]);
        keys.forEach((make, i) => {
          expect(table.get(make())).toBe(model.get(i));
          expect(table.has(make())).toBe(model.has(i));
        });
        table.clear();
        expect(table.size).toBe(0);
        expect(table.get(list(1, 2))).toBe(undefined);
      }),
    );
  });

  test("0 and -0 are one key", () => {
    expect(SxSet.from([0, -0]).size).toBe(1);
    const table = new HashTable();
    table.set(0, "zero");
    expect(table.get(-0)).toBe("zero");
    expect(SxSet.from([list(0), list(-0)]).size).toBe(1);
  });
});

test("adding what is there and deleting what is not give the set itself", () => {
  const s = SxSet.from([1, list(2)]);
  expect(s.add(list(2))).toBe(s);
  expect(s.delete(3)).toBe(s);
});

test("any values: a set of them has them", () => {
  fc.assert(
    fc.property(fc.array(comparable, { maxLength: 12 }), (items) => {
      const set = SxSet.from(items);
      for (const v of items) expect(set.has(v)).toBe(true);
      const distinct = items.filter((v, i) => items.findIndex((w) => equal(v, w)) === i);
      expect(set.size).toBe(distinct.length);
      expect(equal(fromArray(set.items()), fromArray(distinct))).toBe(true);
      expect(equal(set, SxSet.from(items.toReversed()))).toBe(true);
      expect(hash(set)).toBe(hash(SxSet.from(items.toReversed())));
    }),
  );
});
