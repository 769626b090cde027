/**
 * Puts the posts that the blog comes with into an empty store. Everything, and the mark that it has been
 * done, goes in one transaction: it happens once, whole, or not at all. The keys are those of records.ts.
 */
import type { Store } from "@sorbus/durable-kv";
import type { SourcePost } from "./content.ts";
import { setEdges, setPost } from "./records.ts";

const DONE = ["blog", "seeded"];

/**
 * @param read called only when the store has not been seeded
 * @returns how many posts were stored; 0 when the store had been seeded before
 */
export async function seed(store: Store, read: () => readonly SourcePost[]): Promise<number> {
  if ((await store.get(DONE)) !== null) return 0;
  const posts = read();
  const all = store.atomic().check(DONE, null).set(DONE, true);
  for (const { post, related } of posts) {
    setPost(all, post);
    setEdges(all, post.slug, related);
  }
  const { ok } = await all.commit();
  // Not ok: another process that started at the same moment has done it.
  return ok ? posts.length : 0;
}
