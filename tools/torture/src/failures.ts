/**
 * A disk that fails once: the first sync, the second, … and the first write, the second, … What was acknowledged must be there, both
 * after a restart of the program and after a power cut in which all that the failed sync was to make durable is gone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { open } from "@sorbus/durable-kv";
import { hear, nothing } from "./children.ts";
import { Disk } from "./disk.ts";
import { lost, verify } from "./load.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { tryState } from "./powercuts.ts";
import { Random } from "./random.ts";
import { record, shim } from "./recording.ts";

/** After the one that fails, so that it is seen that the store goes on. */
const MORE = 20;

export async function failures({ seed, folder, rounds }: Setting, what: "sync" | "write"): Promise<Outcome> {
  const library = shim();
  if (library === undefined)
    return {
      tried: 0,
      problems: ["there is no compiler (cc), so nothing can be made to fail"],
      said: "not run",
    };
  const random = new Random(seed);
  const problems: string[] = [];
  let failed = 0;
  let refused = 0;
  let told = 0;
  let acks = 0;
  for (let at = 1; at <= rounds && problems.length < 10; at++) {
    const own = mkdtempSync(join(folder, "failure-"));
    const place = join(own, "store");
    const problem = (text: string): void => {
      problems.push(`${what} ${at}: ${text}`);
    };
    const { operations, stderr } = record(library, {
      folder: place,
      // One writer: no two commits share a sync, so that each ordinal is reached.
      writers: 1,
      commits: at + MORE,
      fail: { what, at },
    });
    const disk = new Disk();
    const said = nothing();
    for (const operation of operations) {
      disk.take(operation);
      if (operation.kind === "sync failed") failed++;
      if (operation.kind === "said") for (const line of operation.lines) hear(said, line);
    }
    if (failed < at) {
      problem("it was never reached");
      failed = at;
    }
    acks += said.acks;
    told += said.errors.length;
    // While the store was being made, to refuse is right; but with one of our own errors.
    if (!said.ready) {
      refused++;
      if (!/KvError/.test(stderr)) problem(`the program did not begin: ${stderr.slice(0, 500)}`);
    } else if (stderr !== "") problem(`the program ended: ${stderr.slice(0, 500)}`);
    for (const error of said.errors) if (!/^(?:commit-unknown|fatal) /.test(error)) problem(error);
    // Restarted: the files as they are.
    try {
      const store = await open({ url: `sqlite:${place}` });
      try {
        for (const line of lost(said.acknowledged, await verify(store, "p0"))) problem(`restarted: ${line}`);
      } finally {
        await store.close();
      }
    } catch (error) {
      problem(`restarted: ${error instanceof Error ? error.message : String(error)}`);
    }
    for (const cut of ["dropped", "subset", "torn sectors"] as const) {
      const wrong = await tryState(disk, cut, random, said, cut === "dropped");
      if (wrong !== undefined) problem(`${cut}: ${wrong}`);
    }
    rmSync(own, { recursive: true, force: true });
  }
  return {
    tried: rounds,
    problems,
    said: `each of the first ${rounds} ${what}s failed once: ${told} commits were told, ${refused} times the store refused to open, ${acks} acknowledged commits`,
  };
}
