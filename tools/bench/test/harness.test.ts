/** Figures are ratios of medians of interleaved samples, and wrong answers are no figures. */
import { expect, test } from "vitest";
import {
  type Benchmark,
  type Contender,
  geometricMean,
  measure,
  median,
  table,
  turned,
} from "../src/harness.ts";

/** A clock that contenders turn themselves. */
function clock() {
  let at = 0;
  return { now: () => at, pass: (ms: number) => void (at += ms) };
}

test("the median is the middle, and the mean of two middles", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test("the order turns with the round", () => {
  expect([0, 1, 2, 3].map((round) => turned(["a", "b", "c"], round).join(""))).toEqual([
    "abc",
    "bca",
    "cab",
    "abc",
  ]);
});

test("ratios are to the first contender, samples are interleaved and an outlier counts for nothing", async () => {
  const { now, pass } = clock();
  const log: string[] = [];
  const slow = [2, 2, 2, 90, 2];
  const worker = (name: string, ms: () => number): Contender => ({
    name,
    run: () => {
      log.push(name);
      pass(ms());
      return 7;
    },
  });
  const benchmark: Benchmark = {
    name: "b",
    bytes: 4000,
    contenders: [worker("js", () => 1), worker("sx", () => slow.shift() ?? 2)],
  };
  const figures = await measure(benchmark, { rounds: 3, sampleMs: 0, now });
  expect(figures.map(({ contender, ratio }) => [contender, ratio])).toEqual([
    ["js", 1],
    ["sx", 2],
  ]);
  expect(figures[1]).toMatchObject({ medianMs: 2, minMs: 2, maxMs: 90, megabytesPerSecond: 2 });
  expect(log.slice(4)).toEqual(["js", "sx", "sx", "js", "js", "sx"]);
});

test("a short run is repeated within its sample", async () => {
  const { now, pass } = clock();
  let runs = 0;
  const run = () => {
    runs++;
    pass(0.5);
    return 1;
  };
  const contender = { name: "js", run };
  const [figure] = await measure({ name: "b", contenders: [contender] }, { rounds: 2, sampleMs: 5, now });
  expect(runs).toBe(1 + 1 + 2 * 10);
  expect(figure?.medianMs).toBe(0.5);
});

test("different results are an error that shows both", async () => {
  const contenders = [
    { name: "js", run: () => 1 },
    { name: "sx", run: () => 2 },
  ];
  await expect(measure({ name: "b", contenders }, { rounds: 1, sampleMs: 0, now: () => 0 })).rejects.toThrow(
    'b: sx gave "2", js "1"',
  );
});

test("no result at all is an error too", async () => {
  const contenders = [{ name: "js", run: () => undefined }];
  await expect(measure({ name: "b", contenders }, { rounds: 1, sampleMs: 0, now: () => 0 })).rejects.toThrow(
    "js gave undefined",
  );
});

test("the table is aligned, and a geometric mean is one", () => {
  const text = table([
    { benchmark: "fib", contender: "js", medianMs: 1, minMs: 1, maxMs: 1, ratio: 1 },
    { benchmark: "fib", contender: "vm", medianMs: 12.5, minMs: 12, maxMs: 13, ratio: 12.5 },
  ]);
  expect(text).toContain("12.50");
  expect(geometricMean([2, 8])).toBeCloseTo(4);
});
