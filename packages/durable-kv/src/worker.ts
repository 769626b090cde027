/** The committer's thread: batches come in as messages, results go back. See `commits.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { Committer, type CommitterOptions, type PackedAtomic } from "./committer.ts";
import type { Place } from "./sqlite.ts";

export interface WorkerData {
  readonly place: Place;
  readonly options: CommitterOptions;
}
/** One batch at a time. */
export type WorkerRequest = { readonly atomics: readonly PackedAtomic[]; readonly now: number } | "close";

const { place, options } = workerData as WorkerData;
const committer = new Committer(place, options);

parentPort?.on("message", async (request: WorkerRequest) => {
  if (request === "close") {
    committer.close();
    // Nothing is left to listen to: the thread ends.
    parentPort?.close();
  } else parentPort?.postMessage(await committer.commit(request.atomics, request.now));
});
