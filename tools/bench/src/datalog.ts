/** Datalog as people use it: the library of `@sorbus/datalog` against sets by hand, and against starting over. */
import { fileURLToPath } from "node:url";
import { createRuntime } from "sorbus";
import { run as closure } from "../workloads/closure.ts";
import type { Benchmark } from "./harness.ts";
import type { TierUnderTest } from "./tiers.ts";

const NODES = 300;
const EDGES = 10_000;

const program = fileURLToPath(new URL("./datalog.sx", import.meta.url));

/** The transitive closure of a graph. */
export async function closureBenchmark(tiers: readonly TierUnderTest[]): Promise<Benchmark> {
  const contenders = [{ name: "JavaScript sets", run: (): unknown => closure(NODES) }];
  for (const { name, options } of tiers) {
    const runtime = createRuntime(options);
    await runtime.load(program);
    contenders.push({ name, run: () => runtime.call("run", NODES) });
  }
  return { name: "datalog closure", contenders };
}

/** An edge added to, and taken from, a relation with everything derived; the baseline derives everything again. */
export async function edgeBenchmark({ name, options }: TierUnderTest): Promise<Benchmark> {
  const runtime = createRuntime(options);
  await runtime.load(program);
  const change = runtime.call("one-edge", EDGES) as () => unknown;
  return {
    name: `datalog edge (${name})`,
    contenders: [
      { name: "saturating again", run: () => runtime.call("saturate", EDGES) },
      { name: "one edge added and retracted", run: change },
    ],
  };
}
