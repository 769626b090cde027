/** What lies at a path, and who reads it. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isArchive, readArchive } from "./archive.ts";
import { readGhost } from "./ghost.ts";
import { MARKDOWN_KINDS, readMarkdown } from "./markdown.ts";
import { MoveError, type Moving, type Progress } from "./model.ts";
import { readWordpress } from "./wordpress.ts";

/** The kinds that `--from` takes; all but "json", which is this blog's, are recognised by what they look like. */
export const KINDS: readonly string[] = [...MARKDOWN_KINDS, "ghost", "wordpress", "json"];

/**
 * Reads everything at a path.
 * @param kind one of KINDS; absent: what it looks like
 * @param media the folder of pictures that came with an export of WordPress or Ghost
 * @param progress called after each post
 * @throws MoveError that names the path and says what is wrong
 */
export function readMoving(path: string, kind?: string, media?: string, progress?: Progress): Moving {
  if (kind !== undefined && !KINDS.includes(kind))
    throw new MoveError(`there is no kind ${kind}; there are ${KINDS.join(", ")}`);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new MoveError(`there is no file or folder ${path}`);
  if (media !== undefined && statSync(media, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new MoveError(`there is no folder ${media}`);
  const isMarkdown = kind === undefined ? found.isDirectory() : MARKDOWN_KINDS.includes(kind);
  if (isMarkdown) {
    if (!found.isDirectory()) throw new MoveError(`${path} is a file; Markdown is read from a folder`);
    return readMarkdown(path, kind, progress);
  }
  if (found.isDirectory()) throw new MoveError(`${path} is a folder; ${kind} is read from a file`);
  switch (kind ?? guess(path)) {
    case "wordpress":
      return readWordpress(path, media, progress);
    case "ghost":
      return readGhost(path, media, progress);
    case "json":
      return readArchive(path);
    default:
      throw new MoveError(
        `${path} is nothing that I know: neither XML of WordPress nor JSON of Ghost or of this blog`,
      );
  }
}

function guess(path: string): string | undefined {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(4096);
    const start = buffer
      .toString("utf8", 0, readSync(file, buffer, 0, buffer.length, 0))
      .replace(/^\ufeff/, "");
    if (/^\s*</.test(start)) return "wordpress";
    if (isArchive(start)) return "json";
    return /^\s*\{/.test(start) ? "ghost" : undefined;
  } finally {
    closeSync(file);
  }
}
