/**
 * Standard output and standard error, written at once and in order: nothing is left to be flushed when the
 * process ends. Not by Node's streams, which take a tenth of a short command's time to load.
 */
import { writeSync } from "node:fs";

const lost = new AbortController();

/** Aborted when nobody reads standard output any more, as after `| head`; what is printed then goes nowhere. */
export const readerLost: AbortSignal = lost.signal;

/** Writes to standard output. */
export function print(text: string): void {
  if (!readerLost.aborted && !write(1, text)) lost.abort();
}

/** Writes to standard error. */
export function printError(text: string): void {
  write(2, text);
}

/** Whether somebody still reads. @throws what else can go wrong, such as a full disk */
function write(fd: 1 | 2, text: string): boolean {
  let bytes: Uint8Array = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return false;
      if (code !== "EAGAIN") throw error;
      // A pipe that is full and does not block, because its other end was made so.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
  return true;
}
