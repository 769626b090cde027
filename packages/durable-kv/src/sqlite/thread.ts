/**
 * The committer's thread: stands for election, and if it wins commits for all processes of the machine that have the store open.
 * The lock that decides is SQLite's, on a file of its own: the system frees it when its holder dies, however that comes about.
 */
import { dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import { Committer, type CommitterOptions } from "./committer.ts";
import { isLocked, type Place } from "./database.ts";
import { type Database, driver } from "./driver.ts";
import { CommitServer } from "./server.ts";
import { addressOf } from "./wire.ts";

export interface ThreadData {
  readonly place: Place;
  readonly options: CommitterOptions;
  /** Its first word becomes 1 when the thread has ended in order. */
  readonly ended: SharedArrayBuffer;
}

export type ToThread =
  | { readonly type: "stand" }
  /** Commit without having been elected, beside whoever is: SQLite's lock keeps them apart. */
  | { readonly type: "direct" }
  | { readonly type: "watch" }
  | {
      readonly type: "commit";
      readonly id: number;
      readonly atomics: readonly PackedAtomic[];
      readonly now: number;
    }
  | { readonly type: "close" };

export type FromThread =
  /** `shared`: others can reach it. */
  | { readonly type: "elected"; readonly shared: boolean }
  | { readonly type: "beaten" }
  | { readonly type: "results"; readonly id: number; readonly results: readonly PackedResult[] }
  | { readonly type: "changed" };

const { place, options, ended } = workerData as ThreadData;
let watching = false;
let lock: Database | undefined;

const committer = new Committer(place, options, () => process.exit(1));
const server = new CommitServer(committer, () => {
  if (watching) tell({ type: "changed" });
});

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

/** Whether the lock is ours. */
function elected(): boolean {
  const db = driver(options.driver).open(join(dirname(place.file), "committer.lock"));
  try {
    // Nothing is ever written to it.
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    lock = db;
    return true;
  } catch (error) {
    db.close();
    if (isLocked(error)) return false;
    throw error;
  }
}

async function handle(message: ToThread): Promise<void> {
  switch (message.type) {
    case "stand":
      if (elected()) tell({ type: "elected", shared: await server.listen(addressOf(place)) });
      else tell({ type: "beaten" });
      return;
    case "direct":
      return;
    case "watch":
      watching = true;
      return;
    case "commit": {
      const { id, atomics, now } = message;
      tell({ type: "results", id, results: await server.submit(atomics, now) });
      return;
    }
    case "close":
      // In this order: the next committer may come when the lock is free, and must find the address so too.
      await server.close();
      committer.close();
      lock?.close();
      Atomics.store(new Int32Array(ended), 0, 1);
      Atomics.notify(new Int32Array(ended), 0);
      // Nothing is left to listen to: the thread ends.
      parentPort?.close();
  }
}

parentPort?.on("message", (message: ToThread) => void handle(message));
