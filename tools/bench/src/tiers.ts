/** The engines that are measured, each through the `sorbus` package as a user would run it. */
import { readFileSync } from "node:fs";
import { cekTier } from "@sorbus/cek";
import { createRuntime, jitTierWith, type RuntimeOptions, vmTier } from "sorbus";

/** By the name that `--tier` takes. A tier that is to be measured is a line here. */
const TIERS = {
  jit: { label: "JIT", tier: jitTierWith() },
  vm: { label: "VM", tier: vmTier },
  cek: { label: "CEK", tier: cekTier },
} as const satisfies Record<string, { label: string; tier: NonNullable<RuntimeOptions["tier"]> }>;

/** What is measured unless something else is asked for: the reference evaluator is not meant to be fast. */
export const DEFAULT_TIERS: readonly string[] = ["jit", "vm"];

export interface TierUnderTest {
  /** As figures show it. */
  readonly name: string;
  readonly options: RuntimeOptions;
}

/** The tiers of these names. @throws RangeError for a name that is none */
export function tiersOf(names: readonly string[]): TierUnderTest[] {
  return names.map((name) => {
    const known = Object.entries(TIERS).find(([key]) => key === name);
    if (known === undefined)
      throw new RangeError(`--tier: there is no tier ${name}, only ${Object.keys(TIERS).join(", ")}`);
    const [, { label, tier }] = known;
    return { name: label, options: { tier } };
  });
}

/** Loads a program into a runtime of its own; gives its `run`. */
export function load(file: string, options: RuntimeOptions): (size: number) => unknown {
  const runtime = createRuntime(options);
  runtime.eval(readFileSync(file, "utf8"), { file });
  return (size) => runtime.call("run", size);
}
