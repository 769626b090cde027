/**
 * `pnpm bench [suite…] [name…] [--tier vm,cek] [--rounds N] [--clock cpu|wall]`: runs the benchmarks of the suites
 * whose name contains one of the names, prints a table, and writes the figures and a report page to `out/`.
 * Suites: `programs` and `whole`, which run when none is named, `peers`, and `postgres`, which needs PostgreSQL's programs.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compilingBenchmark } from "./compiling.ts";
import { closureBenchmark, edgeBenchmark } from "./datalog.ts";
import { type Benchmark, type Figure, measure } from "./harness.ts";
import { postgresCommits, postgresReads } from "./postgres.ts";
import { peerBenchmarks, programBenchmark } from "./programs.ts";
import { readingBenchmark } from "./reading.ts";
import { reportPage } from "./report.ts";
import { startingBenchmark } from "./starting.ts";
import { suspendingBenchmark } from "./suspending.ts";
import { means, table } from "./table.ts";
import { DEFAULT_TIERS, tiersOf } from "./tiers.ts";
import { TEN, workloads } from "./workloads.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "9" },
    tier: { type: "string", default: DEFAULT_TIERS.join(",") },
    clock: { type: "string", default: "cpu" },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not ${values.rounds}`);

const wall = (): number => performance.now();
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const clocks: Readonly<Record<string, { readonly now: () => number; readonly title: string }>> = {
  cpu: { now: cpu, title: "CPU time (of a process's start: time on the clock)" },
  wall: { now: wall, title: "time on the clock" },
};
const clock = clocks[values.clock];
if (clock === undefined) throw new RangeError(`--clock takes cpu or wall, not ${values.clock}`);

const tiers = tiersOf(values.tier.split(","));
const programs = await workloads();

/** Benchmarks are made one by one, so that one's garbage does not weigh on another. */
type Maker = readonly [name: string, make: () => Benchmark | Promise<Benchmark>];
const suites: Readonly<Record<string, readonly Maker[]>> = {
  programs: programs.map((workload) => [workload.name, () => programBenchmark(workload, tiers)]),
  whole: [
    ["suspend", () => suspendingBenchmark(tiers)],
    ["read", readingBenchmark],
    ["compile", compilingBenchmark],
    ["start", startingBenchmark],
    ["datalog closure", () => closureBenchmark(tiers)],
    ...tiers.map((tier): Maker => ["datalog edge", () => edgeBenchmark(tier)]),
  ],
  peers: peerBenchmarks(programs, tiers),
  postgres: [
    ["postgres commits", postgresCommits],
    ["postgres reads", postgresReads],
  ],
};

const named = positionals.filter((word) => word in suites);
const filters = positionals.filter((word) => !(word in suites));
const chosen = (named.length === 0 ? ["programs", "whole"] : named).flatMap((name) => suites[name] ?? []);

const figures: Figure[] = [];
for (const [name, make] of chosen) {
  if (filters.length > 0 && !filters.some((filter) => name.includes(filter))) continue;
  const measured = await measure(await make(), { rounds, sampleMs: 25, now: clock.now, wall });
  figures.push(...measured);
  console.error(
    `${measured[0]?.benchmark}: ${measured.map((f) => `${f.contender} ×${f.ratio.toFixed(2)}`).join(", ")}`,
  );
}
if (figures.length === 0)
  throw new RangeError(
    `no benchmark is called ${filters.join(" or ")}; there are ${chosen.map(([name]) => name).join(" ")}`,
  );

console.log(table(figures));
const ten = means(figures, TEN);
for (const { contender, over, ratio } of ten)
  console.log(
    `geometric mean of ${contender} over ${over} of the ${TEN.length} programs of the table: ×${ratio.toFixed(2)}`,
  );

const out = fileURLToPath(new URL("../out/", import.meta.url));
mkdirSync(out, { recursive: true });
const when = new Date().toISOString();
const machine = {
  node: process.version,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
};
const json = `${JSON.stringify({ when, machine, clock: values.clock, figures, means: ten }, null, 2)}\n`;
for (const name of ["figures", when.replace(/[:.]/g, "-")]) writeFileSync(`${out}${name}.json`, json);
writeFileSync(`${out}report.html`, reportPage({ when, machine, clock: clock.title, figures, means: ten }));
console.error(`written to ${out}report.html and figures.json`);
