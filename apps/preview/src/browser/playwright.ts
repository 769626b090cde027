/** The browser by playwright-core: one process, kept warm, and a few pages that are used again. */
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { Problem } from "../problem.ts";
import type {
  BrowserState,
  FullTraits,
  LivePage,
  PictureData,
  PictureOptions,
  PreviewBrowser,
} from "./browser.ts";
import { draw } from "./draw.ts";
import { elementTree } from "./elements.ts";
import { emulate } from "./emulation.ts";
import { type Executable, findExecutable } from "./executable.ts";
import { touchElement } from "./touch.ts";

/** How many pages wait for the next picture; more are made while more are asked for at once. */
const KEPT_PAGES = 3;
/** How long a page may take to load or to be drawn, in milliseconds. */
const PAGE_LIMIT = 30_000;

const ARGS = [
  "--font-render-hinting=none",
  "--hide-scrollbars",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-domain-reliability",
  "--disable-print-preview",
  "--no-pings",
];

interface Tab {
  readonly page: Page;
  readonly cdp: CDPSession;
}

interface Running {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly executable: Executable;
}

export class PlaywrightBrowser implements PreviewBrowser {
  #running: Running | undefined;
  #starting: Promise<Running> | undefined;
  #closed = false;
  readonly #free: Tab[] = [];

  get state(): BrowserState {
    const running = this.#running;
    if (running === undefined)
      return {
        state: this.#starting === undefined ? "not started" : "starting",
        version: null,
        executable: null,
      };
    return { state: "running", version: running.browser.version(), executable: running.executable.path };
  }

  async warm(): Promise<void> {
    const tab = await this.#tab();
    this.#give(tab);
  }

  async picture(url: string, traits: FullTraits, options: PictureOptions): Promise<PictureData> {
    const tab = await this.#tab();
    try {
      await emulate(tab.page, tab.cdp, traits);
      await tab.page.goto(url, { waitUntil: "load", timeout: PAGE_LIMIT });
      const data = await draw(tab.page, tab.cdp, options);
      this.#give(tab);
      return data;
    } catch (error) {
      await tab.page.close().catch(() => {});
      throw browserProblem(error, `the browser could not show ${url}`);
    }
  }

  async open(url: string, traits: FullTraits): Promise<LivePage> {
    const { page, cdp } = await this.#newTab();
    try {
      await emulate(page, cdp, traits);
      await page.goto(url, { waitUntil: "load", timeout: PAGE_LIMIT });
    } catch (error) {
      await page.close().catch(() => {});
      throw browserProblem(error, `the browser could not show ${url}`);
    }
    return {
      show: async (view) => {
        const started = performance.now();
        await page.evaluate((shown) => {
          (globalThis as unknown as { sorbus: { show(view: unknown): void } }).sorbus.show(shown);
        }, view);
        return performance.now() - started;
      },
      setTraits: (next) => emulate(page, cdp, next),
      elements: (places) => elementTree(page, cdp, places),
      touch: (request) => touchElement(page, cdp, request),
      picture: (options) => draw(page, cdp, options),
      close: () => page.close(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const running = this.#running ?? (await this.#starting?.catch(() => undefined));
    await running?.browser.close();
  }

  async #tab(): Promise<Tab> {
    await this.#start();
    return this.#free.pop() ?? (await this.#newTab());
  }

  #give(tab: Tab): void {
    if (this.#free.length < KEPT_PAGES && !tab.page.isClosed()) this.#free.push(tab);
    else void tab.page.close().catch(() => {});
  }

  async #newTab(): Promise<Tab> {
    const { context } = await this.#start();
    try {
      const page = await context.newPage();
      return { page, cdp: await context.newCDPSession(page) };
    } catch (error) {
      throw browserProblem(error, "the browser did not open a page");
    }
  }

  async #start(): Promise<Running> {
    if (this.#running !== undefined) return this.#running;
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #launch(): Promise<Running> {
    if (this.#closed) throw browserProblem(undefined, "the daemon is ending");
    const [{ chromium }, executable] = await Promise.all([driver(), findExecutable()]);
    try {
      const browser = await chromium.launch({
        executablePath: executable.path,
        args: [...ARGS, ...executable.args],
        // The daemon ends it; a signal to the daemon's group would otherwise end it first.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      browser.on("disconnected", () => {
        // It crashed, or was killed: the next picture starts another one.
        this.#running = undefined;
        this.#free.length = 0;
      });
      const context = await browser.newContext({ serviceWorkers: "block" });
      context.setDefaultTimeout(PAGE_LIMIT);
      this.#running = { browser, context, executable };
      return this.#running;
    } catch (error) {
      throw browserProblem(error, `the browser ${executable.path} does not start`);
    }
  }
}

async function driver(): Promise<typeof import("playwright-core")> {
  try {
    return await import("playwright-core");
  } catch (error) {
    throw new Problem({
      phase: "browser",
      code: "no-driver",
      message: "what drives the browser is not installed",
      detail: error instanceof Error ? error.message : String(error),
      remediation: "Install it beside this command: `npm install playwright-core`.",
    });
  }
}

function browserProblem(error: unknown, message: string): Problem {
  if (error instanceof Problem) return error;
  return new Problem(
    {
      phase: "browser",
      code: "browser-failed",
      message,
      detail: error instanceof Error ? error.message : String(error ?? ""),
      remediation: "Call again; `sx preview kill-daemon` starts everything afresh.",
    },
    { cause: error },
  );
}
