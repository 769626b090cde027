/**
 * Escaping, one function for each context of HTML. Each gives the same string back when there is
 * nothing to escape, which is the common case.
 */
import type { RawTextElement } from "./elements.ts";

const AMP = 38;
const LT = 60;
const GT = 62;
const QUOTE = 34;

/** For text between tags: `&`, `<` and `>`. */
export function escapeText(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === AMP || c === LT || c === GT) return escapeFrom(text, i, false);
  }
  return text;
}

/** For attribute values in double quotes: `"` too. */
export function escapeAttribute(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === AMP || c === LT || c === GT || c === QUOTE) return escapeFrom(text, i, true);
  }
  return text;
}

function escapeFrom(text: string, first: number, quotes: boolean): string {
  let out = "";
  let done = 0;
  for (let i = first; i < text.length; i++) {
    let reference: string;
    switch (text.charCodeAt(i)) {
      case AMP:
        reference = "&amp;";
        break;
      case LT:
        reference = "&lt;";
        break;
      case GT:
        reference = "&gt;";
        break;
      case QUOTE:
        if (!quotes) continue;
        reference = "&quot;";
        break;
      default:
        continue;
    }
    out += text.slice(done, i) + reference;
    done = i + 1;
  }
  return out + text.slice(done);
}

const SCRIPT_DANGER = /<(?=\/script|script|!--)/gi;
const STYLE_DANGER = /<(?=\/style)/gi;

/**
 * For text in `script` and `style`, which the parser takes as it is up to the end tag. What would
 * end the element, or start the state in which the end tag is not one (`<!--`, `<script`), gets
 * its `<` written as an escape. In a string, template or regular expression of JavaScript, and in
 * JSON and CSS, that means the same; anywhere else in a script it is a syntax error, never markup.
 */
export function escapeRawText(element: RawTextElement, text: string): string {
  return element === "script" ? text.replace(SCRIPT_DANGER, "\\u003c") : text.replace(STYLE_DANGER, "\\3c ");
}
