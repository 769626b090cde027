/**
 * Room that is kept for the day when the disk is full: to delete something, too, takes room in the write-ahead log, and
 * emptying that (4 MiB) takes room in the file. A file of that size, which is given up for deletions, and made again when
 * there is room.
 */
import { closeSync, fstatSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PackedAtomic } from "../engine.ts";
import type { Place } from "./database.ts";

const SIZE = 5 * 1024 * 1024;
/** So much must be free beside it. */
const MORE = 1024 * 1024;
/** Between attempts to make it again, in milliseconds. */
const PAUSE = 1000;

export class Reserve {
  readonly #file: string;
  #next = 0;
  #there = false;

  constructor({ file }: Place) {
    this.#file = join(dirname(file), "reserve");
  }

  /** Makes it if it is not there and there is room; without, all goes on as well. */
  keep(): void {
    const now = performance.now();
    if (this.#there || now < this.#next) return;
    this.#next = now + PAUSE;
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    // Not the last room that there is: that is what it was given up for.
    if (bavail * bsize < SIZE + MORE) return;
    let handle: number | undefined;
    try {
      handle = openSync(this.#file, "a");
      const missing = SIZE - fstatSync(handle).size;
      // Written, and not only made long: that would take no room.
      if (missing > 0) writeSync(handle, Buffer.alloc(missing));
      fsyncSync(handle);
      this.#there = true;
    } catch {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
      rmSync(this.#file, { force: true });
    }
    if (handle !== undefined) closeSync(handle);
  }

  /** Gives it up for these changes, if they only delete. Whether there was any to give. */
  spend({ changes }: PackedAtomic): boolean {
    if (!this.#there || !changes.every(({ op }) => op === "delete" || op === "delete-range")) return false;
    this.#there = false;
    this.#next = performance.now() + PAUSE;
    rmSync(this.#file, { force: true });
    return true;
  }
}
