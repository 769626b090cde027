/** `#tag form`: the language's own tags, the program's, and what people write out of habit. */

import type { BuiltinTag, Form } from "./form.ts";
import { BUILTIN_TAGS } from "./form.ts";

/** Makes a value of the form after its tag. Throws an `Error` to refuse it: that is a read error. */
export type TagHandler = (form: Form) => unknown;

export function isBuiltinTag(tag: string): tag is BuiltinTag {
  return (BUILTIN_TAGS as readonly string[]).includes(tag);
}

/** What is wrong with the form after one of the language's own tags, if anything. */
export function builtinTagProblem(tag: BuiltinTag, form: Form): string | undefined {
  if (tag === "bytes") {
    if (form.type === "string" && isBase64(form.value)) return undefined;
    return 'expected a string of base64 after `#bytes`, such as `#bytes "AQI="`';
  }
  if (form.type === "list" && form.bracket === "(" && form.prefix === undefined) return undefined;
  return `expected a list of the elements after \`#${tag}\`, such as \`#${tag} (1 2)\``;
}

function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  for (let i = 0; i < text.length - padding; i++) {
    const c = text.charCodeAt(i);
    const lower = c | 32;
    const letter = lower >= 97 && lower <= 122 && c < 123 && c > 64;
    if (!letter && !(c >= 48 && c <= 57) && c !== 43 && c !== 47) return false;
  }
  return true;
}

/** Tags that stand for a whole datum elsewhere, with what to write here. No form follows them. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["t", "`true`"],
  ["true", "`true`"],
  ["f", "`false`"],
  ["false", "`false`"],
  ["nil", "`nil`"],
]);

/** The message for a tag that means nothing, and whether a form belongs to it. */
export function unknownTag(
  tag: string,
  written: string,
  handlers: Readonly<Record<string, TagHandler>>,
): { message: string; takesForm: boolean } {
  const instead = FOREIGN.get(tag);
  if (instead !== undefined) {
    return { message: `unknown tag ${written}: expected ${instead}`, takesForm: false };
  }
  if (tag.startsWith("\\")) {
    const message = `unknown tag ${written}: expected a string, a character is a string of one`;
    return { message, takesForm: false };
  }
  const known = [...BUILTIN_TAGS, ...Object.keys(handlers)].map((name) => `\`#${name}\``).join(", ");
  return { message: `unknown tag ${written}: expected one of ${known}`, takesForm: true };
}
