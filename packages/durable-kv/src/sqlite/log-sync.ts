/**
 * Syncs the write-ahead log beside SQLite, for commits that are visible before they are durable. While one sync runs,
 * the next gathers all that wait.
 */
import { closeSync, fdatasync, openSync } from "node:fs";
import { kvError } from "../errors.ts";

export class LogSync {
  readonly #file: string;
  #handle: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Resolves when all that was written before the call is durable. */
  now(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  /** Syncs under way finish first. */
  close(): void {
    this.#closed = true;
    if (this.#running === undefined) this.#release();
  }

  #start(): Promise<void> {
    // Opened when there is something in it: the file is made by the first commit.
    const handle = (this.#handle ??= openSync(this.#file, "r+"));
    const running = new Promise<void>((resolve, reject) => {
      fdatasync(handle, (error) => {
        if (error === null) resolve();
        else
          reject(
            kvError(
              "commit-unknown",
              `The disk failed to sync ${this.#file}: the commit may or may not have happened: ${error.message}`,
              { cause: error },
            ),
          );
      });
    });
    this.#running = running;
    const done = (): void => {
      if (this.#running === running) this.#running = undefined;
      if (this.#closed && this.#next === undefined) this.#release();
    };
    running.then(done, done);
    return running;
  }

  #release(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
