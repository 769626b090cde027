/** What a page keeps while it is patched, and what it does with what it is told. In a real browser. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemFrom } from "../src/daemon/problems.ts";
import { documentOf } from "../src/page/document.ts";
import { type PageServer, type PageSession, servePages } from "../src/page/server.ts";
import type { EventStream } from "../src/page/stream.ts";
import type { FrameView, ShellView } from "../src/page/view.ts";
import { completeTraits, type Traits } from "../src/reloader.ts";
import { launch } from "./browser.ts";

/** A session that shows what a test says. */
class Told implements PageSession {
  readonly id = "told-1";
  readonly file = "/project/told.sx";
  readonly folders = new Map<string, string>();
  html = "";
  revision = 1;
  traits: Traits = {};
  readonly stale = false;
  error: ShellView["error"] = null;
  record: ShellView["record"] = null;
  readonly acts: [string, unknown][] = [];
  readonly configured: Traits[] = [];
  readonly switched: (number | string)[] = [];
  answer = "";
  #stream: EventStream | undefined;

  frameNow(html = this.html, traits = this.traits): FrameView {
    const full = completeTraits(traits);
    return {
      document: documentOf({ html, title: "told", traits: full, stylesheets: [], live: true }),
      revision: this.revision,
      traits: full,
      assetsChanged: false,
    };
  }
  view(): ShellView {
    const names = ["First", "Second"];
    return {
      ...this.frameNow(),
      session: this.id,
      file: this.file,
      stale: this.error !== null,
      error: this.error,
      previews: names.map((name, index) => ({
        index,
        name,
        file: this.file,
        line: index + 1,
        snippet: "",
        traits: {},
        interactive: false,
      })),
      preview: 0,
      chosen: this.traits,
      record: this.record,
      notices: [],
    };
  }
  async frame(): Promise<FrameView> {
    return this.frameNow();
  }
  picture(): undefined {}
  async variants(sets: readonly string[]): ReturnType<PageSession["variants"]> {
    return sets.map((name) => ({
      name,
      traits: completeTraits({ colorScheme: "dark" }),
      frame: this.frameNow(this.html, { colorScheme: "dark" }),
      error: null,
    }));
  }
  async act(action: string, detail: unknown): ReturnType<PageSession["act"]> {
    this.acts.push([action, detail]);
    return { view: this.frameNow(this.answer), error: null };
  }
  async switch(preview: number | string): Promise<void> {
    this.switched.push(preview);
  }
  async configure(traits: Traits): Promise<void> {
    this.configured.push(traits);
  }
  noteShown(): void {}
  follow(stream: EventStream): () => void {
    this.#stream = stream;
    this.tell();
    return () => {};
  }
  tell(): void {
    this.#stream?.view(JSON.stringify(this.view()));
  }
  get followed(): boolean {
    return this.#stream !== undefined;
  }
}

let browser: Browser;
let server: PageServer;
let told: Told;

beforeAll(async () => {
  browser = await launch();
  server = await servePages({
    session: (id) => (id === told.id ? told : undefined),
    sessions: () => [told],
    port: 0,
    stirred: () => {},
    problemFrom,
    log: (line) => {
      throw new Error(line);
    },
  });
});
afterAll(async () => {
  await server?.close();
  await browser?.close();
});

async function openFrame(html: string, use: (page: Page) => Promise<void>): Promise<void> {
  told = new Told();
  told.html = html;
  const page = await browser.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  try {
    await page.goto(`${server.url}/s/told-1/frame`);
    await page.waitForFunction(() => "sorbus" in globalThis);
    await use(page);
    expect(wrong).toEqual([]);
  } finally {
    await page.close();
  }
}

async function show(page: Page, html: string, traits: Traits = {}): Promise<void> {
  await page.evaluate(
    (view) => {
      (globalThis as unknown as { sorbus: { show(view: unknown): void } }).sorbus.show(view);
    },
    told.frameNow(html, traits),
  );
}

describe("patching keeps", () => {
  test("what has been typed, where the cursor is, and the focus", () =>
    openFrame('<h1>One</h1><label>Name <input id="n"></label><textarea>old</textarea>', async (page) => {
      await page.fill("#n", "Ada Lovelace");
      await page.fill("textarea", "mine");
      await page.focus("#n");
      await page.evaluate(() => (document.querySelector("#n") as HTMLInputElement).setSelectionRange(2, 5));
      await show(
        page,
        '<h1>Two</h1><p>more</p><label>Name <input id="n" class="wide"></label><textarea>old</textarea>',
      );
      expect(
        await page.evaluate(() => {
          const field = document.querySelector("#n") as HTMLInputElement;
          const { value, selectionStart, selectionEnd, className } = field;
          return [
            document.querySelector("h1")?.textContent,
            value,
            selectionStart,
            selectionEnd,
            className,
            document.activeElement === field,
            document.querySelector("textarea")?.value,
          ];
        }),
      ).toEqual(["Two", "Ada Lovelace", 2, 5, "wide", true, "mine"]);
    }));

  test("but not when the program itself gives a field another value", () =>
    openFrame('<input id="n" value="a"><input type="checkbox" id="c">', async (page) => {
      await page.fill("#n", "mine");
      await page.check("#c");
      await show(page, '<input id="n" value="b"><input type="checkbox" id="c">');
      expect(await page.inputValue("#n")).toBe("b");
      expect(await page.isChecked("#c")).toBe(true);
    }));

  test("chosen options, checked boxes and what has been unfolded", () =>
    openFrame("<select><option>a<option>b</select><details><summary>s</summary>x</details>", async (page) => {
      await page.selectOption("select", "b");
      await page.click("summary");
      await show(
        page,
        "<select><option>a<option>b</select><details><summary>s2</summary>y</details><p>new</p>",
      );
      expect(await page.inputValue("select")).toBe("b");
      expect(await page.evaluate(() => document.querySelector("details")?.open)).toBe(true);
      expect(await page.textContent("summary")).toBe("s2");
    }));

  test("how far one has scrolled, in the page and in parts of it", () => {
    const html = (title: string): string =>
      `<h1>${title}</h1><div id="box" style="height:50px;overflow:auto"><div style="height:900px"></div></div><div style="height:5000px"></div>`;
    return openFrame(html("One"), async (page) => {
      await page.evaluate(() => {
        scrollTo(0, 700);
        (document.querySelector("#box") as HTMLElement).scrollTop = 123;
      });
      await show(page, html("Two"));
      expect(await page.evaluate(() => [scrollY, document.querySelector("#box")?.scrollTop])).toEqual([
        700, 123,
      ]);
    });
  });

  test("the elements themselves", () =>
    openFrame("<main><p>one</p></main>", async (page) => {
      const before = await page.evaluateHandle(() => document.querySelector("main"));
      await show(page, '<main class="x"><p>two</p><p>three</p></main>');
      expect(await page.evaluate((main) => main === document.querySelector("main"), before)).toBe(true);
    }));

  test("whole documents stay such, and change their head too", () =>
    openFrame(
      "<!doctype html><html lang='de'><head><title>A</title><style>p{color:red}</style></head><body><p>x</p></body></html>",
      async (page) => {
        await show(
          page,
          "<!doctype html><html lang='de'><head><title>B</title><style>p{color:rgb(0, 0, 255)}</style></head><body><p>x</p></body></html>",
        );
        expect(await page.title()).toBe("B");
        expect(
          await page.evaluate(() => [
            getComputedStyle(document.querySelector("p") as Element).color,
            document.documentElement.lang,
          ]),
        ).toEqual(["rgb(0, 0, 255)", "de"]);
      },
    ));
});

describe("traits in anybody's browser", () => {
  const styled =
    "<style>p{color:rgb(1,1,1)}@media (prefers-color-scheme: dark){p{color:rgb(2,2,2)}}@media print{p{color:rgb(3,3,3)}}@media screen and (prefers-reduced-motion){p{margin-top:7px}}</style><p>x</p>";
  const look = (page: Page): Promise<unknown> =>
    page.evaluate(() => {
      const { color, marginTop } = getComputedStyle(document.querySelector("p") as Element);
      const root = document.documentElement;
      return [color, marginTop, root.dir, root.lang, root.style.fontSize];
    });

  test("conditions of style sheets follow them, there and back", () =>
    openFrame(styled, async (page) => {
      await show(page, styled, { colorScheme: "dark", direction: "rtl", locale: "ar" });
      expect(await look(page)).toEqual(["rgb(2, 2, 2)", "16px", "rtl", "ar", ""]);
      await show(page, styled, { print: true, fontScale: 1.5 });
      expect(await look(page)).toEqual(["rgb(3, 3, 3)", "24px", "ltr", "en", "150%"]);
      await show(page, styled, { reducedMotion: true });
      expect(await look(page)).toEqual(["rgb(1, 1, 1)", "7px", "ltr", "en", ""]);
    }));
});

describe("touching", () => {
  test("an action is told of its element and its form, and what it answers is shown", () =>
    openFrame(
      '<form data-action="save"><input name="who" value="Ada"><button type="button" data-action="more" data-by="2">+</button><button>Save</button></form>',
      async (page) => {
        told.answer = "<p>done</p>";
        await page.click("text=+");
        await page.waitForSelector("text=done");
        expect(told.acts).toEqual([["more", { who: "Ada", by: "2" }]]);
      },
    ));

  test("a form is sent to its action, a field's change to its own", () =>
    openFrame(
      '<form data-action="save"><input name="who" data-action="typed"><button>Save</button></form>',
      async (page) => {
        told.answer = told.html;
        await page.fill("input", "Bob");
        await page.click("button");
        await page.evaluate(() =>
          (globalThis as unknown as { sorbus: { quiet(): Promise<void> } }).sorbus.quiet(),
        );
        expect(told.acts).toEqual([
          ["typed", { who: "Bob", value: "Bob" }],
          ["save", { who: "Bob" }],
        ]);
      },
    ));

  test("links are not followed: the preview stays, and says so", () =>
    openFrame('<a href="/elsewhere">go</a>', async (page) => {
      await page.click("a");
      expect(page.url()).toMatch(/\/frame$/);
      const notes = await page.evaluate(() =>
        (globalThis as unknown as { sorbus: { takeNotes(): string[] } }).sorbus.takeNotes(),
      );
      expect(notes.join()).toContain("/elsewhere");
    }));
});

describe("the page around it", () => {
  async function openShell(use: (page: Page) => Promise<void>): Promise<void> {
    told = new Told();
    told.html = "<h1>Hello</h1><input>";
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    const wrong: string[] = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") wrong.push(message.text());
    });
    try {
      await page.goto(`${server.url}/s/told-1`);
      await page.frameLocator("iframe").locator("h1").waitFor();
      await use(page);
      expect(wrong).toEqual([]);
    } finally {
      await page.close();
    }
  }

  test("shows a new view without loading the frame again", () =>
    openShell(async (page) => {
      const frame = page.frameLocator("iframe");
      await frame.locator("input").fill("typed");
      told.html = "<h1>Bye</h1><input>";
      told.revision = 2;
      told.tell();
      await frame.locator("text=Bye").waitFor();
      expect(await frame.locator("input").inputValue()).toBe("typed");
    }));

  test("an error lies over the last good view with its code frame, and goes away by itself", () =>
    openShell(async (page) => {
      told.error = {
        phase: "compile",
        code: "syntax",
        message: "no such name: crad",
        detail: "1 | (crad)\n    ^^^^",
        remediation: "Mend it",
      };
      told.tell();
      await page.locator("#overlay").waitFor({ state: "visible" });
      expect(await page.locator("#problem-detail").textContent()).toContain("(crad)");
      expect(await page.frameLocator("iframe").locator("h1").textContent()).toBe("Hello");
      told.error = null;
      told.tell();
      await page.locator("#overlay").waitFor({ state: "hidden" });
    }));

  test("says the last reload's tier, reason and timings", () =>
    openShell(async (page) => {
      const timings = {
        watch: 0.6,
        parse: 1.2,
        diff: 0.1,
        compile: 0,
        instantiate: 0.1,
        render: 0.9,
        patch: 0.2,
      };
      told.record = {
        revision: 2,
        tier: "literal",
        reason: "a text changed",
        files: [],
        definitions: [],
        stateKept: [],
        stateDropped: [],
        generation: 1,
        timings,
        status: "done",
      };
      told.tell();
      await page.locator(".tier.literal").waitFor();
      expect(await page.locator("#status").textContent()).toContain("a text changed 3.1 ms");
      expect(await page.locator("#status").textContent()).toContain("parse 1.2");
    }));

  test("lists previews and variants, and asks for what is chosen", () =>
    openShell(async (page) => {
      await page.getByRole("button", { name: "Second" }).click();
      await expect.poll(() => told.switched).toEqual([1]);
      await page.getByLabel("Colours").selectOption("dark");
      await expect.poll(() => told.configured).toEqual([{ colorScheme: "dark" }]);
      await page.getByRole("button", { name: "dark" }).click();
      await page.frameLocator('figure[data-name="dark"] iframe').locator("h1").waitFor();
      await page.getByRole("button", { name: "dark" }).click();
      await expect.poll(() => page.locator("figure").count()).toBe(1);
    }));

  test("every control has a name, and nothing is wider than a small window", () =>
    openShell(async (page) => {
      const snapshot = await page.locator("body").ariaSnapshot();
      expect(snapshot).not.toMatch(/- (?:button|combobox|checkbox)(?::|\s*$)/m);
      await page.setViewportSize({ width: 360, height: 700 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    }));
});

describe("who may ask", () => {
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${server.url}/s/told-1/switch`, { method: "POST", headers, body: '{"preview":1}' });

  test("another page may change nothing", async () => {
    told = new Told();
    expect((await post({ "content-type": "application/json", origin: "http://evil.example" })).status).toBe(
      403,
    );
    expect((await post({ "content-type": "application/json", "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    );
    expect((await post({ "content-type": "text/plain" })).status).toBe(415);
    expect(told.switched).toEqual([]);
    expect((await post({ "content-type": "application/json" })).status).toBe(200);
  });

  test("another name for this machine is not answered", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${server.url}/s/told-1`, { headers: { host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject).end();
    });
    expect(status).toBe(421);
  });

  test("a session that nobody knows is not there", async () => {
    expect((await fetch(`${server.url}/s/other`)).status).toBe(404);
  });
});
