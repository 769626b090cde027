/** `blog import`, `export`, `backup`, `restore`: moving in and out, also while the blog is being served. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { KvError, open, type Store } from "@sorbus/durable-kv";
import { Command, Option } from "commander";
import { ConfigError, readConfig } from "./config.ts";
import { exportJson, exportMarkdown } from "./move/archive.ts";
import { MoveError, type Note } from "./move/model.ts";
import { KINDS, readMoving } from "./move/read.ts";
import { type Imported, writeMoving } from "./move/write.ts";

/** So many notes are shown; `--report` has all. */
const SHOWN = 40;

interface DataFlag {
  readonly data?: string;
}

async function withStore<T>({ data }: DataFlag, use: (store: Store) => Promise<T>): Promise<T> {
  const config = readConfig({ ...process.env, ...(data !== undefined && { BLOG_DATA: data }) });
  const store = await open({ url: config.store });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Tells on standard error how far things are: in place on a terminal, else each tenth. */
function progress(what: string): { tell: (done: number, total?: number) => void; end: () => void } {
  const { isTTY } = process.stderr;
  let shown = false;
  let tenth = 0;
  return {
    tell: (done, total) => {
      const text = `${what} ${done.toLocaleString("en")}${total === undefined ? "" : ` of ${total.toLocaleString("en")}`} posts`;
      if (isTTY) {
        // The screen has no use for more.
        if (done !== total && done % 10 !== 0) return;
        process.stderr.write(`\r${text}`);
      } else if (total !== undefined && Math.floor((done * 10) / total) > tenth) {
        tenth = Math.floor((done * 10) / total);
        process.stderr.write(`${text}\n`);
      }
      shown = true;
    },
    end: () => {
      if (isTTY && shown) process.stderr.write("\n");
    },
  };
}

const showNote = ({ type, source, what }: Note): string => `  ${type}  ${source}: ${what}`;

export function reportOf(result: Imported, shown: number = SHOWN): string {
  const { added, updated, unchanged, skipped, files, notes } = result;
  const pictures = files === 0 ? "" : `, ${files} ${files === 1 ? "picture" : "pictures"}`;
  const lines = [`${added} new, ${updated} updated, ${unchanged} unchanged, ${skipped} skipped${pictures}`];
  lines.push(...notes.slice(0, shown).map(showNote));
  if (notes.length > shown)
    lines.push(`  … and ${notes.length - shown} more: --report FILE writes all of them`);
  return `${lines.join("\n")}\n`;
}

async function importCommand(
  path: string,
  flags: DataFlag & { readonly from?: string; readonly media?: string; readonly report?: string },
): Promise<void> {
  const reading = progress("read");
  const moving = readMoving(path, flags.from, flags.media, reading.tell);
  reading.end();
  console.error(`${relative("", path) || path}: ${moving.posts.length} posts (${moving.source})`);
  const { tell, end } = progress("imported");
  const result = await withStore(flags, (store) => writeMoving(store, moving, tell)).finally(end);
  if (flags.report !== undefined) writeFileSync(flags.report, reportOf(result, Infinity));
  process.stdout.write(reportOf(result));
}

async function exportCommand(path: string, flags: DataFlag & { readonly format?: string }): Promise<void> {
  const json = (flags.format ?? (path.endsWith(".json") ? "json" : "markdown")) === "json";
  const { tell, end } = progress("exported");
  const counts = await withStore(flags, (store) =>
    (json ? exportJson : exportMarkdown)(store, path, tell),
  ).finally(end);
  console.log(`${counts.posts} posts and ${counts.files} pictures written to ${path}`);
}

async function backupCommand(file: string, flags: DataFlag): Promise<void> {
  await withStore(flags, (store) => store.backup(file));
  console.log(`everything is in ${file}, ${statSync(file).size.toLocaleString("en")} bytes`);
}

async function restoreCommand(file: string, flags: DataFlag & { readonly replace?: true }): Promise<void> {
  if (!existsSync(file)) throw new MoveError(`there is no file ${file}`);
  await withStore(flags, async (store) => {
    const { entries } = await store.list({ prefix: [] }, { limit: 1 });
    if (entries.length > 0 && flags.replace !== true)
      throw new MoveError("there is a blog here already; --replace puts the backup in its place");
    await store.restore(file);
  });
  console.log(`restored from ${file}`);
}

const data = (): Option =>
  new Option("--data <folder>", "the store, a folder or a URL; default: BLOG_DATA, or the blog's own");

const program = new Command("blog")
  .description("Move a blog in and out. It may be served meanwhile.")
  .showHelpAfterError();
program
  .command("import")
  .description("Take over the posts of another blog. Importing again takes over only what has changed.")
  .argument(
    "<path>",
    "a folder of Hugo, Jekyll or Astro, another one with Markdown, an export of Ghost, WordPress or this blog",
  )
  .addOption(new Option("--from <kind>", "what it is, where it does not show").choices(KINDS))
  .option("--media <folder>", "the pictures of WordPress (wp-content/uploads) or Ghost (content/images)")
  .option("--report <file>", "write all that was changed and skipped to a file")
  .addOption(data())
  .action(importCommand);
program
  .command("export")
  .description("Write everything into a folder as Markdown, or into a .json file.")
  .argument("<path>", "a new folder, or a file")
  .addOption(
    new Option("--format <format>", "default: json for a path that ends in .json").choices([
      "markdown",
      "json",
    ]),
  )
  .addOption(data())
  .action(exportCommand);

program
  .command("backup")
  .description("Write everything, to the last byte, to a file. Only `restore` reads it.")
  .argument("<file>", "replaced when the new one is complete")
  .addOption(data())
  .action(backupCommand);
program
  .command("restore")
  .description("Put a backup into an empty store, or in the place of what is there. All or nothing.")
  .argument("<file>")
  .option("--replace", "where there is a blog already")
  .addOption(data())
  .action(restoreCommand);

try {
  await program.parseAsync();
} catch (error) {
  const expected = error instanceof MoveError || error instanceof KvError || error instanceof ConfigError;
  if (!expected) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
