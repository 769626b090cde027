/** Bits that flip in a file at rest: whatever a reader would see otherwise than it was written must be reported by its key. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Entry, encodeKey, type Key, KvError, open, type Store } from "@sorbus/durable-kv";
import { commit, WRITERS } from "./load.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { scratch } from "./powercuts.ts";
import { Random } from "./random.ts";

const id = (key: Key): string => Buffer.from(encodeKey(key)).toString("hex");

export async function flips({ seed, rounds }: Setting): Promise<Outcome> {
  const random = new Random(seed);
  const problems: string[] = [];
  const counts = { harmless: 0, refused: 0, reported: 0, elsewhere: 0 };
  const base = mkdtempSync(join(scratch, "torture-flips-"));
  try {
    const sound = join(base, "sound");
    const written = await filled(sound);
    const size = readFileSync(join(sound, "store.sqlite")).length;
    for (let round = 0; round < rounds && problems.length < 10; round++) {
      const place = join(base, "flipped");
      rmSync(place, { recursive: true, force: true });
      cpSync(sound, place, { recursive: true });
      const file = join(place, "store.sqlite");
      const bytes = readFileSync(file);
      const at = random.below(size);
      const bit = random.below(8);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(file, bytes);
      const where = `bit ${bit} of byte ${at}`;
      let store: Store;
      try {
        store = await open({ url: `sqlite:${place}` });
      } catch (error) {
        // As a whole, with one clear error.
        if (error instanceof KvError && /^(?:corrupt|newer-format|older-format)$/.test(error.code))
          counts.refused++;
        else problems.push(`${where}: opening: ${String(error)}`);
        continue;
      }
      try {
        const changed = await changedKeys(store, written);
        const { damaged } = await store.scrub();
        const reported = new Set(damaged.flatMap(({ key }) => (key === undefined ? [] : [id(key)])));
        const silent = changed.filter((key) => !reported.has(id(key)));
        if (silent.length > 0)
          problems.push(
            `${where}: ${silent.length} of ${changed.length} changed entries are not reported, the first is ${JSON.stringify(silent[0])}; reported: ${damaged
              .slice(0, 3)
              .map(({ what }) => what)
              .join("; ")}`,
          );
        else if (changed.length > 0) counts.reported++;
        else if (damaged.length > 0) counts.elsewhere++;
        else counts.harmless++;
      } catch (error) {
        problems.push(`${where}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await store.close();
      }
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
  return {
    tried: rounds,
    problems,
    said: `${rounds} flipped bits: ${counts.reported} changed what is read and were reported by key, ${counts.elsewhere} lay elsewhere and were reported, ${counts.refused} made the store refuse to open, ${counts.harmless} changed nothing that is read`,
  };
}

async function filled(folder: string): Promise<readonly Entry[]> {
  const store = await open({ url: `sqlite:${folder}` });
  for (let n = 1; n <= 60; n++)
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => commit(store, "p0", writer, n)));
  await store.set(["later"], "gone in an hour", { ttl: 3_600_000 });
  const { entries } = await store.list({ prefix: [] });
  await store.close();
  return entries;
}

/** Keys under which a reader does not find what was written: something else, nothing, or an error. */
async function changedKeys(store: Store, written: readonly Entry[]): Promise<Key[]> {
  const changed: Key[] = [];
  for (const entry of written) {
    try {
      if (!isDeepStrictEqual(await store.get(entry.key), entry)) changed.push(entry.key);
    } catch (error) {
      if (!(error instanceof KvError) || error.code !== "corrupt") throw error;
      changed.push(entry.key);
    }
  }
  return changed;
}
