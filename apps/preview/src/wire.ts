/**
 * What passes over the daemon's socket: a line of JSON for each message, in both directions. The first line of
 * each side is its greeting; then the client sends calls, and for each gets any number of notices and one end.
 */
import type { Socket } from "node:net";
import type { ProblemData } from "./problem.ts";

/** Changes with anything below. Who speaks another one is not spoken to, but restarted. */
export const PROTOCOL = 1;

export interface Greeting {
  readonly hello: "sorbus-preview";
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
}

/** From the client. */
export type Ask =
  | { readonly id: number; readonly call: string; readonly params: unknown; readonly cwd: string }
  | { readonly id: number; readonly cancel: true };

/** A picture that goes with a result, when nobody has named a file for it. */
export interface Picture {
  readonly mimeType: "image/png" | "image/jpeg";
  /** Base64. */
  readonly data: string;
}

/** From the daemon. */
export type Answer =
  | { readonly id: number; readonly notice: Notice }
  | { readonly id: number; readonly result: unknown; readonly pictures: readonly Picture[] }
  | { readonly id: number; readonly problem: ProblemData };

/** Something worth knowing while a call goes on. */
export type Notice =
  /** Work that takes its time says every few seconds what it is doing. */
  | { readonly kind: "working"; readonly phase: string; readonly seconds: number }
  | { readonly kind: "note"; readonly text: string }
  /** A reload of a session that the call follows. */
  | { readonly kind: "event"; readonly event: unknown };

/** Lines that are longer are not of this protocol: 64 MiB, in UTF-16 units. */
const MAX_LINE = 2 ** 26;

export function send(socket: Socket, message: Greeting | Ask | Answer): void {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/**
 * Calls `take` with each message that comes in.
 * @param broken called once if the other side sends what is no line of JSON, or too long a line
 */
export function receive(
  socket: Socket,
  take: (message: Record<string, unknown>) => void,
  broken: (why: string) => void,
): void {
  const parts: string[] = [];
  let length = 0;
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      const line = parts.splice(0).join("") + text.slice(from, end);
      length = 0;
      from = end + 1;
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        return broken(`not a line of JSON: ${line.slice(0, 80)}`);
      }
      if (typeof message !== "object" || message === null) return broken("a message must be an object");
      take(message as Record<string, unknown>);
    }
    parts.push(text.slice(from));
    length += text.length - from;
    if (length > MAX_LINE) broken("a line is too long");
  });
}
