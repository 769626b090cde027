/** From a handler's answer to what srvx sends. What HTTP does not allow is an error here, not on the wire. */
import type { IncomingHttpHeaders } from "node:http";
import { FastResponse } from "srvx/node";
import { compressed, type Encoding, isCompressible, negotiated, WORTHWHILE } from "./compression.ts";
import { isKnownToClient, tagOf } from "./conditional.ts";
import type { Body, HostResponse } from "./types.ts";

/**
 * Sent with every response that does not say otherwise. Styles may be inline, because style attributes are;
 * scripts may not, but for those with the nonce of the response.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "strict-origin-when-cross-origin",
  "x-content-type-options": "nosniff",
};

/** The host's own: a handler that sets one has a bug. */
const RESERVED = new Set([
  "connection",
  "content-encoding",
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

export interface ResponseContext {
  readonly defaults: readonly (readonly [string, string])[];
  readonly id: string;
  readonly nonce: string;
  readonly method: string;
  readonly requestHeaders: IncomingHttpHeaders;
  /** The connection ends with this response. */
  readonly last: boolean;
  readonly compression: boolean;
}

type Line = string | readonly string[];

/** The headers of a response. There are a dozen at most, mostly: to look at each is quicker than to hash. */
class Lines {
  readonly pairs: [string, Line][];

  constructor(defaults: readonly (readonly [string, string])[]) {
    this.pairs = defaults.map(([name, value]) => [name, value]);
  }

  get(name: string): Line | undefined {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return undefined;
  }

  set(name: string, value: Line): void {
    for (const pair of this.pairs) {
      if (pair[0] === name) {
        pair[1] = value;
        return;
      }
    }
    this.pairs.push([name, value]);
  }

  delete(name: string): void {
    const at = this.pairs.findIndex((pair) => pair[0] === name);
    if (at >= 0) this.pairs.splice(at, 1);
  }
}

/** A response with its head settled. */
export interface Settled {
  readonly status: number;
  readonly headers: readonly [string, Line][];
  readonly body: Body | null;
  /** How the body is still to be compressed while it is sent. */
  readonly encoding: Encoding | undefined;
}

/**
 * Checks a response, and decides what goes out: 304 instead of what the client has, compressed or as it is. A promise
 * only where something is compressed.
 * @throws TypeError for a status, header, cookie or body that cannot be sent
 */
export function settle(response: HostResponse, context: ResponseContext): Settled | Promise<Settled> {
  const { status = 200, body = null } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new TypeError(`${String(status)} is no status of a response (200 to 599)`);
  if (WITHOUT_BODY.has(status) && body !== null && body !== "")
    throw new TypeError(`A response with status ${status} has no body`);

  const lines = headersOf(response, context);
  const whole = typeof body === "string" || body instanceof Uint8Array;
  const reads = context.method === "GET" || context.method === "HEAD";
  if (reads && status === 200) {
    if (whole && body.length >= WORTHWHILE && lines.get("etag") === undefined) lines.set("etag", tagOf(body));
    const { requestHeaders } = context;
    if (requestHeaders["if-none-match"] !== undefined || requestHeaders["if-modified-since"] !== undefined) {
      const [etag, modified] = [single(lines.get("etag")), single(lines.get("last-modified"))];
      if (isKnownToClient(requestHeaders, etag, modified)) {
        // The page is the one that the client has, and so is the policy that came with it.
        for (const name of ["content-type", "content-length", "content-security-policy"]) lines.delete(name);
        return { status: 304, headers: lines.pairs, body: null, encoding: undefined };
      }
    }
  }
  if (WITHOUT_BODY.has(status) || body === null)
    return { status, headers: lines.pairs, body: null, encoding: undefined };

  if (!context.compression || status === 206 || !isCompressible(single(lines.get("content-type"))))
    return { status, headers: lines.pairs, body, encoding: undefined };
  const size = whole ? body.length : response.length;
  if (size !== undefined && size < WORTHWHILE)
    return { status, headers: lines.pairs, body, encoding: undefined };
  addVary(lines, "Accept-Encoding");
  const encoding = negotiated(headerOf(context.requestHeaders["accept-encoding"]));
  if (encoding === undefined) return { status, headers: lines.pairs, body, encoding: undefined };
  lines.set("content-encoding", encoding);
  lines.delete("content-length");
  const etag = single(lines.get("etag"));
  if (etag !== undefined && !etag.startsWith("W/")) lines.set("etag", `W/${etag}`);
  if (!whole) return { status, headers: lines.pairs, body, encoding };
  return compressed(body, encoding).then((bytes) => ({
    status,
    headers: lines.pairs,
    body: bytes,
    encoding: undefined,
  }));
}

/** Names and values in turn, as Node's `writeHead` takes them. */
export function linesOf({ headers }: Settled): string[] {
  return headers.flatMap(([name, value]) =>
    typeof value === "string" ? [name, value] : value.flatMap((line) => [name, line]),
  );
}

/** As srvx sends it: anything but a body that is made while it is sent. */
export function toResponse({ status, headers, body }: Settled): Response {
  // A list of pairs keeps repeated names apart; srvx takes a pair with several values for as many lines.
  return new FastResponse(body as ConstructorParameters<typeof FastResponse>[0], {
    status,
    headers: headers as unknown as [string, string][],
  });
}

function headersOf(response: HostResponse, context: ResponseContext): Lines {
  const { headers, cookies, body = null } = response;
  const lines: Lines = new Lines(context.defaults);
  lines.set("x-request-id", context.id);
  for (const given in headers) {
    const value = headers[given];
    const name = given.toLowerCase();
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(given)} cannot name a header`);
    if (RESERVED.has(name))
      throw new TypeError(
        `The header ${name} is the host's to set${name === "set-cookie" ? ": give cookies apart" : ""}`,
      );
    if (value === null || value === undefined) lines.delete(name);
    else {
      if (typeof value === "string") checkValue(name, value);
      else for (const line of value) checkValue(name, line);
      lines.set(name, value);
    }
  }
  const type = contentType(lines.get("content-type"), body);
  if (type !== undefined) lines.set("content-type", type);
  const policy = lines.get("content-security-policy");
  if (typeof policy === "string") {
    const isPage = /^text\/html/i.test(single(lines.get("content-type")) ?? "");
    lines.set("content-security-policy", policyWith(policy, isPage ? context.nonce : undefined));
  }
  if (cookies !== undefined && cookies.length > 0) {
    for (const cookie of cookies) checkValue("set-cookie", cookie);
    lines.set("set-cookie", cookies);
  }
  if (response.length !== undefined) lines.set("content-length", String(response.length));
  if (context.last) lines.set("connection", "close");
  return lines;
}

/** Policies that have been sent, in the parts that stand around the nonce. A server has few. */
const policies = new Map<string, readonly string[]>();

function policyWith(policy: string, nonce: string | undefined): string {
  let parts = policies.get(policy);
  if (parts === undefined) {
    if (policies.size > 100) policies.clear();
    parts = policy.split(/ ?'nonce-\{nonce\}'/);
    policies.set(policy, parts);
  }
  if (parts.length === 1) return policy;
  return parts.join(nonce === undefined ? "" : ` 'nonce-${nonce}'`);
}

function addVary(lines: Lines, name: string): void {
  const vary = lines.get("vary");
  const given = vary === undefined ? [] : typeof vary === "string" ? [vary] : vary;
  const names = given.flatMap((line) => line.split(",").map((word) => word.trim().toLowerCase()));
  if (names.includes("*") || names.includes(name.toLowerCase())) return;
  lines.set("vary", [...given, name].join(", "));
}

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

const headerOf = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.join(", ");

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
