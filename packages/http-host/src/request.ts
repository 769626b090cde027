/** From Node's request to what a handler gets. Malformed ones are refused here, before any handler runs. */
import type { IncomingMessage } from "node:http";
import { parseCookie } from "cookie";
import { MultipartBody } from "./multipart.ts";
import { type HostRequest, HttpError } from "./types.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Who has sent the request, by what Node and trusted proxies say. */
export interface Client {
  readonly ip: string;
  readonly scheme: "http" | "https";
}

/** A request whose parts are made when they are asked for: most handlers look at few. */
export class IncomingRequest implements HostRequest {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly body: HostRequest["body"];
  readonly ip: string;
  /** Names in lower case, and their values, as Node joins them. */
  readonly rawHeaders: IncomingMessage["headers"];
  readonly #scheme: string;
  #query: ReadonlyMap<string, string> | undefined;
  #headers: ReadonlyMap<string, string> | undefined;
  #cookies: ReadonlyMap<string, string> | undefined;

  constructor(head: Head, body: HostRequest["body"]) {
    this.method = head.method;
    this.path = head.path;
    this.queryString = head.queryString;
    this.ip = head.client.ip;
    this.rawHeaders = head.headers;
    this.#scheme = head.client.scheme;
    this.body = body;
  }

  get query(): ReadonlyMap<string, string> {
    this.#query ??= queryOf(this.queryString);
    return this.#query;
  }

  get headers(): ReadonlyMap<string, string> {
    this.#headers ??= new Map(
      Object.entries(this.rawHeaders).map(([name, value]) => [name, headerText(value)]),
    );
    return this.#headers;
  }

  get cookies(): ReadonlyMap<string, string> {
    this.#cookies ??= cookiesOf(this.rawHeaders.cookie);
    return this.#cookies;
  }

  get origin(): string {
    return `${this.#scheme}://${this.rawHeaders.host ?? "localhost"}`;
  }
}

export function headerText(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : (value ?? []).join(", ");
}

/** What is known of a request before its body has come. */
export interface Head {
  readonly method: string;
  readonly path: string;
  readonly queryString: string;
  readonly headers: IncomingMessage["headers"];
  readonly client: Client;
}

/** @throws HttpError 400, 414, 501 */
export function requestHead(message: IncomingMessage, client: Client, maxUrl: number): Head {
  const { method = "GET", url = "/", headers } = message;
  if (!METHODS.has(method)) throw new HttpError(501, `The method ${method} is not supported`);
  if (url.length > maxUrl) throw new HttpError(414, `The address is longer than ${maxUrl} characters`);
  const target = url.startsWith("/") ? url : absolute(url);
  const mark = target.indexOf("?");
  return {
    method,
    path: decodedPath(mark < 0 ? target : target.slice(0, mark)),
    queryString: mark < 0 ? "" : target.slice(mark + 1),
    headers,
    client,
  };
}

/** `*` and the absolute form that a proxy may send. */
function absolute(url: string): string {
  if (url === "*") return "/*";
  if (!URL.canParse(url)) throw new HttpError(400, "The address is malformed");
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function decodedPath(raw: string): string {
  if (!raw.includes("%")) return raw;
  let decoded: string;
  try {
    decoded = raw
      .split(/(%2f)/i)
      .map((part, i) => (i % 2 === 1 ? "%2F" : decodeURIComponent(part)))
      .join("");
  } catch {
    throw new HttpError(400, "The address has a malformed percent-encoding");
  }
  if (decoded.includes("\0")) throw new HttpError(400, "The address has a zero byte");
  return decoded;
}

const NONE: ReadonlyMap<string, string> = new Map();

function queryOf(queryString: string): ReadonlyMap<string, string> {
  if (queryString === "") return NONE;
  const query = new Map<string, string>();
  // Never fails: what is malformed stays as it was sent, as in browsers.
  for (const [name, value] of new URLSearchParams(queryString)) if (!query.has(name)) query.set(name, value);
  return query;
}

function cookiesOf(header: string | undefined): ReadonlyMap<string, string> {
  if (header === undefined) return NONE;
  return new Map(
    Object.entries(parseCookie(header)).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Whether a body follows the head. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}

/** @throws HttpError 413 beyond the limit, 400 for text that is not UTF-8 or a client that went away */
export async function readBody(
  message: IncomingMessage,
  limits: { readonly body: number; readonly upload: number },
): Promise<string | Uint8Array | MultipartBody> {
  const type = message.headers["content-type"] ?? "";
  if (/^\s*multipart\/form-data\s*;/i.test(type)) return new MultipartBody(message, limits.upload);
  const limit = limits.body;
  if (Number(message.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        stop();
        // The rest is thrown away, and the connection closed after the answer.
        message.resume();
        reject(tooLarge(limit));
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(Buffer.concat(chunks, size));
    };
    const onClose = (): void => {
      stop();
      reject(new HttpError(400, "The request's body ended early"));
    };
    const stop = (): void => {
      message.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
    };
    message.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
  return isText(type) ? decodedText(bytes) : new Uint8Array(bytes);
}

/** What is read of a body that nobody wants, in bytes and milliseconds. */
const DISCARDED = 2 ** 20;
const DISCARD_TIME = 1000;

/** Reads what is left of a body, if that is not too much, and throws it away. */
export function discard(message: IncomingMessage): Promise<void> {
  if (Number(message.headers["content-length"] ?? 0) > 2 * DISCARDED) return Promise.resolve();
  return new Promise((resolve) => {
    let size = 0;
    const stop = (): void => {
      clearTimeout(timer);
      message.off("data", onData).off("end", stop).off("close", stop);
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > DISCARDED) stop();
    };
    const timer = setTimeout(stop, DISCARD_TIME);
    message.on("data", onData).on("end", stop).on("close", stop);
  });
}

const tooLarge = (limit: number): HttpError =>
  new HttpError(413, `The request's body is larger than ${limit} bytes`, { connection: "close" });

function isText(contentType: string): boolean {
  return /^\s*(text\/|application\/(x-www-form-urlencoded|javascript|xml|([^;\s]+\+)?(json|xml))\s*(;|$))/i.test(
    contentType,
  );
}

function decodedText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, "The request's body is not valid UTF-8");
  }
}
