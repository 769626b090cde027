/** Versionstamps: which commit wrote an entry. Opaque, ordered as strings, greater for a later commit. */
import { KvError } from "./errors.ts";

declare const brand: unique symbol;

/** Twenty hexadecimal digits. */
export type Versionstamp = string & { readonly [brand]: "versionstamp" };

export function versionstamp(counter: number): Versionstamp {
  return counter.toString(16).padStart(20, "0") as Versionstamp;
}

/** @throws KvError "value" when the string is not a versionstamp */
export function counterOf(version: Versionstamp): number {
  if (!/^[0-9a-f]{20}$/.test(version))
    throw new KvError("value", `${JSON.stringify(version)} is not a versionstamp`);
  return Number.parseInt(version, 16);
}
