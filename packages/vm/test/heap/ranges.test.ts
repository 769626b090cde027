import fc from "fast-check";
import { expect, test } from "vitest";
import { Ranges } from "../../src/heap/ranges.ts";

test("every index is given once, when it is first covered", () => {
  const range = fc.tuple(fc.nat(40), fc.nat(10)).map(([from, n]) => ({ from, to: from + n }));
  fc.assert(
    fc.property(fc.array(range), (added) => {
      const ranges = new Ranges();
      const covered = new Set<number>();
      for (const { from, to } of added) {
        const fresh: number[] = [];
        for (const gap of ranges.add(from, to)) for (let i = gap.from; i < gap.to; i++) fresh.push(i);
        const wanted = Array.from({ length: to - from }, (_, i) => from + i).filter((i) => !covered.has(i));
        expect(fresh).toEqual(wanted);
        for (const i of wanted) covered.add(i);
      }
      if (covered.size > 0) {
        expect(ranges.bounds.from).toBeLessThanOrEqual(Math.min(...covered));
        expect(ranges.bounds.to).toBeGreaterThan(Math.max(...covered));
      }
    }),
  );
});
