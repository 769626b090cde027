/** Each program computes the same in SX and in TypeScript, at a size that takes no time. */
import { expect, test } from "vitest";
import { load, tiersOf } from "../src/tiers.ts";
import { GOALS, TEN, workloads } from "../src/workloads.ts";

const programs = await workloads();

test("the programs that the project's goals and the table of peers name are there", () => {
  const names = programs.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...TEN, ...Object.keys(GOALS)]));
});

test.each(TEN)("%s has a size for slow peers", (name) => {
  expect(programs.find((one) => one.name === name)?.brief).toBeGreaterThan(0);
});

for (const { name, options } of tiersOf(["jit", "vm", "cek"])) {
  test.each(programs)(`$name on the ${name}`, async ({ file, run, small }) => {
    expect(await load(file, options)(small)).toBe(run(small));
  });
}

test.each(programs.filter(({ emitted }) => emitted !== undefined))(
  "$name as emitted",
  ({ emitted, run, small }) => {
    expect(emitted?.(small)).toBe(run(small));
  },
);

test("a tier that is none is an error that names those there are", () => {
  expect(() => tiersOf(["warp"])).toThrow("there is no tier warp, only jit, vm, cek");
});
