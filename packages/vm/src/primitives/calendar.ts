/**
 * Calendar arithmetic on milliseconds since 1970 in UTC or a named time zone: the functions behind
 * the date primitives, without the language's values. The Gregorian calendar throughout.
 */

/** Fields of a moment as a calendar and a clock on the wall show it. */
export interface Parts {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** What a `Date` can hold: ±100,000,000 days. */
export const MAX_TIME: number = 8.64e15;

/** Milliseconds of these fields in UTC; fields out of their range carry over. */
export function utc(p: Parts): number {
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(p.year, p.month - 1, p.day);
  date.setUTCHours(p.hour, p.minute, p.second, p.millisecond);
  return date.getTime();
}

export function utcParts(ms: number): Parts {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/** By lower-cased name, so that the table is as small as the set of zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The formatter of a time zone, or undefined when there is no such zone. */
function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  const key = zone.toLowerCase();
  const known = formatters.get(key);
  if (known !== undefined) return known;
  try {
    const made = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formatters.set(key, made);
    return made;
  } catch {
    return undefined;
  }
}

export function isZone(zone: string): boolean {
  return zone === "UTC" || formatterOf(zone) !== undefined;
}

/** Milliseconds that the clock in the zone is ahead of UTC at that moment. */
export function offsetAt(ms: number, zone: string): number {
  const formatter = zone === "UTC" ? undefined : formatterOf(zone);
  if (formatter === undefined) return 0;
  const fields = new Map(formatter.formatToParts(ms).map((part) => [part.type, part.value]));
  const field = (name: Intl.DateTimeFormatPartTypes): number => Number(fields.get(name));
  const year = fields.get("era") === "BC" ? 1 - field("year") : field("year");
  const wall = utc({
    year,
    month: field("month"),
    day: field("day"),
    hour: field("hour"),
    minute: field("minute"),
    second: field("second"),
    millisecond: 0,
  });
  return wall - Math.floor(ms / 1000) * 1000;
}

export function partsIn(ms: number, zone: string): Parts {
  return utcParts(ms + offsetAt(ms, zone));
}

/**
 * The moment at which the wall clock of the zone shows these fields. Of the two moments when clocks
 * are put back, the earlier; of a time that is skipped, as much after the gap as it is into it.
 */
export function momentIn(p: Parts, zone: string): number {
  const wall = utc(p);
  if (zone === "UTC") return wall;
  const before = offsetAt(wall - 86_400_000, zone);
  const after = offsetAt(wall + 86_400_000, zone);
  const early = wall - before;
  if (offsetAt(early, zone) === before) return early;
  const late = wall - after;
  return offsetAt(late, zone) === after ? late : early;
}

export const units = ["millisecond", "second", "minute", "hour", "day", "week", "month", "year"] as const;
export type Unit = (typeof units)[number];

/** Milliseconds of the units that are the same everywhere. A day is not: clocks change. */
const fixed: Partial<Record<Unit, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
};

function daysOfMonth(year: number, month: number): number {
  return new Date(
    utc({ year, month: month + 1, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0 }),
  ).getUTCDate();
}

/** `n` units later. Months and years keep the day, or take the last day of a shorter month. */
export function addUnits(ms: number, n: number, unit: Unit, zone: string): number {
  const length = fixed[unit];
  if (length !== undefined) return ms + n * length;
  const p = partsIn(ms, zone);
  if (unit === "day" || unit === "week")
    return momentIn({ ...p, day: p.day + (unit === "day" ? n : 7 * n) }, zone);
  const months = p.year * 12 + (p.month - 1) + (unit === "month" ? n : 12 * n);
  const year = Math.floor(months / 12);
  const month = months - year * 12 + 1;
  return momentIn({ ...p, year, month, day: Math.min(p.day, daysOfMonth(year, month)) }, zone);
}

/** How many whole units lie between two moments; negative when `b` is before `a`. */
export function diffUnits(a: number, b: number, unit: Unit, zone: string): number {
  const length = fixed[unit];
  if (length !== undefined) return Math.trunc((b - a) / length);
  if (b < a) return -diffUnits(b, a, unit, zone) || 0;
  const p = partsIn(a, zone);
  const q = partsIn(b, zone);
  const months = (q.year - p.year) * 12 + (q.month - p.month);
  const days = Math.round((utc(q) - utc(p)) / 86_400_000);
  const guess = { day: days, week: Math.trunc(days / 7), month: months, year: Math.trunc(months / 12) }[
    unit as "day" | "week" | "month" | "year"
  ];
  // The guess is by the calendar alone: too many when the time of day, or a clipped month end, is not reached.
  let n = guess;
  while (n > 0 && addUnits(a, n, unit, zone) > b) n--;
  return n;
}

/** The first moment of the unit that `ms` is in. Weeks begin on Monday. */
export function startOf(ms: number, unit: Unit, zone: string): number {
  const p = partsIn(ms, zone);
  const day: Parts = { ...p, hour: 0, minute: 0, second: 0, millisecond: 0 };
  switch (unit) {
    case "year":
      return momentIn({ ...day, month: 1, day: 1 }, zone);
    case "month":
      return momentIn({ ...day, day: 1 }, zone);
    case "week":
      return momentIn({ ...day, day: p.day - ((weekday(p) + 6) % 7) }, zone);
    case "day":
      return momentIn(day, zone);
    default: {
      // Offsets of whole minutes but not of whole hours exist: count on the wall clock.
      const offset = offsetAt(ms, zone);
      const length = fixed[unit] ?? 1;
      return Math.floor((ms + offset) / length) * length - offset;
    }
  }
}

/** 0 is Sunday, as in JavaScript. */
export function weekday(p: Parts): number {
  return new Date(utc(p)).getUTCDay();
}
