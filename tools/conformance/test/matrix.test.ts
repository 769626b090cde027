/** Every case of spec/ on every tier and way of answering: one test for each file and way. */
import { beforeAll, describe, expect, test } from "vitest";
import { casesOf, check, nameOf, REFERENCE, SKIPPED, SPEC_FILES, WAYS } from "../src/matrix.ts";
import type { Outcome } from "../src/outcome.ts";
import { runCase } from "../src/runner.ts";

for (const [tier, why] of SKIPPED) console.warn(`!!! the tier ${tier} is SKIPPED: ${why}`);

describe.each(SPEC_FILES)("%s", (file) => {
  const cases = casesOf(file);
  const reference: Outcome[] = [];

  beforeAll(async () => {
    for (const one of cases) reference.push(await runCase(one, REFERENCE.tier, REFERENCE.answers));
  }, 120_000);

  test.each(WAYS.map((way) => [nameOf(way), way] as const))("%s", async (name, way) => {
    const problems: string[] = [];
    for (const [i, one] of cases.entries()) {
      const expected = reference[i];
      if (expected === undefined) throw new RangeError("the reference did not run");
      const outcome = name === nameOf(REFERENCE) ? expected : await runCase(one, way.tier, way.answers);
      problems.push(...check(one, outcome, { way: REFERENCE, outcome: expected }).map((p) => `${one.name}\n${p}`));
    }
    expect(problems.join("\n\n")).toBe("");
  }, 120_000);
});
