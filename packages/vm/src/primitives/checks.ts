/** What the compiler calls where a program destructures, or says the type of a parameter. */
import { isDict, isList, len, raise, recordType, toArray } from "../heap/index.ts";
import { Sym } from "../heap/value.ts";
import type { Value } from "../heap/value.ts";
import { declare, isOfType, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

const wordOf = (type: Value): string => (type instanceof Sym ? type.name : typeof type === "string" ? type : shown(type));

/** A type is a name, or `(or type …)`. A name that is no type of the language is that of a record type. */
function fits(type: Value, v: Value): boolean {
  if (typeof type === "string" || type instanceof Sym) {
    const name = wordOf(type);
    return isOfType(name, v) ?? recordType(v)?.name === name;
  }
  if (!isList(type)) return raise("type", `${shown(type)} is not a type: write a name or (or type …)`, type);
  const [head, ...alternatives] = toArray(type);
  if (head === undefined || wordOf(head) !== "or") {
    return raise("type", `${shown(type)} is not a type: write a name or (or type …)`, type);
  }
  return alternatives.some((alternative) => fits(alternative, v));
}

function describe(type: Value): string {
  return isList(type) ? toArray(type).slice(1).map(describe).join(" or ") : wordOf(type);
}

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
        return raise("match", `a list pattern needs ${max < 0 ? "at least " : ""}${items}, got ${size} in ${shown(v)}`, v);
      }
      return v;
    },
  ),
  declare("%check-dict", "v", "pure", "`v` when it is a dict; else raises, as a dict pattern does.", (v) =>
    isDict(v) ? v : raise("type", `a dict pattern needs a dict, got ${shown(v)}`, v),
  ),
  declare(
    "%check-type",
    "name:string type v",
    "pure",
    "`v` when it is of the type, else raises for the parameter of that name. A type is a name as `type-of` gives it, `any`, `int`, `nat`, " +
      "`sequence`, the name of a record type, or `(or type …)`.",
    (name, type, v) => (fits(type, v) ? v : raise("type", `${name}: expected ${describe(type)}, got ${shown(v)}`, v)),
  ),
];
