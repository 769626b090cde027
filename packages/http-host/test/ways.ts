/** The ways that the framework's suite runs in: every tier, and every way of answering effects that a server has. */
import { type Answers, jitTierWith, type TierMaker, vmTier } from "sorbus";

/** "jit" compiles everything at its first call, as in `tools/conformance`; what it cannot compile is an error. */
const TIERS: Readonly<Record<"vm" | "jit", TierMaker>> = {
  vm: vmTier,
  jit: jitTierWith({
    threshold: 0,
    promotion: 3,
    onEvent: (event) => {
      if (event.type === "failed")
        throw new Error(`${event.code.name} cannot be compiled`, { cause: event.error });
    },
  }),
};
const ANSWERS: readonly Answers[] = ["inline", "suspend", "async"];

export interface WebWay {
  readonly name: string;
  readonly tier: TierMaker;
  readonly answers: Answers;
}

export const WEB_WAYS: readonly WebWay[] = Object.entries(TIERS).flatMap(([name, tier]) =>
  ANSWERS.map((answers) => ({ name: `${name}/${answers}`, tier, answers })),
);
