/** Files of a folder as responses: no way out of the folder, no dotfiles, an ETag for each, parts on request. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { isKnownToClient } from "./conditional.ts";
import type { HostRequest, HostResponse } from "./types.ts";

export interface AssetsOptions {
  readonly folder: string;
  /** The path that stands for the folder. Default: `/assets/`. */
  readonly prefix?: string;
  /** How long a browser may use a file without asking, in seconds. Default: 0, it asks each time. */
  readonly maxAge?: number;
}

/** A response for a file; undefined if the request is for none of them. */
export type Assets = (request: HostRequest) => Promise<HostResponse | undefined> | undefined;

const TYPES: Readonly<Record<string, string>> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webm": "video/webm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml; charset=utf-8",
};

export function assets({ folder, prefix = "/assets/", maxAge = 0 }: AssetsOptions): Assets {
  if (!/^\/(.*\/)?$/.test(prefix))
    throw new TypeError(`The prefix ${JSON.stringify(prefix)} must begin and end with a slash`);
  return (request) => {
    if (!request.path.startsWith(prefix)) return undefined;
    const path = request.path.slice(prefix.length);
    return isInside(path) ? fileIn(folder, path, request, maxAge) : undefined;
  };
}

/** No empty segments, none that begin with a dot, none with another system's separator. */
function isInside(path: string): boolean {
  return path.split("/").every((segment) => /^[^.\\:%\0][^\\:%\0]*$/.test(segment));
}

/**
 * A file of a folder as a response, by its path in there; undefined if there is none, if it is hidden, or if a link
 * leads out of the folder.
 * @param maxAge how long a browser may use it without asking, in seconds
 */
export async function fileIn(
  folder: string,
  relative: string,
  request: HostRequest,
  maxAge: number,
): Promise<HostResponse | undefined> {
  if (!isInside(relative)) return undefined;
  let path: string;
  let size: number;
  let changed: number;
  try {
    const root = await realpath(folder);
    path = await realpath(join(root, ...relative.split("/")));
    // A link may point anywhere.
    if (!path.startsWith(root + sep)) return undefined;
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    size = found.size;
    changed = found.mtimeMs;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, headers: { allow: "GET, HEAD" }, body: "Only GET and HEAD\n" };
  }
  const etag = `W/"${size.toString(36)}-${Math.round(changed).toString(36)}"`;
  const headers = {
    etag,
    "accept-ranges": "bytes",
    "cache-control": maxAge > 0 ? `public, max-age=${maxAge}` : "no-cache",
    "content-type": TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    "last-modified": new Date(changed).toUTCString(),
  };
  if (isKnownToClient(headersFor(request), etag, headers["last-modified"])) {
    const { "content-type": _, ...known } = headers;
    return { status: 304, headers: known };
  }
  const range = rangeOf(request, size, headers["last-modified"]);
  if (range === undefined) return { headers, body: createReadStream(path), length: size };
  if (range === "none")
    return { status: 416, headers: { ...headers, "content-range": `bytes */${size}` }, body: null };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end}/${size}` },
    body: createReadStream(path, { start, end }),
    length: end - start + 1,
  };
}

function headersFor({ headers }: HostRequest): Record<string, string> {
  const [tag, since] = [headers.get("if-none-match"), headers.get("if-modified-since")];
  return {
    ...(tag !== undefined && { "if-none-match": tag }),
    ...(since !== undefined && { "if-modified-since": since }),
  };
}

/**
 * The part that was asked for (RFC 9110, 14): undefined for the whole, "none" where the file has no such part. Several
 * parts at once are answered with the whole.
 */
function rangeOf(
  { method, headers }: HostRequest,
  size: number,
  lastModified: string,
): { readonly start: number; readonly end: number } | "none" | undefined {
  const asked = headers.get("range");
  if (asked === undefined || method !== "GET") return undefined;
  // For who has a part of an older file, the rest of this one is of no use. Weak tags do not prove that it is the same.
  const condition = headers.get("if-range");
  if (condition !== undefined && condition !== lastModified) return undefined;
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(asked.trim()) ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const start = Math.max(0, size - Number(to));
    return Number(to) === 0 || size === 0 ? "none" : { start, end: size - 1 };
  }
  const start = Number(from);
  const end = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < start) return undefined;
  return start >= size ? "none" : { start, end };
}
