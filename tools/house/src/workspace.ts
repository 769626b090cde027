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
  /** `packages`, `apps`, `tools` or `examples`. */
  readonly group: string;
  readonly manifest: Manifest;
}

/** The root of this repository. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Reads a package.json. */
export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** Every member of the workspace at `base`, in the order of pnpm-workspace.yaml, those of one pattern by name. */
export function members(base: string = root): Member[] {
  const patterns = readFileSync(join(base, "pnpm-workspace.yaml"), "utf8").matchAll(/^ {2}- (\w+)(\/\*)?$/gm);
  const found: Member[] = [];
  for (const [, group = "", star] of patterns) {
    if (!existsSync(join(base, group))) continue;
    const folders =
      star === undefined
        ? [group]
        : readdirSync(join(base, group))
            .sort()
            .map((name) => `${group}/${name}`);
    for (const folder of folders) {
      const path = join(base, folder);
      const manifest = join(path, "package.json");
      if (existsSync(manifest)) found.push({ folder, path, group, manifest: readManifest(manifest) });
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
