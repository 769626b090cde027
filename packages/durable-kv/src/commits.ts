/**
 * Group commit: what is asked for in one turn of the event loop, or while the disk is busy with the last
 * group, goes to disk together and is acknowledged after that.
 */
import { Worker } from "node:worker_threads";
import type { Committer, CommitterOptions, PackedAtomic, PackedResult } from "./committer.ts";
import type { Place } from "./sqlite.ts";
import type { WorkerData, WorkerRequest } from "./worker.ts";

/** Who writes a group: a committer in this thread or in one of its own. */
export interface Writer {
  commit(atomics: readonly PackedAtomic[], now: number): Promise<PackedResult[]>;
  close(): Promise<void>;
}

/** One transaction stays small enough that others get their turn. */
const MAX_GROUP = 1000;
const MAX_GROUP_BYTES = 8 * 2 ** 20;

interface Waiting {
  readonly atomic: PackedAtomic;
  readonly resolve: (result: PackedResult) => void;
}

export class Commits {
  readonly #writer: Writer;
  readonly #now: () => number;
  readonly #committed: (atomics: number) => void;
  #queue: Waiting[] = [];
  /** Under way or scheduled. */
  #running: Promise<void> | undefined;

  /** @param committed called after each group, before anybody is told; must not throw */
  constructor(writer: Writer, now: () => number, committed: (atomics: number) => void) {
    this.#writer = writer;
    this.#now = now;
    this.#committed = committed;
  }

  commit(atomic: PackedAtomic): Promise<PackedResult> {
    return new Promise((resolve) => {
      this.#queue.push({ atomic, resolve });
      this.#running ??= this.#run();
    });
  }

  /** Waits for what was asked for, then ends the writer. */
  async close(): Promise<void> {
    await this.#running;
    await this.#writer.close();
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#queue.length > 0) {
      const group = this.#take();
      const results = await this.#writer.commit(
        group.map(({ atomic }) => atomic),
        this.#now(),
      );
      this.#committed(group.length);
      group.forEach(({ resolve }, i) => {
        resolve(results[i] ?? { type: "error", code: "fatal", message: "The committer gave no result" });
      });
    }
    this.#running = undefined;
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { atomic } of this.#queue) {
      bytes += atomic.changes.reduce(
        (sum, change) => sum + (change.op === "set" ? change.value.length : 0),
        0,
      );
      if (count > 0 && (count === MAX_GROUP || bytes > MAX_GROUP_BYTES)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }
}

/** For a store in memory. */
export function inThisThread(committer: Committer): Writer {
  return {
    commit: (atomics, now) => committer.commit(atomics, now),
    close: async () => committer.close(),
  };
}

/** For a store in a folder. The thread starts with the first commit and never keeps an idle process alive. */
export class WriterThread implements Writer {
  readonly #data: WorkerData;
  #worker: Worker | undefined;
  #waiting: { readonly atomics: number; readonly resolve: (results: PackedResult[]) => void } | undefined;

  constructor(place: Place, options: CommitterOptions) {
    this.#data = { place, options };
  }

  commit(atomics: readonly PackedAtomic[], now: number): Promise<PackedResult[]> {
    return new Promise((resolve) => {
      const worker = (this.#worker ??= this.#start());
      this.#waiting = { atomics: atomics.length, resolve };
      worker.ref();
      worker.postMessage({ atomics, now } satisfies WorkerRequest);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage("close" satisfies WorkerRequest);
    await ended;
  }

  #start(): Worker {
    // Beside this file: TypeScript in the repository, JavaScript in the package.
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: this.#data, name: "durable-kv" });
    worker.on("message", (results: PackedResult[]) => {
      worker.unref();
      this.#answer(() => results);
    });
    worker.on("error", (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#died(worker, `it ended with code ${code}`));
    return worker;
  }

  #answer(results: (atomics: number) => PackedResult[]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(results(waiting.atomics));
  }

  #died(worker: Worker, why: string): void {
    // The next commit starts another.
    if (this.#worker === worker) this.#worker = undefined;
    const message = `The thread that commits to ${this.#data.place.name} died during a commit, which may or may not have happened: ${why}`;
    this.#answer((atomics) => Array(atomics).fill({ type: "error", code: "commit-unknown", message }));
  }
}
