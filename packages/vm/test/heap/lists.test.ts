import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  append,
  conj,
  cons,
  EMPTY,
  each,
  eq,
  first,
  fromArray,
  isList,
  len,
  list,
  NIL,
  nth,
  rest,
  reverse,
  sublist,
  toArray,
} from "../../src/heap/index.ts";
import { heap } from "../../src/heap/instance.ts";
import { work } from "../../src/heap/list.ts";
import type { Value } from "../../src/heap/value.ts";

type Op =
  | { op: "cons" | "conj"; on: number; x: number }
  | { op: "rest" | "reverse"; on: number }
  | { op: "append"; on: number; with: number }
  | { op: "conj many"; on: number; xs: number[] }
  | { op: "sublist"; on: number; from: number; to: number }
  | { op: "cons many"; on: number; n: number };

const on = fc.nat();
const ops: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom("cons" as const, "conj" as const), on, x: fc.nat() }),
  fc.record({ op: fc.constantFrom("rest" as const, "rest" as const, "reverse" as const), on }),
  fc.record({ op: fc.constant("append" as const), on, with: fc.nat() }),
  fc.record({ op: fc.constant("conj many" as const), on, xs: fc.array(fc.nat(), { maxLength: 9 }) }),
  fc.record({ op: fc.constant("sublist" as const), on, from: fc.nat(300), to: fc.nat(300) }),
  fc.record({ op: fc.constant("cons many" as const), on, n: fc.constantFrom(3, 64, 200) }),
);

/** One step, on the list and on an array that stands for it. */
function apply(o: Op, lists: Value[], models: number[][]): [Value, number[]] {
  const at = o.on % lists.length;
  const l = lists[at] as Value;
  const m = models[at] as number[];
  switch (o.op) {
    case "cons":
      return [cons(o.x, l), [o.x, ...m]];
    case "conj":
      return [conj(l, [o.x]), [...m, o.x]];
    case "rest":
      return [rest(l), m.slice(1)];
    case "reverse":
      return [reverse(l), m.toReversed()];
    case "append": {
      const other = o.with % lists.length;
      return [append(l, lists[other] as Value), [...m, ...(models[other] as number[])]];
    }
    case "conj many":
      return [conj(l, o.xs), [...m, ...o.xs]];
    case "sublist":
      return [sublist(l, o.from, o.to), m.slice(o.from, Math.max(o.from, o.to))];
    case "cons many": {
      let made = l;
      for (let i = 0; i < o.n; i++) made = cons(i, made);
      return [made, [...Array.from({ length: o.n }, (_, i) => o.n - 1 - i), ...m]];
    }
  }
}

test("any operations on any versions behave as on arrays, and old versions stay as they were", () => {
  fc.assert(
    fc.property(fc.array(ops, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 3 }), (steps, probes) => {
      const lists: Value[] = [EMPTY];
      const models: number[][] = [[]];
      for (const step of steps) {
        const [l, m] = apply(step, lists, models);
        // Lengths double at most; the cap keeps a run of appends of itself small.
        if (m.length > 3000) continue;
        lists.push(l);
        models.push(m);
        for (const probe of probes) expect(nth(l, probe % (m.length + 2))).toBe(m[probe % (m.length + 2)]);
      }
      lists.forEach((l, i) => {
        const m = models[i] as number[];
        expect(len(l)).toBe(m.length);
        expect(toArray(l)).toEqual(m);
        expect(first(l)).toBe(m[0] ?? NIL);
        if (m.length > 0) expect(nth(l, m.length - 1)).toBe(m.at(-1));
        expect(nth(l, m.length)).toBe(undefined);
      });
    }),
    { numRuns: 300 },
  );
});

test("the empty list is one", () => {
  expect(list()).toBe(EMPTY);
  expect(rest(list(1))).toBe(EMPTY);
  expect(rest(cons(1, EMPTY))).toBe(EMPTY);
  expect(rest(EMPTY)).toBe(EMPTY);
  expect(first(EMPTY)).toBe(NIL);
  expect(sublist(list(1, 2), 1, 1)).toBe(EMPTY);
  expect(reverse(EMPTY)).toBe(EMPTY);
  expect(append(EMPTY, EMPTY)).toBe(EMPTY);
  expect(conj(EMPTY, [])).toBe(EMPTY);
});

test("what is no list raises", () => {
  for (const v of [5, "x", NIL, new Map()] as Value[]) {
    expect(isList(v)).toBe(false);
    const uses = [
      () => first(v),
      () => rest(v),
      () => len(v),
      () => nth(v, 0),
      () => cons(1, v),
      () => conj(v, [1]),
      () => conj(v, []),
      () => append(v, EMPTY),
      () => append(EMPTY, v),
      () => toArray(v),
      () => sublist(v, 0, 1),
      () => reverse(v),
      () => each(v, () => {}),
    ];
    for (const use of uses) expect(use).toThrow(/type: expected a list/);
  }
});

test("an index that is none gives undefined", () => {
  for (const i of [-1, 3, 0.5, Number.NaN, 2 ** 31, -(2 ** 31), Number.POSITIVE_INFINITY]) {
    expect(nth(list(1, 2, 3), i)).toBe(undefined);
    expect(nth(cons(1, cons(2, EMPTY)), i)).toBe(undefined);
  }
});

test("rest twice of one list is eq", () => {
  const slice = list(1, 2, 3);
  expect(rest(slice)).not.toBe(rest(slice));
  expect(eq(rest(slice), rest(slice))).toBe(true);
  expect(eq(rest(slice), list(2, 3))).toBe(false);
  expect(eq(rest(slice), rest(rest(slice)))).toBe(false);
  const pair = cons(1, slice);
  expect(rest(pair)).toBe(slice);
});

test("two lists over one with room in front: only one of them may take it", () => {
  const grow = (tail: Value, n: number, x: number): Value => {
    let l = tail;
    for (let i = 0; i < n; i++) l = cons(x + i, l);
    return l;
  };
  const base = conj(grow(EMPTY, 300, 0), [1]);
  const a = grow(base, 200, 1000);
  const b = grow(base, 200, 2000);
  expect([nth(a, 180), nth(b, 180), nth(a, 180), nth(a, 60), nth(b, 60)]).toEqual([
    1019, 2019, 1019, 1139, 2139,
  ]);
  expect(nth(a, 250)).toBe(nth(b, 250));
});

test("append shares the longer one", () => {
  const long = fromArray(Array.from({ length: 100 }, (_, i) => i));
  expect(rest(append(list(1), long))).toBe(long);
});

/** Elements moved may be this many times the operations, in any loop with one owner. */
const FACTOR = 8;
const N = 20_000;

describe("no loop with one owner is quadratic", () => {
  beforeEach(() => {
    work.moved = 0;
  });
  const spent = (operations: number): void => expect(work.moved).toBeLessThan(FACTOR * operations);

  test("conj", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = conj(l, [i]);
    spent(N);
  });
  test("cons and conj in turn", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = conj(cons(i, l), [i]);
    expect(len(l)).toBe(2 * N);
    spent(2 * N);
  });
  test("runs of conses and conjs", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N / 100; i++) {
      for (let k = 0; k < 100; k++) l = cons(k, l);
      for (let k = 0; k < 100; k++) l = conj(l, [k]);
    }
    spent(2 * N);
  });
  test("a queue of rest and conj, whose buffer stays in proportion", () => {
    let l: Value = list(1, 2, 3, 4, 5);
    for (let i = 0; i < N; i++) l = conj(rest(l), [i]);
    spent(N);
    expect(heap.bufCapacity(heap.sliceBuf(l))).toBeLessThan(100);
  });
  test("a queue the other way round: cons, and all but the last", () => {
    let l: Value = list(1, 2, 3, 4, 5);
    for (let i = 0; i < 2000; i++) {
      l = cons(i, l);
      l = sublist(l, 0, len(l) - 1);
    }
    spent(2000);
  });
  test("append of one at the end", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = append(l, list(i));
    spent(N);
  });
  test("append of one in front", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = append(list(i), l);
    spent(N);
  });
  test("append at both ends in turn", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = append(append(list(i), l), list(i));
    spent(2 * N);
  });
  test("a loop of conses, then a loop of nth", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = cons(i, l);
    for (let i = 0; i < N; i++) expect(nth(l, i)).toBe(N - 1 - i);
    spent(2 * N);
  });
  test("cons and a far nth in turn", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) {
      l = cons(i, l);
      if (i > 1000) expect(nth(l, 1000)).toBe(i - 1000);
    }
    spent(2 * N);
  });
  test("rest and a far nth in turn", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = cons(i, l);
    for (let i = 0; i < N - 1000; i++) {
      expect(nth(l, 900)).toBe(N - 1 - i - 900);
      l = rest(l);
    }
    spent(2 * N);
  });
  test("cons, conj and a far nth in turn", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) {
      l = cons(i, l);
      if (i % 300 === 0) l = conj(l, [i]);
      if (i > 1000) nth(l, 1000);
    }
    spent(2 * N);
  });
  test("windows over a long chain of pairs", () => {
    let l: Value = EMPTY;
    for (let i = 0; i < N; i++) l = cons(i, l);
    for (let i = 0; i + 5 < N; i += 5) sublist(l, i, i + 5);
    spent(2 * N);
  });
  test("dropping five at a time", () => {
    let l: Value = fromArray(Array.from({ length: N }, (_, i) => i));
    while (len(l) > 0) l = sublist(l, 5, len(l));
    spent(N / 5);
  });
});

test("a long list: equal work for each representation, no recursion", () => {
  let l: Value = EMPTY;
  for (let i = 0; i < 1_000_000; i++) l = cons(i, l);
  expect(toArray(l).length).toBe(1_000_000);
  expect(nth(l, 999_999)).toBe(0);
  expect(len(conj(l, [1]))).toBe(1_000_001);
  expect(first(reverse(l))).toBe(0);
});
