/**
 * From what was read to the store. A post is written with all that belongs to it in one transaction, together with a mark
 * of what it was made of: so an import can be repeated. What has not changed is left alone, what has is written
 * anew, and what has been edited or deleted in the blog since is never touched.
 */
import { createHash } from "node:crypto";
import type { Store, Versionstamp } from "@sorbus/durable-kv";
import { deletePost, keys, type Post, readWhole, setEdges, setPost, type WholePost } from "../records.ts";
import type { MovedPost, Moving, Note } from "./model.ts";

export interface Imported {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly files: number;
  readonly notes: readonly Note[];
}

/** What an import remembers of a post. */
interface Mark {
  readonly slug: string;
  /** Of what was read. */
  readonly source: string;
  /** Of what was stored. */
  readonly stored: string;
}

/** Posts that are written at the same time: their commits share a sync. */
const TOGETHER = 64;

export async function writeMoving(
  store: Store,
  moving: Moving,
  progress: (done: number, total: number) => void = () => {},
): Promise<Imported> {
  const run = new Import(store, moving);
  const total = moving.posts.length;
  for (let i = 0; i < total; i += TOGETHER) {
    await run.posts(moving.posts.slice(i, i + TOGETHER));
    progress(Math.min(i + TOGETHER, total), total);
  }
  await run.files();
  await run.relations();
  return { ...run.counts, notes: run.notes };
}

class Import {
  readonly counts = { added: 0, updated: 0, unchanged: 0, skipped: 0, files: 0 };
  readonly notes: Note[];
  readonly #store: Store;
  readonly #moving: Moving;
  /** Slug at the source → slug here, of all that is here. */
  readonly #slugs = new Map<string, string>();
  /** Those whose relations are to be written. */
  readonly #written: MovedPost[] = [];
  readonly #reserved = new Set<string>();

  constructor(store: Store, moving: Moving) {
    this.#store = store;
    this.#moving = moving;
    this.notes = [...moving.notes];
    this.counts.skipped = moving.skipped;
  }

  async posts(posts: readonly MovedPost[]): Promise<void> {
    // Slugs are found one after the other, so that two new posts never get the same.
    const writes: Promise<void>[] = [];
    for (const post of posts) writes.push(...(await this.#one(post)));
    await Promise.all(writes);
  }

  async #one(moved: MovedPost): Promise<Promise<void>[]> {
    const key = keys.imported(this.#moving.source, moved.id);
    const entry = await this.#store.get<Mark>(key);
    const mark = entry?.value;
    const source = hash(moved);
    if (mark?.source === source) {
      this.#slugs.set(moved.post.slug, mark.slug);
      this.counts.unchanged += 1;
      return [];
    }
    if (mark !== undefined) {
      this.#slugs.set(moved.post.slug, mark.slug);
      const here = await readWhole(this.#store, mark.slug);
      if (here === undefined) return this.#skip(moved, "it was deleted here, and stays so");
      if (hashOf(here.post, here.draft) !== mark.stored)
        return this.#skip(moved, "it was edited here since, and stays so");
      this.counts.updated += 1;
      return [this.#write(moved, mark.slug, source, here, entry?.version ?? null)];
    }
    const here = await readWhole(this.#store, moved.post.slug);
    if (here !== undefined && hashOf(here.post, here.draft) === hashOf(moved.post, moved.draft)) {
      this.#slugs.set(moved.post.slug, moved.post.slug);
      this.counts.unchanged += 1;
      return [this.#write(moved, moved.post.slug, source, here, null)];
    }
    if (here !== undefined && this.#moving.source === "blog")
      return this.#skip(moved, "there is another version of it here, which stays");
    const slug = await this.#free(moved.post.slug);
    if (slug !== moved.post.slug)
      this.notes.push({
        type: "changed",
        source: moved.post.title,
        what: `the slug ${moved.post.slug} is taken, it is ${slug} now`,
      });
    this.#slugs.set(moved.post.slug, slug);
    this.counts.added += 1;
    return [this.#write(moved, slug, source, undefined, null)];
  }

  #skip(moved: MovedPost, what: string): [] {
    this.counts.skipped += 1;
    this.notes.push({ type: "skipped", source: moved.post.title, what });
    return [];
  }

  async #free(slug: string): Promise<string> {
    for (let n = 1; ; n++) {
      const wanted = n === 1 ? slug : `${slug}-${n}`;
      if (this.#reserved.has(wanted)) continue;
      const [post, draft] = await this.#store.getMany([keys.post(wanted), keys.draft(wanted)]);
      if (post !== null || draft !== null) continue;
      this.#reserved.add(wanted);
      return wanted;
    }
  }

  async #write(
    moved: MovedPost,
    slug: string,
    source: string,
    before: WholePost | undefined,
    version: Versionstamp | null,
  ): Promise<void> {
    const post: Post = { ...moved.post, slug };
    const key = keys.imported(this.#moving.source, moved.id);
    const all = this.#store.atomic().check(key, version);
    if (before === undefined) all.check(keys.post(slug), null).check(keys.draft(slug), null);
    else {
      deletePost(all, before.post, before.draft);
      all.deleteRange({ prefix: ["comment", slug] });
    }
    setPost(all, post, moved.draft);
    for (const [i, comment] of moved.comments.entries()) all.set(keys.comment(slug, i), comment);
    for (const path of moved.aliases) if (path !== `/posts/${slug}`) all.set(keys.redirect(path), slug);
    all.set(key, { slug, source, stored: hashOf(post, moved.draft) } satisfies Mark);
    const { ok } = await all.commit();
    if (ok) this.#written.push(moved);
    else {
      const kind = before === undefined ? "added" : "updated";
      this.counts[kind] -= 1;
      this.#skip(moved, "it was changed here at this very moment; import again");
    }
  }

  /** When all posts are here: a relation needs both. */
  async relations(): Promise<void> {
    const writes: Promise<unknown>[] = [];
    for (const moved of this.#written) {
      const slug = this.#slugs.get(moved.post.slug) ?? moved.post.slug;
      const related: string[] = [];
      for (const wanted of moved.related) {
        const other = this.#slugs.get(wanted) ?? wanted;
        const [post, draft] = await this.#store.getMany([keys.post(other), keys.draft(other)]);
        if (post !== null || draft !== null) related.push(other);
        else
          this.notes.push({
            type: "skipped",
            source: moved.post.title,
            what: `the relation to ${wanted}, which is no post`,
          });
      }
      if (related.length === 0) continue;
      const all = this.#store.atomic();
      setEdges(all, slug, related);
      writes.push(all.commit());
    }
    await Promise.all(writes);
  }

  async files(): Promise<void> {
    for (const { path, type, bytes } of this.#moving.files) {
      const key = keys.file(path);
      if ((await this.#store.get(key)) !== null) continue;
      await this.#store.set(key, { type, bytes: bytes() });
      this.counts.files += 1;
    }
  }
}

function hash(moved: MovedPost): string {
  const { post, draft, related, comments, aliases } = moved;
  return digest([
    hashOf(post, draft),
    related,
    comments.map(({ author, at, text }) => [author, at, text]),
    aliases,
  ]);
}

function hashOf(post: Post, draft: boolean): string {
  const { title, date, summary, tags, text, author, updated } = post;
  return digest([title, date, summary, tags, text, author ?? "", updated ?? "", draft]);
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
