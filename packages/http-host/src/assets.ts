/** Files of a folder as responses: no way out of the folder, no dotfiles, an ETag for each. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
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
  const control = maxAge > 0 ? `public, max-age=${maxAge}` : "no-cache";
  return (request) => {
    if (!request.path.startsWith(prefix)) return undefined;
    const segments = request.path.slice(prefix.length).split("/");
    // No empty segments, none that begin with a dot, none with another system's separator.
    if (!segments.every((segment) => /^[^.\\:%][^\\:%]*$/.test(segment))) return undefined;
    return file(folder, segments, request, control);
  };
}

async function file(
  folder: string,
  segments: readonly string[],
  request: HostRequest,
  control: string,
): Promise<HostResponse | undefined> {
  let path: string;
  let size: number;
  let changed: number;
  try {
    const root = await realpath(folder);
    path = await realpath(join(root, ...segments));
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
  const headers = { etag, "cache-control": control, "last-modified": new Date(changed).toUTCString() };
  if (matches(request.headers.get("if-none-match"), etag)) return { status: 304, headers };
  const type = TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
  return { headers: { ...headers, "content-type": type }, body: createReadStream(path), length: size };
}

function matches(asked: string | undefined, etag: string): boolean {
  if (asked === undefined) return false;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "");
  return asked.trim() === "*" || asked.split(",").some((tag) => bare(tag) === bare(etag));
}
