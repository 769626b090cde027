/** Rounds of kill -9: some programs write, each is killed at a random instant, and what they were told must be there. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { open } from "@sorbus/durable-kv";
import { startProgram } from "./children.ts";
import { type Last, lost, verify } from "./load.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { Random } from "./random.ts";

/** Every so many rounds in a new folder, so that new ones and old ones are both tried. */
const FRESH = 50;

export async function kills({ seed, folder, rounds }: Setting, processes: number): Promise<Outcome> {
  const random = new Random(seed);
  const names = Array.from({ length: processes }, (_, i) => `p${i}`);
  const problems: string[] = [];
  let place = "";
  let acknowledged: Last = {};
  let acks = 0;
  let doubts = 0;
  let scrubs = 0;
  for (let round = 0; round < rounds && problems.length < 10; round++) {
    if (round % FRESH === 0) {
      if (place !== "") rmSync(place, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      place = mkdtempSync(join(folder, `kills-${processes}-`));
      acknowledged = {};
    }
    const running = names.map((name) => startProgram(place, name));
    // The first to commit is the committer, so it is among those that are killed first about as often as any other.
    await Promise.all(
      running.map(async ({ child, first, ended }) => {
        await Promise.race([first, ended, wait(30_000)]);
        await wait(random.next() * (processes === 1 ? 120 : 300));
        child.kill("SIGKILL");
      }),
    );
    for (const { said, ended } of running) {
      const { stderr, code } = await ended;
      if (stderr !== "" || code !== null)
        problems.push(`round ${round}: a program ended with ${code}: ${stderr.slice(0, 500)}`);
      for (const error of said.errors) {
        if (error.startsWith("commit-unknown")) doubts++;
        else problems.push(`round ${round}: ${error}`);
      }
      acks += said.acks;
      for (const [writer, n] of Object.entries(said.acknowledged))
        acknowledged[writer] = Math.max(acknowledged[writer] ?? 0, n);
    }
    try {
      const store = await open({ url: `sqlite:${place}` });
      try {
        const found: Last = {};
        for (const name of names) Object.assign(found, await verify(store, name));
        problems.push(...lost(acknowledged, found).map((line) => `round ${round}: ${line}`));
        if (round % 20 === 19 || round === rounds - 1) {
          scrubs++;
          for (const { what } of (await store.scrub()).damaged)
            problems.push(`round ${round}: scrub: ${what}`);
        }
      } finally {
        await store.close();
      }
    } catch (error) {
      problems.push(`round ${round}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (place !== "" && problems.length === 0) rmSync(place, { recursive: true, force: true });
  return {
    tried: rounds,
    problems,
    said: `${rounds} rounds with ${processes} process${processes === 1 ? "" : "es"}, ${acks} acknowledged commits, ${doubts} in doubt and told so, ${scrubs} scrubs`,
  };
}
