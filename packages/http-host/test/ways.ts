/** The ways that the framework's suite runs in: every tier, and every way of answering effects that a server has. */
import { type Answers, type TierMaker, vmTier } from "sorbus";

/** The jit joins when the package `sorbus` has one; `tools/conformance` names tiers the same way. */
const TIERS: Readonly<Record<"vm" | "jit", TierMaker | undefined>> = { vm: vmTier, jit: undefined };
const ANSWERS: readonly Answers[] = ["inline", "suspend", "async"];

export interface WebWay {
  readonly name: string;
  readonly tier: TierMaker;
  readonly answers: Answers;
}

export const WEB_WAYS: readonly WebWay[] = Object.entries(TIERS).flatMap(([name, tier]) =>
  tier === undefined ? [] : ANSWERS.map((answers) => ({ name: `${name}/${answers}`, tier, answers })),
);
