/**
 * Whether a request that changes something comes from a page of this site. Browsers say where it comes from, in
 * `Sec-Fetch-Site` or `Origin`, and scripts cannot change either; what is no browser sends neither, and has no cookies
 * that somebody could make use of.
 */
import type { IncomingHttpHeaders } from "node:http";

/** Methods that change nothing. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/** Origins whose pages may send what changes something: a list such as `["https://app.example"]`, or "any". */
export type AllowedOrigins = readonly string[] | "any";

export function changesSomething(method: string): boolean {
  return !SAFE.has(method);
}

export function isForeign(headers: IncomingHttpHeaders, allowed: AllowedOrigins): boolean {
  if (allowed === "any") return false;
  const { origin, host = "" } = headers;
  const site = headers["sec-fetch-site"];
  if (site === "same-origin" || site === "none") return false;
  if (origin === undefined) return site !== undefined;
  if (allowed.includes(origin)) return false;
  if (site !== undefined) return true;
  // The scheme may differ where a proxy ends TLS.
  return origin.replace(/^https?:\/\//, "") !== host;
}
