/** Sets: immutable, any element by `=`. */
import { bool, fromArray, SxSet } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { declare } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf } from "./sequences.ts";

const subset = (a: SxSet, b: SxSet): boolean => a.size <= b.size && a.items().every((x) => b.has(x));

export const sets: readonly Primitive[] = [
  declare("set", "&rest xs", "pure", "A set of the arguments.", (...xs) => SxSet.from(xs)),
  declare("list->set", "xs:sequence", "reads", "A set of the items.", (xs) => SxSet.from(itemsOf(xs))),
  declare("set->list", "s:set", "pure", "A list of the elements in order of insertion.", (s) =>
    fromArray(s.items()),
  ),
  declare("set-has?", "s:set x", "pure", "Whether `x` is in the set.", (s, x) => bool(s.has(x))),
  declare("set-add", "s:set &rest xs", "pure", "The set with these elements too.", (s, ...xs) =>
    xs.reduce<SxSet>((result, x) => result.add(x), s),
  ),
  declare(
    "set-remove",
    "s:set &rest xs",
    "pure",
    "The set without these elements; one that is missing does not matter.",
    (s, ...xs) => xs.reduce<SxSet>((result, x) => result.delete(x), s),
  ),
  declare("set-union", "&rest ss:set", "pure", "The elements that are in any of the sets.", (...ss) =>
    SxSet.from(ss.flatMap((s): Value[] => s.items())),
  ),
  declare(
    "set-intersection",
    "s:set &rest ss:set",
    "pure",
    "The elements that are in all of the sets.",
    (s, ...ss) => SxSet.from(s.items().filter((x) => ss.every((other) => other.has(x)))),
  ),
  declare(
    "set-difference",
    "s:set &rest ss:set",
    "pure",
    "The elements of `s` that are in none of the others.",
    (s, ...ss) => SxSet.from(s.items().filter((x) => !ss.some((other) => other.has(x)))),
  ),
  declare("set-subset?", "a:set b:set", "pure", "Whether every element of `a` is in `b`.", (a, b) =>
    bool(subset(a, b)),
  ),
];
