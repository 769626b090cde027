/** The cases in the .sx files of any folder: what `sx test` runs. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Case, parseSpec } from "./case.ts";
import { TIERS } from "./tiers.ts";
import { check, nameOf, REFERENCE, Runs, WAYS, type Way } from "./ways.ts";

export interface FolderResult {
  /** Cases. */
  readonly passed: number;
  readonly failed: number;
  /** What is wrong, for people; empty if nothing is. Ends with a newline. */
  readonly report: string;
}

/**
 * Runs every case of a file, or of all files in a folder and its subfolders, each in every way of answering.
 * Files without cases are passed over. Programs may import files beside their own.
 *
 * @param tier run on this engine only
 * @throws SpecError for a file that is not written as one, RangeError for a tier that there is not
 */
export async function runFolder(path: string, tier?: string): Promise<FolderResult> {
  const ways = WAYS.filter((way) => tier === undefined || way.tier === tier);
  if (ways.length === 0)
    throw new RangeError(`there is no tier ${tier} to run on (known: ${TIERS.join(", ")})`);
  let passed = 0;
  let failed = 0;
  const report: string[] = [];
  for (const file of sources(path)) {
    for (const one of parseSpec(file, readFileSync(file, "utf8"))) {
      const problems = await problemsOf(one, ways);
      if (problems.length === 0) passed += 1;
      else {
        failed += 1;
        report.push(
          `✗ ${one.name} (${one.file}:${one.line})`,
          ...problems.map((p) => `  ${p.replaceAll("\n", "\n  ")}`),
          "",
        );
      }
    }
  }
  return { passed, failed, report: report.map((line) => `${line}\n`).join("") };
}

/** Each problem once, with the ways in which it shows unless it shows in all. */
async function problemsOf(one: Case, ways: readonly Way[]): Promise<string[]> {
  const found = new Map<string, Way[]>();
  const program = { ...one, read: (path: string) => readFileSync(path, "utf8") };
  const first =
    ways.find((way) => way.tier === REFERENCE.tier && way.answers === REFERENCE.answers) ?? ways[0];
  if (first === undefined) return [];
  const runs = new Runs();
  const reference = { way: first, outcome: await runs.run(program, first) };
  for (const way of ways) {
    for (const problem of check(one, await runs.run(program, way), way === first ? undefined : reference)) {
      found.set(problem, [...(found.get(problem) ?? []), way]);
    }
  }
  return Array.from(found, ([problem, where]) =>
    where.length === ways.length ? problem : `[${where.map(nameOf).join(" ")}] ${problem}`,
  );
}

/** The .sx files under a path, in order. */
function sources(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith(".") && entry.name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return sources(inside);
      return entry.name.endsWith(".sx") ? [inside] : [];
    });
}
