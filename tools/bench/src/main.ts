/**
 * `pnpm bench [filter] [--rounds N]`: runs the benchmarks whose name contains the filter, prints a table and
 * writes the figures to `out/`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compilingBenchmark } from "./compiling.ts";
import { type Benchmark, type Figure, geometricMean, measure, table } from "./harness.ts";
import { readingBenchmark } from "./reading.ts";
import { startingBenchmark } from "./starting.ts";
import { tiers } from "./tiers.ts";
import { workloads } from "./workloads.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "9" } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not ${values.rounds}`);
const filter = positionals[0] ?? "";

/** Made one by one, so that one's garbage does not weigh on another. */
const makers: [name: string, make: () => Benchmark][] = (await workloads()).map((workload) => [
  workload.name,
  () => ({
    name: workload.name,
    contenders: [
      { name: "JavaScript", run: () => workload.run(workload.size) },
      ...tiers.map((tier) => {
        const run = tier.load(workload.file);
        return { name: tier.name, run: () => run(workload.size) };
      }),
    ],
  }),
]);
const programs = makers.map(([name]) => name);
makers.push(["read", readingBenchmark], ["compile", compilingBenchmark], ["start", startingBenchmark]);

const figures: Figure[] = [];
for (const [name, make] of makers) {
  if (!name.includes(filter)) continue;
  const measured = await measure(make(), { rounds, sampleMs: 25, now: () => performance.now() });
  figures.push(...measured);
  console.error(`${name}: ${measured.map((f) => `${f.contender} ×${f.ratio.toFixed(2)}`).join(", ")}`);
}
if (figures.length === 0)
  throw new RangeError(
    `no benchmark is called ${filter}; there are ${makers.map(([name]) => name).join(" ")}`,
  );

console.log(table(figures));
for (const { name } of tiers) {
  const ratios = figures
    .filter((f) => f.contender === name && programs.includes(f.benchmark))
    .map((f) => f.ratio);
  if (ratios.length > 1)
    console.log(
      `geometric mean of ${name} over ${ratios.length} programs: ×${geometricMean(ratios).toFixed(2)}`,
    );
}

const out = fileURLToPath(new URL("../out/", import.meta.url));
mkdirSync(out, { recursive: true });
const when = new Date().toISOString();
const machine = {
  node: process.version,
  v8: process.versions.v8,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
};
const file = `${out}${when.replace(/[:.]/g, "-")}.json`;
writeFileSync(file, `${JSON.stringify({ when, machine, figures }, null, 2)}\n`);
console.error(`written to ${file}`);
