/**
 * `:files/*` in one folder and nowhere else. A path is relative, with `/` between its parts; no `..`, no link that
 * leads out of the folder. Writing is atomic: another reader sees the old file or the new one.
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { type Narrowing, type OpDeclaration, OpError } from "../op.ts";

export interface FilesOptions {
  /** The folder that is granted. Must exist when an op is asked for. */
  readonly folder: string;
  /** Whether files may be written and removed. Default false. */
  readonly write?: boolean;
  /** The longest file that is read or written, in bytes. Default 16 MiB. */
  readonly maxBytes?: number;
}

export function filesOps({ folder, write = false, maxBytes = 16 * 2 ** 20 }: FilesOptions): OpDeclaration[] {
  const narrowing: Narrowing = {
    what: "a folder",
    within: (limit) => {
      const wrong = checkPath(limit);
      if (wrong !== undefined) throw new TypeError(`A grant of files is narrowed to a folder: ${wrong}`);
      const inside = `${String(limit)}/`;
      return ([path]) =>
        path === limit || String(path).startsWith(inside)
          ? undefined
          : `the file ${JSON.stringify(path)} is outside ${JSON.stringify(limit)}`;
    },
  };
  const onPath = { check: ([path]: readonly unknown[]) => checkPath(path), narrowing } as const;
  const readWhole = async (op: string, path: unknown): Promise<Buffer | null> => {
    const place = await insideOf(folder, String(path), op);
    if (place === null) return null;
    // The last step must not be a link that has come meanwhile.
    const file = await attempt(op, path, () => open(place, constants.O_RDONLY | constants.O_NOFOLLOW));
    try {
      const { size } = await file.stat();
      if (size > maxBytes)
        throw new OpError("limit", `:${op}: ${String(path)} has more than ${maxBytes} bytes`, [path]);
      return await attempt(op, path, () => file.readFile());
    } finally {
      await file.close();
    }
  };
  const reads: OpDeclaration[] = [
    {
      name: "files/read",
      params: "path",
      purity: "read",
      doc: "The text of a file, read as UTF-8; nil if there is no such file.",
      ...onPath,
      handler: async ([path]) => {
        const bytes = await readWhole("files/read", path);
        if (bytes === null) return null;
        try {
          return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
        } catch (error) {
          throw new OpError("host", `:files/read: ${String(path)} is no UTF-8 text`, [path], {
            cause: error,
          });
        }
      },
    },
    {
      name: "files/read-bytes",
      params: "path",
      purity: "read",
      doc: "The bytes of a file; nil if there is no such file.",
      ...onPath,
      handler: async ([path]) => {
        const bytes = await readWhole("files/read-bytes", path);
        return bytes === null ? null : new Uint8Array(bytes);
      },
    },
    {
      name: "files/list",
      params: "path",
      purity: "read",
      doc: 'What is in a folder, by name: a list of dicts of :name and :type, "file", "folder" or "other". "." is the granted folder. Nil if there is none.',
      ...onPath,
      handler: async ([path]) => {
        const place = await insideOf(folder, String(path), "files/list");
        if (place === null) return null;
        const found = await attempt("files/list", path, () => readdir(place, { withFileTypes: true }));
        return found
          .map((entry) => ({
            name: entry.name,
            type: entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other",
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      },
    },
    {
      name: "files/info",
      params: "path",
      purity: "read",
      doc: "A dict of :type, :size in bytes and :modified in milliseconds; nil if there is nothing.",
      ...onPath,
      handler: async ([path]) => {
        const place = await insideOf(folder, String(path), "files/info");
        if (place === null) return null;
        const found = await attempt("files/info", path, () => stat(place));
        return {
          type: found.isFile() ? "file" : found.isDirectory() ? "folder" : "other",
          size: found.size,
          modified: Math.round(found.mtimeMs),
        };
      },
    },
  ];
  return write ? [...reads, ...writeOps(folder, maxBytes, onPath)] : reads;
}

function writeOps(
  folder: string,
  maxBytes: number,
  onPath: { readonly narrowing: Narrowing; check(args: readonly unknown[]): string | undefined },
): OpDeclaration[] {
  return [
    {
      name: "files/write",
      params: "path content",
      purity: "write",
      idempotent: true,
      doc: "Writes a string as UTF-8, or bytes, to a file, whole; folders on the way are made.",
      narrowing: onPath.narrowing,
      check: (args) => {
        const [path, content] = args;
        if (path === ".") return "path must name a file";
        if (typeof content !== "string" && !(content instanceof Uint8Array))
          return "content must be a string or bytes";
        if (typeof content === "string" && !content.isWellFormed()) return "content is no well-formed text";
        return onPath.check(args);
      },
      handler: async ([path, content]) => {
        const bytes = typeof content === "string" ? Buffer.from(content) : (content as Uint8Array);
        if (bytes.length > maxBytes)
          throw new OpError("limit", `:files/write: the content has more than ${maxBytes} bytes`, [path]);
        const place = await madeInside(folder, String(path));
        const draft = join(dirname(place), `.${randomUUID()}.draft`);
        await attempt("files/write", path, async () => {
          const file = await open(draft, "wx");
          try {
            await file.writeFile(bytes);
            await file.sync();
          } finally {
            await file.close();
          }
          // Replaces a link itself, not what it leads to.
          await rename(draft, place);
        }).catch(async (error: unknown) => {
          await rm(draft, { force: true });
          throw error;
        });
        return null;
      },
    },
    {
      name: "files/delete",
      params: "path",
      purity: "write",
      idempotent: true,
      doc: "Removes a file, if it is there. Not a folder.",
      ...onPath,
      handler: async ([path]) => {
        const parent = await insideOf(folder, dirname(String(path)), "files/delete");
        if (parent === null) return null;
        // A link is removed itself.
        const place = join(parent, String(path).split("/").at(-1) ?? "");
        await attempt("files/delete", path, () => rm(place, { force: true }));
        return null;
      },
    },
  ];
}

/** What is wrong with a path. Nothing that some system reads as a way out is let through. */
function checkPath(path: unknown): string | undefined {
  if (typeof path !== "string" || path === "") return "path must be a string";
  if (path === ".") return undefined;
  if (/[\\\0:]/.test(path)) return `a path has no backslash, colon or NUL`;
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".."))
    return "a path is relative, and has no empty part, . or ..";
  return path.isWellFormed() ? undefined : "the path is no well-formed text";
}

/** The real place of a path; null if there is nothing. @throws OpError of kind "denied" outside of the folder */
async function insideOf(folder: string, path: string, op: string): Promise<string | null> {
  const root = await attempt(op, path, () => realpath(folder));
  let place: string;
  try {
    place = await realpath(join(root, path));
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return null;
    throw failed(op, path, error);
  }
  if (place !== root && !place.startsWith(root + sep))
    throw new OpError("denied", `:${op} is not granted: ${JSON.stringify(path)} leads out of the folder`, [
      op,
      path,
    ]);
  return place;
}

/** The place of a file that may be new; its folders are made, inside. */
async function madeInside(folder: string, path: string): Promise<string> {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  let place = await attempt("files/write", path, () => realpath(folder));
  for (let i = 0; i < parts.length; i++) {
    const so = parts.slice(0, i + 1).join("/");
    // Each step is looked at before the next is made: it may be a link.
    const known = await insideOf(folder, so, "files/write");
    place = known ?? join(place, parts[i] ?? "");
    if (known === null) {
      const made = place;
      await attempt("files/write", path, () => mkdir(made, { recursive: true }));
    }
  }
  return join(place, name);
}

async function attempt<T>(op: string, path: unknown, f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    throw error instanceof OpError ? error : failed(op, path, error);
  }
}

function failed(op: string, path: unknown, error: unknown): OpError {
  const code = codeOf(error);
  const why = WHY[code] ?? (error instanceof Error ? error.message : String(error));
  return new OpError("host", `:${op} of ${JSON.stringify(path)} failed: ${why}`, [path], { cause: error });
}

const WHY: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  EACCES: "permissions do not allow it",
  ENOENT: "the folder that was granted is not there",
  ELOOP: "it is a link that has just been made",
  ENOSPC: "the disk is full",
};

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? "";
