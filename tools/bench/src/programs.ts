/** Benchmarks out of the workloads: SX, and other ways of running the same, against hand-written JavaScript. */
import type { Benchmark, Contender } from "./harness.ts";
import { installPeers, peers } from "./peers.ts";
import { load, type TierUnderTest } from "./tiers.ts";
import { GOALS, TEN, type Workload } from "./workloads.ts";

/** The tiers, and what emitted JavaScript would give. */
export function programBenchmark(workload: Workload, tiers: readonly TierUnderTest[]): Benchmark {
  const { name, size, emitted } = workload;
  const goal = GOALS[name];
  return {
    name,
    ...(goal !== undefined && { goal }),
    contenders: [
      javascript(workload, size),
      ...tiers.map((tier) => sx(workload, tier, size)),
      ...(emitted === undefined ? [] : [{ name: "emitted JavaScript", run: () => emitted(size) }]),
    ],
  };
}

/** The peers of one speed on one of the ten workloads, with SX beside them; the slow ones at a size of their own. */
async function peerBenchmark(
  workload: Workload,
  tiers: readonly TierUnderTest[],
  slow: boolean,
): Promise<Benchmark> {
  const { name, brief, size } = workload;
  if (slow && brief === undefined) throw new RangeError(`${name}.ts exports no size for slow peers`);
  const measured = slow && brief !== undefined ? brief : size;
  const others: Contender[] = [];
  for (const peer of peers) {
    if ((peer.slow ?? false) !== slow) continue;
    const run = await peer.load(workload);
    others.push({ name: peer.name, run: () => run(measured) });
  }
  return {
    name: slow ? `${name}, size ${measured}` : name,
    contenders: [
      javascript(workload, measured),
      ...tiers.map((tier) => sx(workload, tier, measured)),
      ...others,
    ],
  };
}

/** Makers of all benchmarks with peers, in the order of the table. */
export function peerBenchmarks(
  workloads: readonly Workload[],
  tiers: readonly TierUnderTest[],
): [name: string, make: () => Promise<Benchmark>][] {
  const make = (workload: Workload, slow: boolean) => async (): Promise<Benchmark> => {
    installPeers();
    return peerBenchmark(workload, tiers, slow);
  };
  return TEN.flatMap((name) =>
    workloads
      .filter((workload) => workload.name === name)
      .flatMap((workload): [string, () => Promise<Benchmark>][] => [
        [name, make(workload, false)],
        [name, make(workload, true)],
      ]),
  );
}

const javascript = (workload: Workload, size: number): Contender => ({
  name: "JavaScript",
  run: () => workload.run(size),
});

function sx(workload: Workload, { name, options }: TierUnderTest, size: number): Contender {
  const run = load(workload.file, options);
  return { name, run: () => run(size) };
}
