import fc from "fast-check";
import { expect, test } from "vitest";
import { freezeGraph, thawGraph } from "../../src/freeze/graph.ts";
import {
  box,
  boxSet,
  closure,
  cons,
  dictFrom,
  EMPTY,
  EMPTY_DICT,
  eq,
  equal,
  eqv,
  FALSE,
  fromArray,
  HashTable,
  hash,
  list,
  NIL,
  record,
  recordSet,
  SxSet,
  TRUE,
  vector,
  vectorPush,
  vectorSet,
} from "../../src/heap/index.ts";
import { Condition, intern, Markup, RecordType, Sym, TrustedUrl, type Value } from "../../src/heap/value.ts";
import { comparable, POINT } from "./arbitrary.ts";

const f = closure({ name: "f", kind: "function" }, []);
const OTHER = new RecordType("point", ["x", "y"]);
const alias = {};

/** Each row holds values equal to each other and to none of any other row. */
const classes: readonly (readonly Value[])[] = [
  [NIL],
  [TRUE],
  [FALSE],
  [0, -0],
  [1],
  [1n],
  ["1"],
  ["a"],
  [intern("a"), new Sym("a")],
  [new Sym("a", alias), new Sym("a", alias)],
  [EMPTY, list()],
  [list(1), cons(1, EMPTY), fromArray([1])],
  [list(1, 2), cons(1, list(2))],
  [list(list(1), "a")],
  [vector([]), vector([])],
  [vector([1]), vector([1])],
  [vector([1.5, 2]), vector([1.5, 2])],
  [EMPTY_DICT, dictFrom([])],
  [dictFrom([["a", 1]])],
  [
    dictFrom([
      ["a", 1],
      ["b", list(2)],
    ]),
    dictFrom([
      ["b", list(2)],
      ["a", 1],
    ]),
  ],
  [dictFrom([["a", NIL]])],
  [dictFrom([["b", NIL]])],
  [SxSet.from([])],
  [SxSet.from([1, 2]), SxSet.from([2, 1])],
  [SxSet.from([list(1), list(2)]), SxSet.from([list(2), list(1)])],
  [SxSet.from([1, 2, 3])],
  [new HashTable()],
  [table([1, 2]), table([1, 2])],
  [table([1, 3])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Uint8Array([1])],
  [record(POINT, [1, 2]), record(POINT, [1, 2])],
  [record(OTHER, [1, 2])],
  [record(POINT, [1, 3])],
  [POINT],
  [OTHER],
  [f],
  [closure({ name: "f", kind: "function" }, [])],
  [new Condition("user", "m", list(1)), new Condition("user", "m", list(1))],
  [new Condition("type", "m", list(1))],
  [new Condition("user", "m", list(2))],
  [new Markup("<p>"), new Markup(["<", "p>"])],
  [new Markup("<b>")],
  [new TrustedUrl("x"), new TrustedUrl("x")],
  [box(1)],
];
function table(...pairs: [Value, Value][]): HashTable {
  const made = new HashTable();
  for (const [k, v] of pairs) made.set(k, v);
  return made;
}

test("a table of what is equal and what is not", () => {
  classes.forEach((row, i) => {
    classes.forEach((other, j) => {
      for (const a of row) for (const b of other) expect([i, j, equal(a, b)]).toEqual([i, j, i === j]);
    });
    for (const a of row) for (const b of row) expect([i, hash(a)]).toEqual([i, hash(b)]);
  });
});

test("NaN equals nothing", () => {
  expect(equal(Number.NaN, Number.NaN)).toBe(false);
  expect(equal(list(Number.NaN), list(Number.NaN))).toBe(false);
  expect(equal(dictFrom([["a", Number.NaN]]), dictFrom([["a", Number.NaN]]))).toBe(false);
  expect(equal(SxSet.from([Number.NaN]), SxSet.from([Number.NaN]))).toBe(true);
});

test("identity", () => {
  expect([eq(1.5, 1.5), eq("ab", "ab"), eq(10n, 10n), eq(0, -0), eq(Number.NaN, Number.NaN)]).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect([eq(list(1), list(1)), eqv(list(1), list(1)), eq(vector([]), vector([]))]).toEqual([
    false,
    false,
    false,
  ]);
  expect([eq(EMPTY, list()), eq(NIL, NIL), eq(intern("a"), intern("a")), eqv(f, f)]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("a value and its copy are equal, and have equal hashes", () => {
  fc.assert(
    fc.property(comparable, (v) => {
      const [copy] = thawGraph(freezeGraph([v], [pointExtension]), [pointExtension]) as [Value];
      expect(equal(v, copy)).toBe(true);
      expect(equal(copy, v)).toBe(true);
      expect(hash(v)).toBe(hash(copy));
    }),
  );
});
const pointExtension = {
  tag: "point",
  test: (o: object): boolean => o === POINT,
  parts: () => ({ plain: null, values: [] }),
  make: (): object => POINT,
  fill: (): void => {},
};

test("different values are different: a change anywhere shows", () => {
  fc.assert(
    fc.property(comparable, fc.nat(), (v, n) => {
      const wrap = (x: Value): Value => (n % 2 === 0 ? list(1, x) : dictFrom([["k", x]]));
      expect(equal(wrap(v), wrap(list(v)))).toBe(false);
    }),
  );
});

test("depth 100,000, of each kind", () => {
  const kinds: Record<string, (inner: Value) => Value> = {
    list: (x) => list(x),
    pair: (x) => cons(x, EMPTY),
    vector: (x) => vector([x]),
    dict: (x) => dictFrom([["a", x]]),
    record: (x) => record(POINT, [x, 1]),
    set: (x) => SxSet.from([x]),
    "set of two": (x) => SxSet.from([x, 1]),
    condition: (x) => new Condition("user", "m", list(x)),
  };
  for (const [name, wrap] of Object.entries(kinds)) {
    const make = (core: Value): Value => {
      let v = core;
      for (let i = 0; i < 100_000; i++) v = wrap(v);
      return v;
    };
    const a = make(0);
    expect([name, equal(a, make(0))]).toEqual([name, true]);
    expect([name, equal(a, make(1))]).toEqual([name, false]);
    expect(hash(a)).toBe(hash(make(0)));
  }
});

test("length 1,000,000", () => {
  const xs = Array.from({ length: 1_000_000 }, (_, i) => i);
  let pairs: Value = EMPTY;
  for (let i = 999_999; i >= 0; i--) pairs = cons(i, pairs);
  expect(equal(fromArray(xs), pairs)).toBe(true);
});

test("cyclic data: equal when no difference can be found", () => {
  const ring = (n: number, last: Value): Value => {
    const v = vector([1, NIL]);
    let at = v;
    for (let i = 1; i < n; i++) {
      const next = vector([1, NIL]);
      vectorSet(at, 1, next);
      at = next;
    }
    vectorSet(at, 0, last);
    vectorSet(at, 1, v);
    return v;
  };
  expect(equal(ring(1, 1), ring(1, 1))).toBe(true);
  expect(equal(ring(2, 1), ring(3, 1))).toBe(true);
  expect(equal(ring(2, 1), ring(2, 2))).toBe(false);
  const r = record(POINT, [1, 2]);
  recordSet(r, 0, list(r));
  const s = record(POINT, [1, 2]);
  recordSet(s, 0, list(s));
  expect(equal(r, s)).toBe(true);
  const t = new HashTable();
  t.set("self", t);
  const u = new HashTable();
  u.set("self", u);
  expect(equal(t, u)).toBe(true);
  boxSet(box(1), 2);
});

test("data that share heavily are compared once, not exponentially", () => {
  const tower = (): Value => {
    let v: Value = list(1);
    for (let i = 0; i < 60; i++) v = list(v, v);
    return v;
  };
  expect(equal(tower(), tower())).toBe(true);
});

test("a mutated vector is compared as it is now", () => {
  const a = vector([1]);
  const b = vector([1]);
  vectorPush(a, 2);
  expect(equal(a, b)).toBe(false);
  vectorPush(b, 2);
  expect(equal(a, b)).toBe(true);
});
