/** The blog as a reader meets it: over HTTP, from a store that was empty; on a folder and on a PostgreSQL server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Blog, startBlog } from "../src/app.ts";
import { readConfig } from "../src/config.ts";

const count = (text: string, part: string): number => text.split(part).length - 1;

/** A place for a store, as BLOG_DATA names it. */
interface Place {
  readonly data: () => string | Promise<string>;
  readonly remove: (data: string) => void | Promise<void>;
}

const folder: Place = {
  data: () => mkdtempSync(join(tmpdir(), "sorbus-blog-")),
  remove: (data) => rmSync(data, { recursive: true }),
};

let server: PostgresServer | undefined;
const postgres: Place = {
  data: async () => {
    server = await startPostgres();
    return server.url;
  },
  remove: async () => server?.stop(),
};

describe("on a folder", () => suite(folder));
describe.skipIf(!postgresOrSkip())("on a PostgreSQL server", () => suite(postgres));

function suite(place: Place): void {
  let data: string;
  let blog: Blog;
  let base: string;

  const start = () => startBlog(readConfig({ PORT: "0", BLOG_DATA: data }), () => {});

  beforeAll(async () => {
    data = await place.data();
    blog = await start();
    base = blog.server.url;
  });

  afterAll(async () => {
    await blog[Symbol.asyncDispose]();
    await place.remove(data);
  });

  async function page(path: string): Promise<{ status: number; type: string; text: string }> {
    const response = await fetch(base + path);
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      text: await response.text(),
    };
  }

  describe("pages", () => {
    test("the first start stores the posts", () => {
      expect(blog.seeded).toBeGreaterThanOrEqual(12);
    });

    test("home has the newest posts, newest first, and leads to the others", async () => {
      const first = await page("/");
      expect(first).toMatchObject({ status: 200, type: "text/html; charset=utf-8" });
      expect(first.text).toMatch(/^<!doctype html><html lang="en">/);
      const dates = [...first.text.matchAll(/datetime="([^"]+)"/g)].map((match) => match[1]);
      expect(dates).toHaveLength(8);
      expect(dates).toEqual([...dates].sort().reverse());
      expect(first.text).toContain('<a rel="next" href="/?page=2">');
      const second = await page("/?page=2");
      expect(count(second.text, "<article")).toBe(blog.seeded - 8);
      expect(second.text).toContain('<a rel="prev" href="/">');
      expect(second.text).not.toContain('rel="next"');
    });

    test("a post is its Markdown, with its tags and the posts it is related to, in both directions", async () => {
      const { text } = await page("/posts/exactly-once");
      expect(text).toContain("<h1>Exactly once</h1>");
      expect(text).toContain("<h2>The word “again”</h2>");
      expect(text).toContain('<pre><code class="language-lisp">(define (remind customer)');
      expect(text).toContain('<a href="/tags/effects" rel="tag">effects</a>');
      // exactly-once names errors-are-letters; the-log-comes-first names exactly-once.
      for (const other of ["errors-are-letters", "the-log-comes-first"]) {
        expect(text).toContain(`<li><a href="/posts/${other}">`);
      }
    });

    test("a tag page has the posts with the tag and no others", async () => {
      const { text } = await page("/tags/typography");
      expect([...text.matchAll(/<h2><a href="([^"]+)"/g)].map((match) => match[1])).toEqual([
        "/posts/reading-width",
        "/posts/text-both-ways",
      ]);
    });

    test("the tags and the archive lead everywhere", async () => {
      const tags = await page("/tags");
      expect(tags.text).toContain('<a href="/tags/web">web</a> <span>4</span>');
      const archive = await page("/archive");
      expect(count(archive.text, '<li><a href="/posts/')).toBe(blog.seeded);
      expect(archive.text).toContain('<a href="/archive" aria-current="page">');
    });

    test("every link of every page leads to a page", async () => {
      const seen = new Set<string>(["/"]);
      for (const path of seen) {
        const { status, text } = await page(path);
        expect.soft(status, path).toBe(200);
        if (path.startsWith("/assets/") || path === "/feed.xml") continue;
        for (const [, href = ""] of text.matchAll(/href="(\/[^"]*)"/g))
          seen.add(href.replaceAll("&amp;", "&"));
      }
      expect(seen.size).toBeGreaterThan(blog.seeded + 20);
    });

    test("a page with its stylesheet is under 15 KB", async () => {
      const { text: css } = await page("/assets/style.css");
      for (const path of ["/", "/posts/programs-that-wait", "/archive"]) {
        expect(Buffer.byteLength((await page(path)).text) + Buffer.byteLength(css), path).toBeLessThan(
          15_000,
        );
      }
    });
  });

  describe("what is not there", () => {
    test.each([
      "/posts/none",
      "/tags/none",
      "/none",
      "/posts",
      "/?page=3",
      "/?page=x",
      "/?page=1.5",
      "/assets/none.css",
    ])("%s", async (path) => {
      const { status, type, text } = await page(path);
      expect({ status, type }).toEqual({ status: 404, type: "text/html; charset=utf-8" });
      expect(text).toContain("<h1>Not found</h1>");
    });

    test("an address that holds HTML is shown as text", async () => {
      const { text } = await page("/%3Cscript%3Ealert(1)%3C/script%3E");
      expect(text).toContain("There is nothing at <code>/&lt;script&gt;alert(1)&lt;/script&gt;</code>");
      expect(text).not.toContain("<script");
    });

    test("files of the theme that are no assets are not served", async () => {
      for (const path of [
        "/assets/theme.sx",
        "/assets/../theme.sx",
        "/assets/%2e%2e/theme.sx",
        "/theme/theme.sx",
      ]) {
        expect((await page(path)).status, path).toBe(404);
      }
    });
  });

  test("only GET and HEAD", async () => {
    const post = await fetch(`${base}/`, { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    const head = await fetch(`${base}/`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("the stylesheet may be kept, pages are asked for again", async () => {
    expect((await fetch(`${base}/`)).headers.get("cache-control")).toBe("no-cache");
    const [, href = ""] = /<link rel="stylesheet" href="([^"]+)"/.exec((await page("/")).text) ?? [];
    const css = await fetch(base + href);
    expect(css.headers.get("cache-control")).toBe("public, max-age=31536000");
    expect(css.headers.get("content-type")).toBe("text/css; charset=utf-8");
  });

  test("the feed has every post, escaped twice: once as HTML, once as text of the feed", async () => {
    const { type, text } = await page("/feed.xml");
    expect(type).toBe("application/atom+xml; charset=utf-8");
    expect(count(text, "<entry>")).toBe(blog.seeded);
    expect(text).toContain("<updated>2026-11-16T00:00:00Z</updated>");
    expect(text).toContain("&lt;p&gt;Watch a web server");
    expect(text).toContain("&amp;lt;bdi&amp;gt;");
    expect(text).toContain(`<id>${base}/posts/exactly-once</id>`);
  });

  test("a second process on the same store serves the same, and stores nothing", async () => {
    await using second = await start();
    expect(second.seeded).toBe(0);
    const there = await (await fetch(`${second.server.url}/archive`)).text();
    expect(there.replaceAll(second.server.url, base)).toBe((await page("/archive")).text);
  });
}
