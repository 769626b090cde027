/**
 * Versionstamps: which commit wrote an entry, opaque, ordered as strings. Twenty hexadecimal digits: sixteen
 * count commits; four count, in keys that `setVersionstamped` makes, the values of one commit (as in
 * FoundationDB, where the tenth byte pair does).
 */
import { kvError } from "./errors.ts";

declare const brand: unique symbol;

/** Twenty hexadecimal digits; greater for a later commit. It can be a part of a key, where it is a string. */
export type Versionstamp = string & { readonly [brand]: "versionstamp" };

/** How many values of one atomic can have versionstamps in their keys. */
export const MAX_STAMPED = 0x10000;

/** @param order which of the versionstamped values of the commit; 0 for the commit itself */
export function versionstamp(counter: number, order = 0): Versionstamp {
  return (counter.toString(16).padStart(16, "0") + order.toString(16).padStart(4, "0")) as Versionstamp;
}

/** The number of the commit. @throws KvError "value" when the string is not a versionstamp */
export function counterOf(version: Versionstamp): number {
  if (!/^[0-9a-f]{20}$/.test(version))
    throw kvError("value", `${JSON.stringify(version)} is not a versionstamp`);
  return Number.parseInt(version.slice(0, 16), 16);
}
