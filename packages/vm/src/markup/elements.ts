/**
 * What HTML says about elements and attributes, as tables: the compiler, the element functions and
 * the renderer derive from them. From the HTML standard's index, and the SVG elements in use.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Elements of HTML. `html` is one; obsolete ones are not here. */
export const HTML_ELEMENTS: readonly string[] = words(`
  a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption
  cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset
  figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins
  kbd label legend li link main map mark menu meta meter nav noscript object ol optgroup option
  output p picture pre progress q rp rt ruby s samp script search section select slot small source
  span strong style sub summary sup table tbody td template textarea tfoot th thead time title tr
  track u ul var video wbr`);

/** Elements of SVG that are not also HTML's. Names are case-sensitive, as in SVG. */
export const SVG_ELEMENTS: readonly string[] = words(`
  animate animateMotion animateTransform circle clipPath defs desc ellipse feBlend feColorMatrix
  feComposite feDropShadow feFlood feGaussianBlur feMerge feMergeNode feOffset feTurbulence filter
  foreignObject g image line linearGradient marker mask metadata mpath path pattern polygon polyline
  radialGradient rect set stop svg switch symbol text textPath tspan use view`);

export const ELEMENTS: ReadonlySet<string> = new Set([...HTML_ELEMENTS, ...SVG_ELEMENTS]);

/** Elements without content and without an end tag. */
export const VOID_ELEMENTS: ReadonlySet<string> = new Set(
  words("area base br col embed hr img input link meta source track wbr"),
);

/** Elements whose text the HTML parser takes as it is: character references mean nothing in them. */
export type RawTextElement = "script" | "style";
export function isRawText(element: string): element is RawTextElement {
  return element === "script" || element === "style";
}

/** Elements whose first new line the parser drops. */
export const DROPS_FIRST_NEWLINE: ReadonlySet<string> = new Set(["pre", "textarea"]);

/** Attributes that are on by being there. */
export const BOOLEAN_ATTRIBUTES: ReadonlySet<string> = new Set(
  words(`
  allowfullscreen async autofocus autoplay checked controls default defer disabled disableremoteplayback
  formnovalidate hidden inert ismap itemscope loop multiple muted nomodule novalidate open playsinline
  readonly required reversed selected shadowrootclonable shadowrootdelegatesfocus shadowrootserializable`),
);

/** Attributes whose value is a URL that a browser follows or loads. */
export const URL_ATTRIBUTES: ReadonlySet<string> = new Set(
  words("action background cite data formaction href longdesc manifest ping poster src xlink:href"),
);

/** Attributes in which `true` and `false` are words, as in `aria-*`: absence means something else. */
export const ENUMERATED_ATTRIBUTES: ReadonlySet<string> = new Set(
  words("contenteditable draggable spellcheck"),
);
