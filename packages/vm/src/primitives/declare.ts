/**
 * `declare` makes a `Primitive` from a specification of its parameters such as
 * `"s:string from:int &optional to:int"`. The specification gives the arity, the types that are
 * checked at every call, the TypeScript types of the implementation's parameters, and what the
 * language reference shows. A parameter without a type takes anything.
 */

import type { SxSet } from "../heap/index.ts";
import { HashTable, inspectBriefly, isDict, isList, isVector, kindOf, raise } from "../heap/index.ts";
import type { Condition, Markup, RecordType, Sym, TrustedUrl, Value } from "../heap/value.ts";
import type { Purity } from "./primitive.ts";
import { Primitive } from "./primitive.ts";
import { Regex } from "./regex.ts";

/** What each type name of a specification is in TypeScript. Opaque structs are `Value`. */
interface TypeNames {
  any: Value;
  nil: Value;
  boolean: Value;
  number: number;
  /** A number without a fraction. */
  int: number;
  /** An integer from 0 up: a size or an index. */
  nat: number;
  bigint: bigint;
  string: string;
  symbol: Sym;
  list: Value;
  vector: Value;
  /** A list or a vector. */
  sequence: Value;
  dict: Value;
  "hash-table": HashTable;
  set: SxSet;
  bytes: Uint8Array;
  /** Anything that can be called. */
  function: Value;
  markup: Markup;
  record: Value;
  "record-type": RecordType;
  condition: Condition;
  "trusted-url": TrustedUrl;
  regex: Regex;
}

type TypeOf<S extends string> = S extends `${infer A}|${infer B}`
  ? TypeOf<A> | TypeOf<B>
  : S extends keyof TypeNames
    ? TypeNames[S]
    : never;
type One<P extends string> = P extends `${string}:${infer T}` ? TypeOf<T> : Value;
type Optionals<S extends string, Acc extends unknown[]> = S extends `&rest ${infer R}`
  ? [...Acc, ...One<R>[]]
  : S extends `${infer P} ${infer R}`
    ? Optionals<R, [...Acc, One<P>?]>
    : [...Acc, One<S>?];
type Fixed<S extends string, Acc extends unknown[]> = S extends ""
  ? Acc
  : S extends `&optional ${infer R}`
    ? Optionals<R, Acc>
    : S extends `&rest ${infer R}`
      ? [...Acc, ...One<R>[]]
      : S extends `${infer P} ${infer R}`
        ? Fixed<R, [...Acc, One<P>]>
        : [...Acc, One<S>];
/** The parameters of the implementation of a primitive with specification `S`. */
export type ParamsOf<S extends string> = Fixed<S, []>;

interface TypeRow {
  readonly bits: number;
  /** With the article, as it stands in "expected a string as s". */
  readonly nouns: readonly string[];
}

/** A type is a set of bits, so that a union is one test. */
const types: Readonly<Record<keyof TypeNames, TypeRow>> = {
  any: { bits: -1, nouns: ["a value"] },
  nil: { bits: 1 << 0, nouns: ["nil"] },
  boolean: { bits: 1 << 1, nouns: ["a boolean"] },
  number: { bits: 1 << 2, nouns: ["a number"] },
  int: { bits: 1 << 3, nouns: ["an integer"] },
  nat: { bits: 1 << 4, nouns: ["an integer from 0 up"] },
  bigint: { bits: 1 << 5, nouns: ["a bigint"] },
  string: { bits: 1 << 6, nouns: ["a string"] },
  symbol: { bits: 1 << 7, nouns: ["a symbol"] },
  list: { bits: 1 << 8, nouns: ["a list"] },
  vector: { bits: 1 << 9, nouns: ["a vector"] },
  sequence: { bits: (1 << 8) | (1 << 9), nouns: ["a list", "a vector"] },
  dict: { bits: 1 << 10, nouns: ["a dict"] },
  "hash-table": { bits: 1 << 11, nouns: ["a hash-table"] },
  set: { bits: 1 << 12, nouns: ["a set"] },
  bytes: { bits: 1 << 13, nouns: ["bytes"] },
  function: { bits: 1 << 14, nouns: ["a function"] },
  markup: { bits: 1 << 15, nouns: ["markup"] },
  record: { bits: 1 << 16, nouns: ["a record"] },
  "record-type": { bits: 1 << 17, nouns: ["a record type"] },
  condition: { bits: 1 << 18, nouns: ["a condition"] },
  "trusted-url": { bits: 1 << 19, nouns: ["a trusted URL"] },
  regex: { bits: 1 << 20, nouns: ["a regex"] },
};
const ABSENT = 1 << 21;
const ANY = -1;

const kindBits: ReadonlyMap<string, number> = new Map([
  ...Object.entries(types).map(([name, row]): [string, number] => [name, row.bits]),
  // A union of `sequence` or the refinements of number never comes from `kindOf`.
  ["component", types.function.bits],
  ["continuation", types.function.bits],
  ["parameter", types.function.bits],
]);

function accepts(bits: number, v: Value | undefined): boolean {
  switch (typeof v) {
    case "number":
      return (
        (bits & types.number.bits) !== 0 ||
        ((bits & types.int.bits) !== 0 && Number.isInteger(v)) ||
        ((bits & types.nat.bits) !== 0 && Number.isInteger(v) && v >= 0)
      );
    case "string":
      return (bits & types.string.bits) !== 0;
    case "bigint":
      return (bits & types.bigint.bits) !== 0;
    case "undefined":
      return (bits & ABSENT) !== 0;
    default:
      // What is common and quick to tell comes first.
      if ((bits & types.list.bits) !== 0 && isList(v)) return true;
      if ((bits & types.dict.bits) !== 0 && isDict(v)) return true;
      if ((bits & types.vector.bits) !== 0 && isVector(v)) return true;
      if ((bits & types["hash-table"].bits) !== 0 && v instanceof HashTable) return true;
      if ((bits & types.regex.bits) !== 0 && v instanceof Regex) return true;
      return (bits & (kindBits.get(kindOf(v)) ?? 0)) !== 0;
  }
}

interface Param {
  readonly name: string;
  readonly type: string;
  readonly bits: number;
}
interface Signature {
  readonly required: number;
  readonly fixed: readonly Param[];
  readonly rest: Param | undefined;
}

function parseParam(word: string, extra: number): Param {
  const colon = word.indexOf(":");
  if (colon < 0) return { name: word, type: "any", bits: ANY };
  const type = word.slice(colon + 1);
  let bits = extra;
  for (const name of type.split("|")) {
    if (!Object.hasOwn(types, name))
      throw new Error(`unknown type ${name} in a primitive's parameters: ${word}`);
    bits |= types[name as keyof TypeNames].bits;
  }
  return { name: word.slice(0, colon), type, bits };
}

function parseSignature(spec: string): Signature {
  const fixed: Param[] = [];
  let required = 0;
  let rest: Param | undefined;
  let mode: "required" | "optional" | "rest" = "required";
  for (const word of spec === "" ? [] : spec.split(" ")) {
    if (word === "&optional") mode = "optional";
    else if (word === "&rest") mode = "rest";
    else if (mode === "rest") rest = parseParam(word, 0);
    else {
      fixed.push(parseParam(word, mode === "optional" ? ABSENT : 0));
      if (mode === "required") required++;
    }
  }
  return { required, fixed, rest };
}

/** A primitive as `declare` makes it: `spec` has the types too. */
export class DeclaredPrimitive extends Primitive {
  /** The specification of the parameters as it was declared: `"s:string &optional to:int"`. */
  readonly spec: string;
  constructor(
    name: string,
    spec: string,
    purity: Purity,
    doc: string,
    fn: (...args: Value[]) => Value,
    arity: { min: number; max: number },
  ) {
    super(name, spec.replace(/:[^\s]+/g, ""), purity, doc, fn, arity);
    this.spec = spec;
  }
}

/** The start of a value's printed form, for messages. */
export function shown(v: Value): string {
  return inspectBriefly(v, 80);
}

/** `["a string", "a list"]` as "a string or list". */
function oneOf(nouns: readonly string[]): string {
  const bare = nouns.map((noun, i) => (i === 0 ? noun : noun.replace(/^an? /, "")));
  if (bare.length === 1) return bare[0] ?? "";
  return `${bare.slice(0, -1).join(", ")} or ${bare.at(-1)}`;
}

/**
 * Raises the type error of parameter `param` of primitive `name`.
 * `type` is a type of a specification, such as `"string|list"`.
 */
export function typeError(name: string, type: string, param: string, got: Value): never {
  const nouns = type.split("|").flatMap((t) => types[t as keyof TypeNames].nouns);
  return raise("type", `${name}: expected ${oneOf(nouns)} as ${param}, got ${shown(got)}`, got);
}

type Fn = (...args: Value[]) => Value;

function checked(name: string, { fixed, rest }: Signature, fn: Fn): Fn {
  const [p0, p1, p2, p3] = fixed;
  const bad = (p: Param, v: Value): never => typeError(name, p.type, p.name, v);
  if (fixed.every((p) => p.bits === ANY) && (rest === undefined || rest.bits === ANY)) return fn;
  if (rest === undefined) {
    if (p0 !== undefined && fixed.length === 1) {
      const b0 = p0.bits;
      return (a: Value): Value => {
        if (!accepts(b0, a)) bad(p0, a);
        return fn(a);
      };
    }
    if (p0 !== undefined && p1 !== undefined && fixed.length === 2) {
      const b0 = p0.bits;
      const b1 = p1.bits;
      return (a: Value, b: Value): Value => {
        if (b0 !== ANY && !accepts(b0, a)) bad(p0, a);
        if (b1 !== ANY && !accepts(b1, b)) bad(p1, b);
        return fn(a, b);
      };
    }
    if (p0 !== undefined && p1 !== undefined && p2 !== undefined && fixed.length === 3) {
      const b0 = p0.bits;
      const b1 = p1.bits;
      const b2 = p2.bits;
      return (a: Value, b: Value, c: Value): Value => {
        if (b0 !== ANY && !accepts(b0, a)) bad(p0, a);
        if (b1 !== ANY && !accepts(b1, b)) bad(p1, b);
        if (b2 !== ANY && !accepts(b2, c)) bad(p2, c);
        return fn(a, b, c);
      };
    }
    if (p0 !== undefined && p1 !== undefined && p2 !== undefined && p3 !== undefined && fixed.length === 4) {
      const b0 = p0.bits;
      const b1 = p1.bits;
      const b2 = p2.bits;
      const b3 = p3.bits;
      return (a: Value, b: Value, c: Value, d: Value): Value => {
        if (b0 !== ANY && !accepts(b0, a)) bad(p0, a);
        if (b1 !== ANY && !accepts(b1, b)) bad(p1, b);
        if (b2 !== ANY && !accepts(b2, c)) bad(p2, c);
        if (b3 !== ANY && !accepts(b3, d)) bad(p3, d);
        return fn(a, b, c, d);
      };
    }
  }
  if (p0 !== undefined && fixed.length === 1 && rest?.bits === ANY) {
    const b0 = p0.bits;
    return (a: Value, ...more: Value[]): Value => {
      if (!accepts(b0, a)) bad(p0, a);
      return fn(a, ...more);
    };
  }
  // vector-push! is of this shape, and in the innermost loops.
  if (p0 !== undefined && p1 !== undefined && fixed.length === 2 && rest?.bits === ANY) {
    const b0 = p0.bits;
    const b1 = p1.bits;
    return (a: Value, b: Value, ...more: Value[]): Value => {
      if (b0 !== ANY && !accepts(b0, a)) bad(p0, a);
      if (b1 !== ANY && !accepts(b1, b)) bad(p1, b);
      return more.length === 0 ? fn(a, b) : fn(a, b, ...more);
    };
  }
  return (...args: Value[]): Value => {
    for (let i = 0; i < args.length; i++) {
      const p = i < fixed.length ? fixed[i] : rest;
      const v = args[i];
      if (p !== undefined && p.bits !== ANY && v !== undefined && !accepts(p.bits, v)) bad(p, v);
    }
    return fn(...args);
  };
}

/**
 * Declares a primitive.
 *
 * @param params the specification, words parted by one space: `"x:string|list from:int &optional to:int"`,
 *   `"n:number &rest more:number"`; an optional argument that is not given is `undefined` in `fn`.
 * @param doc for the language reference: a sentence, then an example where it helps.
 * @param fn the implementation; its parameter types follow from `params`. It never calls an SX
 *   function. The number of arguments is the caller's to check.
 */
export function declare<const S extends string>(
  name: string,
  params: S,
  purity: Purity,
  doc: string,
  fn: (...args: ParamsOf<S>) => Value,
): DeclaredPrimitive {
  const signature = parseSignature(params);
  const max = signature.rest === undefined ? signature.fixed.length : Infinity;
  // The wrapper has checked what the types claim.
  const body = checked(name, signature, fn as unknown as Fn);
  return new DeclaredPrimitive(name, params, purity, doc, body, { min: signature.required, max });
}
