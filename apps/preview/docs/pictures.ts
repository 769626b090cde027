/**
 * Makes the pictures of the README, with the daemon and its browser: `node --conditions=@sorbus/source docs/pictures.ts`.
 * What it does to the file is what the README tells.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findExecutable } from "../src/browser/executable.ts";
import { type Connection, connect } from "../src/client/connection.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sp-"));
const file = join(folder, "card.sx");

/** Saves the file with something changed in it. */
function edit(from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`the example has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}

async function loop(daemon: Connection): Promise<void> {
  const ask = (name: string, params: object = {}): Promise<{ result: unknown }> =>
    daemon.call(name, params, { cwd: folder });
  const size = { viewport: { width: 470, height: 400 } };
  const { result } = await ask("run", { file, traits: size });
  const { url } = result as { url: string };
  const snapshot = (name: string, more: object = {}): Promise<unknown> =>
    ask("snapshot", { output: here(name), fit: true, ...more });
  await snapshot("1-card.png");
  edit("Wrote the first program", "Wrote the very first program");
  await ask("wait");
  await snapshot("2-edited.png");
  await ask("diff", { output: here("3-difference.png"), fit: true });
  await snapshot("4-dark.png", { variant: "dark" });
  await ask("configure");

  const { path, args } = await findExecutable();
  const browser = await chromium.launch({ executablePath: path, args: [...args] });
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 560 } });
    await page.goto(url);
    await page.frameLocator("iframe").locator("h2").waitFor();
    for (const name of ["dark", "right to left"]) {
      await page.getByRole("button", { name }).click();
    }
    await page.frameLocator('figure[data-name="rtl"] iframe').locator("h2").waitFor();
    edit("very first program", "first of all programs");
    await page.frameLocator('figure[data-name="rtl"] iframe').getByText("first of all").waitFor();
    await page.screenshot({ path: here("5-page.png") });
    edit("(h2 name)", "(h2 nmae)");
    await page.locator("#overlay").waitFor({ state: "visible" });
    // The overlay comes with a short movement.
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    await page.screenshot({ path: here("6-error.png") });
  } finally {
    await browser.close();
  }
}

copyFileSync(here("../../../examples/previews/card.sx"), file);
const daemon = await connect({ env: { ...process.env, SORBUS_PREVIEW_DIR: join(folder, "d") } });
try {
  await loop(daemon);
} finally {
  process.kill(daemon.pid, "SIGTERM");
  await daemon.closed;
  rmSync(folder, { recursive: true, force: true });
}
