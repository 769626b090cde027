/**
 * What the workspace consists of, read from the folders themselves: every check starts here, so a new
 * package is checked from its first commit.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a package.json that the checks look at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One package, app or tool. */
export interface Member {
  /** `packages/reader`. */
  readonly folder: string;
  /** Absolute path of the folder. */
  readonly path: string;
  readonly group: "packages" | "apps" | "tools";
  readonly manifest: Manifest;
}

/** The root of this repository. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads a package.json. */
export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** Every member of the workspace at `base`, packages first, each group by name. */
export function members(base: string = root): Member[] {
  const found: Member[] = [];
  for (const group of ["packages", "apps", "tools"] as const) {
    const parent = join(base, group);
    if (!existsSync(parent)) continue;
    for (const name of readdirSync(parent).sort()) {
      const path = join(parent, name);
      const manifest = join(path, "package.json");
      if (existsSync(manifest))
        found.push({ folder: `${group}/${name}`, path, group, manifest: readManifest(manifest) });
    }
  }
  return found;
}

/** All files under `path` whose name ends in one of `endings`; built output and installed code left out. */
export function filesUnder(path: string, endings: readonly string[]): string[] {
  if (!existsSync(path)) return [];
  const found: string[] = [];
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) continue;
    const full = join(path, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(full, endings));
    else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(full);
  }
  return found.sort();
}
