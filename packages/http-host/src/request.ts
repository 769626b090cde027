/** From Node's request to what a handler gets. Malformed ones are refused here, before any handler runs. */
import type { IncomingMessage } from "node:http";
import { type HostRequest, HttpError } from "./types.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** All but the body. @throws HttpError 400, 501 */
export function requestHead(message: IncomingMessage): Omit<HostRequest, "body"> {
  const { method = "GET", url = "/", headers } = message;
  if (!METHODS.has(method)) throw new HttpError(501, `The method ${method} is not supported`);
  const target = url.startsWith("/") ? url : absolute(url);
  const mark = target.indexOf("?");
  const queryString = mark < 0 ? "" : target.slice(mark + 1);
  return {
    method,
    path: decodedPath(mark < 0 ? target : target.slice(0, mark)),
    queryString,
    query: queryOf(queryString),
    headers: new Map(
      Object.entries(headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
      ]),
    ),
    ip: message.socket.remoteAddress ?? "",
  };
}

/** `*` and the absolute form that a proxy may send. */
function absolute(url: string): string {
  if (url === "*") return "/*";
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

function queryOf(queryString: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  if (queryString === "") return query;
  // Never fails: what is malformed stays as it was sent, as in browsers.
  for (const [name, value] of new URLSearchParams(queryString)) if (!query.has(name)) query.set(name, value);
  return query;
}

/** Whether a body follows the head. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** @throws HttpError 413 beyond the limit, 400 for text that is not UTF-8 or a client that went away */
export async function readBody(message: IncomingMessage, limit: number): Promise<string | Uint8Array> {
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
  return isText(message.headers["content-type"] ?? "") ? decodedText(bytes) : new Uint8Array(bytes);
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
