import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isVector,
  makeVector,
  NIL,
  TRUE,
  vector,
  vectorItems,
  vectorLength,
  vectorPop,
  vectorPush,
  vectorRef,
  vectorSet,
} from "../../src/heap/index.ts";
import { heap } from "../../src/heap/instance.ts";
import type { Value } from "../../src/heap/value.ts";
import { number } from "./arbitrary.ts";

const element: fc.Arbitrary<Value> = fc.oneof(
  { arbitrary: number, weight: 6 },
  fc.constantFrom<Value>(NIL, TRUE, "x", 10n),
);
const start = fc.oneof(
  fc.array(element, { maxLength: 6 }).map((xs) => ({ made: () => vector(xs), model: [...xs] })),
  fc.array(number, { maxLength: 6 }).map((xs) => ({ made: () => vector(xs), model: [...xs] as Value[] })),
  fc.tuple(fc.nat(6), element).map(([n, x]) => ({
    made: () => makeVector(n, x),
    model: Array<Value>(n).fill(x),
  })),
);
const step = fc.oneof(
  fc.record({ op: fc.constant("set" as const), i: fc.integer({ min: -1, max: 12 }), x: element }),
  fc.record({ op: fc.constant("push" as const), x: element }),
  fc.record({ op: fc.constant("pop" as const) }),
);

test("as arrays, whatever is inside", () => {
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 40 }), ({ made, model: initial }, steps) => {
      const v = made();
      const model = [...initial];
      for (const s of steps) {
        if (s.op === "push") {
          vectorPush(v, s.x);
          model.push(s.x);
        } else if (s.op === "pop") {
          expect(vectorPop(v)).toBe(model.pop());
        } else {
          const inside = s.i >= 0 && s.i < model.length;
          expect(vectorSet(v, s.i, s.x)).toBe(inside);
          if (inside) model[s.i] = s.x;
        }
      }
      expect(vectorLength(v)).toBe(model.length);
      const items = vectorItems(v);
      expect(items.length).toBe(model.length);
      model.forEach((x, i) => {
        expect(Object.is(items[i], x)).toBe(true);
        expect(Object.is(vectorRef(v, i), x)).toBe(true);
      });
    }),
    { numRuns: 500 },
  );
});

test("floats stay unboxed until something else comes", () => {
  const v = makeVector(3, 0);
  vectorSet(v, 0, 2 ** 40);
  vectorPush(v, -0);
  expect(heap.isFloats(v)).toBe(1);
  vectorSet(v, 1, "x");
  expect(heap.isFloats(v)).toBe(0);
  expect(vectorItems(v)).toEqual([2 ** 40, "x", 0, -0]);
});

test("out of range", () => {
  const v = vector([1, 2]);
  for (const i of [-1, 2, 0.5, Number.NaN, 2 ** 32, Number.NEGATIVE_INFINITY]) {
    expect(vectorRef(v, i)).toBe(undefined);
    expect(vectorSet(v, i, 1)).toBe(false);
  }
  expect(vectorPop(vector([]))).toBe(undefined);
  for (const n of [-1, 0.5, Number.NaN, 2 ** 31]) expect(() => makeVector(n, 0)).toThrow(/range/);
});

test("what is no vector raises", () => {
  for (const x of [NIL, 5, "x", {}] as Value[]) {
    expect(isVector(x)).toBe(false);
    for (const use of [
      () => vectorLength(x),
      () => vectorRef(x, 0),
      () => vectorRef(x, 0.5),
      () => vectorSet(x, 0, 1),
      () => vectorSet(x, 0, "a"),
      () => vectorSet(x, -0.5, "a"),
      () => vectorPush(x, 1),
      () => vectorPush(x, "a"),
      () => vectorPop(x),
      () => vectorItems(x),
    ]) {
      expect(use).toThrow(/type: expected a vector/);
    }
  }
});
