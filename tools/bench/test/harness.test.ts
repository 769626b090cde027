/** Figures are ratios of medians of interleaved samples, and wrong answers are no figures. */
import { expect, test } from "vitest";
import { type Benchmark, type Contender, geometricMean, measure, median, turned } from "../src/harness.ts";
import { reportPage } from "../src/report.ts";
import { means, table } from "../src/table.ts";

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

const figure = (benchmark: string, contender: string, ratio: number) => ({
  benchmark,
  contender,
  medianMs: ratio,
  minMs: ratio,
  maxMs: ratio,
  ratio,
});

test("the table is aligned, and shows only columns in which something stands", () => {
  expect(table([figure("fib", "js", 1), { ...figure("fib", "vm", 12.5), goal: 1.25 }])).toBe(
    `benchmark  contender  median ms    min    max  × baseline    goal
fib        js             1.000  1.000  1.000        1.00
fib        vm             12.50  12.50  12.50       12.50  ≤ 1.25`,
  );
});

test("a mean is geometric, of the benchmarks that count; who is slow ran at a size of his own", () => {
  expect(geometricMean([2, 8])).toBeCloseTo(4);
  const figures = ["fib", "tak"].flatMap((name, i) => [
    figure(name, "js", 1),
    figure(name, "vm", i === 0 ? 2 : 8),
    figure(`${name}, size 3`, "js", 1),
    figure(`${name}, size 3`, "vm", 100),
    figure(`${name}, size 3`, "slow", i === 0 ? 10 : 1000),
  ]);
  expect(means([...figures, figure("other", "vm", 9)], ["fib", "tak"])).toEqual([
    { contender: "vm", over: 2, ratio: expect.closeTo(4) },
    { contender: "slow", over: 2, ratio: expect.closeTo(100) },
  ]);
});

test("a clock of its own for what other processes do", async () => {
  const wall = clock();
  const run = () => {
    wall.pass(40);
    return 1;
  };
  const [started] = await measure(
    { name: "start", contenders: [{ name: "sx", run }], single: true },
    { rounds: 3, sampleMs: 5, now: () => 0, wall: wall.now },
  );
  expect(started?.medianMs).toBe(40);
});

test("steps are given in nanoseconds", async () => {
  const { now, pass } = clock();
  const run = () => {
    pass(2);
    return 1;
  };
  const [asked] = await measure(
    { name: "suspend", contenders: [{ name: "js", run }], steps: 1_000 },
    { rounds: 1, sampleMs: 0, now },
  );
  expect(asked?.nanosecondsPerStep).toBe(2_000);
});

test("the report is one page with a chart and a table for each benchmark, its text escaped", () => {
  const page = reportPage({
    when: "2026-01-01T00:00:00Z",
    machine: { cpu: "<fast>" },
    clock: "CPU time",
    figures: [figure("fib", "js", 1), { ...figure("fib", "vm", 12.5), goal: 1.25 }, figure("tak", "js", 1)],
    means: [{ contender: "vm", over: 2, ratio: 4 }],
  });
  expect(page.match(/<svg/g)).toHaveLength(3);
  expect(page).toContain("×12.50");
  expect(page).toContain("&lt;fast&gt;");
  expect(page).not.toMatch(/src=|href=|NaN|undefined/);
});
