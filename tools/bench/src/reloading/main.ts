/**
 * `pnpm bench:reload [--files 10,100,1000,10000] [--rounds N] [--edits N]`: from a save to new HTML, per tier, with the
 * phases; and what edits leave behind in an agent that is never replaced.
 */
import { parseArgs } from "node:util";
import { measureEndurance, measureReloads, type SizeFigures } from "./measure.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "10,100,1000,10000" },
    rounds: { type: "string", default: "40" },
    edits: { type: "string", default: "3000" },
  },
});

const whole = (name: string, text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1)
    throw new RangeError(`--${name} takes whole numbers from 1 on, not ${text}`);
  return n;
};

const ms = (n: number): string => n.toFixed(2);

console.log("| files | load | tier | p50 | p95 | watch | parse | diff | compile | instantiate | render |");
console.log("|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|");
const sizes: SizeFigures[] = [];
for (const size of values.files.split(",")) {
  const figures = await measureReloads(whole("files", size), whole("rounds", values.rounds));
  sizes.push(figures);
  for (const { files, tier, p50, p95, phases } of figures.tiers) {
    const { watch, parse, diff, compile, instantiate, render } = phases;
    const cells = [p50, p95, watch, parse, diff, compile, instantiate, render].map(ms).join(" | ");
    console.log(`| ${files} | ${figures.load.toFixed(0)} | ${tier} | ${cells} |`);
  }
}
const [smallest, largest] = [sizes[0], sizes.at(-1)];
for (const [i, { tier, p50 }] of (smallest?.tiers ?? []).entries()) {
  const other = largest?.tiers[i];
  if (other !== undefined && largest !== smallest) {
    console.log(
      `${tier}: ${largest?.files} files take ×${(other.p50 / p50).toFixed(2)} of ${smallest?.files} (medians)`,
    );
  }
}
const { edits, failed, growth } = await measureEndurance(whole("edits", values.edits));
const grown =
  growth === undefined ? "not measured (needs --expose-gc)" : `${growth.toFixed(0)} bytes an edit`;
console.log(`${edits} edits: ${failed} failed, heap growth ${grown}`);
