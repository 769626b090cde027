/** Fifty posts, and the page of them as one would write it by hand in JavaScript. */

export interface Post {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly tags: readonly string[];
}

export function posts(count: number): Post[] {
  return Array.from({ length: count }, (_, i) => ({
    slug: `post-${String(i).padStart(3, "0")}`,
    title: `Rowan & oak, part ${i}`,
    summary: `What grows <here> in the ${i}th year, and what does not. `.repeat(3),
    tags: ["tree", `year-${i % 7}`],
  }));
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => REFERENCES[c] ?? c);
}

const text = (s: string): string => escaped(s).replaceAll("&quot;", '"');

export function pageOf(all: readonly Post[]): string {
  const items = all.map(
    ({ slug, title, summary, tags }) =>
      `<article><h2><a href="/posts/${escaped(slug)}">${text(title)}</a></h2><p>${text(summary)}</p><ul class="tags">${tags
        .map((tag) => `<li><a href="/tags/${escaped(tag)}">${text(tag)}</a></li>`)
        .join("")}</ul></article>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Posts</title></head><body><main>${items.join("")}</main></body></html>`;
}
