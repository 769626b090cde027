/** The blog's own exports: everything as one file of JSON, or as a folder of Markdown with front matter. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Store } from "@sorbus/durable-kv";
import { stringify } from "yaml";
import { readAll, readFiles, type WholePost } from "../records.ts";
import { type MovedFile, MoveError, type Moving } from "./model.ts";

const FORMAT = "sorbus-blog";
const VERSION = 1;

export interface Exported {
  readonly posts: number;
  readonly files: number;
}

type Progress = (done: number) => void;

interface JsonFile {
  readonly path: string;
  readonly type: string;
  readonly base64: string;
}

/** Writes everything into one file, an entry a line. */
export async function exportJson(
  store: Store,
  file: string,
  progress: Progress = () => {},
): Promise<Exported> {
  const counts = { posts: 0, files: 0 };
  mkdirSync(dirname(file), { recursive: true });
  const out = await open(file, "w");
  try {
    await out.write(`{"format":${JSON.stringify(FORMAT)},"version":${VERSION},"posts":[`);
    for await (const whole of readAll(store)) {
      await out.write(`${counts.posts === 0 ? "" : ","}\n${JSON.stringify(whole)}`);
      progress((counts.posts += 1));
    }
    await out.write('\n],"files":[');
    for await (const { path, file: stored } of readFiles(store)) {
      const entry: JsonFile = {
        path,
        type: stored.type,
        base64: Buffer.from(stored.bytes).toString("base64"),
      };
      await out.write(`${counts.files === 0 ? "" : ","}\n${JSON.stringify(entry)}`);
      counts.files += 1;
    }
    await out.write("\n]}\n");
  } finally {
    await out.close();
  }
  return counts;
}

/**
 * Writes a file for each post into `folder`, its pictures beside them.
 * @throws MoveError when the folder has something in it that is no such export
 */
export async function exportMarkdown(
  store: Store,
  folder: string,
  progress: Progress = () => {},
): Promise<Exported> {
  const mark = join(folder, "blog-export.json");
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new MoveError(`${folder} is not empty: an export wants a folder of its own`);
  const posts = join(folder, "posts");
  mkdirSync(posts, { recursive: true });
  const counts = { posts: 0, files: 0 };
  for await (const whole of readAll(store)) {
    writeFileSync(join(posts, `${whole.post.slug}.md`), markdownOf(whole));
    progress((counts.posts += 1));
  }
  for await (const { path, file } of readFiles(store)) {
    const target = join(folder, "files", ...path.split("/"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.bytes);
    counts.files += 1;
  }
  // Last: what has it is whole.
  writeFileSync(mark, `${JSON.stringify({ format: FORMAT, version: VERSION, ...counts })}\n`);
  return counts;
}

function markdownOf({ post, draft, related, comments, aliases }: WholePost): string {
  const { text, words: _words, ...fields } = post;
  const front = {
    ...fields,
    ...(draft && { draft }),
    ...(related.length > 0 && { related }),
    ...(aliases.length > 0 && { aliases }),
    ...(comments.length > 0 && { comments }),
  };
  return `---\n${stringify(front, { lineWidth: 0 })}---\n\n${text}\n`;
}

/** @throws MoveError for a file that is no such export */
export function readArchive(file: string): Moving {
  let whole: {
    readonly format?: unknown;
    readonly version?: unknown;
    readonly posts?: unknown;
    readonly files?: unknown;
  };
  try {
    whole = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new MoveError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (whole.format !== FORMAT) throw new MoveError(`${file} is no export of this blog`);
  if (whole.version !== VERSION)
    throw new MoveError(
      `${file} is an export of version ${String(whole.version)}; this blog reads version ${VERSION}`,
    );
  const posts = (Array.isArray(whole.posts) ? whole.posts : []) as WholePost[];
  const files = (Array.isArray(whole.files) ? whole.files : []) as JsonFile[];
  return {
    source: "blog",
    posts: posts.map((each) => ({ ...each, id: `posts/${each.post.slug}.md` })),
    files: files.map(
      ({ path, type, base64 }): MovedFile => ({ path, type, bytes: () => Buffer.from(base64, "base64") }),
    ),
    notes: [],
    skipped: 0,
  };
}

/** Whether a file is an export of this blog. */
export const isArchive = (start: string): boolean => start.includes(`"format":"${FORMAT}"`);
