/** The limits of a run are those of all its fibers together. */
import { cekTier } from "@sorbus/cek";
import { describe, expect, test } from "vitest";
import { createRuntime, vmTier } from "../src/index.ts";

describe.each([
  ["vm", vmTier],
  ["cek", cekTier],
] as const)("on the %s", (_, tier) => {
  /** Each `:work` takes 10 ms of a clock that only work turns. */
  function worker(time: number): { readonly run: (text: string) => unknown; readonly worked: () => number } {
    let clock = 0;
    const work = (): null => {
      clock += 10;
      return null;
    };
    const runtime = createRuntime({ tier, now: () => clock, limits: { time }, ops: { work } });
    return { run: (text) => runtime.eval(text), worked: () => clock };
  }

  const CHILDREN = "(for-each (fn (i) (await (spawn (fn () (perform :work))))) (range 20))";

  test("children that come late have no more time than those before them", () => {
    const { run, worked } = worker(100);
    expect(() => run(CHILDREN)).toThrow(expect.objectContaining({ kind: "limit" }));
    expect(worked()).toBe(110);
  });

  test("time that is enough for all of them is enough", () => {
    const { run, worked } = worker(200);
    run(CHILDREN);
    expect(worked()).toBe(200);
  });

  test("a run has a time of its own, however long the one before it was", () => {
    const { run, worked } = worker(100);
    for (let i = 0; i < 3; i++) run("(pmap (fn (i) (perform :work)) (range 9))");
    expect(worked()).toBe(270);
  });

  test("what children have held and let go of does not count", () => {
    const runtime = createRuntime({ tier, limits: { memory: 5_000_000 } });
    expect(
      runtime.eval(`
        (reduce + (map (fn (i) (await (spawn (fn () (len (map (fn (i) (str "item number " i)) (range 10000)))))))
                       (range 15)))`),
    ).toBe(150_000);
  });
});
