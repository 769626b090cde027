/** Conditional requests (RFC 9110, 13): whether what the client has is still good. */
import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A weak tag: the same text, whatever encoding it goes out in. */
export function tagOf(body: string | Uint8Array): string {
  return `W/"${hash("sha1", body, "base64url")}"`;
}

/** Compares as weak tags are: what differs only in encoding is the same. */
export function matches(asked: string, etag: string): boolean {
  if (asked.trim() === "*") return true;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "");
  return asked.split(",").some((tag) => bare(tag) === bare(etag));
}

/** Whether the client has what this response would send: 304 instead of it. */
export function isKnownToClient(
  headers: IncomingHttpHeaders,
  etag: string | undefined,
  lastModified: string | undefined,
): boolean {
  const asked = headers["if-none-match"];
  // A date counts only where no tag was asked for.
  if (asked !== undefined) return etag !== undefined && matches(asked, etag);
  const since = headers["if-modified-since"];
  if (since === undefined || lastModified === undefined) return false;
  const [then, now] = [Date.parse(since), Date.parse(lastModified)];
  return !Number.isNaN(then) && !Number.isNaN(now) && now <= then;
}
