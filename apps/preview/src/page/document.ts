/**
 * From the HTML that a preview renders to a document: a whole page stays what it is, a part of one gets a page
 * around it. What traits say of language, direction and size of letters is put on the root element.
 */
import type { Traits } from "../reloader.ts";

export interface DocumentOptions {
  readonly html: string;
  readonly title: string;
  readonly traits: Required<Traits>;
  /** Addresses of style sheets for parts of pages. */
  readonly stylesheets: readonly string[];
  /** With the script that keeps the page up to date. */
  readonly live: boolean;
}

/** For parts of pages that bring no styles: readable, and dark where that is asked for. */
const PLAIN =
  ":root{color-scheme:light dark}body{margin:1rem;font-family:system-ui,sans-serif;line-height:1.5}";

export function documentOf({ html, title, traits, stylesheets, live }: DocumentOptions): string {
  const whole = /^\s*(?:<!--[\s\S]*?-->\s*)*(?:<!doctype\b[^>]*>\s*)?<html\b/i.test(html);
  const page = whole
    ? html
    : `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
${stylesheets.length === 0 ? `<style>${PLAIN}</style>` : stylesheets.map((href) => `<link rel="stylesheet" href="${escaped(href)}">`).join("\n")}
</head>
<body>
${html}
</body>
</html>`;
  const rooted = page.replace(/<html\b[^>]*>/i, (tag) => rootTag(tag, traits));
  return live ? withScript(rooted) : rooted;
}

function rootTag(tag: string, traits: Required<Traits>): string {
  let attributes = tag.slice(5, -1);
  // What a program says itself it has had the traits to decide by; but a direction that is asked for is had.
  const has = (name: string): boolean => new RegExp(`\\s${name}(?=[\\s=>]|$)`, "i").test(attributes);
  if (!has("lang")) attributes += ` lang="${escaped(traits.locale)}"`;
  if (!has("dir")) attributes += ` dir="${traits.direction}"`;
  else if (traits.direction === "rtl")
    attributes = attributes.replace(/\sdir\s*=\s*("[^"]*"|'[^']*'|\S+)/i, ' dir="rtl"');
  if (traits.fontScale !== 1) {
    const size = `font-size:${Math.round(traits.fontScale * 1000) / 10}%`;
    attributes = has("style")
      ? attributes.replace(/(\sstyle\s*=\s*["']?)/i, `$1${size};`)
      : `${attributes} style="${size}"`;
  }
  return `<html${attributes}>`;
}

const SCRIPT = '<script type="module" src="/-/frame.js" data-sorbus></script>';

function withScript(page: string): string {
  const end = /<\/head\s*>/i.exec(page);
  if (end !== null) return page.slice(0, end.index) + SCRIPT + page.slice(end.index);
  // The parser makes a head of it by itself.
  return page.replace(/<html\b[^>]*>/i, (tag) => tag + SCRIPT);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}
