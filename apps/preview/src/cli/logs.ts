/** `logs`: the end of the daemon's log, and what comes after. It needs no daemon. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync, watch } from "node:fs";
import { places } from "../places.ts";
import { Problem } from "../problem.ts";
import type { Terminal } from "./terminal.ts";

export interface LogsFlags {
  readonly follow?: boolean;
  readonly lines: number;
}

/** Ends when `signal` does, if it follows. */
export async function showLogs(flags: LogsFlags, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { log, folder } = places();
  if (!existsSync(log)) {
    throw new Problem({
      phase: "daemon",
      code: "no-log",
      message: `there is no log: no daemon has run in ${folder}`,
      remediation: "Start one by any command, such as `sx preview status`.",
    });
  }
  const text = readFileSync(log, "utf8");
  const last = text
    .split("\n")
    .slice(-flags.lines - 1)
    .join("\n");
  terminal.print(last);
  if (flags.follow === true) await follow(log, Buffer.byteLength(text), terminal, signal);
}

async function follow(file: string, from: number, terminal: Terminal, signal: AbortSignal): Promise<void> {
  let at = from;
  const more = (): void => {
    // A new file has been begun.
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < at) at = 0;
    if (!existsSync(file)) return;
    const fd = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - at));
      const count = readSync(fd, buffer, 0, buffer.length, at);
      at += count;
      if (count > 0) terminal.print(buffer.toString("utf8", 0, count));
    } finally {
      closeSync(fd);
    }
  };
  const watcher = watch(places().folder, more);
  more();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  watcher.close();
}
