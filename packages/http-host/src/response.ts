/** From a handler's answer to what srvx sends. What HTTP does not allow is an error here, not on the wire. */
import { FastResponse } from "srvx/node";
import type { Body, HostResponse } from "./types.ts";

/**
 * Sent with every response that does not say otherwise. Styles may be inline, because style attributes are;
 * scripts may not.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "strict-origin-when-cross-origin",
  "x-content-type-options": "nosniff",
};

/** The host's own: a handler that sets one has a bug. */
const RESERVED = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "set-cookie",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible ASCII, spaces, tabs and Latin-1: nothing that could end the line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const WITHOUT_BODY = new Set([204, 205, 304]);

export interface ResponseDefaults {
  readonly headers: Readonly<Record<string, string>>;
  readonly id: string;
  /** The connection ends with this response. */
  readonly last: boolean;
}

/** @throws TypeError for a status, header, cookie or body that cannot be sent */
export function toResponse(
  response: HostResponse,
  { headers: defaults, id, last }: ResponseDefaults,
): Response {
  const { status = 200, headers = {}, cookies = [], body = null } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`${String(status)} is no status of a response (200 to 599)`);
  if (WITHOUT_BODY.has(status) && body !== null && body !== "")
    throw new TypeError(`A response with status ${status} has no body`);

  const merged = new Map<string, string | readonly string[]>(Object.entries(defaults));
  merged.set("x-request-id", id);
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(given)} cannot name a header`);
    if (RESERVED.has(name))
      throw new TypeError(
        `The header ${name} is the host's to set${name === "set-cookie" ? ": give cookies apart" : ""}`,
      );
    if (value === null) merged.delete(name);
    else {
      for (const line of typeof value === "string" ? [value] : value) checkValue(name, line);
      merged.set(name, value);
    }
  }
  const type = contentType(merged.get("content-type"), body);
  if (type !== undefined) merged.set("content-type", type);
  for (const cookie of cookies) checkValue("set-cookie", cookie);
  if (cookies.length > 0) merged.set("set-cookie", cookies);
  if (response.length !== undefined) merged.set("content-length", String(response.length));
  if (last) merged.set("connection", "close");

  // A list of pairs keeps repeated names apart.
  const lines: [string, string][] = [];
  for (const [name, value] of merged) {
    if (typeof value === "string") lines.push([name, value]);
    else for (const line of value) lines.push([name, line]);
  }
  return new FastResponse(
    WITHOUT_BODY.has(status) ? null : (body as ConstructorParameters<typeof FastResponse>[0]),
    {
      status,
      headers: lines,
    },
  );
}

function checkValue(name: string, value: string): void {
  if (typeof value !== "string") throw new TypeError(`The header ${name} must be a string`);
  if (!VALUE.test(value))
    throw new TypeError(
      `The header ${name} cannot hold ${JSON.stringify(value)}: encode what is not Latin-1, and leave out line breaks`,
    );
}

function contentType(given: string | readonly string[] | undefined, body: Body | null): string | undefined {
  if (given === undefined) return typeof body === "string" ? "text/plain; charset=utf-8" : undefined;
  // All text that comes from a string is UTF-8.
  if (typeof given === "string" && typeof body === "string" && /^text\/[^;]+$/i.test(given))
    return `${given}; charset=utf-8`;
  return undefined;
}
