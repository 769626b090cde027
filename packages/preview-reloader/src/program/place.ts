/**
 * Places of code whose text has moved since it was compiled: an equal form that was read again, or one that
 * differs in constants. Looked up only when somebody asks where something is.
 */
import { type Form, spanAt, spanOf } from "@sorbus/reader";
import type { Locate } from "@sorbus/vm";
import type { Item } from "./model.ts";

/** Resolves offsets of a form that was compiled to places in the text as it stands. */
export function locateIn(item: Item): Locate {
  const { form } = item;
  return (start, end) => {
    if (item.form === form)
      return spanAt(form.origin.source, form.origin.offset + start, form.origin.offset + end);
    return spanOf(counterpart(form, item.form, start, end));
  };
}

/** The form in `now` that stands where the one at these offsets stands in `then`, or the nearest around it. */
function counterpart(then: Form, now: Form, start: number, end: number): Form {
  let a = then;
  let b = now;
  for (;;) {
    if ((a.start === start && a.end === end) || a.type !== b.type) return b;
    if ((a.type !== "list" && a.type !== "dict") || (b.type !== "list" && b.type !== "dict")) return b;
    const index = a.items.findIndex((child) => child.start <= start && end <= child.end);
    const [nextA, nextB] = [a.items[index], b.items[index]];
    if (nextA === undefined || nextB === undefined) return b;
    [a, b] = [nextA, nextB];
  }
}
