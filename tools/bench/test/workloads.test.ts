/** Each program computes the same in SX and in TypeScript, at a size that takes no time. */
import { expect, test } from "vitest";
import { tiers } from "../src/tiers.ts";
import { workloads } from "../src/workloads.ts";

const programs = await workloads();

test("the programs that the project's goals name are there", () => {
  expect(programs.map(({ name }) => name)).toEqual([
    "closure",
    "fib",
    "loop",
    "nbody",
    "nqueens",
    "page",
    "pipeline",
    "tak",
    "words",
  ]);
});

for (const tier of tiers) {
  test.each(programs)(`$name on the ${tier.name}`, async ({ file, run, small }) => {
    expect(await tier.load(file)(small)).toBe(run(small));
  });
}
