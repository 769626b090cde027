/** The engines that are measured, each through the `sorbus` package as a user would run it. */
import { readFileSync } from "node:fs";
import { createRuntime, type TierMaker, vmTier } from "sorbus";

export interface TierUnderTest {
  readonly name: string;
  /** Loads a program into a runtime of its own; gives its `run`. */
  readonly load: (file: string) => (size: number) => unknown;
}

function under(name: string, tier: TierMaker): TierUnderTest {
  return {
    name,
    load: (file) => {
      const runtime = createRuntime({ tier });
      runtime.eval(readFileSync(file, "utf8"), { file });
      return (size) => runtime.call("run", size);
    },
  };
}

export const tiers: readonly TierUnderTest[] = [under("VM", vmTier)];
