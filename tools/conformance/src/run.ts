/**
 * The conformance runner: every case of spec/ on every tier and way of answering, held against its
 * expectations and against the other runs. Options: --file NAME --case TEXT --tier T --answers A
 * (each may be given several times), --slow (names the cases that take over half a second). Exits with 1
 * if anything differs.
 */
import { parseArgs } from "node:util";
import type { Case } from "./case.ts";
import { casesOf, check, nameOf, Runs, SPEC_FILES, WAYS, type Way } from "./matrix.ts";
import type { Outcome } from "./outcome.ts";

const { values: options } = parseArgs({
  options: {
    file: { type: "string", multiple: true, default: [] },
    case: { type: "string", multiple: true, default: [] },
    tier: { type: "string", multiple: true, default: [] },
    answers: { type: "string", multiple: true, default: [] },
    slow: { type: "boolean", default: false },
  },
});

function wanted(given: readonly string[], name: string, known: readonly string[], what: string): boolean {
  for (const w of given)
    if (!known.includes(w)) throw new TypeError(`no ${what} ${w}; there are ${known.join(", ")}`);
  return given.length === 0 || given.includes(name);
}

const stems = SPEC_FILES.map((name) => name.replace(/\.sx$/, ""));
const files = options.file.map((name) => name.replace(/^spec\//, "").replace(/\.sx$/, ""));
const cases: Case[] = stems
  .filter((stem) => wanted(files, stem, stems, "spec file"))
  .flatMap((stem) => casesOf(`${stem}.sx`))
  .filter((one) => options.case.length === 0 || options.case.some((text) => one.name.includes(text)));

const ways = WAYS.filter(
  ({ tier, answers }) =>
    wanted(
      options.tier,
      tier,
      WAYS.map((w) => w.tier),
      "tier",
    ) &&
    wanted(
      options.answers,
      answers,
      WAYS.map((w) => w.answers),
      "way of answering",
    ),
);

const failures = new Map<Way, number>(ways.map((way) => [way, 0]));
const runs = new Runs();
let bad = 0;
for (const one of cases) {
  const ran: { way: Way; outcome: Outcome }[] = [];
  for (const way of ways) {
    const start = performance.now();
    ran.push({ way, outcome: await runs.run(one, way) });
    const took = performance.now() - start;
    if (options.slow && took > 500)
      console.log(`${Math.round(took)} ms ${nameOf(way)} ${one.file}:${one.line} ${one.name}`);
  }
  // Held against the first that does what the case expects.
  const good = ran.find(({ outcome }) => check(one, outcome, undefined).length === 0);
  const reports = new Map<string, Way[]>();
  for (const { way, outcome } of ran) {
    const problems = check(one, outcome, good);
    if (problems.length > 0) failures.set(way, (failures.get(way) ?? 0) + 1);
    for (const problem of problems) reports.set(problem, [...(reports.get(problem) ?? []), way]);
  }
  if (reports.size === 0) continue;
  bad += 1;
  console.log(`\n✗ ${one.name}  (${one.file}:${one.line})`);
  for (const [text, where] of reports) {
    console.log(`  [${where.map(nameOf).join(" ")}] ${text.replaceAll("\n", "\n  ")}`);
  }
}

console.log("");
for (const [way, count] of failures) {
  console.log(
    `${nameOf(way).padEnd(12)} ${cases.length - count} passed${count > 0 ? `, ${count} FAILED` : ""}`,
  );
}
console.log(`${cases.length} cases, ${bad} with problems`);
process.exitCode = bad > 0 ? 1 : 0;
