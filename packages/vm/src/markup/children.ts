/** Children of elements as HTML. */
import {
  EMPTY,
  FALSE,
  inspectBriefly,
  isList,
  isVector,
  kindOf,
  NIL,
  raise,
  str,
  TRUE,
  toArray,
  vectorItems,
} from "../heap/index.ts";
import type { Condition, Value } from "../heap/value.ts";
import { type Deferred, Markup } from "../heap/value.ts";
import type { RawTextElement } from "./elements.ts";
import { escapeRawText, escapeText } from "./escape.ts";

/** Escapes a string for where it stands: text, or the raw text of an element. */
function text(raw: RawTextElement | undefined, s: string): string {
  return raw === undefined ? escapeText(s) : escapeRawText(raw, s);
}

/**
 * The HTML of a child, when it is one string at once; `undefined` when it has deferred parts or a
 * refused URL in it, which take a `Sink`. Lists and vectors are spliced, however deep.
 * Raises "type", naming the element, for what is no child.
 */
export function childText(element: string, raw: RawTextElement | undefined, v: Value): string | undefined {
  if (typeof v === "string") return text(raw, v);
  if (typeof v === "number" || typeof v === "bigint") return str(v);
  if (v instanceof Markup)
    return typeof v.parts === "string" && v.refused === undefined ? v.parts : undefined;
  if (v === NIL || v === FALSE || v === TRUE || v === EMPTY) return "";
  if (!isList(v) && !isVector(v)) return badChild(element, v);
  let out = "";
  const plain = eachLeaf(element, v, (leaf) => {
    const html = childText(element, raw, leaf);
    if (html === undefined) return false;
    out += html;
    return true;
  });
  return plain ? out : undefined;
}

function badChild(element: string, v: Value): never {
  return raise("type", `${element}: a ${kindOf(v)} cannot be a child, got ${inspectBriefly(v, 80)}`, v);
}

/** More than any page has: a vector inside itself. */
const MAX_DEPTH = 100_000;

/** Calls `f` with all that is no list or vector, until it answers false; whether it never did. */
function eachLeaf(element: string, v: Value, f: (leaf: Value) => boolean): boolean {
  const open: { items: Value[]; at: number }[] = [{ items: itemsOf(v), at: 0 }];
  for (;;) {
    const top = open.at(-1);
    if (top === undefined) return true;
    const item = top.items[top.at++];
    if (item === undefined) open.pop();
    else if (typeof item === "object" && (isList(item) || isVector(item))) {
      if (open.length >= MAX_DEPTH)
        return raise("limit", `${element}: children are nested too deeply, or within themselves`);
      open.push({ items: itemsOf(item), at: 0 });
    } else if (!f(item)) return false;
  }
}

function itemsOf(v: Value): Value[] {
  return isList(v) ? toArray(v) : vectorItems(v);
}

/** Collects markup that may have deferred parts and refused URLs. */
export class Sink {
  #parts: (string | Deferred)[] = [];
  #tail = "";
  #total = 0;
  #refused: Condition | undefined = undefined;

  /** Of several refused URLs, the first is what rendering raises. */
  readonly refuse = (c: Condition): void => {
    this.#refused ??= c;
  };

  html(s: string): void {
    this.#tail += s;
    this.#total += s.length;
  }

  markup(m: Markup): void {
    if (m.refused !== undefined) this.refuse(m.refused);
    if (typeof m.parts === "string") this.html(m.parts);
    else for (const part of m.parts) this.#part(part);
  }

  #part(part: string | Deferred): void {
    if (typeof part === "string") this.html(part);
    else {
      if (this.#tail !== "") this.#parts.push(this.#tail);
      this.#parts.push(part);
      this.#tail = "";
    }
  }

  child(element: string, raw: RawTextElement | undefined, v: Value): void {
    if (v instanceof Markup) this.markup(v);
    else if (typeof v === "object" && (isList(v) || isVector(v))) {
      eachLeaf(element, v, (leaf) => {
        this.child(element, raw, leaf);
        return true;
      });
    } else this.html(childText(element, raw, v) ?? "");
  }

  /** Grows with everything that is added. */
  get length(): number {
    return this.#parts.length + this.#total;
  }

  done(): Markup {
    if (this.#parts.length === 0) return new Markup(this.#tail, this.#refused);
    if (this.#tail !== "") this.#parts.push(this.#tail);
    return new Markup(this.#parts, this.#refused);
  }
}
