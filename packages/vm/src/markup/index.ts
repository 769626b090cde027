/** Markup: safe HTML as a value. */

export { ElementPrimitive } from "../primitives/element.ts";
export {
  BOOLEAN_ATTRIBUTES,
  ELEMENTS,
  ENUMERATED_ATTRIBUTES,
  HTML_ELEMENTS,
  SVG_ELEMENTS,
  URL_ATTRIBUTES,
  VOID_ELEMENTS,
} from "./elements.ts";
export { escapeAttribute, escapeText } from "./escape.ts";
export { elementFunctions, markupPrimitives } from "./primitives.ts";
export type { AttributeSlot, ChildSlot, Slot, Template } from "./template.ts";
export {
  element,
  fragment,
  markupParts,
  renderTemplate,
  renderToHtml,
  staticAttr,
  staticChild,
  TemplateBuilder,
} from "./template.ts";
