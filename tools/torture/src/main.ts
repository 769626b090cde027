/**
 * `pnpm torture [ordeal…] [--minutes N | --full | --ci] [--seed N] [--rounds N]`: tries to make the store lose what it has
 * acknowledged. Without an ordeal, all of them. Prints a line for each, its seed first, and last "N passed, N failed".
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { failures } from "./failures.ts";
import { flips } from "./flips.ts";
import { full } from "./full.ts";
import { kills } from "./kills.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { postgresKills } from "./postgres.ts";
import { powercuts } from "./powercuts.ts";

interface Ordeal {
  readonly run: (setting: Setting) => Promise<Outcome>;
  /** How much of it: before a merge (a minute in all), by default, and in full. */
  readonly rounds: { readonly ci: number; readonly usual: number; readonly full: number };
}

const ordeals: Readonly<Record<string, Ordeal>> = {
  kill1: { run: (setting) => kills(setting, 1), rounds: { ci: 8, usual: 100, full: 1000 } },
  kill4: { run: (setting) => kills(setting, 4), rounds: { ci: 4, usual: 100, full: 1000 } },
  powercut: { run: powercuts, rounds: { ci: 300, usual: 2000, full: 20_000 } },
  sync: { run: (setting) => failures(setting, "sync"), rounds: { ci: 8, usual: 50, full: 200 } },
  write: { run: (setting) => failures(setting, "write"), rounds: { ci: 8, usual: 50, full: 200 } },
  full: { run: full, rounds: { ci: 3, usual: 20, full: 200 } },
  postgres: { run: postgresKills, rounds: { ci: 4, usual: 50, full: 500 } },
  flip: { run: flips, rounds: { ci: 40, usual: 200, full: 1000 } },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    ci: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
  },
});
const whole = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`--${name} takes a whole number, not ${text}`);
  return n;
};
for (const name of positionals)
  if (!(name in ordeals))
    throw new RangeError(`there is no ordeal ${name}; there are ${Object.keys(ordeals).join(" ")}`);
const seed = whole("seed", values.seed) ?? Math.floor(Math.random() * 1_000_000_000) + 1;
const rounds = whole("rounds", values.rounds);
const minutes = whole("minutes", values.minutes);
const size = values.full ? "full" : values.ci ? "ci" : "usual";

mkdirSync(tmpdir(), { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "torture-"));
const until = minutes === undefined ? undefined : performance.now() + minutes * 60_000;
let passed = 0;
let failed = 0;
// With --minutes, again and again with further seeds until the time is over.
for (let turn = 0; turn === 0 || (until !== undefined && performance.now() < until); turn++) {
  for (const [name, ordeal] of Object.entries(ordeals)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const own = seed + turn;
    const started = performance.now();
    const outcome = await ordeal.run({ seed: own, folder, rounds: rounds ?? ordeal.rounds[size] });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${name} --seed ${own}: ${outcome.said}; ${outcome.problems.length} problems; ${seconds} s`);
    for (const problem of outcome.problems) console.error(`  ${problem}`);
    passed += outcome.problems.length === 0 && outcome.tried > 0 ? 1 : 0;
    failed += outcome.problems.length === 0 ? 0 : 1;
  }
}
if (failed === 0) rmSync(folder, { recursive: true, force: true });
else console.error(`what is left of it lies in ${folder}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
