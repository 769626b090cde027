/** Dates: milliseconds since 1970-01-01 UTC. The time now is an effect, `:time/now`. */
import { dictEach, dictFrom, NIL, raise } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import type { Parts, Unit } from "./calendar.ts";
import {
  addUnits,
  diffUnits,
  isZone,
  MAX_TIME,
  momentIn,
  offsetAt,
  partsIn,
  startOf,
  units,
  utc,
  utcParts,
  weekday,
} from "./calendar.ts";
import { parsePattern, readDate, tokens, writeDate } from "./date-pattern.ts";
import { declare, typeError } from "./declare.ts";
import type { Primitive } from "./primitive.ts";

function moment(name: string, ms: number): number {
  if (!(Math.abs(ms) <= MAX_TIME)) raise("range", `${name}: ${ms} is not a date: beyond the year 275760`, ms);
  return Math.trunc(ms);
}

function zoneOf(name: string, zone: string): string {
  return isZone(zone) ? zone : raise("range", `${name}: unknown time zone ${JSON.stringify(zone)}`, zone);
}

function unitOf(name: string, unit: string): Unit {
  const singular = unit.replace(/s$/, "");
  const known = units.find((u) => u === singular);
  return (
    known ??
    raise("range", `${name}: unknown unit ${JSON.stringify(unit)}; units are ${units.join(" ")}`, unit)
  );
}

function patternOf(name: string, pattern: string): Exclude<ReturnType<typeof parsePattern>, number> {
  const pieces = parsePattern(pattern);
  if (typeof pieces !== "number") return pieces;
  return raise(
    "syntax",
    `${name}: ${JSON.stringify(pattern.slice(pieces))} in the pattern starts with no token; there are ${Object.keys(tokens).join(" ")}, and text stands in [brackets]`,
    pattern,
  );
}

/** A date that the calendar has: 30 February is none. */
function exists(p: Parts): boolean {
  const back = utcParts(utc(p));
  return (Object.keys(p) as (keyof Parts)[]).every((field) => back[field] === p[field]);
}

const ISO =
  /^([+-]\d{6}|\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/;

function parseIso(s: string, zone: string): number | undefined {
  const match = ISO.exec(s);
  if (match === null) return undefined;
  const field = (i: number, absent: number): number => (match[i] === undefined ? absent : Number(match[i]));
  const parts: Parts = {
    year: field(1, 0),
    month: field(2, 1),
    day: field(3, 1),
    hour: field(4, 0),
    minute: field(5, 0),
    second: field(6, 0),
    millisecond: Number((match[7] ?? "0").slice(0, 3).padEnd(3, "0")),
  };
  return at(parts, offsetMinutes(match[8]), zone);
}

function offsetMinutes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text.length === 1) return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith("-") ? -minutes : minutes;
}

function at(parts: Parts, offset: number | undefined, zone: string): number | undefined {
  // 24:00 is the end of the day in ISO 8601.
  const midnight = parts.hour === 24 && parts.minute === 0 && parts.second === 0 && parts.millisecond === 0;
  const day = midnight ? { ...parts, hour: 0 } : parts;
  if (!exists(day)) return undefined;
  const whole = midnight ? { ...parts, hour: 0, day: parts.day + 1 } : parts;
  return offset === undefined ? momentIn(whole, zone) : utc(whole) - offset * 60_000;
}

function fieldsOf(d: Value): Parts {
  const fields = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
  dictEach(d, (k, v) => {
    if (!Object.hasOwn(fields, k)) {
      raise(
        "range",
        `date-from-parts: unknown part ${JSON.stringify(k)}; parts are ${Object.keys(fields).join(" ")}`,
        d,
      );
    }
    if (typeof v !== "number" || !Number.isInteger(v)) typeError("date-from-parts", "int", k, v);
    else fields[k as keyof Parts] = v;
  });
  return fields;
}

export const dates: readonly Primitive[] = [
  declare(
    "date-parse",
    "s:string &optional pattern:string|nil zone:string",
    "pure",
    "The milliseconds since 1970 of a date in ISO 8601 (`2024-05-01`, `2024-05-01T10:30`, `2024-05-01T10:30:00.5+02:00`), or in " +
      "the form of `pattern` (see `date-format`); nil when `s` is not of that form or no such date exists. Without an offset " +
      "in the text it is a time in `zone`, by default UTC (and not the machine's, unlike in JavaScript).",
    (s, pattern = NIL, zone = "UTC") => {
      const where = zoneOf("date-parse", zone);
      if (typeof pattern !== "string") return parseIso(s, where) ?? NIL;
      const read = readDate(patternOf("date-parse", pattern), s);
      return (read === undefined ? undefined : at(read.parts, read.offset, where)) ?? NIL;
    },
  ),
  declare(
    "date-format",
    "ms:number &optional pattern:string|nil zone:string",
    "pure",
    "The date as text: in ISO 8601 (`2024-05-01T10:30:00.000Z`) or by `pattern`, in `zone` (a name such as `Europe/Berlin`), by " +
      "default UTC. Tokens: `YYYY YY` year, `MMMM MMM MM M` month, `DD D` day, `dddd ddd` weekday, `HH H` hour, `hh h` with `A a` the " +
      "12-hour clock, `mm m` minute, `ss s` second, `SSS` millisecond, `Z ZZ` offset (`+02:00`, `+0200`); names are English; text " +
      'stands in brackets, and a letter that is no token raises. `(date-format 0 "D MMMM YYYY [at] HH:mm")` is `"1 January 1970 at 00:00"`.',
    (ms, pattern = NIL, zone = "UTC") => {
      const when = moment("date-format", ms);
      const where = zoneOf("date-format", zone);
      if (typeof pattern === "string") {
        return writeDate(
          patternOf("date-format", pattern),
          partsIn(when, where),
          offsetAt(when, where) / 60_000,
        );
      }
      if (where === "UTC") return new Date(when).toISOString();
      return writeDate(
        patternOf("date-format", "YYYY-MM-DD[T]HH:mm:ss.SSSZ"),
        partsIn(when, where),
        offsetAt(when, where) / 60_000,
      );
    },
  ),
  declare(
    "date-parts",
    "ms:number &optional zone:string",
    "pure",
    "A dict of `:year :month` (1 to 12) `:day :hour :minute :second :millisecond :weekday` (0 is Sunday) and `:offset` (minutes " +
      "ahead of UTC), in `zone`, by default UTC.",
    (ms, zone = "UTC") => {
      const when = moment("date-parts", ms);
      const p = partsIn(when, zoneOf("date-parts", zone));
      return dictFrom([
        ...Object.entries(p),
        ["weekday", weekday(p)],
        ["offset", offsetAt(when, zone) / 60_000],
      ]);
    },
  ),
  declare(
    "date-from-parts",
    "parts:dict &optional zone:string",
    "pure",
    "The milliseconds of a dict with any of `:year :month :day :hour :minute :second :millisecond`, in `zone`, by default UTC. Parts " +
      "that are out of their range carry over: day 0 is the last of the month before.",
    (parts, zone = "UTC") =>
      moment("date-from-parts", momentIn(fieldsOf(parts), zoneOf("date-from-parts", zone))),
  ),
  declare(
    "date-add",
    "ms:number n:int unit:string &optional zone:string",
    "pure",
    'The date `n` units later: `"year" "month" "week" "day" "hour" "minute" "second" "millisecond"`, also in the plural. Months and ' +
      "years keep the day or take the last one of a shorter month; days keep the time of day in `zone`, by default UTC.",
    (ms, n, unit, zone = "UTC") =>
      moment(
        "date-add",
        addUnits(moment("date-add", ms), n, unitOf("date-add", unit), zoneOf("date-add", zone)),
      ),
  ),
  declare(
    "date-diff",
    "a:number b:number unit:string &optional zone:string",
    "pure",
    "How many whole units `b` is after `a`; negative when it is before.",
    (a, b, unit, zone = "UTC") =>
      diffUnits(
        moment("date-diff", a),
        moment("date-diff", b),
        unitOf("date-diff", unit),
        zoneOf("date-diff", zone),
      ),
  ),
  declare(
    "date-start-of",
    "ms:number unit:string &optional zone:string",
    "pure",
    "The first moment of the year, month, week (from Monday), day, hour, minute or second that the date is in.",
    (ms, unit, zone = "UTC") =>
      startOf(moment("date-start-of", ms), unitOf("date-start-of", unit), zoneOf("date-start-of", zone)),
  ),
];
