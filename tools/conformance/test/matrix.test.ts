/** Every case of spec/ on every tier and way of answering: one test for each file and way. */
import { describe, expect, test } from "vitest";
import { casesOf, check, nameOf, REFERENCE, Runs, SPEC_FILES, WAYS } from "../src/matrix.ts";

describe.each(SPEC_FILES)("%s", (file) => {
  const cases = casesOf(file);
  const runs = new Runs();

  test.each(WAYS.map((way) => [nameOf(way), way] as const))(
    "%s",
    async (_name, way) => {
      const problems: string[] = [];
      for (const one of cases) {
        const reference = { way: REFERENCE, outcome: await runs.run(one, REFERENCE) };
        const outcome = await runs.run(one, way);
        problems.push(...check(one, outcome, reference).map((p) => `${one.name}\n${p}`));
      }
      expect(problems.join("\n\n")).toBe("");
    },
    120_000,
  );
});
