/** What passes between the host and a handler, whatever engine the handler runs on. */

import type { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { MultipartBody } from "./multipart.ts";

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
  /** Decoded; of a name that comes more than once, the first. */
  readonly cookies: ReadonlyMap<string, string>;
  /**
   * Text for textual content types, else bytes; null if there is none. Read whole, up to `limits.body`; only
   * `multipart/form-data` is left for who wants it.
   */
  readonly body: string | Uint8Array | MultipartBody | null;
  /** The address of the client, or of the proxy that speaks for it. */
  readonly ip: string;
  /** Scheme and host that the client has asked, such as `http://localhost:3000`: what it says, unchecked. */
  readonly origin: string;
}

export interface HandlerContext {
  /** Names this request in the log and in the response's `x-request-id`. */
  readonly id: string;
  /** What scripts and styles of this response need as `nonce`, where the content security policy asks for one. */
  readonly nonce: string;
  /** Aborted when the client goes away, the time limit passes, or the server is closed by force. */
  readonly signal: AbortSignal;
  /** Adds to what the log and the counters say of this request. */
  count(what: "effects" | "suspensions", n: number): void;
}

/** Where a body goes that is made while it is sent. */
export interface BodyWriter {
  /** Resolves when more is wanted; at once, without a promise, if it is. @throws when the client is gone */
  write(chunk: string | Uint8Array): void | Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * A function is called when the head has been sent, and the body ends when it is done; what it throws is logged, and
 * the connection cut, so that nobody takes what was sent for the whole.
 */
export type Body =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | Readable
  | ((out: BodyWriter) => Promise<void>);

export interface HostResponse {
  /** Default: 200. */
  readonly status?: number;
  /** One value, or one for each line of that name; null removes a header that the host would set. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  /**
   * Text without a content type of its own is `text/plain`. An error (400 to 599) that has none at all gets the
   * host's page; one that is null or empty stays so.
   */
  readonly body?: Body | null;
  /** How many bytes a stream will give, if that is known. */
  readonly length?: number;
  /** Takes the connection over, if the request asked for a WebSocket; nothing else of the response counts then. */
  readonly websocket?: (socket: ServerSocket) => Promise<void>;
}

/** The server's end of a WebSocket. */
export interface ServerSocket {
  /** The next message; undefined when there will be none. Messages wait for who receives them. */
  receive(): string | Uint8Array | undefined | Promise<string | Uint8Array | undefined>;
  /** Resolves when more is wanted. @throws when the connection is closed */
  send(message: string | Uint8Array): void | Promise<void>;
  close(code?: number, reason?: string): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** To all sockets of this process that have subscribed, but this one. */
  publish(topic: string, message: string | Uint8Array): void;
  readonly signal: AbortSignal;
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
