/**
 * How the process ends: its exit code, and the two ways in which it is asked to end early, by a signal or
 * because nobody reads its output any more. Both cancel the program, so that its `after`s run and the store is
 * closed.
 */

import { printError, readerLost } from "./output.ts";

/** Exit codes of the command line. */
export const EXIT = {
  /** The program raised, a file is wrong, a case failed. */
  failed: 1,
  /** The command was called wrongly. */
  usage: 2,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

const ending = new AbortController();

// A reader that goes away is no error: the exit code stays what it is.
readerLost.addEventListener("abort", () => ending.abort(new Error("nobody reads the output any more")));

/** Aborted when the process has been asked to end. */
export const ended: AbortSignal = ending.signal;

function endBy(signal: "SIGINT" | "SIGTERM"): void {
  // The second time is from somebody who does not want to wait.
  if (ended.aborted) process.exit(EXIT[signal]);
  process.exitCode = EXIT[signal];
  ending.abort(new Error(signal === "SIGINT" ? "interrupted" : "terminated"));
}

/** From here on signals cancel what runs, instead of killing the process. */
export function endOnSignals(): void {
  process.on("SIGINT", () => endBy("SIGINT"));
  process.on("SIGTERM", () => endBy("SIGTERM"));
}

/** Ends what runs because of something that is no error of the program's own. */
export function endWith(message: string): void {
  fail(message);
  ending.abort(new Error(message));
}

/** Says on stderr what went wrong; the process will exit with that code. */
export function fail(message: string, code: number = EXIT.failed): void {
  printError(`${/^(error|warning)\b/.test(message) ? message : `error: ${message}`}\n`);
  process.exitCode = code;
}

/** A mistake in how the command was called; the message is all that a person needs. */
export class UsageError extends Error {}

/** Something of the world around is not as it should be: the message is all that a person needs. */
export class CommandError extends Error {}
