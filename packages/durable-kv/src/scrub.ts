/** Reading everything, to find out what is damaged before somebody needs it. */
import type { Engine } from "./engine.ts";
import { asKvError } from "./errors.ts";
import { decodeKey, type Key } from "./key.ts";
import { showStored } from "./spaces.ts";
import { verifyValue } from "./value.ts";

export interface Damaged {
  /** Whose value it is; absent if it is the store's own (a log, a blob, an index) or can no longer be told. */
  readonly key?: Key;
  /** What is wrong, for people; with the key. */
  readonly what: string;
}

export interface ScrubReport {
  /** How many entries could be read, with those of logs and blobs. */
  readonly entries: number;
  /** Empty if the store is sound. */
  readonly damaged: readonly Damaged[];
}

export async function scrub(engine: Engine): Promise<ScrubReport> {
  const damaged: Damaged[] = [];
  const seen = new Set<string>();
  const report = (key: Uint8Array | undefined, what: string): void => {
    if (key === undefined) {
      damaged.push({ what });
      return;
    }
    const shown = showStored(key);
    const message = `${shown}: ${what}`;
    if (seen.has(message)) return;
    seen.add(message);
    const own = programKey(key);
    damaged.push(own === undefined ? { what: message } : { key: own, what: message });
  };
  let entries = 0;
  const found = await engine.scrub(({ key, value }) => {
    entries++;
    try {
      verifyValue(key, value);
    } catch (error) {
      report(key, asKvError(error).message);
    }
    // What has no key of a program or of ours is a key with flipped bits.
    if (key[0] !== 0xff && programKey(key) === undefined) report(key, "the key is damaged");
  });
  for (const { key, what } of found) report(key, what);
  return { entries, damaged };
}

function programKey(bytes: Uint8Array): Key | undefined {
  if (bytes[0] === 0xff) return undefined;
  try {
    return decodeKey(bytes);
  } catch (error) {
    if (asKvError(error).code === "corrupt") return undefined;
    throw error;
  }
}
