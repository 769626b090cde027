/** How much one primitive may make at once: it cannot be stopped, so it refuses what is absurd. */
import { raise } from "../heap/index.ts";

/** Items of a list, vector or bytes made by one call. */
export const MAX_ITEMS: number = 2 ** 25;
/** UTF-16 units of a string: V8 refuses a little more. */
export const MAX_STRING: number = 2 ** 29 - 32;

export function checkItems(name: string, count: number): void {
  if (count > MAX_ITEMS)
    raise("limit", `${name}: ${count} items are more than the limit of ${MAX_ITEMS}`, count);
}

export function checkString(name: string, units: number): void {
  if (units > MAX_STRING) {
    raise("limit", `${name}: a string of ${units} units is longer than the limit of ${MAX_STRING}`, units);
  }
}
