/** The JSON that Ghost exports (Settings → Migration tools → Export): `{ db: [{ data: { posts, tags, … } }] }`. */
import { readFileSync } from "node:fs";
import { toMarkdown } from "./html.ts";
import { Collector, MoveError, type Moving, type Progress } from "./model.ts";
import { fileUnder, takePictures } from "./pictures.ts";

type Row = Readonly<Record<string, unknown>>;

const text = (row: Row, name: string): string | undefined => {
  const value = row[name];
  return typeof value === "string" && value !== ""
    ? value
    : typeof value === "number"
      ? String(value)
      : undefined;
};

/** @throws MoveError for a file that is no such export */
export function readGhost(file: string, media?: string, progress?: Progress): Moving {
  const data = dataOf(file);
  const rows = (name: string): Row[] => (Array.isArray(data[name]) ? (data[name] as Row[]) : []);
  const collector = new Collector(progress);
  const tags = new Map(rows("tags").map((tag) => [text(tag, "id"), tag]));
  const users = new Map(rows("users").map((user) => [text(user, "id"), text(user, "name")]));
  const inOrder = (name: string): Row[] =>
    [...rows(name)].sort((a, b) => Number(a.sort_order ?? 0) - Number(b.sort_order ?? 0));
  const tagsOf = grouped(inOrder("posts_tags"), "tag_id");
  const authorsOf = grouped(inOrder("posts_authors"), "author_id");

  for (const post of rows("posts")) {
    const id = text(post, "id") ?? text(post, "uuid") ?? text(post, "slug") ?? "";
    const title = text(post, "title");
    const source = title ?? id;
    const html = text(post, "html");
    const content = html === undefined ? cards(post) : markdownOf(html, source, collector);
    if (html === undefined && content !== "")
      collector.note("changed", source, "it had no HTML; its plain text was taken");
    if (text(post, "type") === "page" || post.page === true || post.page === 1)
      collector.note("changed", source, "it was a page and is a post now");
    const visibility = text(post, "visibility") ?? "public";
    if (visibility !== "public")
      collector.note("changed", source, `it was for ${visibility} only and is a draft now`);
    const status = text(post, "status") ?? "draft";
    if (status !== "published" && status !== "draft")
      collector.note("changed", source, `it was ${status} and is a draft now`);
    const feature = text(post, "feature_image");
    const alt = text(post, "feature_image_alt") ?? title ?? "";
    const whole = feature === undefined ? content : `![${alt}](${feature})\n\n${content}`;
    const names = [...new Set([...(authorsOf.get(id) ?? []), text(post, "author_id")])].map((each) =>
      users.get(each),
    );
    collector.add({
      id,
      source,
      title,
      slug: text(post, "slug"),
      date: text(post, "published_at") ?? text(post, "created_at"),
      updated: text(post, "updated_at"),
      summary: text(post, "custom_excerpt") ?? text(post, "meta_description"),
      // Tags that begin with # are Ghost's private ones.
      tags: (tagsOf.get(id) ?? []).flatMap((tag) => {
        const found = tags.get(tag);
        const name = found === undefined ? undefined : text(found, "name");
        return found === undefined || name?.startsWith("#") ? [] : [text(found, "slug") ?? name ?? ""];
      }),
      author: names.filter((name) => name !== undefined).join(", ") || undefined,
      text: pictured(whole.replaceAll("__GHOST_URL__", ""), source, collector, media),
      draft: status !== "published" || visibility !== "public",
      aliases: text(post, "slug") === undefined ? [] : [`/${text(post, "slug")}/`],
    });
  }
  if (rows("posts").length === 0) throw new MoveError(`${file} has no posts in it`);
  return collector.finish("ghost");
}

function dataOf(file: string): Row {
  let whole: unknown;
  try {
    whole = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new MoveError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const { db } = whole as { readonly db?: readonly { readonly data?: Row }[] };
  const data = Array.isArray(db) ? db[0]?.data : (whole as { readonly data?: Row }).data;
  if (typeof data !== "object" || data === null)
    throw new MoveError(`${file} is no export of Ghost: it has no db[0].data`);
  return data;
}

/** post id → the values of `name` in the rows of a table between posts and something. */
function grouped(rows: readonly Row[], name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const post = text(row, "post_id") ?? "";
    found.set(post, [...(found.get(post) ?? []), text(row, name) ?? ""]);
  }
  return found;
}

function markdownOf(html: string, source: string, collector: Collector): string {
  return toMarkdown(html, (element) => collector.note("changed", source, `<${element}> is left out`));
}

/** Old posts keep Markdown in a card of their mobiledoc. */
function cards(post: Row): string {
  const mobiledoc = text(post, "mobiledoc");
  if (mobiledoc !== undefined) {
    try {
      const { cards: all = [] } = JSON.parse(mobiledoc) as {
        cards?: [string, { markdown?: string; html?: string }][];
      };
      const found = all.flatMap(([, card]) => card.markdown ?? []);
      if (found.length > 0) return found.join("\n\n");
    } catch {
      // What is no JSON holds no cards; the plain text is still there.
    }
  }
  return text(post, "plaintext") ?? "";
}

function pictured(markdown: string, source: string, collector: Collector, media: string | undefined): string {
  return takePictures(markdown, source, collector, (place) => {
    const [, path] = /\/content\/(images\/.+)$/.exec(place) ?? [];
    if (media === undefined || path === undefined) return undefined;
    return (
      fileUnder(media, path) ??
      fileUnder(media, path.replace(/^images\//, "")) ??
      fileUnder(media, `content/${path}`)
    );
  });
}
