/**
 * Markup made at run time: from a template that the compiler has folded, or element by element.
 * Both give the same HTML, by the same functions for each attribute and child.
 */
import { raise } from "../heap/index.ts";
import type { Condition, Value } from "../heap/value.ts";
import { Deferred, Markup } from "../heap/value.ts";
import { attributeText } from "./attributes.ts";
import { childText, Sink } from "./children.ts";
import type { RawTextElement } from "./elements.ts";
import { DROPS_FIRST_NEWLINE, isRawText, VOID_ELEMENTS } from "./elements.ts";

/** A place in a template that a value fills. `element` is what errors name. */
export type Slot = ChildSlot | AttributeSlot;
export interface ChildSlot {
  readonly kind: "child";
  /** Which argument fills it; absent: the one at its own place among the slots. */
  readonly arg?: number;
  readonly element?: string;
  /** The child is the text of `script` or `style`. */
  readonly raw?: RawTextElement;
  /** First thing in an element whose first new line a parser drops, or next with only slots before it. */
  readonly lead?: "first" | "next";
}
/** Stands for the whole attribute, the space before it included. */
export interface AttributeSlot {
  readonly kind: "attr";
  /** As of a child's slot. */
  readonly arg?: number;
  readonly name: string;
  readonly element?: string;
}

/** HTML with slots in it. Make one with `TemplateBuilder`. */
export interface Template {
  /** One more than slots: what stands before, between and after them. */
  readonly statics: readonly string[];
  readonly slots: readonly Slot[];
}

const FRAGMENT = "<>";

/** What the attributes of the element at hand have refused. Nothing here calls back, so one is enough. */
let refused: Condition | undefined;
const refuse = (c: Condition): void => {
  refused ??= c;
};

/**
 * The markup of a template with `args` in its slots: in the order of the slots, or as they say. Linear in its size.
 * Raises as `element` does.
 */
export function renderTemplate(t: Template, args: readonly Value[]): Markup {
  const { statics, slots } = t;
  let html = statics[0] ?? "";
  let lead = 0;
  refused = undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    const v = args[slot?.arg ?? i];
    if (slot === undefined || v === undefined) return missing(t, args);
    let text: string | undefined;
    if (slot.kind === "attr") {
      text = attributeText(slot.element ?? FRAGMENT, slot.name, v, refuse);
      if (refused !== undefined) return renderParts(t, args);
    } else {
      text = childText(slot.element ?? FRAGMENT, slot.raw, v);
      if (text === undefined) return renderParts(t, args);
      if (slot.lead !== undefined) {
        if (slot.lead === "first") lead = html.length;
        if (html.length === lead && text.startsWith("\n")) html += "\n";
      }
    }
    html += text + (statics[i + 1] ?? "");
  }
  return new Markup(html);
}

function missing(t: Template, args: readonly Value[]): never {
  throw new Error(`a template with ${t.slots.length} slots was given ${args.length} values`);
}

/** The same for what does not come to one string. */
function renderParts(t: Template, args: readonly Value[]): Markup {
  const sink = new Sink();
  let lead = 0;
  sink.html(t.statics[0] ?? "");
  for (const [i, slot] of t.slots.entries()) {
    const v = args[slot.arg ?? i];
    if (v === undefined) return missing(t, args);
    if (slot.kind === "attr") sink.html(attributeText(slot.element ?? FRAGMENT, slot.name, v, sink.refuse));
    else if (slot.lead === undefined) sink.child(slot.element ?? FRAGMENT, slot.raw, v);
    else {
      if (slot.lead === "first") lead = sink.length;
      const child = new Sink();
      child.child(slot.element ?? FRAGMENT, slot.raw, v);
      const markup = child.done();
      if (sink.length === lead && startsWithNewline(markup)) sink.html("\n");
      sink.markup(markup);
    }
    sink.html(t.statics[i + 1] ?? "");
  }
  return sink.done();
}

function startsWithNewline({ parts }: Markup): boolean {
  const head = typeof parts === "string" ? parts : parts[0];
  return typeof head === "string" && head.startsWith("\n");
}

const NAME = /^[A-Za-z][A-Za-z0-9._:-]*$/;

/** Raises "type" for what cannot be the name of an element. */
export function checkElementName(name: string): string {
  return NAME.test(name)
    ? name
    : raise("type", `${JSON.stringify(name)} cannot be the name of an element`, name);
}

function childOfVoid(name: string): never {
  return raise("type", `${name}: a void element takes no children`);
}

function twice(element: string, name: string): never {
  return raise("type", `${element}: the attribute ${name} is given twice`, name);
}

/**
 * The markup of one element. Linear in its size.
 *
 * @param name of the element, already checked; what HTML says of `br` or `script` holds in any case.
 * @param attrs in the order in which they are written.
 * Raises "type", naming the element, for a value that cannot be a child or that attribute, for an
 * attribute that is there twice and for children of a void element. A refused URL raises nothing
 * yet: it is part of the markup, and rendering raises it.
 */
export function element(name: string, attrs: readonly [string, Value][], children: readonly Value[]): Markup {
  let html = `<${name}`;
  refused = undefined;
  for (let i = 0; i < attrs.length; i++) {
    const attr = attrs[i];
    if (attr === undefined) continue;
    for (let j = 0; j < i; j++) if (attrs[j]?.[0] === attr[0]) twice(name, attr[0]);
    html += attributeText(name, attr[0], attr[1], refuse);
  }
  html += ">";
  const reason = refused;
  const rules = name.toLowerCase();
  if (VOID_ELEMENTS.has(rules)) {
    if (children.length > 0) childOfVoid(name);
    return new Markup(html, reason);
  }
  const body = content(name, isRawText(rules) ? rules : undefined, children);
  const newline = DROPS_FIRST_NEWLINE.has(rules) && startsWithNewline(body) ? "\n" : "";
  if (typeof body.parts === "string") {
    return new Markup(`${html}${newline}${body.parts}</${name}>`, reason ?? body.refused);
  }
  const sink = new Sink();
  if (reason !== undefined) sink.refuse(reason);
  sink.html(html + newline);
  sink.markup(body);
  sink.html(`</${name}>`);
  return sink.done();
}

function content(name: string, raw: RawTextElement | undefined, children: readonly Value[]): Markup {
  let html = "";
  for (const child of children) {
    const text = childText(name, raw, child);
    if (text === undefined) {
      const sink = new Sink();
      for (const any of children) sink.child(name, raw, any);
      return sink.done();
    }
    html += text;
  }
  return new Markup(html);
}

/** `(<> child …)`: children without an element around them. */
export function fragment(children: readonly Value[]): Markup {
  return content(FRAGMENT, undefined, children);
}

/** The HTML of markup that is complete. Raises the refused URL in it, if any, and "type" for deferred parts. */
export function renderToHtml(m: Markup): string {
  if (m.refused !== undefined) raiseRefused(m.refused);
  if (typeof m.parts === "string") return m.parts;
  let html = "";
  for (const part of m.parts) {
    if (part instanceof Deferred)
      return raise("type", "render-to-html: the markup has deferred parts: it needs render-chunks", m);
    html += part;
  }
  return html;
}

/** What has to be sent in turn. Raises the refused URL in it, if any, before anything is sent. */
export function markupParts(m: Markup): (string | Deferred)[] {
  if (m.refused !== undefined) raiseRefused(m.refused);
  return typeof m.parts === "string" ? [m.parts] : [...m.parts];
}

/** A new condition each time: where it is raised is written into it. */
function raiseRefused(c: Condition): never {
  return raise("url", c.message, c.data);
}

interface OpenElement {
  readonly name: string;
  readonly raw: RawTextElement | undefined;
  readonly isVoid: boolean;
  readonly attributes: Set<string>;
  inTag: boolean;
  /** While nothing but slots has come after the tag of `pre` or `textarea`. */
  lead: "first" | "next" | undefined;
}

/**
 * Makes templates: the compiler walks nested elements and says what it meets, in the order of the
 * HTML. Slots number themselves in the order of the calls; evaluating arguments in the order of the
 * source is the compiler's concern, and so is that a type error of an inner element comes before the
 * effects of what follows it.
 */
export class TemplateBuilder {
  readonly #statics: string[] = [];
  readonly #slots: Slot[] = [];
  readonly #open: OpenElement[] = [];
  #text = "";

  /** The start of an element; attributes come next, then children, then `close`. */
  open(name: string): void {
    this.#beforeChild();
    const rules = name.toLowerCase();
    this.#text += `<${name}`;
    this.#open.push({
      name,
      raw: isRawText(rules) ? rules : undefined,
      isVoid: VOID_ELEMENTS.has(rules),
      attributes: new Set(),
      inTag: true,
      lead: DROPS_FIRST_NEWLINE.has(rules) ? "first" : undefined,
    });
  }

  /** A constant attribute. False, and nothing added, when only the run can tell: make a slot of it then. */
  attribute(name: string, v: Value): boolean {
    const top = this.#tag(name);
    refused = undefined;
    const text = attributeText(top.name, name, v, refuse);
    if (refused !== undefined) return false;
    top.attributes.add(name);
    this.#text += text;
    return true;
  }

  attributeSlot(name: string): void {
    const top = this.#tag(name);
    top.attributes.add(name);
    this.#slot({ kind: "attr", name, element: top.name });
  }

  /** A constant child. False, and nothing added, when only the run can tell: make a slot of it then. */
  child(v: Value): boolean {
    const top = this.#open.at(-1);
    const text = childText(top?.name ?? FRAGMENT, top?.raw, v);
    // What starts with a new line in `pre` may stand after slots that turn out empty.
    if (text === undefined || (top?.lead === "next" && text.startsWith("\n"))) return false;
    const lead = top?.lead;
    this.#beforeChild();
    if (text === "") {
      if (top !== undefined) top.lead = lead;
      return true;
    }
    this.#text += lead === "first" && text.startsWith("\n") ? `\n${text}` : text;
    return true;
  }

  childSlot(): void {
    const top = this.#open.at(-1);
    const lead = top?.lead;
    this.#beforeChild();
    this.#slot({
      kind: "child",
      element: top?.name ?? FRAGMENT,
      ...(top?.raw === undefined ? {} : { raw: top.raw }),
      ...(lead === undefined ? {} : { lead }),
    });
    if (top !== undefined && lead !== undefined) top.lead = "next";
  }

  close(): void {
    const top = this.#open.pop();
    if (top === undefined) throw new Error("a template closes an element that it has not opened");
    if (top.inTag) this.#text += ">";
    if (!top.isVoid) this.#text += `</${top.name}>`;
  }

  finish(): Template {
    if (this.#open.length > 0) throw new Error("a template ends with an element open");
    return { statics: [...this.#statics, this.#text], slots: this.#slots };
  }

  #tag(name: string): OpenElement {
    const top = this.#open.at(-1);
    if (top === undefined || !top.inTag)
      throw new Error(`a template has the attribute ${name} outside a tag`);
    if (top.attributes.has(name)) twice(top.name, name);
    return top;
  }

  #beforeChild(): void {
    const top = this.#open.at(-1);
    if (top === undefined) return;
    if (top.isVoid) childOfVoid(top.name);
    if (top.inTag) this.#text += ">";
    top.inTag = false;
    top.lead = undefined;
  }

  #slot(slot: Slot): void {
    this.#statics.push(this.#text);
    this.#text = "";
    this.#slots.push(slot);
  }
}

/** A constant attribute as the compiler folds it, or undefined when it has to be a slot. */
export function staticAttr(element: string, name: string, v: Value): string | undefined {
  refused = undefined;
  const text = attributeText(element, name, v, refuse);
  return refused === undefined ? text : undefined;
}

/** A constant child as the compiler folds it, or undefined when it has to be a slot. */
export function staticChild(element: string, v: Value): string | undefined {
  const rules = element.toLowerCase();
  return childText(element, isRawText(rules) ? rules : undefined, v);
}
