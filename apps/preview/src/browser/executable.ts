/** Finds a Chrome or Chromium: one that is named, one that is installed, else the one that npm brings for Linux. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Problem } from "../problem.ts";

/** The environment variable that names the browser to use. */
export const BROWSER_VARIABLE = "SORBUS_PREVIEW_BROWSER";

export interface Executable {
  readonly path: string;
  /** Arguments that this one needs where it is made for. */
  readonly args: readonly string[];
}

const NAMES = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "microsoft-edge"];

const PLACES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  win32: [
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  ],
};

/** @throws Problem if there is none */
export async function findExecutable(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Executable> {
  const named = env[BROWSER_VARIABLE];
  if (named) {
    if (!existsSync(named)) throw missing(`${BROWSER_VARIABLE} names ${named}, which is not there`);
    return { path: named, args: [] };
  }
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = [...onPath, ...(PLACES[process.platform] ?? [])].find((path) => existsSync(path));
  if (found !== undefined) return { path: found, args: [] };
  if (process.platform !== "linux") throw missing("no Chrome, Chromium or Edge is installed");
  try {
    const { default: bundled } = await import("@sparticuz/chromium");
    return {
      path: await bundled.executablePath(),
      // It has no sandbox helper, no GPU, and nothing but what it brings to draw with.
      args: ["--no-sandbox", "--no-zygote", "--use-gl=angle", "--use-angle=swiftshader", "--in-process-gpu"],
    };
  } catch (error) {
    throw missing(
      "no Chrome or Chromium is installed, and the one of @sparticuz/chromium cannot be used",
      error instanceof Error ? error.message : String(error),
    );
  }
}

function missing(message: string, detail = ""): Problem {
  return new Problem({
    phase: "browser",
    code: "no-browser",
    message,
    detail,
    remediation: `Install Chrome or Chromium, or set ${BROWSER_VARIABLE} to one. \`sx preview run\` works with any browser.`,
  });
}
