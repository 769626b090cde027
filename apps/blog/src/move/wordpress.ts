/** WXR, the RSS with extensions that WordPress exports (Tools → Export). */
import { readFileSync } from "node:fs";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import type { Comment } from "../records.ts";
import { toMarkdown, toText } from "./html.ts";
import { Collector, MoveError, type Moving, type Progress } from "./model.ts";
import { fileUnder, takePictures } from "./pictures.ts";

type Item = Readonly<Record<string, unknown>>;

const LISTS = new Set(["item", "category", "wp:comment", "wp:postmeta", "wp:author"]);

/** The text of an element, whatever the parser made of it. */
function text(item: Item, name: string): string {
  const value = item[name];
  if (typeof value === "object" && value !== null && "#text" in value) return String(value["#text"]);
  return typeof value === "string" ? value : "";
}

const listOf = (item: Item, name: string): Item[] =>
  Array.isArray(item[name]) ? (item[name] as Item[]) : [];

/** @throws MoveError for a file that is no such export; it says where the XML is broken */
export function readWordpress(file: string, media?: string, progress?: Progress): Moving {
  const channel = channelOf(file);
  const collector = new Collector(progress);
  const authors = new Map(
    listOf(channel, "wp:author").map((author) => [
      text(author, "wp:author_login"),
      text(author, "wp:author_display_name"),
    ]),
  );
  const items = listOf(channel, "item");
  const attachments = new Map(
    items
      .filter((item) => text(item, "wp:post_type") === "attachment")
      .map((item) => [text(item, "wp:post_id"), text(item, "wp:attachment_url")]),
  );
  const skipped = new Map<string, number>();
  for (const item of items) {
    const type = text(item, "wp:post_type");
    const status = text(item, "wp:status");
    const title = toText(text(item, "title"));
    const id = text(item, "wp:post_id") || text(item, "guid") || text(item, "link");
    const source = title || `post ${id}`;
    if (type === "attachment") continue;
    if (type !== "post" && type !== "page") {
      skipped.set(type, (skipped.get(type) ?? 0) + 1);
      continue;
    }
    if (status === "trash" || status === "auto-draft" || status === "inherit") {
      collector.skip(source, status === "trash" ? "it is in the trash" : `it is an ${status}`);
      continue;
    }
    if (type === "page") collector.note("changed", source, "it was a page and is a post now");
    const locked = text(item, "wp:post_password") !== "";
    if (locked) collector.note("changed", source, "it had a password and is a draft now");
    if (status !== "publish" && status !== "draft")
      collector.note("changed", source, `it was ${status} and is a draft now`);
    const meta = new Map(
      listOf(item, "wp:postmeta").map((each) => [text(each, "wp:meta_key"), text(each, "wp:meta_value")]),
    );
    const thumbnail = attachments.get(meta.get("_thumbnail_id") ?? "");
    const html = contentOf(text(item, "content:encoded"), attachments, (what) =>
      collector.note("changed", source, what),
    );
    const body = toMarkdown(html, (element) => collector.note("changed", source, `<${element}> is left out`));
    const whole =
      thumbnail === undefined || body.includes(thumbnail) ? body : `![${title}](${thumbnail})\n\n${body}`;
    const link = text(item, "link");
    collector.add({
      id,
      source,
      title,
      slug: text(item, "wp:post_name") || undefined,
      date: dateOf(item, "wp:post_date", "wp:post_date_gmt", "pubDate"),
      updated: dateOf(item, "wp:post_modified", "wp:post_modified_gmt"),
      summary: toText(text(item, "excerpt:encoded")) || meta.get("_yoast_wpseo_metadesc"),
      tags: listOf(item, "category")
        .filter((each) => each["@domain"] === "post_tag" || each["@domain"] === "category")
        .filter((each) => each["@nicename"] !== "uncategorized")
        .map((each) => decode(String(each["@nicename"] ?? text(each, "#text")))),
      author: authors.get(text(item, "dc:creator")) || text(item, "dc:creator") || undefined,
      text: takePictures(whole, source, collector, (place) => {
        const [, path] = /\/wp-content\/uploads\/(.+)$/.exec(place) ?? [];
        if (media === undefined || path === undefined) return undefined;
        return (
          fileUnder(media, path) ??
          fileUnder(media, `uploads/${path}`) ??
          fileUnder(media, `wp-content/uploads/${path}`)
        );
      }),
      draft: status !== "publish" || locked,
      // Addresses such as /?p=12 are those of drafts.
      aliases: URL.canParse(link) && new URL(link).search === "" ? [link] : [],
      comments: commentsOf(item, source, collector),
    });
  }
  for (const [type, n] of skipped)
    collector.note("skipped", `${n} of type ${type || "none"}`, "they are no posts or pages");
  return collector.finish("wordpress", text(channel, "link"));
}

function channelOf(file: string): Item {
  let xml: string;
  try {
    xml = readFileSync(file, "utf8").replace(/^\ufeff?\s+/, "");
  } catch (error) {
    throw new MoveError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const checked = XMLValidator.validate(xml);
  if (checked !== true)
    throw new MoveError(
      `${file}:${checked.err.line}:${checked.err.col}: the XML is broken: ${checked.err.msg}`,
    );
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    isArray: (name) => LISTS.has(name),
  });
  const { rss } = parser.parse(xml) as { readonly rss?: { readonly channel?: Item } };
  if (rss?.channel === undefined || !("wp:wxr_version" in rss.channel))
    throw new MoveError(`${file} is no export of WordPress: it has no wp:wxr_version`);
  return rss.channel;
}

function decode(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

function dateOf(item: Item, ...names: readonly string[]): string | undefined {
  return names.map((name) => text(item, name)).find((date) => date !== "" && !date.startsWith("0000"));
}

function commentsOf(item: Item, source: string, collector: Collector): Comment[] {
  const all = listOf(item, "wp:comment");
  const wanted = all.filter(
    (each) =>
      text(each, "wp:comment_approved") === "1" &&
      !/^(?:pingback|trackback)$/.test(text(each, "wp:comment_type")),
  );
  if (wanted.length < all.length)
    collector.note(
      "skipped",
      source,
      `${all.length - wanted.length} comments that are pingbacks, spam or not approved`,
    );
  return wanted
    .map((each): Comment => {
      const at = text(each, "wp:comment_date_gmt") || text(each, "wp:comment_date");
      return {
        author: toText(text(each, "wp:comment_author")) || "anonymous",
        at: at === "" || at.startsWith("0000") ? "" : `${at.replace(" ", "T")}Z`,
        text: toMarkdown(paragraphs(text(each, "wp:comment_content")), () => {}),
      };
    })
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** The HTML that WordPress would show: without the marks of its editor, with paragraphs, shortcodes resolved. */
function contentOf(
  content: string,
  attachments: ReadonlyMap<string, string>,
  changed: (what: string) => void,
): string {
  const blocks = /<!--\s*wp:/.test(content);
  const plain = content
    .replace(/<!--more[^>]*-->|<!--nextpage-->/g, "")
    .replace(/<!--\s*\/?wp:[\s\S]*?-->/g, "")
    .replace(/\[\[([^\]]*)\]\]/g, "&#91;$1&#93;")
    .replace(
      /\[(?:source)?code(?:[^\]]*?lang(?:uage)?=["']?([\w+#-]+)["']?)?[^\]]*\]([\s\S]*?)\[\/(?:source)?code\]/g,
      (_, language: string | undefined, code: string) =>
        `<pre><code${language === undefined ? "" : ` class="language-${language}"`}>${code.replace(/</g, "&lt;")}</code></pre>`,
    )
    .replace(/\[caption[^\]]*\]([\s\S]*?)\[\/caption\]/g, (_, inside: string) => {
      const [, picture = "", caption = ""] =
        /^\s*((?:<a[^>]*>)?\s*<img[^>]*>\s*(?:<\/a>)?)\s*([\s\S]*)$/.exec(inside) ?? ["", inside, ""];
      return `\n\n<figure>${picture}<figcaption>${caption.trim()}</figcaption></figure>\n\n`;
    })
    .replace(/\[gallery([^\]]*)\]/g, (all, rest: string) => {
      const [, ids = ""] = /\bids\s*=\s*["']([\d,\s]+)["']/.exec(rest) ?? [];
      const pictures = ids.split(",").flatMap((id) => attachments.get(id.trim()) ?? []);
      if (pictures.length === 0)
        changed(`the shortcode ${all} is left out: its pictures are not in the export`);
      return pictures.map((src) => `<p><img src="${src}" alt=""></p>`).join("\n");
    })
    .replace(
      /\[embed[^\]]*\]([\s\S]*?)\[\/embed\]/g,
      (_, address: string) => `<p><a href="${address.trim()}">${address.trim()}</a></p>`,
    )
    .replace(/\[(\/?)([a-z][\w-]*)((?:\s[^\]]*)?)\]/gi, (all, slash: string, name: string, rest: string) => {
      // Brackets that are no shortcode: footnotes and the like have no attributes and are never closed.
      if (rest.trim() === "" && slash === "" && !content.includes(`[/${name}]`)) return all;
      if (slash === "") changed(`the shortcode ${name} is left out, what it enclosed is kept`);
      return "";
    });
  return blocks ? plain : paragraphs(plain);
}

const BLOCK =
  /^<\/?(?:p|div|h[1-6]|ul|ol|li|blockquote|pre|table|thead|tbody|tr|td|th|figure|figcaption|hr|iframe|section|dl|dt|dd)\b/i;

/** An empty line ends a paragraph, a line break is one: as WordPress's wpautop does. */
function paragraphs(html: string): string {
  return html
    .replace(/\r\n?/g, "\n")
    .split(/(<pre[\s\S]*?<\/pre>)/i)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .split(/\n\s*\n/)
            .map((each) => {
              const inside = each.trim();
              return inside === "" || BLOCK.test(inside)
                ? inside
                : `<p>${inside.replace(/\n/g, "<br>\n")}</p>`;
            })
            .join("\n"),
    )
    .join("\n");
}
