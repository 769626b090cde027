/** The spec files, and every way to run a case. */
import { readdirSync, readFileSync } from "node:fs";
import { type Case, parseSpec } from "./case.ts";
import { ANSWERS, type Answers } from "./drive.ts";
import { difference, judge, type Outcome } from "./outcome.ts";
import { missing, type Tier, TIERS } from "./tiers.ts";

const folder = new URL("../../../spec/", import.meta.url);

/** The names of the spec files. */
export const SPEC_FILES: readonly string[] = readdirSync(folder).filter((name) => name.endsWith(".sx"));

export function casesOf(name: string): Case[] {
  return parseSpec(`spec/${name}`, readFileSync(new URL(name, folder), "utf8"));
}

export interface Way {
  readonly tier: Tier;
  readonly answers: Answers;
}

export const nameOf = ({ tier, answers }: Way): string => `${tier}/${answers}`;

/** What all others are held against: the reference evaluator, answered at once. */
export const REFERENCE: Way = { tier: "cek", answers: "inline" };

/** Tiers that cannot run yet, with the reason. */
export const SKIPPED: ReadonlyMap<Tier, string> = new Map(
  TIERS.flatMap((tier): [Tier, string][] => {
    const why = missing(tier);
    return why === undefined ? [] : [[tier, why]];
  }),
);

export const WAYS: readonly Way[] = TIERS.filter((tier) => !SKIPPED.has(tier)).flatMap((tier) =>
  ANSWERS.map((answers): Way => ({ tier, answers })),
);

/** All that is wrong with an outcome, by its case and by another way's outcome; each starts with `file:line:`. */
export function check(one: Case, outcome: Outcome, other: { readonly way: Way; readonly outcome: Outcome } | undefined): string[] {
  const problems = judge(one, outcome).map((p) => `${one.file}:${p.line}: ${p.text}`);
  // What differs from an expectation is told once.
  if (problems.length > 0 || other === undefined) return problems;
  return difference(other.outcome, outcome, !one.concurrent).map(
    (d) => `${one.file}:${one.line}: differs from ${nameOf(other.way)} in ${d}`,
  );
}
