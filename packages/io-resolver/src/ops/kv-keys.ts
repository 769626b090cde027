/**
 * Keys as programs write them: a string is the key of that one part, a list the key of its parts. Here they are
 * checked, spelled, ordered, and held to be inside or outside of a prefix.
 */
import type { Narrowing } from "../op.ts";
import type { KvKey, KvSelector } from "./kv-store.ts";

/** What is wrong with a key. */
export function checkKey(key: unknown, what = "key"): string | undefined {
  if (typeof key === "string") return key.isWellFormed() ? undefined : `the ${what} is no well-formed text`;
  if (!Array.isArray(key)) return `the ${what} must be a string or a list of parts`;
  return key.length === 0 ? `the ${what} must have a part` : checkParts(key, what);
}

/** A prefix is a key, or the empty list. */
export function checkPrefix(prefix: unknown, what = "prefix"): string | undefined {
  return Array.isArray(prefix) && prefix.length === 0 ? undefined : checkKey(prefix, what);
}

function checkParts(key: readonly unknown[], what: string): string | undefined {
  for (const part of key) {
    if (part === null || typeof part === "boolean" || typeof part === "bigint") continue;
    if (typeof part === "string") {
      if (!part.isWellFormed()) return `a part of the ${what} is no well-formed text`;
    } else if (typeof part === "number") {
      if (Number.isNaN(part)) return `a part of the ${what} is NaN`;
    } else if (!(part instanceof Uint8Array))
      return `the parts of a ${what} are nil, booleans, numbers, strings and bytes`;
  }
  return undefined;
}

export const partsOf = (key: unknown): KvKey => (Array.isArray(key) ? key : [key]);

export const spelled = (key: KvKey): unknown =>
  key.length === 1 && typeof key[0] === "string" ? key[0] : key;

/** Whether a prefix, as a program writes it, is one of this key. */
export function hasPrefix(key: KvKey, prefix: unknown): boolean {
  if (typeof prefix === "string")
    return key.length === 1 && typeof key[0] === "string" && key[0].startsWith(prefix);
  const parts = partsOf(prefix);
  return key.length > parts.length && parts.every((part, i) => samePart(part, key[i]));
}

/** A range that has all the keys wanted; of those with a string prefix it may have others too. */
export function selectorOf(prefix: unknown): KvSelector {
  if (typeof prefix !== "string") return { prefix: partsOf(prefix) };
  const end = successor(prefix);
  return end === undefined ? { prefix: [] } : { start: [prefix], end: [end] };
}

/** The least string after all that begin with `prefix`, by code points; `undefined` if there is none. */
function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (c) => c.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // The surrogates stand for no character of their own.
    points.push(last === 0xd7ff ? 0xe000 : last + 1);
    return String.fromCodePoint(...points);
  }
  return undefined;
}

function samePart(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  return Object.is(a, b);
}

// ---- order ---------------------------------------------------------------------------------------

/** The order in which a store lists keys. */
export function compareKeys(a: KvKey, b: KvKey): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function rank(part: unknown): number {
  if (part === null) return 0;
  switch (typeof part) {
    case "boolean":
      return 1;
    case "number":
      return 2;
    case "bigint":
      return 3;
    case "string":
      return 4;
    default:
      return 5;
  }
}

function compareParts(a: unknown, b: unknown): number {
  const ranks = rank(a) - rank(b);
  if (ranks !== 0) return ranks;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareLists(a, b);
  if (a === b || a === null) return 0;
  return (a as number) < (b as number) ? -1 : 1;
}

/** By code points, not by UTF-16 units. */
function compareText(a: string, b: string): number {
  return compareLists(
    Array.from(a, (c) => c.codePointAt(0) ?? 0),
    Array.from(b, (c) => c.codePointAt(0) ?? 0),
  );
}

function compareLists(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

// ---- grants --------------------------------------------------------------------------------------

/** Whether every key with the prefix `inner` is one with the prefix `outer`. */
function isWithin(inner: unknown, outer: unknown): boolean {
  if (typeof outer === "string") return typeof inner === "string" && inner.startsWith(outer);
  const parts = partsOf(outer);
  if (parts.length === 0) return true;
  if (typeof inner === "string") return false;
  const given = partsOf(inner);
  return given.length >= parts.length && parts.every((part, i) => samePart(part, given[i]));
}

const show = (key: unknown): string =>
  Array.isArray(key)
    ? `(${key.map(show).join(" ")})`
    : typeof key === "string"
      ? JSON.stringify(key)
      : String(key);

/**
 * Narrows to the keys with a prefix: a string, for the string keys that begin with it, or a list of parts, for the
 * keys that begin with them and have more.
 *
 * @param touched the keys and prefixes that checked arguments name
 */
export function underPrefix(
  touched: (args: readonly unknown[]) => {
    readonly keys?: readonly unknown[];
    readonly prefixes?: readonly unknown[];
  },
): Narrowing {
  return {
    what: "a key prefix",
    within: (limit) => {
      const wrong = checkPrefix(limit);
      if (wrong !== undefined) throw new TypeError(`A grant is narrowed to a key prefix: ${wrong}`);
      return (args) => {
        const { keys = [], prefixes = [] } = touched(args);
        const key = keys.find((each) => !hasPrefix(partsOf(each), limit));
        if (key !== undefined) return `the key ${show(key)} is outside ${show(limit)}`;
        const prefix = prefixes.find((each) => !isWithin(each, limit));
        return prefix === undefined ? undefined : `the prefix ${show(prefix)} is outside ${show(limit)}`;
      };
    },
  };
}
