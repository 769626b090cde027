/** Front matter is read as written, and what is wrong with it is said. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parsePost, readPosts } from "../src/content.ts";

const post = (front: string, text = "One two three.\n") => `---\n${front}\n---\n\n${text}`;
const fields = "title: Title\nslug: a-slug\ndate: 2026-02-03\nsummary: Why";

test("a post has the fields of its front matter, its text and the number of its words", () => {
  expect(parsePost("a.md", post(`${fields}\ntags: [x, y]\nrelated: [other]`))).toEqual({
    post: {
      slug: "a-slug",
      title: "Title",
      date: "2026-02-03",
      summary: "Why",
      tags: ["x", "y"],
      text: "One two three.",
      words: 3,
    },
    related: ["other"],
  });
});

test.each([
  ["no front matter", "Text only.", "starts with front matter"],
  ["an unknown field", post(`${fields}\ntag: x`), 'there is no field "tag"'],
  ["no title", post(fields.replace("title: Title", "tags: []")), "title must be a text"],
  ["a slug with a slash", post(fields.replace("a-slug", "a/b")), "slug must be"],
  ["a date that is none", post(fields.replace("02-03", "13-03")), "date must be a day"],
  ["a tag with a space", post(`${fields}\ntags: ["a b"]`), "tags must be a list of slugs"],
])("%s", (_name, source, message) => {
  expect(() => parsePost("a.md", source)).toThrow(`a.md: ${message}`.replace(/^a\.md: /, ""));
  expect(() => parsePost("a.md", source)).toThrow(/^a\.md: /);
});

test("the posts that the blog comes with: a dozen, readable, all with relations that exist", () => {
  const posts = readPosts(fileURLToPath(new URL("../content", import.meta.url)));
  expect(posts.length).toBeGreaterThanOrEqual(12);
  for (const { post, related } of posts) {
    expect.soft(post.words, post.slug).toBeGreaterThan(250);
    expect.soft(post.tags.length, post.slug).toBeGreaterThan(0);
    expect.soft(related.length, post.slug).toBeGreaterThan(0);
    expect.soft(related, post.slug).not.toContain(post.slug);
  }
});
