/** The blog as a process: settings, what it prints, what it says when it cannot start, how it ends. */
import { KvError } from "@sorbus/durable-kv";
import { ListenError } from "@sorbus/http-host";
import { type Blog, ProgramError, startBlog } from "./app.ts";
import { type Config, ConfigError, readConfig, shownStore } from "./config.ts";

/** What the person at the terminal can do something about is told in words, without a stack. */
const EXPECTED = [KvError, ListenError, ProgramError];

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const blog = process.argv.includes("--develop") ? await develop(config) : await startBlog(config);
  const { url, port } = blog.server;
  if (blog.seeded > 0)
    console.log(`${blog.seeded} posts put into the new store at ${shownStore(config.store)}`);
  console.log(
    `The blog is at ${config.host === "127.0.0.1" ? `http://localhost:${port}` : url} (Ctrl+C ends it)`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(blog));
}

/** What follows the files is not even read when nobody asked for it. */
async function develop(config: Config): Promise<Blog> {
  const { developBlog, toldReload } = await import("./develop.ts");
  return developBlog(config, (reloaded) => console.log(toldReload(reloaded)));
}

async function end(blog: Blog): Promise<void> {
  await blog[Symbol.asyncDispose]();
  process.exit(0);
}

try {
  await main();
} catch (error) {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(2);
  }
  if (!EXPECTED.some((kind) => error instanceof kind)) throw error;
  console.error((error as Error).message);
  process.exit(1);
}
