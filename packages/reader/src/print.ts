/** Forms to text, on one line. Layout is the formatter's. */
import { type Form, type ListForm, PREFIX_NAMES } from "./form.ts";
import { printString } from "./string.ts";

/**
 * Writes a form so that it reads back to an equal one. Two things have no text: a value without a
 * tag shows as `#<value>`, and the name of a symbol that cannot be written is shown as it is.
 * Iterative and linear: any depth will do.
 */
export function printForm(form: Form): string {
  const out: string[] = [];
  // What is still to be written, last first: a form, or text.
  const todo: (Form | string)[] = [form];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next === "string") {
      out.push(next);
      continue;
    }
    switch (next.type) {
      case "list":
        if (isPrefixed(next)) {
          const inner = next.items[1];
          // `, @x` with its space is not `,@x`.
          const apart = next.prefix === "," && inner.type === "symbol" && inner.name.startsWith("@");
          todo.push(inner);
          out.push(apart ? ", " : next.prefix);
        } else {
          open(next.items, next.bracket, next.bracket === "(" ? ")" : "]", out, todo);
        }
        break;
      case "dict":
        open(next.items, "{", "}", out, todo);
        break;
      case "tagged":
        out.push("#", next.tag, " ");
        todo.push(next.form);
        break;
      case "value":
        if (next.written === undefined) {
          out.push("#<value>");
        } else {
          out.push("#", next.written.tag, " ");
          todo.push(next.written.form);
        }
        break;
      default:
        out.push(printAtom(next));
    }
  }
  return out.join("");
}

type PrefixedForm = ListForm & { readonly prefix: string; readonly items: readonly [Form, Form] };

/** A macro may have rebuilt a list that was written with a prefix: then the prefix says nothing. */
function isPrefixed(form: ListForm): form is PrefixedForm {
  const { prefix, items } = form;
  const head = items[0];
  return (
    prefix !== undefined &&
    items.length === 2 &&
    head?.type === "symbol" &&
    head.name === PREFIX_NAMES[prefix]
  );
}

function open(
  items: readonly Form[],
  opener: string,
  closer: string,
  out: string[],
  todo: (Form | string)[],
): void {
  out.push(opener);
  todo.push(closer);
  for (let i = items.length - 1; i >= 0; i--) {
    todo.push(items[i] as Form);
    if (i > 0) todo.push(" ");
  }
}

function printAtom(form: Exclude<Form, { type: "list" | "dict" | "tagged" | "value" }>): string {
  switch (form.type) {
    case "symbol":
      return form.name;
    case "keyword":
      return `:${form.name}`;
    case "string":
      return printString(form.value);
    case "number":
      return Object.is(form.value, -0) ? "-0" : String(form.value);
    case "bigint":
      return `${form.value}n`;
    case "boolean":
      return String(form.value);
    case "nil":
      return "nil";
  }
}
