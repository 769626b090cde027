/**
 * The files that pages load from the daemon. From source, TypeScript is stripped of its types when it is asked
 * for; the built command has them as files beside it.
 */
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { HostResponse } from "@sorbus/http-host";

interface Source {
  /** Relative to this file. */
  readonly source: string;
  readonly type: string;
}

const JS = "text/javascript; charset=utf-8";

/** By address, without `/-/`. */
const FILES: Readonly<Record<string, Source>> = {
  "shell.js": { source: "browser/shell.ts", type: JS },
  "frame.js": { source: "browser/frame.ts", type: JS },
  "media.ts": { source: "browser/media.ts", type: JS },
  "shell.css": { source: "shell.css", type: "text/css; charset=utf-8" },
  "icon.svg": { source: "icon.svg", type: "image/svg+xml" },
};

const cache = new Map<string, string>();

/** The file of that name; undefined if there is none. */
export function pageFile(name: string): HostResponse | undefined {
  const known = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (known === undefined && name !== "idiomorph.js") return undefined;
  let body = cache.get(name);
  if (body === undefined) {
    body = known === undefined ? idiomorph() : load(name, known);
    cache.set(name, body);
  }
  return { headers: { "content-type": known?.type ?? JS, "cache-control": "no-cache" }, body };
}

function load(name: string, { source }: Source): string {
  const built = new URL(`./page/${name}`, import.meta.url);
  if (existsSync(built)) return readFileSync(built, "utf8");
  const text = readFileSync(new URL(`./${source}`, import.meta.url), "utf8");
  if (!source.endsWith(".ts")) return text;
  // Imports are addresses in the browser.
  return stripTypeScriptTypes(text)
    .replace('from "idiomorph"', 'from "/-/idiomorph.js"')
    .replace(/from "\.\/(\w+\.ts)"/g, 'from "/-/$1"');
}

function idiomorph(): string {
  return readFileSync(fileURLToPath(import.meta.resolve("idiomorph")), "utf8");
}
