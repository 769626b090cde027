/**
 * Patterns of `date-format` and `date-parse`. The letters are those that most JavaScript libraries
 * for dates share; a letter that means nothing is an error, text stands in [brackets]. One table
 * gives each token's way out and in.
 */
import type { Parts } from "./calendar.ts";
import { weekday } from "./calendar.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]; // prettier-ignore
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const short = (name: string): string => name.slice(0, 3);

/** What the tokens of a pattern have found in a text. */
interface Found {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  millisecond?: number;
  /** Of the 12-hour clock. */
  afternoon?: boolean;
  /** Minutes ahead of UTC. */
  offset?: number;
}

interface Token {
  /** `offset`: minutes that the zone is ahead of UTC. */
  readonly write: (p: Parts, offset: number) => string;
  /** The source of a regex for what it takes. */
  readonly takes: string;
  readonly read: (text: string, found: Found) => void;
}

function pad(n: number, width: number): string {
  return n < 0 ? `-${String(-n).padStart(width, "0")}` : String(n).padStart(width, "0");
}

function writeOffset(minutes: number, colon: string): string {
  const size = Math.abs(Math.round(minutes));
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60), 2)}${colon}${pad(size % 60, 2)}`;
}

function readOffset(text: string, found: Found): void {
  if (/^z$/i.test(text)) {
    found.offset = 0;
    return;
  }
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  found.offset = text.startsWith("-") ? -minutes : minutes;
}

type Field = Exclude<keyof Found, "afternoon">;

function numeric(field: Field, of: (p: Parts) => number, width: number, takes: string): Token {
  return {
    write: (p) => pad(of(p), width),
    takes,
    read: (text, found) => {
      found[field] = Number(text);
    },
  };
}

function named(
  names: readonly string[],
  of: (p: Parts) => number,
  read: (i: number, found: Found) => void,
): Token {
  const lower = names.map((name) => name.toLowerCase());
  return {
    write: (p) => names[of(p)] ?? "",
    takes: names.join("|"),
    read: (text, found) => read(lower.indexOf(text.toLowerCase()), found),
  };
}

const setMonth = (i: number, found: Found): void => {
  found.month = i + 1;
};
/** The weekday follows from the date: it is read and not looked at. */
const ignore = (): void => {};
const hour12 = (p: Parts): number => p.hour % 12 || 12;

const AMPM: Pick<Token, "takes" | "read"> = {
  takes: "am|pm",
  read: (text, found) => {
    found.afternoon = text.toLowerCase() === "pm";
  },
};

/** Longer tokens before shorter ones that they start with. */
export const tokens: Readonly<Record<string, Token>> = {
  YYYY: numeric("year", (p) => p.year, 4, "-?\\d{4,6}"),
  YY: {
    write: (p) => pad(((p.year % 100) + 100) % 100, 2),
    takes: "\\d{2}",
    read: (text, found) => {
      // As POSIX: 69 to 99 are of the twentieth century.
      found.year = Number(text) + (Number(text) < 69 ? 2000 : 1900);
    },
  },
  MMMM: named(MONTHS, (p) => p.month - 1, setMonth),
  MMM: named(MONTHS.map(short), (p) => p.month - 1, setMonth),
  MM: numeric("month", (p) => p.month, 2, "\\d{2}"),
  M: numeric("month", (p) => p.month, 1, "\\d{1,2}"),
  DD: numeric("day", (p) => p.day, 2, "\\d{2}"),
  D: numeric("day", (p) => p.day, 1, "\\d{1,2}"),
  dddd: named(DAYS, weekday, ignore),
  ddd: named(DAYS.map(short), weekday, ignore),
  HH: numeric("hour", (p) => p.hour, 2, "\\d{2}"),
  H: numeric("hour", (p) => p.hour, 1, "\\d{1,2}"),
  hh: numeric("hour", hour12, 2, "\\d{2}"),
  h: numeric("hour", hour12, 1, "\\d{1,2}"),
  mm: numeric("minute", (p) => p.minute, 2, "\\d{2}"),
  m: numeric("minute", (p) => p.minute, 1, "\\d{1,2}"),
  SSS: numeric("millisecond", (p) => p.millisecond, 3, "\\d{3}"),
  ss: numeric("second", (p) => p.second, 2, "\\d{2}"),
  s: numeric("second", (p) => p.second, 1, "\\d{1,2}"),
  A: { ...AMPM, write: (p) => (p.hour < 12 ? "AM" : "PM") },
  a: { ...AMPM, write: (p) => (p.hour < 12 ? "am" : "pm") },
  ZZ: { write: (_, offset) => writeOffset(offset, ""), takes: "z|[+-]\\d{2}:?\\d{2}", read: readOffset },
  Z: { write: (_, offset) => writeOffset(offset, ":"), takes: "z|[+-]\\d{2}:?\\d{2}", read: readOffset },
};

type Piece = { readonly text: string } | { readonly token: Token };

const PIECE = new RegExp(`\\[([^\\]]*)\\]|(${Object.keys(tokens).join("|")})|([^A-Za-z])`, "y");

/** The pieces of a pattern, or the index at which it makes no sense. */
export function parsePattern(pattern: string): Piece[] | number {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < pattern.length) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(pattern);
    if (match === null) return at;
    const [whole, quoted, token, other] = match;
    const row = token === undefined ? undefined : tokens[token];
    pieces.push(row === undefined ? { text: quoted ?? other ?? "" } : { token: row });
    at += whole.length;
  }
  return pieces;
}

export function writeDate(pieces: readonly Piece[], p: Parts, offset: number): string {
  return pieces.map((piece) => ("token" in piece ? piece.token.write(p, offset) : piece.text)).join("");
}

/** The fields that `text` has in the places of the pattern, or undefined when it has not that shape. */
export function readDate(
  pieces: readonly Piece[],
  text: string,
): { parts: Parts; offset: number | undefined } | undefined {
  const source = pieces
    .map((piece) =>
      "token" in piece ? `(${piece.token.takes})` : piece.text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"),
    )
    .join("");
  const match = new RegExp(`^(?:${source})$`, "i").exec(text);
  if (match === null) return undefined;
  const found: Found = {};
  let group = 0;
  for (const piece of pieces) if ("token" in piece) piece.token.read(match[++group] ?? "", found);
  let hour = found.hour ?? 0;
  if (found.afternoon !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (found.afternoon ? 12 : 0);
  }
  const parts: Parts = {
    year: found.year ?? 1970,
    month: found.month ?? 1,
    day: found.day ?? 1,
    hour,
    minute: found.minute ?? 0,
    second: found.second ?? 0,
    millisecond: found.millisecond ?? 0,
  };
  return { parts, offset: found.offset };
}
