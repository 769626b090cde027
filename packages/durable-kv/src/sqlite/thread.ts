/** The committer's thread: batches come in as messages, results go back. See `committers.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import { Committer, type CommitterOptions } from "./committer.ts";
import type { Place } from "./database.ts";

export interface ThreadData {
  readonly place: Place;
  readonly options: CommitterOptions;
}
export type ThreadRequest =
  | { readonly type: "commit"; readonly atomics: readonly PackedAtomic[]; readonly now: number }
  | { readonly type: "close" };
export type ThreadAnswer = readonly PackedResult[];

const { place, options } = workerData as ThreadData;
const committer = new Committer(place, options, () => process.exit(1));

parentPort?.on("message", async (request: ThreadRequest) => {
  if (request.type === "close") {
    committer.close();
    // Nothing is left to listen to: the thread ends.
    parentPort?.close();
  } else
    parentPort?.postMessage((await committer.commit(request.atomics, request.now)) satisfies ThreadAnswer);
});
