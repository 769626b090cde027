/**
 * Folders of Markdown: those of Hugo, Jekyll and Astro, those that this blog exports, and any other. What differs is in
 * one table: where posts and pictures lie, and what a text may have in it besides Markdown.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import type { Comment } from "../records.ts";
import { listField, splitFrontMatter, textField } from "./front-matter.ts";
import { Collector, MoveError, type Moving, type Progress } from "./model.ts";
import { fileUnder, take, takePictures } from "./pictures.ts";
import { astroText, hugoText, jekyllText, plainText, type TextOf } from "./shortcodes.ts";

interface Kind {
  readonly name: string;
  /** Whether a folder is of this kind. */
  readonly is: (folder: string) => boolean;
  /** The folders under it that hold posts; those that are not there do not count. */
  readonly posts: readonly string[];
  /** Folders whose files are served at the root of the site. */
  readonly public: readonly string[];
  readonly endings: readonly string[];
  readonly text: TextOf;
}

const has = (folder: string, ...names: string[]): boolean =>
  names.some((name) => existsSync(join(folder, name)));

/** In the order of asking. */
const KINDS: readonly Kind[] = [
  {
    name: "blog",
    is: (folder) => has(folder, "blog-export.json"),
    posts: ["posts"],
    public: [],
    endings: [".md"],
    text: plainText,
  },
  {
    name: "hugo",
    is: (folder) =>
      has(folder, "hugo.toml", "hugo.yaml", "hugo.json") ||
      (has(folder, "config.toml", "config.yaml", "config.json") && has(folder, "content")),
    posts: ["content"],
    public: ["static", "assets"],
    endings: [".md", ".markdown"],
    text: hugoText,
  },
  {
    name: "jekyll",
    is: (folder) =>
      has(folder, "_posts", "_drafts") || (has(folder, "_config.yml") && !has(folder, "content")),
    posts: ["_posts", "_drafts"],
    public: ["."],
    endings: [".md", ".markdown", ".mkd"],
    text: jekyllText,
  },
  {
    name: "astro",
    is: (folder) => has(folder, "astro.config.mjs", "astro.config.ts", "astro.config.js", "src/content"),
    posts: ["src/content", "src/data", "src/pages"],
    public: ["public"],
    endings: [".md", ".mdx"],
    text: astroText,
  },
  {
    name: "markdown",
    is: () => true,
    posts: ["."],
    public: ["."],
    endings: [".md", ".markdown"],
    text: plainText,
  },
];

export const MARKDOWN_KINDS: readonly string[] = KINDS.map(({ name }) => name);

/**
 * Reads a folder.
 * @param name one of MARKDOWN_KINDS; absent: what it looks like
 * @throws MoveError when there is no Markdown in it
 */
export function readMarkdown(folder: string, name?: string, progress?: Progress): Moving {
  const kind = KINDS.find((each) => (name === undefined ? each.is(folder) : each.name === name));
  if (kind === undefined) throw new MoveError(`there is no kind ${name} of folders`);
  const collector = new Collector(progress);
  const files = kind.posts
    .map((each) => join(folder, each))
    .filter((each) => existsSync(each))
    .flatMap((each) => filesIn(each))
    .filter((file) => kind.endings.includes(extname(file).toLowerCase()));
  if (files.length === 0)
    throw new MoveError(
      `${folder} has no posts: I looked for ${kind.endings.join(", ")} in ${kind.posts.join(", ")}`,
    );
  for (const file of files) readPost(kind, folder, file, collector);
  if (kind.name === "blog") {
    const pictures = join(folder, "files");
    for (const file of existsSync(pictures) ? filesIn(pictures) : [])
      take(file, relative(folder, file), collector, relative(pictures, file).split(sep).join("/"));
  }
  return collector.finish(kind.name);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/(?:^|[\\/])(?:node_modules|\.[^\\/.][^\\/]*)[\\/]/.test(relative(folder, file)))
    .sort();
}

function readPost(kind: Kind, folder: string, file: string, collector: Collector): void {
  const source = relative(folder, file).split(sep).join("/");
  const name = basename(file, extname(file));
  if (name === "_index" || name === "README") {
    collector.note("skipped", source, "a page about the folder, no post");
    return;
  }
  let front: ReturnType<typeof splitFrontMatter>;
  try {
    front = splitFrontMatter(readFileSync(file, "utf8"));
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split("\n");
    collector.skip(source, `its front matter cannot be read: ${why}`);
    return;
  }
  const { fields } = front;
  const [, dateOfName, slugOfName = ""] = /^(?:(\d{4}-\d{2}-\d{2})-)?(.*)$/.exec(
    name === "index" ? basename(dirname(file)) : name,
  ) ?? ["", undefined, name];
  const where = (place: string): string | undefined => {
    if (/^[a-z]+:|^\/\//i.test(place)) return undefined;
    const beside = place.startsWith("/")
      ? undefined
      : fileUnder(folder, join(relative(folder, dirname(file)), place));
    return (
      beside ??
      kind.public.map((each) => fileUnder(join(folder, each), place)).find((path) => path !== undefined)
    );
  };
  const { text, more, unknown } = kind.text(front.text);
  for (const what of unknown) collector.note("changed", source, what);
  const heading = /^\s*#[ \t]+(.+?)[ \t#]*(?:\n|$)/.exec(text);
  const title = textField(fields, "title");
  // Without a title in front, the first heading is it.
  const body = title === undefined && heading !== null ? text.slice(heading[0].length) : text;
  const hero = heroOf(fields);
  const withHero = hero === undefined || body.includes(hero) ? body : `![${title ?? ""}](${hero})\n\n${body}`;
  const address = textField(fields, "url", "permalink");
  collector.add({
    id: source,
    source,
    title: title ?? heading?.[1],
    slug: textField(fields, "slug") ?? slugOfName,
    date: textField(fields, "date", "pubDate", "publishDate", "pubDatetime", "published") ?? dateOfName,
    updated: textField(fields, "updated", "lastmod", "updatedDate", "modDatetime", "last_modified_at"),
    summary: textField(fields, "summary", "description", "excerpt") ?? more,
    tags: [
      ...listField(fields, "tags", kind.name === "jekyll" ? /[\s,]+/ : /\s*,\s*/),
      ...listField(fields, "tag", /\s*,\s*/),
      ...listField(fields, "categories", kind.name === "jekyll" ? /[\s,]+/ : /\s*,\s*/),
      ...listField(fields, "category", /\s*,\s*/),
    ],
    author: textField(fields, "author") ?? (listField(fields, "authors", /\s*,\s*/).join(", ") || undefined),
    text: takePictures(withHero, source, collector, where),
    draft: fields.get("draft") === true || fields.get("published") === false || source.startsWith("_drafts/"),
    related: listField(fields, "related", /\s*,\s*/),
    aliases: [
      ...listField(fields, "aliases", /\s*,\s*/),
      ...listField(fields, "redirect_from", /\s*,\s*/),
      ...(address === undefined || address.includes(":") ? [] : [address]),
    ],
    comments: commentsIn(fields.get("comments")),
  });
}

/** The picture above a post. */
function heroOf(fields: ReadonlyMap<string, unknown>): string | undefined {
  for (const name of ["heroImage", "image", "cover", "featured_image", "thumbnail"]) {
    const value = fields.get(name);
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "object" && value !== null) {
      const { image, src, url, path } = value as { readonly [key: string]: unknown };
      const inside = image ?? src ?? url ?? path;
      if (typeof inside === "string" && inside !== "") return inside;
    }
  }
  return undefined;
}

/** Comments as `export` writes them; `comments: true` in other front matter is a setting. */
function commentsIn(value: unknown): Comment[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown): Comment[] => {
    if (typeof each !== "object" || each === null) return [];
    const { author, at, text } = each as { readonly [key: string]: unknown };
    return typeof text === "string" ? [{ author: String(author ?? ""), at: String(at ?? ""), text }] : [];
  });
}
