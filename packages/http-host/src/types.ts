/** What passes between the host and a handler, whatever engine the handler runs on. */

import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

export interface HostRequest {
  readonly method: string;
  /** Percent-decoded, but for encoded slashes, which stay `%2F`. Begins with a slash. */
  readonly path: string;
  /** What follows the question mark, as it was sent; empty if there is none. */
  readonly queryString: string;
  /** Decoded; of a name that comes more than once, the first. */
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case; repeated ones joined by a comma (cookies by a semicolon). */
  readonly headers: ReadonlyMap<string, string>;
  /** Text for textual content types, else bytes; null if there is none. Read whole, up to `limits.body`. */
  readonly body: string | Uint8Array | null;
  /** The address of the client, or of the proxy that speaks for it. */
  readonly ip: string;
}

export interface HandlerContext {
  /** Names this request in the log and in the response's `x-request-id`. */
  readonly id: string;
  /** Aborted when the client goes away, the time limit passes, or the server is closed by force. */
  readonly signal: AbortSignal;
}

export type Body = string | Uint8Array | ReadableStream<Uint8Array> | Readable;

export interface HostResponse {
  /** Default: 200. */
  readonly status?: number;
  /** One value, or one for each line of that name; null removes a header that the host would set. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  /** Text without a content type of its own is `text/plain`. */
  readonly body?: Body | null;
  /** How many bytes a stream will give, if that is known. */
  readonly length?: number;
}

/** An answer that is not a promise is sent in the same turn. */
export type Handler = (request: HostRequest, context: HandlerContext) => HostResponse | Promise<HostResponse>;

/** Thrown by a handler or the host: an answer with this status, and the message for the client to read. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

/** `serve` could not start; the message says why and what to do. */
export class ListenError extends Error {
  /** Node's: `EADDRINUSE` and the like. */
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.name = "ListenError";
    this.code = code;
  }
}
