/**
 * Simulated power cuts: a program's writes and syncs are recorded, and for instants of it every kind of state that the disk may be
 * in then is made and opened.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "@sorbus/durable-kv";
import { hear, nothing, type Said } from "./children.ts";
import { CUTS, type Cut, Disk } from "./disk.ts";
import { commit, lost, verify } from "./load.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { Random } from "./random.ts";
import { record, shim } from "./recording.ts";

/** Of one recording, so many instants are tried. */
const INSTANTS = 100;
/** One state in so many is written to as well. */
const WRITTEN = 40;

export async function powercuts({ seed, folder, rounds }: Setting): Promise<Outcome> {
  const library = shim();
  if (library === undefined)
    return { tried: 0, problems: ["there is no compiler (cc), so nothing can be recorded"], said: "not run" };
  const random = new Random(seed);
  const problems: string[] = [];
  const states: Record<Cut, number> = {
    dropped: 0,
    prefix: 0,
    subset: 0,
    "torn pages": 0,
    "torn sectors": 0,
  };
  let tried = 0;
  let recordings = 0;
  let acks = 0;
  while (tried < rounds && problems.length < 10) {
    const own = mkdtempSync(join(folder, "powercut-"));
    const { operations, stderr, signal } = record(library, {
      folder: join(own, "store"),
      commits: 200 + random.below(400),
    });
    rmSync(own, { recursive: true, force: true });
    recordings++;
    if (stderr !== "" || signal !== "SIGKILL")
      problems.push(`recording ${recordings}: the program ended by ${signal}: ${stderr.slice(0, 500)}`);
    const instants = new Set(Array.from({ length: INSTANTS }, () => random.below(operations.length)));
    const disk = new Disk();
    const said = nothing();
    for (const [i, operation] of operations.entries()) {
      if (instants.has(i)) {
        for (const cut of disk.dirty ? CUTS : (["dropped"] as const)) {
          if (tried === rounds) break;
          tried++;
          states[cut]++;
          const problem = await tryState(disk, cut, random, said, tried % WRITTEN === 0);
          if (problem !== undefined)
            problems.push(`recording ${recordings}, operation ${i}, ${cut}: ${problem}`);
        }
      }
      disk.take(operation);
      if (operation.kind === "said") for (const line of operation.lines) hear(said, line);
    }
    acks += said.acks;
  }
  const kinds = Object.entries(states).map(([cut, n]) => `${n} ${cut}`);
  return {
    tried,
    problems,
    said: `${tried} states (${kinds.join(", ")}) of ${recordings} recordings with ${acks} acknowledged commits`,
  };
}

/** In memory, where there is such a place: it is opened thousands of times. */
export const scratch: string = process.platform === "linux" ? "/dev/shm" : tmpdir();

/** What is wrong with what a store makes of that state of its disk. */
export async function tryState(
  disk: Disk,
  cut: Cut,
  random: Random,
  said: Said,
  writes: boolean,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(scratch, "torture-state-"));
  try {
    disk.write(folder, cut, random);
    const store = await open({ url: `sqlite:${folder}` });
    try {
      const found = await verify(store, "p0");
      const missing = lost(said.acknowledged, found);
      if (missing.length > 0) return missing.join("; ");
      if (writes) {
        await commit(store, "p0", 0, (found["p0:0"] ?? 0) + 1);
        await verify(store, "p0");
        const { damaged } = await store.scrub();
        if (damaged.length > 0) return damaged.map(({ what }) => what).join("; ");
      }
    } finally {
      await store.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
