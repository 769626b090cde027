/** The daemon's log: a file of lines, bounded; the one before it is kept beside it. */
import { appendFileSync, renameSync, statSync } from "node:fs";

/** Beyond this a new file is begun: at most twice as much is ever on the disk. */
const MAX_BYTES = 2 ** 20;

export interface DaemonLog {
  write(level: "info" | "warning" | "error", text: string): void;
}

export function logInto(file: string, now: () => Date = () => new Date()): DaemonLog {
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return {
    write(level, text) {
      const line = `${now().toISOString()} ${level} ${text.replaceAll("\n", "\n  ")}\n`;
      if (size > MAX_BYTES) {
        renameSync(file, `${file}.1`);
        size = 0;
      }
      appendFileSync(file, line, { mode: 0o600 });
      size += Buffer.byteLength(line);
    },
  };
}
