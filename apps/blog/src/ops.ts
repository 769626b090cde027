/** The ops that are the blog's own: Markdown, addresses of the theme's files, settings. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OpDeclaration } from "@sorbus/io-resolver";
import MarkdownIt from "markdown-it";

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

/**
 * `(:asset/url name)` over the files of a folder that is served under `prefix`. The address has the hash of
 * the contents, as they are now, in its query: a browser may keep what it got.
 */
export function assetOps(folder: string, prefix: string): OpDeclaration[] {
  const addresses = new Map(
    readdirSync(folder).map((name) => {
      const hash = createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex");
      return [name, `${prefix}${name}?v=${hash.slice(0, 10)}`];
    }),
  );
  return [
    {
      name: "asset/url",
      params: "name",
      purity: "read",
      doc: "The address of a file of the theme; it changes when the file does.",
      check: ([name]) =>
        addresses.has(String(name))
          ? undefined
          : `the theme has no file ${String(name)}; it has ${[...addresses.keys()].join(", ")}`,
      handler: ([name]) => addresses.get(String(name)),
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
