/** Markup in the language: the element functions, and the primitives that go with them. */
import { dictEach, fromArray } from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import { Deferred, Markup, TrustedUrl } from "../heap/value.ts";
import { declare } from "../primitives/declare.ts";
import { ElementPrimitive } from "../primitives/element.ts";
import type { Primitive } from "../primitives/primitive.ts";
import { ELEMENTS } from "./elements.ts";
import { escapeText } from "./escape.ts";
import {
  checkElementName,
  element,
  fragment,
  markupParts,
  renderTemplate,
  renderToHtml,
  type Template,
} from "./template.ts";

/**
 * The function of each element, by its name and by `html/` and its name. The bare names give way to
 * core functions (`map`, `filter`, `set` …): that is for whoever fills the global scope.
 */
export const elementFunctions: ReadonlyMap<string, ElementPrimitive> = new Map(
  Array.from(ELEMENTS).flatMap((name): [string, ElementPrimitive][] => {
    const primitive = new ElementPrimitive(name);
    return [
      [name, primitive],
      [`html/${name}`, primitive],
    ];
  }),
);

const DOCTYPE = new Markup("<!doctype html>");

export const markupPrimitives: readonly Primitive[] = [
  declare(
    "%template",
    "template &rest values",
    "reads",
    "The markup of a compiled template with its slots filled.",
    (template, ...values) => renderTemplate(template as unknown as Template, values),
  ),
  declare(
    "<>",
    "&rest children",
    "reads",
    "A fragment: the children as markup, without an element around them.",
    (...children) => fragment(children),
  ),
  declare(
    "element",
    "name:string attributes:dict &rest children",
    "reads",
    'The element of any name, such as a custom element, with attributes from a dict: `(element "my-card" {:class "a"} "hi")`.',
    (name, attributes, ...children) => {
      const attrs: [string, Value][] = [];
      dictEach(attributes, (k, v) => attrs.push([k, v]));
      return element(checkElementName(name), attrs, children);
    },
  ),
  declare("doctype", "", "pure", "The document type that begins every page of HTML.", () => DOCTYPE),
  declare(
    "raw!",
    "s:string|markup",
    "pure",
    "Markup of HTML that the program vouches for: nothing in it is escaped.",
    (s) => (typeof s === "string" ? new Markup(s) : s),
  ),
  declare(
    "trust-url",
    "s:string|trusted-url",
    "pure",
    "A URL that the program vouches for: an attribute takes it even when it starts with `javascript:`.",
    (s) => (typeof s === "string" ? new TrustedUrl(s) : s),
  ),
  declare(
    "escape-html",
    "s:string",
    "pure",
    'The string with `&`, `<` and `>` as character references: `(escape-html "<b>")` is `"&lt;b&gt;"`. Children of elements are escaped ' +
      "without it.",
    (s) => escapeText(s),
  ),
  declare(
    "%html",
    "m",
    "reads",
    'The HTML of markup without deferred parts, or of anything that may be a child of an element. A refused URL in it raises "url".',
    (m) => renderToHtml(m instanceof Markup ? m : fragment([m])),
  ),
  declare(
    "%defer",
    "thunk:function",
    "pure",
    "Markup that is what `thunk` gives when the rest has been sent.",
    (thunk) => new Markup([new Deferred(thunk)]),
  ),
  declare(
    "%markup-parts",
    "m",
    "reads",
    "What rendering sends, in order: a list of strings of HTML and thunks, each giving a child.",
    (m) =>
      fromArray(
        markupParts(m instanceof Markup ? m : fragment([m])).map((part) =>
          part instanceof Deferred ? part.thunk : part,
        ),
      ),
  ),
];
