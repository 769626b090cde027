/** The blog for those who work on it: pages are served as they were saved last. */
import { open } from "@sorbus/durable-kv";
import type { AppServer, Log } from "@sorbus/http-host";
import { type LiveReload, liveProgram, PreviewError } from "@sorbus/preview-reloader";
import { type Blog, blogOps, ProgramError, path, serveBlog } from "./app.ts";
import type { Config } from "./config.ts";
import { readPosts } from "./content.ts";
import { seed } from "./seed.ts";

/**
 * As `startBlog`; a save takes effect with the next request, and those under way end as they began.
 * @param onReload told of each save that changed the program, or would have
 * @param entry the program; default: the blog's own
 * @throws KvError ListenError ProgramError
 */
export async function developBlog(
  config: Config,
  onReload: (reloaded: LiveReload) => void,
  log?: Log,
  entry: string = path("blog.sx"),
): Promise<Blog> {
  const store = await open({ url: config.store });
  try {
    const seeded = await seed(store, () => readPosts(path("../content")));
    let server: AppServer | undefined;
    const live = await liveProgram({
      entry,
      ops: blogOps(store, config.url),
      onReload: (reloaded) => {
        if (reloaded.status === "done") server?.replace({ runtime: live.runtime, app: live.value("handle") });
        onReload(reloaded);
      },
    });
    try {
      const app = { runtime: live.runtime, app: live.value("handle") };
      const blog = await serveBlog(app, { ...config, development: true }, store, seeded, log);
      server = blog.server;
      const close = async (): Promise<void> => {
        await live[Symbol.asyncDispose]();
        await blog[Symbol.asyncDispose]();
      };
      return { server: blog.server, seeded, [Symbol.asyncDispose]: close };
    } catch (error) {
      await live[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await store.close();
    if (error instanceof PreviewError) throw new ProgramError(error.problem.detail, { cause: error });
    throw error;
  }
}

/** A line for the terminal, or the report of what is wrong. */
export function toldReload({ status, tier, time, files, error }: LiveReload): string {
  const names = files.map((file) => file.replace(/^.*[\\/]/, "")).join(", ");
  if (status === "done") return `${names}: ${tier}, ${time.toFixed(1)} ms`;
  return `${names}: the program before goes on\n${error?.detail ?? ""}`;
}
