/** Runs one case in one way. */
import { read } from "@sorbus/reader";
import { inspect, Raise } from "@sorbus/vm";
import type { Case } from "./case.ts";
import { type Answers, drive } from "./drive.ts";
import { type Ending, endingOf, type Outcome } from "./outcome.ts";
import { Program, type Tier } from "./tiers.ts";
import { World } from "./world.ts";

/** Calls after which a case counts as endless; the longest cases need some ten million. */
const FUEL = 60_000_000;

export interface Runnable extends Pick<Case, "file" | "source" | "files" | "limits"> {
  /** Reads what is imported and not among `files`. Absent: there is nothing else. */
  readonly read?: (path: string) => string;
}

/** Never throws: what should not happen is an ending of type "broken". */
export async function runCase(
  one: Runnable,
  tier: Tier,
  answers: Answers,
  fuel: number = FUEL,
): Promise<Outcome> {
  const world = new World();
  const values: string[] = [];
  let ending: Ending = { type: "done" };
  try {
    ending = await runForms(one, tier, answers, fuel, world, values);
  } catch (error) {
    ending = {
      type: "broken",
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
  return { values, trace: world.trace, output: world.output, ending, requests: world.requests };
}

async function runForms(
  one: Runnable,
  tier: Tier,
  answers: Answers,
  fuel: number,
  world: World,
  values: string[],
): Promise<Ending> {
  const { forms, errors } = read(one.source, { file: one.file });
  const [error] = errors;
  if (error !== undefined) {
    const { file, line, column } = error.span;
    return {
      type: "condition",
      kind: "read",
      message: error.message,
      data: "()",
      file,
      line,
      column,
      stack: [],
    };
  }
  const program = new Program(tier, one.file, one.files, one.limits, one.read);
  const options = { answers, world, fuel, thaw: (bytes: Uint8Array) => program.thaw(bytes) };
  const waiting = answers === "freeze" ? "suspend" : answers;
  try {
    program.announce(forms);
    for (const form of forms) {
      const value = await program.run(form, async (fiber, time) => {
        const result = await drive(fiber, time === "run" ? options : { ...options, answers: waiting });
        if (result.type === "raised") throw new Raise(result.condition);
        return result.value;
      });
      values.push(value === undefined ? "nil" : inspect(value));
    }
  } catch (raised) {
    if (!(raised instanceof Raise)) throw raised;
    return endingOf(raised.payload);
  }
  return { type: "done" };
}
