/** Random values of the language, without functions: what tests of equality, printing and freezing need. */
import fc from "fast-check";
import {
  dictFrom,
  EMPTY,
  EMPTY_DICT,
  FALSE,
  fromArray,
  HashTable,
  NIL,
  record,
  SxSet,
  TRUE,
  vector,
} from "../../src/heap/index.ts";
import { cons } from "../../src/heap/list.ts";
import { Condition, intern, RecordType, type Value } from "../../src/heap/value.ts";

export const POINT: RecordType = new RecordType("point", ["x", "y"]);

/** Numbers around every border that matters: i31, i32, doubles, -0. */
export const number: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1.5, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) - 1, 2 ** 31, 2 ** 53, Number.NaN),
);
const finite = number.filter((n) => !Number.isNaN(n));

const text = fc.string({ unit: "binary", maxLength: 8 });
const key = fc.oneof(fc.constantFrom("a", "b", "title", "not a keyword", "", "1", "é"), text);

function atoms(numbers: fc.Arbitrary<number>): fc.Arbitrary<Value> {
  return fc.oneof(
    numbers,
    text,
    fc.bigInt(),
    fc.constantFrom<Value>(NIL, TRUE, FALSE, EMPTY, EMPTY_DICT),
    fc.constantFrom("a", "foo", "set!").map((name) => intern(name)),
    fc.uint8Array({ maxLength: 6 }),
  );
}

/** A list in one of its representations. */
function listOf(item: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const items = fc.array(item, { maxLength: 5 });
  return fc.oneof(
    items.map((xs) => fromArray(xs)),
    items.map((xs) => xs.reduceRight((tail, x) => cons(x, tail), EMPTY)),
    fc.tuple(items, items).map(([xs, ys]) => xs.reduceRight((tail, x) => cons(x, tail), fromArray(ys))),
  );
}

function values(numbers: fc.Arbitrary<number>, mutable: boolean): fc.Arbitrary<Value> {
  return fc.letrec<{ value: Value; atom: Value }>((tie) => {
    const inner = tie("value");
    const entries = fc.array(fc.tuple(key, inner), { maxLength: 20 });
    const compounds: fc.Arbitrary<Value>[] = [
      listOf(inner),
      fc.array(fc.tuple(key, inner), { maxLength: 4 }).map((es) => dictFrom(es)),
      entries.map((es) => dictFrom(es)),
      fc.array(inner, { maxLength: 4 }).map((xs) => SxSet.from(xs)),
      fc.tuple(inner, inner).map((fields) => record(POINT, fields)),
      fc.tuple(text, listOf(inner)).map(([message, data]) => new Condition("user", message, data)),
    ];
    if (mutable) {
      compounds.push(
        fc.array(inner, { maxLength: 4 }).map((xs) => vector(xs)),
        fc.array(finite, { maxLength: 4 }).map((xs) => vector(xs)),
        fc.array(fc.tuple(inner, inner), { maxLength: 4 }).map((pairs) => {
          const table = new HashTable();
          for (const [k, v] of pairs) table.set(k, v);
          return table;
        }),
      );
    }
    return {
      atom: atoms(numbers),
      value: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("atom"), ...compounds),
    };
  }).value;
}

/** Any value; NaN among its numbers makes it unequal to itself read back. */
export const anyValue: fc.Arbitrary<Value> = values(number, true);
/** Values that equal their copies. */
export const comparable: fc.Arbitrary<Value> = values(finite, true);
