/** A page of HTML with n posts, with its text escaped. */
interface Post {
  readonly id: number;
  readonly title: string;
  readonly summary: string;
  readonly tags: readonly string[];
}

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (c) => (c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;"));

const posts = (n: number): Post[] =>
  Array.from({ length: n }, (_, id) => ({
    id,
    title: `Post ${id} <on> rowans & thrushes`,
    summary: `What happened on day ${id} in the garden, and what did not.`,
    tags: ["garden", "rowan", `day-${id % 7}`],
  }));

const card = (post: Post): string =>
  `<article class="card"><h2><a href="/posts/${post.id}">${escaped(post.title)}</a></h2><p>${escaped(post.summary)}</p><ul class="tags">${post.tags
    .map((tag) => `<li><a href="/tags/${tag}">${escaped(tag)}</a></li>`)
    .join("")}</ul></article>`;

export const small = 3;
export const brief = 20;
export const size = 200;
export function run(n: number): string {
  return `<!doctype html><html lang="en"><head><title>Posts</title></head><body><h1>Posts</h1>${posts(n).map(card).join("")}</body></html>`;
}
