/** Posts as files: Markdown with YAML front matter, as in `content/`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { countWords, type Post, SLUG } from "./records.ts";

/** A post, and the slugs of those that its front matter names as related. */
export interface SourcePost {
  readonly post: Post;
  readonly related: readonly string[];
}

const FIELDS = ["title", "slug", "date", "tags", "summary", "related"];

/**
 * Reads one file.
 * @throws Error that names the file and what is wrong with its front matter
 */
export function parsePost(file: string, source: string): SourcePost {
  const wrong = (what: string): never => {
    throw new Error(`${file}: ${what}`);
  };
  const parts = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source.replace(/\r\n/g, "\n"));
  if (parts === null) return wrong("a post starts with front matter between two lines of ---");
  const meta: unknown = parse(parts[1] ?? "");
  if (typeof meta !== "object" || meta === null) return wrong("the front matter is no list of fields");
  const fields = new Map(Object.entries(meta));
  for (const field of fields.keys()) if (!FIELDS.includes(field)) wrong(`there is no field "${field}"`);

  const string = (field: string, pattern: RegExp, what: string): string => {
    const value: unknown = fields.get(field);
    return typeof value === "string" && pattern.test(value) ? value : wrong(`${field} must be ${what}`);
  };
  const slugs = (field: string): readonly string[] => {
    const value: unknown = fields.get(field) ?? [];
    const valid = Array.isArray(value) && value.every((each) => typeof each === "string" && SLUG.test(each));
    return valid ? (value as string[]) : wrong(`${field} must be a list of slugs`);
  };
  const text = (parts[2] ?? "").trim();
  return {
    post: {
      slug: string("slug", SLUG, "lower-case letters and digits with hyphens between"),
      title: string("title", /\S/, "a text"),
      date: string("date", /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, "a day such as 2026-11-16"),
      summary: string("summary", /\S/, "a text"),
      tags: slugs("tags"),
      text,
      words: countWords(text),
    },
    related: slugs("related"),
  };
}

/**
 * Reads every `.md` file of a folder.
 * @throws Error when two posts have one slug, or a post is related to one that does not exist
 */
export function readPosts(folder: string): SourcePost[] {
  const posts = readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => parsePost(join(folder, name), readFileSync(join(folder, name), "utf8")));
  const slugs = new Set<string>();
  for (const { post } of posts) {
    if (slugs.has(post.slug)) throw new Error(`${folder}: two posts have the slug ${post.slug}`);
    slugs.add(post.slug);
  }
  for (const { post, related } of posts) {
    for (const other of related) {
      if (!slugs.has(other))
        throw new Error(`${folder}: ${post.slug} is related to ${other}, which is no post`);
    }
  }
  return posts;
}
