/** The blog, composed: store, ops, runtime, server. What the pages are is SX; nothing of it is here. */
import { fileURLToPath } from "node:url";
import { open, type Store } from "@sorbus/durable-kv";
import { type AppServer, type HttpServer, type Log, type ServeAppOptions, serveApp } from "@sorbus/http-host";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { createRuntime, type Runtime, type RuntimeOptions, storeOps } from "sorbus";
import type { Config } from "./config.ts";
import { readPosts } from "./content.ts";
import { assetOps, markdownOps, settingOps } from "./ops.ts";
import { seed } from "./seed.ts";

/** A path beside this file. */
export const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const STATIC = { folder: path("../theme/static"), prefix: "/assets/", maxAge: 365 * 24 * 3600 };

/** The program has a mistake in it; the message is the whole report. */
export class ProgramError extends Error {}

/** The ops that the pages perform. */
export function blogOps(store: Store, url: string | undefined): OpDeclaration[] {
  return [
    ...storeOps(store),
    ...markdownOps(),
    ...assetOps(STATIC.folder, STATIC.prefix),
    ...settingOps({ url }),
  ];
}

/**
 * A runtime with the blog's pages loaded.
 * @throws ProgramError
 */
export async function loadBlog(options: RuntimeOptions): Promise<Runtime> {
  const runtime = createRuntime(options);
  try {
    await runtime.load(path("blog.sx"));
  } catch (error) {
    throw new ProgramError(runtime.report(error), { cause: error });
  }
  return runtime;
}

export interface Blog extends AsyncDisposable {
  readonly server: HttpServer;
  /** How many posts this start put into an empty store. */
  readonly seeded: number;
}

/**
 * Opens the store, seeds it if it is new, and serves.
 * @throws KvError ListenError ProgramError
 */
export async function startBlog(config: Config, log?: Log): Promise<Blog> {
  const store = await open({ url: config.store });
  try {
    const seeded = await seed(store, () => readPosts(path("../content")));
    const runtime = await loadBlog({ ops: blogOps(store, config.url) });
    return await serveBlog({ runtime, app: runtime.global("handle") }, config, store, seeded, log);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Serves a program as the blog; closing it closes the store, too. @throws ListenError */
export async function serveBlog(
  app: Pick<ServeAppOptions, "runtime" | "app">,
  config: Config,
  store: Store,
  seeded: number,
  log: Log | undefined,
): Promise<Blog & { readonly server: AppServer }> {
  const server = await serveApp({
    ...app,
    assets: STATIC,
    port: config.port,
    hostname: config.host,
    development: config.development,
    ...(log !== undefined && { log }),
  });
  const close = async (): Promise<void> => {
    await server.close();
    await store.close();
  };
  return { server, seeded, [Symbol.asyncDispose]: close };
}
