/** What expansions call where a program destructures. */
import { isDict, isList, len, raise } from "../heap/index.ts";
import { declare, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

export const checks: readonly Primitive[] = [
  declare(
    "%check-list",
    "v min:int max:int",
    "pure",
    "`v` when it is a list of `min` to `max` items (-1: any number more); else raises, as a list pattern does.",
    (v, min, max) => {
      if (!isList(v)) return raise("type", `a list pattern needs a list, got ${shown(v)}`, v);
      const size = len(v);
      if (size < min || (max >= 0 && size > max)) {
        const items = `${min} item${min === 1 ? "" : "s"}`;
        return raise(
          "match",
          `a list pattern needs ${max < 0 ? "at least " : ""}${items}, got ${size} in ${shown(v)}`,
          v,
        );
      }
      return v;
    },
  ),
  declare("%check-dict", "v", "pure", "`v` when it is a dict; else raises, as a dict pattern does.", (v) =>
    isDict(v) ? v : raise("type", `a dict pattern needs a dict, got ${shown(v)}`, v),
  ),
];
