/**
 * The conformance runner: every case of spec/ on every tier and way of answering, held against its
 * expectations and against the other runs. Options: --file NAME --case TEXT --tier T --answers A
 * (each may be given several times), --all (every problem in full). Exits with 1 if anything differs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Case, parseSpec } from "./case.ts";
import { ANSWERS, type Answers } from "./drive.ts";
import { difference, judge, type Outcome } from "./outcome.ts";
import { runCase } from "./runner.ts";
import { missing, type Tier, TIERS } from "./tiers.ts";

const { values: options } = parseArgs({
  options: {
    file: { type: "string", multiple: true, default: [] },
    case: { type: "string", multiple: true, default: [] },
    tier: { type: "string", multiple: true, default: [] },
    answers: { type: "string", multiple: true, default: [] },
    time: { type: "boolean", default: false },
  },
});

function chosen<T extends string>(all: readonly T[], wanted: readonly string[], what: string): readonly T[] {
  for (const w of wanted) {
    if (!(all as readonly string[]).includes(w)) throw new TypeError(`no ${what} ${w}: there are ${all.join(", ")}`);
  }
  return wanted.length === 0 ? all : all.filter((t) => wanted.includes(t));
}

function loadCases(): Case[] {
  const folder = new URL("../../../spec/", import.meta.url);
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sx"))
    .filter((name) => options.file.length === 0 || options.file.some((f) => name === f || name === `${f}.sx`));
  if (names.length === 0) throw new TypeError(`no spec file ${options.file.join(", ")}`);
  return names
    .flatMap((name) => parseSpec(`spec/${name}`, readFileSync(new URL(name, folder), "utf8")))
    .filter((one) => options.case.length === 0 || options.case.some((text) => one.name.includes(text)));
}

interface Way {
  readonly tier: Tier;
  readonly answers: Answers;
  readonly outcome: Outcome;
}

const nameOf = (way: Way): string => `${way.tier}/${way.answers}`;

const tiers = chosen(TIERS, options.tier, "tier").filter((tier) => {
  const why = missing(tier);
  if (why !== undefined) console.log(`!!! tier ${tier} is SKIPPED: ${why}`);
  return why === undefined;
});
const ways = chosen(ANSWERS, options.answers, "way of answering");
const cases = loadCases();
const counts = new Map<string, { passed: number; failed: number }>();
let bad = 0;

for (const one of cases) {
  const ran: Way[] = [];
  for (const tier of tiers) {
    for (const answers of ways) {
      const start = performance.now();
      ran.push({ tier, answers, outcome: await runCase(one, tier, answers) });
      const took = performance.now() - start;
      if (options.time && took > 500) console.log(`slow: ${Math.round(took)} ms ${tier}/${answers} ${one.file}:${one.line}`);
    }
  }
  const reports = new Map<string, string[]>();
  const note = (way: Way, text: string): void => {
    reports.set(text, [...(reports.get(text) ?? []), nameOf(way)]);
  };
  const [first] = ran;
  for (const way of ran) {
    const problems = judge(one, way.outcome).map((p) => `${one.file}:${p.line}: ${p.text}`);
    const ordered = one.trace?.ordered !== false;
    // What differs from an expectation is told once; the rest is held against the first run.
    if (problems.length === 0 && first !== undefined && way !== first) {
      for (const d of difference(first.outcome, way.outcome, ordered)) {
        problems.push(`${one.file}:${one.line}: differs from ${nameOf(first)} in ${d}`);
      }
    }
    const count = counts.get(nameOf(way)) ?? { passed: 0, failed: 0 };
    counts.set(nameOf(way), count);
    if (problems.length === 0) count.passed += 1;
    else count.failed += 1;
    for (const problem of problems) note(way, problem);
  }
  if (reports.size > 0) {
    bad += 1;
    console.log(`\n✗ ${one.name}  (${one.file}:${one.line})`);
    for (const [text, where] of reports) console.log(`  [${where.join(" ")}] ${text.replaceAll("\n", "\n  ")}`);
  }
}

console.log("");
for (const [way, { passed, failed }] of counts) {
  console.log(`${way.padEnd(14)} ${String(passed).padStart(5)} passed ${failed > 0 ? `${failed} FAILED` : ""}`);
}
console.log(`${cases.length} cases, ${bad} of them with problems`);
process.exitCode = bad > 0 ? 1 : 0;
