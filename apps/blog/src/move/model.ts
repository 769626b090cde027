/** What every way of moving in gives, whatever it reads: posts in the blog's own terms, and what was noticed on the way. */
import slugify from "@sindresorhus/slugify";
import { type Comment, countWords, type Post, SLUG } from "../records.ts";

/** What the report says of one thing. */
export interface Note {
  readonly type: "changed" | "skipped";
  /** The file, or the title in an export of another program. */
  readonly source: string;
  readonly what: string;
}

export interface MovedPost {
  /** What identifies it at its source, however often it is read. */
  readonly id: string;
  readonly post: Post;
  readonly draft: boolean;
  /** Slugs of other posts. */
  readonly related: readonly string[];
  readonly comments: readonly Comment[];
  readonly aliases: readonly string[];
}

/** A picture that posts show. */
export interface MovedFile {
  /** Its path under /files/. */
  readonly path: string;
  readonly type: string;
  readonly bytes: () => Uint8Array;
}

/** All that was found at a place. */
export interface Moving {
  /** `wordpress`, `hugo` …: posts are known by it and their id. */
  readonly source: string;
  readonly posts: readonly MovedPost[];
  readonly files: readonly MovedFile[];
  readonly notes: readonly Note[];
  /** How many posts could not be read, or were not wanted. */
  readonly skipped: number;
}

/** Told after each post how many there are so far. */
export type Progress = (done: number) => void;

/** The place cannot be read, or is nothing that is known. The message names it. */
export class MoveError extends Error {}

/** What a source knows of a post, in no particular form yet. */
export interface Rough {
  readonly id: string;
  readonly source: string;
  readonly title: string | undefined;
  readonly slug: string | undefined;
  readonly date: string | undefined;
  readonly updated?: string | undefined;
  readonly summary: string | undefined;
  readonly tags: readonly string[];
  readonly author?: string | undefined;
  readonly text: string;
  readonly draft: boolean;
  readonly related?: readonly string[];
  readonly comments?: readonly Comment[];
  readonly aliases?: readonly string[];
}

/** Collects posts and notes, and sees to it that what is collected is right: slugs, days, summaries. */
export class Collector {
  readonly posts: MovedPost[] = [];
  readonly files: Map<string, MovedFile> = new Map();
  readonly notes: Note[] = [];
  readonly #progress: Progress;
  readonly #said = new Set<string>();
  #skipped = 0;

  constructor(progress: Progress = () => {}) {
    this.#progress = progress;
  }

  /** Notes something, once. */
  note(type: Note["type"], source: string, what: string): void {
    const key = JSON.stringify([type, source, what]);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.notes.push({ type, source, what });
  }

  /** Notes that a post stays behind. */
  skip(source: string, what: string): void {
    this.note("skipped", source, what);
    this.#skipped += 1;
  }

  /** Adds a post; every change that had to be made becomes a note. */
  add(rough: Rough): void {
    const changed = (what: string): void => this.note("changed", rough.source, what);
    const title = rough.title?.replace(/\s+/g, " ").trim() || firstWords(rough.text) || "Untitled";
    if (title !== rough.title?.trim()) changed(`it had no title, now "${title}"`);
    const slug = this.#slug(rough, title, changed);
    const date = day(rough.date) ?? day(rough.updated);
    if (date === undefined) changed("it had no date, now 1970-01-01");
    const tags = tagsOf(rough.tags);
    for (const [tag, was] of tags) if (tag !== was) changed(`the tag "${was}" is now "${tag}"`);
    const updated = day(rough.updated);
    const text = tidy(rough.text);
    this.posts.push({
      id: rough.id,
      draft: rough.draft,
      related: [...new Set(rough.related ?? [])].sort(),
      comments: rough.comments ?? [],
      aliases: [...new Set((rough.aliases ?? []).map(pathOf))].filter((path) => path !== "/").sort(),
      post: {
        slug,
        title,
        date: date ?? "1970-01-01",
        summary: rough.summary?.replace(/\s+/g, " ").trim() || summaryOf(text) || title,
        tags: [...tags.keys()],
        text,
        words: countWords(text),
        ...(rough.author !== undefined && rough.author !== "" && { author: rough.author }),
        ...(updated !== undefined && updated !== date && { updated }),
      },
    });
    this.#progress(this.posts.length);
  }

  /**
   * What was collected, with links between the posts leading to where they are now.
   * @param site the address of the blog that is moved: links to it count, beside those without a host
   */
  finish(source: string, site = ""): Moving {
    const here = new Map(
      this.posts.flatMap(({ aliases, post }) => aliases.map((path): [string, string] => [path, post.slug])),
    );
    const host = URL.canParse(site) ? new URL(site).host : "";
    const moved = (address: string): string => {
      const full = /^(?:https?:)?\/\//.test(address);
      if (!full && !address.startsWith("/")) return address;
      if (!URL.canParse(address, "http://-")) return address;
      const url = new URL(address, "http://-");
      if (full && url.host !== host) return address;
      const slug = here.get(pathOf(url.pathname));
      return slug === undefined ? address : `/posts/${slug}${url.hash}`;
    };
    const posts = this.posts.map((each) => {
      const text = each.post.text.replace(/(?<=\]\()[^)\s<>]+/g, moved);
      return text === each.post.text ? each : { ...each, post: { ...each.post, text } };
    });
    return { source, posts, files: [...this.files.values()], notes: this.notes, skipped: this.#skipped };
  }

  readonly #taken = new Set<string>();

  #slug({ slug, id }: Rough, title: string, changed: (what: string) => void): string {
    const wanted = slug === undefined ? "" : decoded(slug);
    const base = SLUG.test(wanted)
      ? wanted
      : slugify(wanted) || slugify(title) || `post-${slugify(id) || "1"}`;
    let free = base;
    for (let n = 2; this.#taken.has(free); n++) free = `${base}-${n}`;
    this.#taken.add(free);
    if (wanted !== "" && free !== wanted) changed(`the slug "${wanted}" is now "${free}"`);
    return free;
  }
}

function decoded(slug: string): string {
  try {
    return decodeURIComponent(slug);
  } catch {
    return slug;
  }
}

/** `/2019/05/name/` of an address or a path: no slash at the end, so that both spellings are one. */
function pathOf(alias: string): string {
  const path = URL.canParse(alias)
    ? new URL(alias).pathname
    : `/${alias.replace(/^\/+/, "").replace(/[?#].*$/, "")}`;
  return decoded(path).replace(/\/+$/, "") || "/";
}

/** The day of a date in any usual spelling. */
export function day(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const [, written] = /^\s*(\d{4}-\d{2}-\d{2})(?!\d)/.exec(date) ?? [];
  const time = Date.parse(written ?? date);
  if (Number.isNaN(time) || date.startsWith("0000")) return undefined;
  return written ?? new Date(time).toISOString().slice(0, 10);
}

/** Slug → the tag as it was. */
function tagsOf(tags: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const tag of tags) {
    const name = tag.trim();
    const slug = SLUG.test(name) ? name : slugify(name);
    if (slug !== "" && !found.has(slug)) found.set(slug, name);
  }
  return found;
}

/** Line ends are line ends, and outside of code there is never more than one empty line. */
function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/(^(?:```|~~~)[\s\S]*?^(?:```|~~~)[ \t]*$)/m)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/\n(?:[ \t]*\n){2,}/g, "\n\n")))
    .join("")
    .trim();
}

/** Text as a reader sees it, roughly: for summaries and titles. */
function plain(markdown: string): string {
  return markdown
    .replace(/^(```|~~~)[\s\S]*?^\1/gm, " ")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:#+|>|[-*+]|\d+\.)\s+/gm, "")
    .replace(/[*_`]+/g, "")
    .replace(/\\([\\`*_{}[\]()#+.!~-])/g, "$1");
}

function firstWords(text: string): string {
  return plain(text).trim().split(/\s+/).slice(0, 6).join(" ");
}

/** The first paragraph, cut at a word. */
function summaryOf(text: string): string {
  const [first = ""] = plain(text)
    .split(/\n\s*\n/)
    .map((part) => part.replace(/\s+/g, " ").trim())
    .filter((part) => part !== "");
  return first.length <= 200 ? first : `${first.slice(0, 200).replace(/\s+\S*$/, "")} …`;
}
