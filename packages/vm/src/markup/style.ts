/** A style dict as CSS declarations, such that no value can be more than the value of its property. */
import { dictEach, FALSE, NIL, raise, str } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";

const PROPERTY = /^(?:--[A-Za-z0-9_-]+|-?[A-Za-z][A-Za-z0-9-]*)$/;

/**
 * Whether CSS text stays within one declaration: no `;` or brace outside strings and brackets, no
 * comment, everything that is opened closed. A value from data must not add declarations.
 */
function isOneValue(text: string): boolean {
  const open: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const ch = text.charAt(i);
    const quote = open.at(-1);
    if (ch === "\\") {
      // An escaped new line continues a string; an escape at the end would take what follows.
      if (++i >= text.length) return false;
    } else if (quote === '"' || quote === "'") {
      if (ch === quote) open.pop();
      else if (ch === "\n" || ch === "\r" || ch === "\f") return false;
    } else if (ch === '"' || ch === "'") open.push(ch);
    else if (ch === "(") open.push(")");
    else if (ch === "[") open.push("]");
    else if (ch === ")" || ch === "]") {
      if (open.pop() !== ch) return false;
    } else if (ch === "{" || ch === "}") return false;
    else if (ch === ";" && open.length === 0) return false;
    else if (ch === "/" && text.charAt(i + 1) === "*") return false;
  }
  return open.length === 0;
}

/** `color:red;margin:0` of a dict; entries with nil or false are left out. */
export function styleText(element: string, d: Value): string {
  const declarations: string[] = [];
  dictEach(d, (property, v) => {
    if (v === NIL || v === FALSE) return;
    if (!PROPERTY.test(property)) {
      raise(
        "type",
        `${element}: ${JSON.stringify(property)} cannot be the name of a style property`,
        property,
      );
    }
    if (typeof v !== "string" && typeof v !== "number") {
      raise("type", `${element}: expected a string or number as the style property ${property}`, v);
    }
    const text = str(v);
    if (!isOneValue(text)) {
      raise(
        "type",
        `${element}: ${JSON.stringify(text)} is not one value of the style property ${property}`,
        v,
      );
    }
    declarations.push(`${property}:${text}`);
  });
  return declarations.join(";");
}
