/** Hands groups to the thread that commits them, which starts with the first and never keeps an idle process alive. */
import { Worker } from "node:worker_threads";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import type { CommitterOptions } from "./committer.ts";
import type { Place } from "./database.ts";
import type { ThreadAnswer, ThreadData, ThreadRequest } from "./thread.ts";

export class Committers {
  #data: ThreadData;
  #worker: Worker | undefined;
  #waiting:
    | { readonly atomics: number; readonly resolve: (results: readonly PackedResult[]) => void }
    | undefined;

  constructor(place: Place, options: CommitterOptions) {
    this.#data = { place, options };
  }

  commit(atomics: readonly PackedAtomic[], now: number): Promise<readonly PackedResult[]> {
    return new Promise((resolve) => {
      const worker = (this.#worker ??= this.#start());
      this.#waiting = { atomics: atomics.length, resolve };
      worker.ref();
      worker.postMessage({ type: "commit", atomics, now } satisfies ThreadRequest);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage({ type: "close" } satisfies ThreadRequest);
    await ended;
  }

  #start(): Worker {
    // Beside this file: TypeScript in the repository, JavaScript in the package.
    const file = import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: this.#data, name: "durable-kv" });
    worker.on("message", (results: ThreadAnswer) => {
      worker.unref();
      this.#answer(() => results);
    });
    worker.on("error", (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#died(worker, `it ended with code ${code}`));
    return worker;
  }

  #answer(results: (atomics: number) => readonly PackedResult[]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(results(waiting.atomics));
  }

  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    // The next commit starts another, which has no death left in its plan.
    this.#worker = undefined;
    const { options } = this.#data;
    const fault = options.fault.filter(({ at }) => at !== "committerDies" && at !== "beforeAck");
    this.#data = { ...this.#data, options: { ...options, fault } };
    const message = `The thread that commits to ${this.#data.place.name} died during a commit, which may or may not have happened: ${why}`;
    this.#answer((atomics) => Array(atomics).fill({ type: "error", code: "commit-unknown", message }));
  }
}
