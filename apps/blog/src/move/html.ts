/** HTML of other programs to Markdown. What the blog would not show is taken out and told. */
import sanitize from "sanitize-html";
import TurndownService from "turndown";

const turndown = new TurndownService({
  headingStyle: "atx",
  codeBlockStyle: "fenced",
  bulletListMarker: "-",
  emDelimiter: "*",
  // Spaces at the end of a line do not last.
  br: "\\",
});
turndown.keep([]);
turndown.addRule("struck", {
  filter: ["s", "del"],
  replacement: (content) => (content.trim() === "" ? content : `~~${content}~~`),
});
turndown.addRule("figure", {
  filter: "figcaption",
  replacement: (content) => (content.trim() === "" ? "" : `\n\n*${content.trim().replace(/\*/g, "")}*\n\n`),
});
turndown.addRule("frame", {
  filter: "iframe",
  replacement: (_content, node) => {
    const src = (node as unknown as { getAttribute(name: string): string | null }).getAttribute("src") ?? "";
    return src === "" ? "" : `\n\n<${watched(src)}>\n\n`;
  },
});
// A table of plain cells, as most are. The first row is its head, for Markdown knows no table without one.
turndown.addRule("cell", {
  filter: ["th", "td"],
  replacement: (content) =>
    ` ${content
      .trim()
      .replace(/\s*\n\s*/g, " ")
      .replace(/\|/g, "\\|")} |`,
});
turndown.addRule("row", {
  filter: "tr",
  replacement: (content, node) => {
    const row = node as unknown as { parentNode: { querySelector?: unknown } | null };
    const table = closest(node as unknown as DomNode, "TABLE");
    const head = table !== undefined && firstRow(table) === (row as unknown);
    const cells = content.match(/(?<!\\)\|/g)?.length ?? 0;
    return `\n|${content}${head ? `\n|${" --- |".repeat(cells)}` : ""}`;
  },
});
turndown.addRule("table", {
  filter: "table",
  replacement: (content) => `\n\n${content.replace(/\n{2,}/g, "\n").trim()}\n\n`,
});

interface DomNode {
  readonly nodeName: string;
  readonly parentNode: DomNode | null;
  readonly childNodes: ArrayLike<DomNode>;
}

function closest(node: DomNode, name: string): DomNode | undefined {
  for (let at: DomNode | null = node; at !== null; at = at.parentNode) if (at.nodeName === name) return at;
  return undefined;
}

function firstRow(node: DomNode): DomNode | undefined {
  for (const child of Array.from(node.childNodes)) {
    if (child.nodeName === "TR") return child;
    const inside = firstRow(child);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Where a person watches what a frame shows. */
function watched(src: string): string {
  const address = src.startsWith("//") ? `https:${src}` : src;
  const [, video] = /^https?:\/\/(?:www\.)?youtube(?:-nocookie)?\.com\/embed\/([\w-]+)/.exec(address) ?? [];
  if (video !== undefined) return `https://www.youtube.com/watch?v=${video}`;
  const [, vimeo] = /^https?:\/\/player\.vimeo\.com\/video\/(\d+)/.exec(address) ?? [];
  return vimeo === undefined ? address : `https://vimeo.com/${vimeo}`;
}

const KEPT =
  "p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em i strong b s del a img figure figcaption table thead tbody tfoot tr th td iframe div span section article sub sup u small mark abbr cite q kbd dl dt dd caption center font".split(
    " ",
  );
/** Elements that mean nothing to a reader. */
const SILENT = new Set([
  "svg",
  "path",
  "style",
  "noscript",
  "source",
  "picture",
  "time",
  "wbr",
  "input",
  "label",
]);

/**
 * The Markdown of a piece of HTML.
 * @param removed called with the name of each element that was taken out though it may have meant something
 */
export function toMarkdown(html: string, removed: (element: string) => void): string {
  const names = new Set<string>();
  const clean = sanitize(html, {
    allowedTags: KEPT,
    allowedAttributes: {
      a: ["href", "title"],
      img: ["src", "alt", "title"],
      iframe: ["src"],
      code: ["class"],
      pre: ["class"],
    },
    allowedSchemes: ["http", "https", "mailto", "tel"],
    allowedClasses: { code: ["language-*", "lang-*"], pre: false },
    allowVulnerableTags: false,
    onOpenTag: (name) => {
      if (!KEPT.includes(name) && !SILENT.has(name)) names.add(name);
    },
  });
  for (const name of names) removed(name);
  return turndown
    .turndown(clean)
    .replace(/\u00a0/g, " ")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** The text of a title that may have entities and elements in it. */
export function toText(html: string): string {
  return sanitize(html, { allowedTags: [], allowedAttributes: {} })
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .trim();
}
