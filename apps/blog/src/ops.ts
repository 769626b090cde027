/** The ops that are the blog's own: Markdown, the files of the theme, settings. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { OpDeclaration } from "@sorbus/io-resolver";
import MarkdownIt from "markdown-it";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Letters that are written from right to left: Hebrew, Arabic and their relatives. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/** Markdown without HTML in it. A paragraph with right-to-left letters finds its own direction. */
function renderer(): InstanceType<typeof MarkdownIt> {
  const markdown = new MarkdownIt({ html: false, typographer: true });
  markdown.renderer.rules.paragraph_open = (tokens, index, options, _env, self) => {
    if (RIGHT_TO_LEFT.test(tokens[index + 1]?.content ?? "")) tokens[index]?.attrSet("dir", "auto");
    return self.renderToken(tokens, index, options);
  };
  return markdown;
}

/** `(:markdown/render text)`: HTML, as a string that may be trusted. */
export function markdownOps(): OpDeclaration[] {
  const markdown = renderer();
  return [
    {
      name: "markdown/render",
      params: "text",
      purity: "read",
      doc: "The HTML of a Markdown text. HTML inside the text is escaped, so the result may be trusted.",
      check: ([text]) => (typeof text === "string" ? undefined : "text must be a string"),
      handler: ([text]) => markdown.render(String(text)),
    },
  ];
}

interface Asset {
  readonly type: string;
  /** Changes when the text does. */
  readonly version: string;
  readonly text: string;
}

/**
 * `(:asset/read name)` and `(:asset/url name)` over the files of a folder that have a type to be served
 * with. They are read once, here.
 */
export function assetOps(folder: string): OpDeclaration[] {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const text = readFileSync(join(folder, name), "utf8");
    assets.set(name, { type, text, version: createHash("sha256").update(text).digest("hex").slice(0, 10) });
  }
  return [
    {
      name: "asset/read",
      params: "name",
      purity: "read",
      doc: "A file of the theme, as a dict with :type, :version and :text, or nil.",
      handler: ([name]) => assets.get(String(name)) ?? null,
    },
    {
      name: "asset/url",
      params: "name",
      purity: "read",
      doc: "The address of a file of the theme; it changes when the file does.",
      check: ([name]) =>
        assets.has(String(name))
          ? undefined
          : `there is no ${String(name)} in the theme; there are ${[...assets.keys()].join(", ")}`,
      handler: ([name]) => `/assets/${String(name)}?v=${assets.get(String(name))?.version}`,
    },
  ];
}

/** `(:blog/setting name)`: a setting of the process, or nil. */
export function settingOps(settings: Readonly<Record<string, string | undefined>>): OpDeclaration[] {
  return [
    {
      name: "blog/setting",
      params: "name",
      purity: "read",
      doc: "A setting, or nil where it has not been set.",
      check: ([name]) =>
        Object.hasOwn(settings, String(name)) ? undefined : `there is no setting ${String(name)}`,
      handler: ([name]) => settings[String(name)] ?? null,
    },
  ];
}
