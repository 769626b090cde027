/**
 * The shape of a value: its kind, the fields of records, and the keys of dicts with the shapes of their values. State
 * is kept across a reload when what it starts from has the same shape as before.
 */
import { dictEach, isDict, kindOf, recordGet, recordType, type Value } from "@sorbus/vm";

const MAX_DEPTH = 8;

/** A text that is equal for values of one shape. Linear in the value's dicts and records, at most 8 deep. */
export function shapeOf(value: Value, depth: number = 0): string {
  const kind = kindOf(value);
  if (depth >= MAX_DEPTH) return kind;
  if (isDict(value)) {
    const entries: string[] = [];
    dictEach(value, (key, item) => entries.push(`${JSON.stringify(key)} ${shapeOf(item, depth + 1)}`));
    return `{${entries.sort().join(", ")}}`;
  }
  const type = recordType(value);
  if (type !== null) {
    const fields = type.fields.map((field, i) => `${field} ${shapeOf(recordGet(value, i), depth + 1)}`);
    return `${type.name}(${fields.join(", ")})`;
  }
  return kind;
}
