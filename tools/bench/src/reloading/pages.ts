/**
 * `pnpm bench:page [--files 10,100,1000,10000] [--rounds N]`: from a save to what is seen. Of the preview daemon until
 * an open page shows it, and until a picture of it is on the disk; of Vite, on as many modules of the same shape, until
 * an open page shows it. The same browser shows both pages, and edits of the two take turns.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Connection, connect, findExecutable } from "@sorbus/preview/client";
import { type Browser, chromium, type Frame, type Page } from "playwright-core";
import { quantile } from "./measure.ts";
import { type GeneratedProject, generateProject } from "./project.ts";
import { viteProject } from "./vite.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "10,100,1000,10000" },
    rounds: { type: "string", default: "20" },
  },
});

const TIERS = ["literal", "template", "unit"] as const;

/** A page whose `text` is waited for; resolves in the turn in which it is there. */
async function watched(frame: Page | Frame): Promise<(text: string) => Promise<void>> {
  return (text) =>
    frame.evaluate(
      (wanted) =>
        new Promise<void>((resolve) => {
          const look = (): boolean => document.body.textContent?.includes(wanted) === true;
          if (look()) return resolve();
          const observer = new MutationObserver(() => {
            if (!look()) return;
            observer.disconnect();
            resolve();
          });
          observer.observe(document, { subtree: true, childList: true, characterData: true });
        }),
      text,
    );
}

/** Milliseconds from the save until the page shows it: whoever waits is there before the save. */
async function timed(
  save: () => void,
  shown: (text: string) => Promise<void>,
  text: string,
): Promise<number> {
  const waiting = shown(text);
  // The page has begun to look once it answers something that was asked later.
  await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 30))]);
  const started = performance.now();
  save();
  await waiting;
  return performance.now() - started;
}

/**
 * The leaf, after the `i`th edit: a literal, a template and a definition in turn. A word of it is always another, so
 * that the page tells the edits apart.
 */
function leafAfter(project: GeneratedProject, i: number): string {
  const tier = TIERS[i % TIERS.length] ?? "literal";
  const round = Math.floor(i / TIERS.length);
  return project.leafText({
    words: `edit ${i}.`,
    wrapped: (round % 2 === 1) !== (tier === "template" || tier === "unit"),
    code: tier === "unit" ? round + 1 : round,
  });
}

interface Row {
  readonly what: string;
  readonly samples: number[];
  /** Of each sample, where the daemon tells them. */
  readonly phases: Readonly<Record<string, number>>[];
}

/** The reload that the daemon tells of last. */
interface Reload {
  readonly tier: string;
  readonly timings: Readonly<Record<string, number>>;
}

async function measureSize(
  files: number,
  rounds: number,
  daemon: Connection,
  browser: Browser,
): Promise<Row[]> {
  using project = generateProject(files);
  await using vite = await viteProject(files);
  const ask = (name: string, params: object): Promise<{ result: unknown }> =>
    daemon.call(name, params, { cwd: project.root });
  const { result } = await ask("run", { file: project.entry });
  const { session, url } = result as { session: string; url: string };
  const context = await browser.newContext();
  const rows = new Map<string, Row>();
  const note = (what: string, ms: number, reload?: Reload): void => {
    const row = rows.get(what) ?? { what, samples: [], phases: [] };
    rows.set(what, row);
    row.samples.push(ms);
    if (reload !== undefined) row.phases.push(reload.timings);
  };
  const last = async (): Promise<Reload> => {
    const told = await ask("explain", { session, limit: 5 });
    // A save that is both asked about and seen by the watcher has a second record, which says that nothing is new.
    const reload = (told.result as { records: Reload[] }).records.find(({ tier }) => tier !== "unchanged");
    if (reload === undefined) throw new Error("the daemon has seen no save");
    return reload;
  };
  try {
    const vitePage = await context.newPage();
    await vitePage.goto(vite.url, { timeout: 600_000 });
    await vitePage.waitForSelector("#leaf", { timeout: 600_000 });
    const page = await context.newPage();
    await page.goto(url);
    await page.frameLocator("iframe").locator(".card").first().waitFor();
    const frame = page.frames().find((one) => one.url().endsWith("/frame"));
    if (frame === undefined) throw new Error("the page has no preview");
    const shownByVite = await watched(vitePage);
    const shown = await watched(frame);
    await ask("snapshot", { session, output: "warm.png" });
    // Page and picture take turns, and so do the tiers: three and two have nothing in common, so that both get all.
    for (let i = 0; i < rounds * TIERS.length; i++) {
      const text = leafAfter(project, 2 * i);
      const toPage = await timed(() => writeFileSync(project.leaf, text), shown, `edit ${2 * i}.`);
      const ofPage = await last();
      const next = leafAfter(project, 2 * i + 1);
      const started = performance.now();
      writeFileSync(project.leaf, next);
      await ask("snapshot", { session, output: "shown.png" });
      const toPicture = performance.now() - started;
      const ofPicture = await last();
      const toVite = await timed(() => vite.save(`vite ${i}.`), shownByVite, `vite ${i}.`);
      // The first ones find nothing warm.
      if (i < TIERS.length) continue;
      note(`sorbus ${ofPage.tier}, page`, toPage, ofPage);
      note(`sorbus ${ofPicture.tier}, picture`, toPicture, ofPicture);
      note("vite, page", toVite);
    }
  } finally {
    await context.close();
    await ask("stop", { session });
  }
  return [...rows.values()].sort((a, b) => a.what.localeCompare(b.what));
}

function medians(phases: Row["phases"]): string {
  return Object.keys(phases[0] ?? {})
    .map(
      (phase) =>
        [
          phase,
          quantile(
            phases.map((one) => one[phase] ?? 0),
            0.5,
          ),
        ] as const,
    )
    .filter(([, ms]) => ms > 0)
    .map(([phase, ms]) => `${phase} ${ms.toFixed(1)}`)
    .join(", ");
}

const folder = mkdtempSync(join(tmpdir(), "sp-"));
const { path, args } = await findExecutable();
const browser = await chromium.launch({ executablePath: path, args: [...args] });
const daemon = await connect({ env: { ...process.env, SORBUS_PREVIEW_DIR: folder } });
try {
  console.log("| files | what | samples | p50 ms | p95 ms | medians of the phases, ms |");
  console.log("|--:|---|--:|--:|--:|---|");
  for (const size of values.files.split(",")) {
    for (const row of await measureSize(Number(size), Number(values.rounds), daemon, browser)) {
      const { what, samples, phases } = row;
      const [p50, p95] = [quantile(samples, 0.5), quantile(samples, 0.95)];
      const cells = [size, what, samples.length, p50.toFixed(1), p95.toFixed(1), medians(phases)];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
} finally {
  await browser.close();
  process.kill(daemon.pid, "SIGTERM");
  await daemon.closed;
  rmSync(folder, { recursive: true, force: true });
}
