/**
 * Group commit: what is asked for in one turn of the event loop, or while the disk is busy with the last
 * group, goes to disk together and is acknowledged after that.
 */
import type { PackedAtomic, PackedResult } from "./engine.ts";

/** One transaction stays small enough that others get their turn. */
const MAX_GROUP = 1000;
const MAX_GROUP_BYTES = 8 * 2 ** 20;

interface Waiting {
  readonly atomic: PackedAtomic;
  readonly resolve: (result: PackedResult) => void;
}

export class Groups {
  readonly #write: (atomics: readonly PackedAtomic[]) => Promise<readonly PackedResult[]>;
  readonly #written: (atomics: number) => void;
  #queue: Waiting[] = [];
  /** Under way or scheduled. */
  #running: Promise<void> | undefined;

  /**
   * @param write commits a group; must not reject
   * @param written called after each group, before anybody is told; must not throw
   */
  constructor(
    write: (atomics: readonly PackedAtomic[]) => Promise<readonly PackedResult[]>,
    written: (atomics: number) => void,
  ) {
    this.#write = write;
    this.#written = written;
  }

  commit(atomic: PackedAtomic): Promise<PackedResult> {
    return new Promise((resolve) => {
      this.#queue.push({ atomic, resolve });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when all that was asked for is done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const group = this.#take();
      const results = await this.#write(group.map(({ atomic }) => atomic));
      this.#written(group.length);
      group.forEach(({ resolve }, i) => {
        resolve(results[i] ?? { type: "error", code: "fatal", message: "The engine gave no result" });
      });
    }
    this.#running = undefined;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { atomic } of this.#queue) {
      bytes += atomic.changes.reduce((sum, change) => sum + ("value" in change ? change.value.length : 0), 0);
      if (count > 0 && (count === MAX_GROUP || bytes > MAX_GROUP_BYTES)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}
