/** The pages in a browser: every width from 320 pixels up, light and dark, from right to left, on paper. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Blog, startBlog } from "../src/app.ts";
import { readConfig } from "../src/config.ts";

const PATHS = ["/", "/posts/text-both-ways", "/posts/errors-are-letters", "/tags", "/archive", "/not-there"];

let data: string;
let blog: Blog;
let browser: Browser;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "sorbus-blog-"));
  blog = await startBlog(readConfig({ PORT: "0", BLOG_DATA: data }), () => {});
  // One process for everything ends with the first context that is closed.
  const args = chromium.args.filter((arg) => arg !== "--single-process");
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args });
});

afterAll(async () => {
  await browser?.close();
  await blog?.[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});

interface Visit {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly print?: boolean;
}

/** Opens a page of the blog. Anything that the browser complains of fails the test. */
async function browse<T>(path: string, options: Visit, use: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 800 },
    colorScheme: options.scheme ?? "light",
  });
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    if (options.print) await page.emulateMedia({ media: "print" });
    const response = await page.goto(blog.server.url + path);
    const result = await use(page);
    expect(complaints.filter((text) => !(response?.status() === 404 && text.includes("404")))).toEqual([]);
    return result;
  } finally {
    await context.close();
  }
}

/** Opens a page and looks at it from inside. */
const visit = <T>(path: string, options: Visit, look: () => T): Promise<T> =>
  browse(path, options, (page) => page.evaluate(look) as Promise<T>);

describe.each(PATHS)("%s", (path) => {
  test("nothing is wider than its window, from a small phone to a large screen", async () => {
    const wider = await browse(path, {}, async (page) => {
      const found: string[] = [];
      for (const width of [320, 390, 768, 1280, 2560]) {
        await page.setViewportSize({ width, height: 800 });
        const content = await page.evaluate(() => document.documentElement.scrollWidth);
        if (content > width) found.push(`${content} pixels in a window of ${width}`);
      }
      return found;
    });
    expect(wider).toEqual([]);
  });

  test("neither from right to left", async () => {
    const [window, content, start] = await visit(path, { width: 390 }, () => {
      document.documentElement.dir = "rtl";
      const name = document.querySelector("header .name")?.getBoundingClientRect();
      return [innerWidth, document.documentElement.scrollWidth, name?.right];
    });
    expect(content).toBe(window);
    // The name of the site stands where lines start.
    expect(start).toBeGreaterThan(350);
  });

  test.each(["light", "dark"] as const)("all text can be read in %s mode (WCAG AA)", async (scheme) => {
    const faint = await visit(path, { scheme }, () => {
      const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
      const luminance = (color: string): number => {
        const [r = 0, g = 0, b = 0] = channels(color).map((value) =>
          value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
        );
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const background = (element: Element | null): string => {
        if (element === null) return "rgb(255, 255, 255)";
        const color = getComputedStyle(element).backgroundColor;
        return channels(color)[3] === 0 ? background(element.parentElement) : color;
      };
      const found: string[] = [];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        const element = node.parentElement;
        if (element === null || node.textContent?.trim() === "") continue;
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(background(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.push(`${node.textContent?.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
      }
      return found;
    });
    expect(faint).toEqual([]);
  });

  test("has a title, a language, one main part, one first heading and no level left out", async () => {
    const page = await visit(path, {}, () => ({
      title: document.title !== "",
      lang: document.documentElement.lang,
      mains: document.querySelectorAll("main").length,
      levels: [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1])),
    }));
    expect(page).toMatchObject({ title: true, lang: "en", mains: 1 });
    expect(page.levels.filter((level) => level === 1)).toHaveLength(1);
    for (const [i, level] of page.levels.entries())
      expect(level).toBeLessThanOrEqual((page.levels[i - 1] ?? 0) + 1);
  });

  test("what can be pressed is at least 24 pixels high, or stands in a text", async () => {
    const low = await visit(path, { width: 390 }, () =>
      [...document.querySelectorAll("a")]
        .filter((link) => !link.closest("p, .skip") && link.getBoundingClientRect().height < 24)
        .map((link) => `${link.textContent}: ${link.getBoundingClientRect().height}`),
    );
    expect(low).toEqual([]);
  });

  test("is only its text on paper", async () => {
    const shown = await visit(path, { print: true }, () =>
      [...document.querySelectorAll("header nav, footer, .pager, .related, .tags")]
        .filter((element) => getComputedStyle(element).display !== "none")
        .map((element) => element.className),
    );
    expect(shown).toEqual([]);
  });
});

test("a line of a post has at most 75 characters", async () => {
  const characters = await visit("/posts/reading-width", {}, () => {
    const paragraph = document.querySelector(".post p:nth-of-type(3)");
    if (paragraph === null) return 0;
    const lines =
      paragraph.getBoundingClientRect().height / Number.parseFloat(getComputedStyle(paragraph).lineHeight);
    return (paragraph.textContent?.length ?? 0) / Math.round(lines);
  });
  expect(characters).toBeGreaterThan(45);
  expect(characters).toBeLessThan(75);
});

test("the keyboard's first stop leads past the header", async () => {
  await browse("/", {}, async (page) => {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
    expect(await page.evaluate(() => document.activeElement?.getBoundingClientRect().width)).toBeGreaterThan(
      50,
    );
  });
});
