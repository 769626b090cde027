/** One line for each request: for people on a terminal, as JSON for machines. */
import type { WriteStream } from "node:tty";

export interface LogEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly level: "info" | "error";
  readonly id: string;
  readonly method: string;
  /** As it was sent, without the query, which may hold secrets. */
  readonly path: string;
  readonly status: number;
  /** From the head of the request to the end of the response, in milliseconds. */
  readonly ms: number;
  /** What the program asked of the world, and how often it waited for an answer; absent: not at all. */
  readonly effects?: number;
  readonly waits?: number;
  /** The client went away before the end of the response. */
  readonly aborted?: true;
  /** What went wrong, with the stack: several lines. */
  readonly error?: string;
}

export type Log = (entry: LogEntry) => void;

/** Logs to a stream: colours on a terminal, else JSON. */
export function logTo(stream: Pick<WriteStream, "write"> & { readonly isTTY?: boolean }): Log {
  if (stream.isTTY !== true) return (entry) => void stream.write(`${JSON.stringify(entry)}\n`);
  return ({ time, method, path, status, ms, effects = 0, aborted, error, id }) => {
    const colour = status >= 500 ? 31 : status >= 400 ? 33 : 32;
    const more = `${effects > 0 ? `, ${effects} effect${effects === 1 ? "" : "s"}` : ""}${aborted ? " (client gone)" : ""}`;
    const line = `${time.slice(11, 19)} \x1b[${colour}m${status}\x1b[0m ${method} ${path} ${ms.toFixed(1)} ms${more}`;
    stream.write(error === undefined ? `${line}\n` : `${line} [${id}]\n${indented(error)}\n`);
  };
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}
