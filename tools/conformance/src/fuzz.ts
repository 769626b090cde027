/**
 * The fuzzer: random programs on every tier and way of answering, for as long as asked. Options:
 * --minutes N (default 1), --seed S (default: from the clock, printed), --count N programs instead of
 * minutes, --show (prints the program of --seed and runs it alone). Exits with 1 if anything diverged.
 */
import { parseArgs } from "node:util";
import { type Comparison, compare } from "./compare.ts";
import { generate } from "./generate.ts";
import { FUZZED_WAYS, nameOf } from "./matrix.ts";
import { type Node, showProgram, sizeOf } from "./program.ts";
import { shrink } from "./shrink.ts";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    count: { type: "string" },
    show: { type: "boolean", default: false },
  },
});

function number(text: string, name: string): number {
  const n = Number(text);
  if (text.trim() === "" || !Number.isFinite(n) || n < 0)
    throw new TypeError(`--${name} takes a number, not ${text}`);
  return n;
}

/** Divergences to look for before it gives up: more are mostly the same. */
const ENOUGH = 5;

const first = options.seed === undefined ? Date.now() % 1_000_000_000 : number(options.seed, "seed");
const count = options.show
  ? 1
  : options.count === undefined
    ? Number.POSITIVE_INFINITY
    : number(options.count, "count");
const end =
  options.count === undefined && !options.show
    ? Date.now() + number(options.minutes, "minutes") * 60_000
    : Number.POSITIVE_INFINITY;

console.log(
  `seed ${first}: the program after n others has seed ${first} + n; ${FUZZED_WAYS.map(nameOf).join(" ")}`,
);

async function report(
  seed: number,
  forms: readonly Node[],
  concurrent: boolean,
  found: Comparison,
): Promise<void> {
  const [divergence] = found.divergences;
  if (divergence === undefined) return;
  console.log(`\n✗ seed ${seed}: ${divergence.kind}; making it smaller …`);
  const same = async (smaller: readonly Node[]): Promise<boolean> =>
    (await compare(smaller, concurrent)).divergences.some((d) => d.kind === divergence.kind);
  const small = await shrink(forms, same);
  console.log(showProgram(small));
  for (const { way, text } of (await compare(small, concurrent)).divergences)
    console.log(`[${nameOf(way)}] ${text}`);
}

const endings = new Map<string, number>();
let found = 0;
let ran = 0;
let size = 0;
for (; ran < count && Date.now() < end && found < ENOUGH; ran += 1) {
  const { seed, forms, concurrent } = generate(first + ran);
  if (options.show) console.log(showProgram(forms));
  const comparison = await compare(forms, concurrent);
  size += forms.reduce((n, form) => n + sizeOf(form), 0);
  endings.set(comparison.ending, (endings.get(comparison.ending) ?? 0) + 1);
  if (comparison.divergences.length === 0) continue;
  found += 1;
  await report(seed, forms, concurrent, comparison);
}

const summary = [...endings].map(([ending, n]) => `${n} ${ending}`).join(", ");
console.log(
  `\n${ran} programs of ${Math.round(size / Math.max(1, ran))} nodes on average (${summary}); ${found} diverged`,
);
process.exitCode = found > 0 ? 1 : 0;
