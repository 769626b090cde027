/**
 * A full disk: a small file system of its own. Once the store fills it by itself, and must be able to delete; then somebody else
 * takes the room of a store that is bounded, and gives it back, again and again, and the store goes on without being opened again.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KvError, open, type Store } from "@sorbus/durable-kv";
import { commit, verify, WRITERS } from "./load.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { Random } from "./random.ts";

const MEBIBYTES = 24;
const BOUND = 8 * 2 ** 20;

export async function full({ seed, folder, rounds }: Setting): Promise<Outcome> {
  const random = new Random(seed);
  const place = mkdtempSync(join(folder, "full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${MEBIBYTES}m`, "tmpfs", place], {
    encoding: "utf8",
  });
  if (mounted.status !== 0) {
    rmSync(place, { recursive: true, force: true });
    return {
      tried: 0,
      problems: [],
      said: `NOT RUN: a small file system cannot be mounted here (${(mounted.stderr || String(mounted.error)).trim()})`,
    };
  }
  const problems: string[] = [];
  let fulls = 0;
  let commits = 0;
  let store: Store | undefined;
  try {
    store = await open({ url: `sqlite:${join(place, "alone")}` });
    const alone = await fill(store, 0);
    fulls += alone.fulls;
    commits += alone.commits;
    problems.push(...alone.problems);
    await store
      .atomic()
      .deleteRange({ prefix: ["fill"] })
      .commit();
    await store.set(["after"], "x".repeat(40_000));
    await store.close();
    rmSync(join(place, "alone"), { recursive: true });
    store = await open({ url: `sqlite:${join(place, "store")}`, maxBytes: BOUND });
    for (let round = 0; round < rounds && problems.length < 10; round++) {
      const stranger = join(place, "stranger");
      const free = statfsSync(place);
      // Now all but a little, now half, and now nothing, so that the store meets its own bound.
      const rest =
        [random.below(65_536), (free.bavail * free.bsize) >> 1, free.bavail * free.bsize][random.below(3)] ??
        0;
      writeFileSync(stranger, Buffer.alloc(Math.max(0, free.bavail * free.bsize - rest)));
      const outcome = await fill(store, round);
      fulls += outcome.fulls;
      commits += outcome.commits;
      problems.push(...outcome.problems.map((text) => `round ${round}: ${text}`));
      try {
        await verify(store, "p0");
        if ((await store.list({ prefix: ["fill", round] })).entries.length !== outcome.kept)
          problems.push(`round ${round}: what was acknowledged is not what is there`);
      } catch (error) {
        problems.push(`round ${round}: reading while full: ${String(error)}`);
      }
      rmSync(stranger, { force: true });
      await store
        .atomic()
        .deleteRange({ prefix: ["fill"] })
        .commit();
      // There is room: without having been opened again, it goes on.
      for (let writer = 0; writer < WRITERS; writer++)
        await commit(
          store,
          "p0",
          writer,
          ((await store.get<number>(["last", "p0", writer]))?.value ?? 0) + 1,
        );
    }
    problems.push(...(await store.scrub()).damaged.map(({ what }) => `scrub: ${what}`));
    await store.close();
    store = await open({ url: `sqlite:${join(place, "store")}`, maxBytes: BOUND });
    await verify(store, "p0");
  } catch (error) {
    problems.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  } finally {
    await store?.close();
    spawnSync("umount", [place]);
    rmSync(place, { recursive: true, force: true });
  }
  if (fulls === 0 && problems.length === 0) problems.push("the disk was never full");
  return {
    tried: rounds,
    problems,
    said: `${rounds} times a disk of ${MEBIBYTES} MiB was filled: ${commits} commits fitted, ${fulls} were refused`,
  };
}

/** Large and small commits until several have found no room. */
async function fill(
  store: Store,
  round: number,
): Promise<{ commits: number; fulls: number; kept: number; problems: string[] }> {
  const problems: string[] = [];
  let [commits, fulls, i] = [0, 0, 0];
  while (fulls < 10) {
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, k) =>
        store.set(["fill", round, i++], "x".repeat(k % 2 === 0 ? 40_000 : 100)),
      ),
    );
    for (const result of results) {
      if (result.status === "fulfilled") commits++;
      else if (result.reason instanceof KvError && result.reason.code === "full") fulls++;
      else problems.push(String(result.reason));
    }
    if (problems.length > 0) break;
  }
  return { commits, fulls, kept: commits, problems };
}
