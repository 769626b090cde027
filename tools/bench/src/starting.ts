/** `sx eval 1` from a cold process, from source and built; the baseline is a Node that evaluates 1. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Benchmark, Contender } from "./harness.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));
const output = (args: readonly string[]): string =>
  execFileSync(process.execPath, args, { encoding: "utf8" }).trim();

export function startingBenchmark(): Benchmark {
  const contenders: Contender[] = [
    { name: "node -p 1", run: () => output(["-p", "1"]) },
    {
      name: "sx from source",
      run: () => output(["--conditions=@sorbus/source", path("apps/cli/src/sx.ts"), "eval", "1"]),
    },
  ];
  const built = path("apps/cli/dist/sx.js");
  if (existsSync(built)) contenders.push({ name: "sx built", run: () => output([built, "eval", "1"]) });
  else console.error("start: apps/cli/dist is not there; build to measure the built command");
  return { name: "start", contenders, single: true };
}
