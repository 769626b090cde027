/** Every way to run a case, and what is wrong with an outcome. */
import type { Case } from "./case.ts";
import { ANSWERS, type Answers } from "./drive.ts";
import { difference, judge, type Outcome } from "./outcome.ts";
import { type Runnable, runCase } from "./runner.ts";
import type { Tier } from "./tiers.ts";

export interface Way {
  readonly tier: Tier;
  readonly answers: Answers;
}

export const nameOf = ({ tier, answers }: Way): string => `${tier}/${answers}`;

/** What all others are held against: the reference evaluator, answered at once. */
export const REFERENCE: Way = { tier: "cek", answers: "inline" };

function waysOf(tiers: readonly Tier[]): Way[] {
  return tiers.flatMap((tier) => ANSWERS.map((answers): Way => ({ tier, answers })));
}

/** How cases are run. */
export const WAYS: readonly Way[] = waysOf(["cek", "vm", "jit", "jit-default"]);
/** How random programs are run: they are too short for a default threshold, and may take longer. */
export const FUZZED_WAYS: readonly Way[] = waysOf(["cek", "vm", "jit", "jit-restless"]);

/** All that is wrong with an outcome, by its case and by another way's outcome; each starts with `file:line:`. */
export function check(
  one: Case,
  outcome: Outcome,
  other: { readonly way: Way; readonly outcome: Outcome } | undefined,
): string[] {
  const problems = judge(one, outcome).map((p) => `${one.file}:${p.line}: ${p.text}`);
  // What differs from an expectation is told once.
  if (problems.length > 0 || other === undefined) return problems;
  return difference(other.outcome, outcome, !one.concurrent).map(
    (d) => `${one.file}:${one.line}: differs from ${nameOf(other.way)} in ${d}`,
  );
}

/**
 * Runs programs, each tier only once where nothing is asked of the world: all ways of answering are
 * then the same run.
 */
export class Runs {
  private readonly inline = new Map<Tier, WeakMap<Runnable, Outcome>>();
  private readonly fuel: number | undefined;

  constructor(fuel?: number) {
    this.fuel = fuel;
  }

  async run(one: Runnable, { tier, answers }: Way): Promise<Outcome> {
    let known = this.inline.get(tier);
    if (known === undefined) {
      known = new WeakMap();
      this.inline.set(tier, known);
    }
    let outcome = known.get(one);
    if (outcome === undefined) {
      outcome = await runCase(one, tier, "inline", this.fuel);
      known.set(one, outcome);
    }
    return answers === "inline" || outcome.requests === 0 ? outcome : runCase(one, tier, answers, this.fuel);
  }
}
