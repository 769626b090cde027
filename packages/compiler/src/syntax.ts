/** Small questions about forms, and the one way to report a mistake in them. */
import { type Form, type KeywordForm, type ListForm, type SymbolForm, spanOf } from "@sorbus/reader";
import { Condition, EMPTY, Raise } from "@sorbus/vm";

/** A condition of kind "syntax" at the place of `form`. */
export function syntaxCondition(form: Form, message: string): Condition {
  const condition = new Condition("syntax", message, EMPTY);
  condition.span = spanOf(form);
  return condition;
}

/** @throws Raise always: a condition of kind "syntax" at the place of `form`. */
export function syntaxError(form: Form, message: string): never {
  throw new Raise(syntaxCondition(form, message));
}

export function isSymbol(form: Form | undefined, name: string): boolean {
  return form !== undefined && form.type === "symbol" && form.name === name;
}

export function isKeyword(form: Form | undefined, name: string): form is KeywordForm {
  return form !== undefined && form.type === "keyword" && form.name === name;
}

/** A list written with parentheses, which `'x` is not. */
export function isParen(form: Form | undefined): form is ListForm {
  return form !== undefined && form.type === "list" && form.bracket === "(" && form.prefix === undefined;
}

/** A list written with brackets. */
export function isBracket(form: Form | undefined): form is ListForm {
  return form !== undefined && form.type === "list" && form.bracket === "[";
}

/** The item, or a syntax error at `form` that says what should be there. */
export function need(form: ListForm, index: number, what: string): Form {
  const item = form.items[index];
  if (item === undefined) syntaxError(form, `${headName(form)} needs ${what}`);
  return item;
}

export function needSymbol(form: ListForm, index: number, what: string): SymbolForm {
  const item = need(form, index, what);
  if (item.type !== "symbol") syntaxError(item, `${headName(form)} needs ${what}`);
  return item;
}

/** Exactly `min` to `max` items after the head. */
export function needCount(form: ListForm, min: number, max: number, shape: string): void {
  const count = form.items.length - 1;
  if (count < min || count > max) syntaxError(form, `${headName(form)} is written ${shape}`);
}

/** The name in operator position, for messages. */
export function headName(form: ListForm): string {
  const head = form.items[0];
  return head !== undefined && head.type === "symbol" ? head.name : "this form";
}

/** A list form at the place of another form; for forms that the expander makes itself. */
export function listAt(place: Form, items: readonly Form[]): ListForm {
  return { type: "list", origin: place.origin, start: place.start, end: place.end, items, bracket: "(" };
}

/** A symbol form at the place of another form. */
export function symbolAt(place: Form, name: string, alias?: object): SymbolForm {
  const { origin, start, end } = place;
  return alias === undefined
    ? { type: "symbol", origin, start, end, name }
    : { type: "symbol", origin, start, end, name, alias };
}
