/** Every primitive of the language by name. */
import { markupPrimitives } from "../markup/primitives.ts";
import { arithmetic } from "./arithmetic.ts";
import { bytePrimitives } from "./bytes.ts";
import { checks } from "./checks.ts";
import { codec } from "./codec.ts";
import { comparison } from "./comparison.ts";
import { conditions, records } from "./conditions.ts";
import { dates } from "./dates.ts";
import { datum } from "./datum.ts";
import { dicts } from "./dicts.ts";
import { json } from "./json.ts";
import { lists } from "./lists.ts";
import { numbers } from "./numbers.ts";
import { predicates } from "./predicates.ts";
import type { Primitive } from "./primitive.ts";
import { regexes } from "./regexes.ts";
import { sequences } from "./sequences.ts";
import { sets } from "./sets.ts";
import { stringPrimitives } from "./strings.ts";
import { tables } from "./tables.ts";
import { text } from "./text.ts";
import { vectors } from "./vectors.ts";

export { formToValue } from "./datum.ts";
export { DeclaredPrimitive, declare } from "./declare.ts";
export { Primitive } from "./primitive.ts";
export { Regex, regexExtension } from "./regex.ts";

/** The groups, in the order of the language reference. */
export const groups: Readonly<Record<string, readonly Primitive[]>> = {
  Arithmetic: arithmetic,
  Numbers: numbers,
  "Equality and order": comparison,
  "Kinds of values": predicates,
  Strings: stringPrimitives,
  Characters: text,
  "Regular expressions": regexes,
  Sequences: sequences,
  Lists: lists,
  Vectors: vectors,
  Dicts: dicts,
  Sets: sets,
  "Hash tables": tables,
  Bytes: bytePrimitives,
  Dates: dates,
  JSON: json,
  Coding: codec,
  "Programs as data": datum,
  Conditions: conditions,
  Records: records,
  Markup: markupPrimitives,
  "Checks of patterns": checks,
};

/** By name. Names that start with `%` are for the core module and the compiler only. */
export const primitives: ReadonlyMap<string, Primitive> = new Map(
  Object.values(groups).flatMap((group) => group.map((p): [string, Primitive] => [p.name, p])),
);
