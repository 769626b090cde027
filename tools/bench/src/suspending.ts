/**
 * What a `perform` and its resume cost, in a loop that does little else. The baseline is a generator that
 * yields its requests. "inline" answers as soon as it is asked; with "suspend" the fiber is put aside each time.
 */
import { createRuntime } from "sorbus";
import type { Benchmark } from "./harness.ts";
import type { TierUnderTest } from "./tiers.ts";

const COUNT = 100_000;

const PROGRAM = `
(define (run n)
  (let loop ((i 0) (sum 0))
    (if (= i n)
      sum
      (loop (+ i 1) (mod (+ sum (perform :bench/ask i)) 1000003)))))`;

const answer = (i: number): number => i * 3 + 1;

function* asking(n: number): Generator<number, number, number> {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + (yield i)) % 1_000_003;
  return sum;
}

function driven(n: number): number {
  const program = asking(n);
  let step = program.next();
  while (step.done !== true) step = program.next(answer(step.value));
  return step.value;
}

export function suspendingBenchmark(tiers: readonly TierUnderTest[]): Benchmark {
  const ways = ["inline", "suspend"] as const;
  return {
    name: "suspend",
    steps: COUNT,
    contenders: [
      { name: "generator", run: () => driven(COUNT) },
      ...tiers.flatMap(({ name, options }) =>
        ways.map((answers) => {
          const runtime = createRuntime({
            ...options,
            answers,
            ops: { "bench/ask": (i) => answer(Number(i)) },
          });
          runtime.eval(PROGRAM);
          return { name: `${name} ${answers}`, run: () => runtime.call("run", COUNT) };
        }),
      ),
    ],
  };
}
