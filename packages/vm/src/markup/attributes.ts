/** Attributes as text: ` name="value"` with its leading space, or nothing. */
import {
  dictEach,
  FALSE,
  inspectBriefly,
  isDict,
  isList,
  list,
  NIL,
  raise,
  str,
  TRUE,
  toArray,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { Condition, Markup, Sym, TrustedUrl } from "../heap/value.ts";
import { BOOLEAN_ATTRIBUTES, ENUMERATED_ATTRIBUTES, URL_ATTRIBUTES } from "./elements.ts";
import { escapeAttribute, escapeText } from "./escape.ts";
import { styleText } from "./style.ts";
import { isRefusedUrl } from "./url.ts";

export type AttributeKind = "plain" | "boolean" | "enumerated" | "class" | "style" | "url" | "html";

const NAME = /^[^\s"'<>/=\u0000-\u001f\u007f-\u009f]+$/;
const kinds = new Map<string, AttributeKind>();
const KNOWN_NAMES = 2048;

/** What a name means for its values. Raises "type" for what cannot be the name of an attribute. */
export function attributeKind(element: string, name: string): AttributeKind {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name))
    raise("type", `${element}: ${JSON.stringify(name)} cannot be the name of an attribute`, name);
  const kind = classify(name.toLowerCase());
  // Names from data must not fill the memory.
  if (kinds.size < KNOWN_NAMES) kinds.set(name, kind);
  return kind;
}

function classify(name: string): AttributeKind {
  if (name === "class" || name === "style") return name;
  if (name === "srcdoc") return "html";
  if (URL_ATTRIBUTES.has(name)) return "url";
  if (BOOLEAN_ATTRIBUTES.has(name)) return "boolean";
  return name.startsWith("aria-") || ENUMERATED_ATTRIBUTES.has(name) ? "enumerated" : "plain";
}

function badValue(element: string, name: string, expected: string, v: Value): never {
  return raise(
    "type",
    `${element}: expected ${expected} as the attribute ${name}, got ${inspectBriefly(v, 80)}`,
    v,
  );
}

/** Class names joined by spaces; `undefined` for none at all. Items may be lists and dicts again. */
function classText(element: string, v: Value): string | undefined {
  const names: string[] = [];
  const pending: Value[] = [v];
  for (;;) {
    const item = pending.pop();
    if (item === undefined) break;
    if (item === NIL || item === FALSE || item === TRUE) continue;
    if (typeof item === "string") {
      if (item !== "") names.push(item);
    } else if (typeof item === "number") names.push(str(item));
    else if (isList(item)) for (const inner of toArray(item).reverse()) pending.push(inner);
    else if (isDict(item)) {
      dictEach(item, (name, on) => {
        if (on !== NIL && on !== FALSE) names.push(name);
      });
    } else return badValue(element, "class", "a string, or a list or dict of class names,", item);
  }
  return names.length === 0 ? undefined : names.join(" ");
}

/** What a value of the plain kind is as text, not yet escaped. */
function plainText(element: string, name: string, v: Value): string {
  if (typeof v === "string") return v;
  if (typeof v === "number" || typeof v === "bigint") return str(v);
  if (v instanceof TrustedUrl) return v.url;
  if (v instanceof Sym) return badValue(element, name, "a string (a symbol has symbol->string)", v);
  return badValue(element, name, "a string, number or boolean", v);
}

/** Called when a URL is refused; the condition is raised when the markup is rendered. */
export type Refuse = (c: Condition) => void;

const written = (name: string, text: string): string => ` ${name}="${escapeAttribute(text)}"`;

/**
 * The whole attribute as it stands in the tag, with a leading space; "" for nil and false.
 *
 * - boolean attributes: there for any truthy value, without a value
 * - `class`: a string, or a list or dict (names with truthy values), nested at will
 * - `style`: a string, or a dict of properties
 * - URL attributes: refuse what would run as code, unless it is a `trust-url`
 * - `aria-*` and others in which true and false are words: written as words
 * - `srcdoc`: markup, or a string as text
 * - anything else: a string, a number, or true for the bare name
 */
export function attributeText(element: string, name: string, v: Value, refuse: Refuse): string {
  const kind = attributeKind(element, name);
  if (v === NIL) return "";
  switch (kind) {
    case "boolean":
      if (v === FALSE) return "";
      // `hidden` has one value with a meaning of its own.
      return v === "until-found" ? written(name, v) : ` ${name}`;
    case "enumerated":
      if (v === TRUE || v === FALSE) return ` ${name}="${v === TRUE}"`;
      break;
    case "class": {
      if (typeof v === "string") return written(name, v);
      const text = classText(element, v);
      return text === undefined ? "" : written(name, text);
    }
    case "style": {
      if (!isDict(v)) break;
      const text = styleText(element, v);
      return text === "" ? "" : written(name, text);
    }
    case "url":
      if (typeof v === "string" && isRefusedUrl(v)) {
        refuse(
          new Condition(
            "url",
            `${element}: the URL ${JSON.stringify(v.length > 80 ? `${v.slice(0, 79)}…` : v)} in ${name} would run as code; (trust-url …) allows it`,
            list(v),
          ),
        );
        return "";
      }
      break;
    case "html":
      if (v instanceof Markup) {
        if (v.refused !== undefined) refuse(v.refused);
        if (typeof v.parts !== "string") return badValue(element, name, "markup without deferred parts", v);
        return written(name, v.parts);
      }
      if (typeof v === "string") return written(name, escapeText(v));
      break;
    case "plain":
      break;
  }
  if (v === FALSE) return "";
  if (v === TRUE) return ` ${name}`;
  return written(name, plainText(element, name, v));
}
