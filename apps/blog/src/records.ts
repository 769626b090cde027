/**
 * What the blog keeps in its store, under which keys. This is the one place of TypeScript that knows them; posts.sx says
 * the same for the pages.
 *
 *   ("post" slug)                  a post that readers see
 *   ("draft" slug)                 one that they do not
 *   ("by-date" date slug)          every post, in order of date
 *   ("tag" tag date slug)          the posts with a tag, in order of date
 *   ("edge" slug "related" other)  a relation; stored in both directions
 *   ("comment" slug number)        comments that came with a post from elsewhere, in order
 *   ("redirect" path)              the slug of the post that was at this path before
 *   ("file" path)                  a picture, {type, bytes}, shown at /files/path
 *   ("imported" source id)         what an import has made of something: see move/write.ts
 */
import type { Atomic, Key, Store } from "@sorbus/durable-kv";

/** A post as the store holds it. */
export interface Post {
  readonly slug: string;
  readonly title: string;
  /** `2026-11-16`. */
  readonly date: string;
  readonly summary: string;
  readonly tags: readonly string[];
  /** Markdown. */
  readonly text: string;
  /** How many words the text has. */
  readonly words: number;
  /** Who wrote it, where that is not the blog's owner. */
  readonly author?: string;
  /** The day of the last change, where it is known. */
  readonly updated?: string;
}

export interface Comment {
  readonly author: string;
  /** ISO 8601, to the second. */
  readonly at: string;
  /** Markdown. */
  readonly text: string;
}

export interface StoredFile {
  /** `image/png`. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A post with everything that belongs to it. */
export interface WholePost {
  readonly post: Post;
  readonly draft: boolean;
  /** The slugs of related posts, sorted. */
  readonly related: readonly string[];
  readonly comments: readonly Comment[];
  /** Paths that lead here, such as `/2019/05/old-name/`, sorted. */
  readonly aliases: readonly string[];
}

export const SLUG: RegExp = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const keys = {
  post: (slug: string): Key => ["post", slug],
  draft: (slug: string): Key => ["draft", slug],
  edge: (slug: string, other: string): Key => ["edge", slug, "related", other],
  comment: (slug: string, number: number): Key => ["comment", slug, number],
  redirect: (path: string): Key => ["redirect", path],
  file: (path: string): Key => ["file", path],
  imported: (source: string, id: string): Key => ["imported", source, id],
} as const;

/** Where readers see a file of the store. */
export const fileAddress = (path: string): string =>
  `/files/${path.split("/").map(encodeURIComponent).join("/")}`;

export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

/** Adds a post with its indexes to a transaction. Its relations are edges of their own: `setEdges`. */
export function setPost(all: Atomic, post: Post, draft = false): void {
  all.set(draft ? keys.draft(post.slug) : keys.post(post.slug), post);
  if (draft) return;
  all.set(["by-date", post.date, post.slug], true);
  for (const tag of post.tags) all.set(["tag", tag, post.date, post.slug], true);
}

/** The reverse of `setPost`. */
export function deletePost(all: Atomic, post: Post, draft = false): void {
  all.delete(draft ? keys.draft(post.slug) : keys.post(post.slug));
  if (draft) return;
  all.delete(["by-date", post.date, post.slug]);
  for (const tag of post.tags) all.delete(["tag", tag, post.date, post.slug]);
}

/** Adds relations of a post, in both directions. */
export function setEdges(all: Atomic, slug: string, related: readonly string[]): void {
  for (const other of related) {
    all.set(keys.edge(slug, other), true);
    all.set(keys.edge(other, slug), true);
  }
}

const last = (key: Key): string => String(key.at(-1));

/** Everything that belongs to a post, or undefined where there is no such post or draft. */
export async function readWhole(store: Store, slug: string): Promise<WholePost | undefined> {
  const post = await store.get<Post>(keys.post(slug));
  const found = post ?? (await store.get<Post>(keys.draft(slug)));
  if (found === null) return undefined;
  const [edges, comments] = await Promise.all([
    store.list({ prefix: ["edge", slug, "related"] }),
    store.list<Comment>({ prefix: ["comment", slug] }),
  ]);
  return {
    post: found.value,
    draft: post === null,
    related: edges.entries.map(({ key }) => last(key)).sort(),
    comments: comments.entries.map(({ value }) => value),
    aliases: [],
  };
}

/** All posts and drafts with what belongs to them, by slug. Reads a page at a time. */
export async function* readAll(store: Store): AsyncGenerator<WholePost> {
  const aliases = new Map<string, string[]>();
  for await (const { key, value } of entriesOf<string>(store, ["redirect"]))
    aliases.set(value, [...(aliases.get(value) ?? []), last(key)]);
  for (const kind of ["post", "draft"]) {
    for await (const { key } of entriesOf<Post>(store, [kind])) {
      const slug = last(key);
      const whole = await readWhole(store, slug);
      if (whole !== undefined)
        yield { ...whole, draft: kind === "draft", aliases: (aliases.get(slug) ?? []).sort() };
    }
  }
}

/** The files of the store with their paths. */
export async function* readFiles(
  store: Store,
): AsyncGenerator<{ readonly path: string; readonly file: StoredFile }> {
  for await (const { key, value } of entriesOf<StoredFile>(store, ["file"]))
    yield { path: last(key), file: value };
}

/** The entries under a prefix, however many, a page at a time. */
async function* entriesOf<T>(
  store: Store,
  prefix: Key,
): AsyncGenerator<{ readonly key: Key; readonly value: T }> {
  let cursor: string | undefined;
  do {
    const page = await store.list<T>({ prefix }, { limit: 200, cursor });
    yield* page.entries;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
