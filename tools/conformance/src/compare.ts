/** One generated program on every way to run it. */
import { FUZZED_WAYS, nameOf, Runs, type Way } from "./matrix.ts";
import { difference, type Outcome } from "./outcome.ts";
import { type Node, showProgram } from "./program.ts";

/** Calls that a generated program may make; most need a thousandth. Beyond it, it is not compared. */
const FUEL = 50_000;

export interface Divergence {
  readonly way: Way;
  /** In what the outcomes differ. */
  readonly text: string;
  /** The part of it that stays the same while a program is made smaller. */
  readonly kind: string;
}

export interface Comparison {
  readonly divergences: readonly Divergence[];
  /** How the reference ended; "endless" when something ran out of fuel. */
  readonly ending: Outcome["ending"]["type"] | "endless";
}

/** Runs on all `ways`, the first is the reference. */
export async function compare(
  forms: readonly Node[],
  concurrent: boolean,
  ways: readonly Way[] = FUZZED_WAYS,
): Promise<Comparison> {
  const program = {
    file: "fuzz.sx",
    source: showProgram(forms),
    files: new Map<string, string>(),
    limits: {},
  };
  const runs = new Runs(FUEL);
  const outcomes: { way: Way; outcome: Outcome }[] = [];
  for (const way of ways) {
    const outcome = await runs.run(program, way);
    if (outcome.ending.type === "broken" && outcome.ending.text.startsWith("OutOfFuel")) {
      return { divergences: [], ending: "endless" };
    }
    outcomes.push({ way, outcome });
  }
  const [reference] = outcomes;
  if (reference === undefined) throw new TypeError("no way to run anything");
  const divergences = outcomes.flatMap(({ way, outcome }): Divergence[] => {
    if (outcome.ending.type === "broken") {
      const [first = ""] = outcome.ending.text.split("\n");
      return [{ way, text: outcome.ending.text, kind: `${nameOf(way)} broken ${first}` }];
    }
    return difference(reference.outcome, outcome, !concurrent).map((text) => ({
      way,
      text: `differs from ${nameOf(reference.way)} in ${text}`,
      kind: `${nameOf(way)} ${text.split("\n")[0]}`,
    }));
  });
  return { divergences, ending: reference.outcome.ending.type };
}
