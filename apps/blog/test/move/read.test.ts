/** What is read from other blogs: fixtures in the shape of what Hugo, Jekyll, Astro, Ghost and WordPress leave behind. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MovedPost, Moving } from "../../src/move/model.ts";
import { readMoving } from "../../src/move/read.ts";
import { fixture, tempFolder } from "./support.ts";

const bySlug = (moving: Moving, slug: string): MovedPost => {
  const found = moving.posts.find(({ post }) => post.slug === slug);
  if (found === undefined) throw new Error(`no post ${slug}`);
  return found;
};
const notes = (moving: Moving): string[] =>
  moving.notes.map(({ type, source, what }) => `${type} ${source}: ${what}`);

describe("Hugo", () => {
  const hugo = readMoving(fixture("hugo"));

  test("is recognised; its fields, in TOML, YAML and JSON", () => {
    expect(hugo.source).toBe("hugo");
    const { post, draft, aliases } = bySlug(hugo, "first-oak");
    expect({ ...post, text: "" }).toEqual({
      slug: "first-oak",
      title: "The First Oak",
      date: "2019-05-04",
      updated: "2020-01-02",
      summary: "Where the oak came from.",
      tags: ["trees", "wood-work", "notes"],
      text: "",
      words: post.words,
    });
    expect(draft).toBe(false);
    expect(aliases).toEqual(["/2019/oak.html", "/old/oak"]);
    expect(bySlug(hugo, "draft").draft).toBe(true);
    expect(bySlug(hugo, "bundle").post).toMatchObject({
      tags: ["trees", "leaves"],
      summary: "Teaser with bold words.",
    });
  });

  test("shortcodes become Markdown, also in code they stay as they are written", () => {
    const { text } = bySlug(hugo, "first-oak").post;
    expect(text).toMatch(/!\[An oak\]\(\/files\/oak-[0-9a-f]{8}\.png\)\n\n\*In the yard\*/);
    expect(text).toContain("<https://www.youtube.com/watch?v=dQw4w9WgXcQ>");
    expect(text).toContain('```go\nfmt.Println("{{< not a shortcode >}}")\n```');
    expect(text).toContain("[the bundle](/posts/bundle#leaf)");
    expect(text).toContain("kept text");
  });

  test("pictures come along from the bundle and from static, and only pictures", () => {
    expect(hugo.files.map(({ path, type }) => [path.replace(/-[0-9a-f]{8}/, ""), type])).toEqual([
      ["leaf.png", "image/png"],
      ["oak.png", "image/png"],
    ]);
    expect(bySlug(hugo, "bundle").post.text).toMatch(/^!\[A Bundle: with a colon\]\(\/files\/leaf-/);
  });

  test("HTML becomes Markdown, scripts go", () => {
    const { text } = bySlug(hugo, "bundle").post;
    expect(text).toContain("**Bold HTML**");
    expect(text).not.toContain("alert");
    expect(text).toContain("In a box.");
  });

  test("what was changed or skipped is said", () => {
    expect(notes(hugo)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("skipped content/_index.md"),
        expect.stringMatching(/^skipped content\/posts\/broken\.md: its front matter cannot be read: /),
        expect.stringContaining("the shortcode gallery is left out"),
        expect.stringContaining("fake.png is no picture"),
        expect.stringContaining("there is no picture /images/missing.png"),
        expect.stringContaining('the tag "Wood Work" is now "wood-work"'),
        expect.stringContaining("<script> is left out"),
      ]),
    );
  });
});

describe("Jekyll", () => {
  const jekyll = readMoving(fixture("jekyll"));

  test("date and slug come from the name of the file, tags and categories from words", () => {
    expect(jekyll.source).toBe("jekyll");
    const { post, aliases } = bySlug(jekyll, "a-river");
    expect(post).toMatchObject({
      date: "2018-07-09",
      tags: ["water", "walking", "notes"],
      summary: "Down to the sea.",
    });
    expect(aliases).toEqual(["/river"]);
    expect(bySlug(jekyll, "the-sea")).toMatchObject({ aliases: ["/sea-of-things"], post: { author: "Ann" } });
    expect(bySlug(jekyll, "someday").draft).toBe(true);
  });

  test("Liquid is resolved or taken out, and told", () => {
    expect(bySlug(jekyll, "a-river").post.text).toMatch(
      /^The river is long\. See \[the other\]\(\/posts\/the-sea\)\.\n\n!\[River\]\(\/files\/river-[0-9a-f]{8}\.png\)\n\n```ruby\nputs "hello"\n```\n\n\{\{ kept \}\}$/,
    );
    expect(notes(jekyll)).toContainEqual(expect.stringContaining("the tag {% include %} is left out"));
  });
});

describe("Astro", () => {
  const astro = readMoving(fixture("astro"));

  test("MDX loses its code and keeps its text", () => {
    expect(astro.source).toBe("astro");
    const { post } = bySlug(astro, "using-mdx");
    expect(post).toMatchObject({ date: "2024-07-02", updated: "2024-08-01", tags: ["web", "uenicode"] });
    expect(post.text).toMatch(/^!\[Using MDX\]\(\/files\/hero-/);
    expect(post.text).toMatch(/!\[Inline\]\(\/files\/inline-/);
    expect(post.text).toContain('```js\nimport kept from "./in-code";\n```');
    expect(post.text).toContain("Embedded component in MDX");
    expect(post.text).not.toContain("alert");
    expect(bySlug(astro, "second-post").post.author).toBe("Bo, Cy");
  });
});

test("any folder of Markdown", () => {
  const moving = readMoving(fixture("markdown"));
  expect(moving.posts.map(({ post }) => [post.slug, post.title, post.date])).toEqual([
    ["plain", "A heading as title", "2020-02-02"],
    ["ein-weg", "Ein Weg über Äcker", "2023-01-05"],
  ]);
  expect(bySlug(moving, "ein-weg").post.text).toBe("Text mit\nZeilen.");
});

describe("Ghost", () => {
  const ghost = readMoving(fixture("ghost.json"), undefined, fixture("uploads"));

  test("posts, tags, authors, excerpts", () => {
    expect(ghost.source).toBe("ghost");
    expect(bySlug(ghost, "welcome").post).toMatchObject({
      title: "Welcome & more",
      date: "2023-11-14",
      updated: "2023-11-20",
      summary: "How it began.",
      tags: ["getting-started"],
      author: "Ann Author",
    });
  });

  test("HTML becomes Markdown: pictures, captions, code, tables, frames, nested lists", () => {
    expect(bySlug(ghost, "welcome").post.text.replace(/-[0-9a-f]{8}\.png/g, ".png")).toBe(
      [
        "![Welcome & more](/files/harbour.png)",
        "Hello **there**.",
        "![Harbour](/files/harbour.png)",
        "*The harbour*",
        "```js\nconst a = 1 < 2;\n```",
        "| a | b |\n| --- | --- |\n| 1 | 2 \\| 3 |",
        "<https://www.youtube.com/watch?v=abc123>",
        "-   one\n    -   deep",
      ].join("\n\n"),
    );
  });

  test("what readers could not see stays unseen", () => {
    expect(ghost.posts.map(({ post, draft }) => [post.slug, draft])).toEqual([
      ["welcome", false],
      ["members", true],
      ["later", true],
      ["about", false],
    ]);
    expect(bySlug(ghost, "later").post.text).toBe("Old *style* text.");
  });
});

describe("WordPress", () => {
  const wordpress = readMoving(fixture("wordpress.xml"), undefined, fixture("uploads"));

  test("posts, pages and drafts; nothing from the trash", () => {
    expect(wordpress.source).toBe("wordpress");
    expect(wordpress.posts.map(({ id, post, draft }) => [id, post.slug, draft])).toEqual([
      ["5", "harbour-days", false],
      ["6", "blocks", false],
      ["8", "a-draft", true],
      ["9", "more", false],
      ["12", "about-us", false],
    ]);
    expect(bySlug(wordpress, "harbour-days").post).toMatchObject({
      title: "Harbour days & nights",
      tags: ["sea-side", "more"],
      author: "Ann of the Sea",
    });
  });

  test("classic text gets its paragraphs, shortcodes become what they show", () => {
    expect(bySlug(wordpress, "harbour-days").post.text.replace(/-[0-9a-f]{8}\.png/g, ".png")).toBe(
      [
        "First paragraph with *words*\\\nand a line break.",
        "[![The harbour](/files/harbour.png)](/files/harbour.png)",
        "*Boats at dusk*",
        "![](/files/harbour.png)",
        "A footnote \\[1\\] stays.",
        '```php\necho "<b>";\n```',
        "After the fold.",
      ].join("\n\n"),
    );
  });

  test("blocks, and links between posts lead to where they are now", () => {
    expect(bySlug(wordpress, "blocks").post.text).toBe(
      "Block text with a [link](/posts/harbour-days).\n\n### A heading\n\nhttps://vimeo.com/1",
    );
  });

  test("comments that were approved, in order, without addresses", () => {
    expect(bySlug(wordpress, "harbour-days").comments).toEqual([
      { author: "Cy", at: "2019-05-04T12:00:00Z", text: "Earlier." },
      { author: "Bo", at: "2019-05-05T12:00:00Z", text: "Nice **boats**!\n\nReally." },
    ]);
  });

  test("old addresses, letters of any script among them", () => {
    expect(bySlug(wordpress, "more").aliases).toEqual(["/2019/05/море"]);
  });

  test("the report", () => {
    expect(notes(wordpress)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("the shortcode contact-form-7 is left out"),
        expect.stringContaining("2 comments that are pingbacks, spam or not approved"),
        "skipped Thrown away: it is in the trash",
        "changed About us: it was a page and is a post now",
        "skipped 1 of type nav_menu_item: they are no posts or pages",
      ]),
    );
  });
});

describe("what cannot be read is named", () => {
  test.each([
    ["nothing there", "nowhere", undefined, /there is no file or folder .*nowhere/],
    ["broken XML", "broken.xml", "<rss><channel></rss>", /broken\.xml:1:\d+: the XML is broken/],
    ["another XML", "feed.xml", "<rss><channel><title>x</title></channel></rss>", /no export of WordPress/],
    ["JSON that ends early", "ghost.json", '{"db": [', /ghost\.json cannot be read/],
    ["another JSON", "other.json", '{"a": 1}', /no export of Ghost/],
    ["a picture", "x.png", "\x89PNG", /nothing that I know/],
    ["an export of a later blog", "later.json", '{"format":"sorbus-blog","version":9}', /version 9/],
  ])("%s", (_name, name, text, message) => {
    const path = join(tempFolder(), name);
    if (text !== undefined) writeFileSync(path, text);
    expect(() => readMoving(path)).toThrow(message);
  });

  test("a folder without posts", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "_posts"));
    expect(() => readMoving(folder)).toThrow(
      /has no posts: I looked for .md, .markdown, .mkd in _posts, _drafts/,
    );
  });
});
