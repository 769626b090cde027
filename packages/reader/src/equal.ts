/** Whether two forms were written alike. */
import type { Form } from "./form.ts";

/**
 * Structural equality, wherever the forms stand: brackets and prefixes count, comments and layout
 * do not. Numbers are compared as they print (`NaN` equals itself, `-0` differs from `0`), values
 * by what was written with their tag, else by identity. Iterative; linear in the smaller form.
 */
export function formsEqual(a: Form, b: Form): boolean {
  // Pairs still to be compared.
  const left: Form[] = [a];
  const right: Form[] = [b];
  for (;;) {
    const x = left.pop();
    const y = right.pop();
    if (x === undefined || y === undefined) return true;
    if (x === y) continue;
    switch (x.type) {
      case "list":
        if (y.type !== "list" || x.bracket !== y.bracket || x.prefix !== y.prefix) return false;
        if (!pushItems(x.items, y.items, left, right)) return false;
        break;
      case "dict":
        if (y.type !== "dict" || !pushItems(x.items, y.items, left, right)) return false;
        break;
      case "tagged":
        if (y.type !== "tagged" || x.tag !== y.tag) return false;
        left.push(x.form);
        right.push(y.form);
        break;
      case "value":
        if (y.type !== "value" || x.written?.tag !== y.written?.tag) return false;
        if (x.written !== undefined && y.written !== undefined) {
          left.push(x.written.form);
          right.push(y.written.form);
        } else if (!Object.is(x.value, y.value)) {
          return false;
        }
        break;
      default:
        if (!atomsEqual(x, y)) return false;
    }
  }
}

function pushItems(xs: readonly Form[], ys: readonly Form[], left: Form[], right: Form[]): boolean {
  if (xs.length !== ys.length) return false;
  for (let i = 0; i < xs.length; i++) {
    left.push(xs[i] as Form);
    right.push(ys[i] as Form);
  }
  return true;
}

type Atom = Exclude<Form, { type: "list" | "dict" | "tagged" | "value" }>;

function atomsEqual(x: Atom, y: Form): boolean {
  switch (x.type) {
    case "symbol":
      return y.type === "symbol" && x.name === y.name && x.alias === y.alias;
    case "keyword":
      return y.type === "keyword" && x.name === y.name;
    case "nil":
      return y.type === "nil";
    case "number":
      return y.type === "number" && Object.is(x.value, y.value);
    default:
      return x.type === y.type && x.value === y.value;
  }
}
