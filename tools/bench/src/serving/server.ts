/**
 * `server.ts CONTENDER TIER`: one server of the serving benchmark. Says `{port}` on its first line; for each line on its
 * input, what CPU time it has used so far, in ms, and its memory, in MiB.
 */
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { open, type Store } from "@sorbus/durable-kv";
import { httpOps, serve, serveApp } from "@sorbus/http-host";
import fastify from "fastify";
import { createRuntime, storeOps } from "sorbus";
import { FastResponse, serve as srvx } from "srvx/node";
import { tiersOf } from "../tiers.ts";
import { type Post, pageOf, posts } from "./posts.ts";

const [contender = "", tierName = "vm"] = process.argv.slice(2);
const quiet = { port: 0, log: () => {} };

async function storeWithPosts(): Promise<Store> {
  const store = await open({ url: "memory:" });
  for (const post of posts(50)) await store.set(["post", post.slug], { ...post });
  return store;
}

async function sxServer(name: "hello" | "posts"): Promise<number> {
  const store = await storeWithPosts();
  const [tier] = tiersOf([tierName]);
  const runtime = createRuntime({
    ...tier?.options,
    ops: [...storeOps(store), ...httpOps()],
    development: false,
  });
  await runtime.load(fileURLToPath(new URL("./serving.sx", import.meta.url)));
  return (await serveApp({ ...quiet, compression: false, runtime, app: runtime.global(name) })).port;
}

async function srvxServer(fetch: () => Response): Promise<number> {
  const server = srvx({ port: 0, hostname: "127.0.0.1", silent: true, gracefulShutdown: false, fetch });
  await server.ready();
  return Number(new URL(server.url ?? "").port);
}

const HELLO = "Hello, world";
const html: [string, string][] = [["content-type", "text/html; charset=utf-8"]];

const contenders: Readonly<Record<string, () => Promise<number>>> = {
  "hello srvx": () => srvxServer(() => new FastResponse(HELLO)),
  "hello fastify": async () => {
    const app = fastify();
    app.get("/", () => HELLO);
    await app.listen({ port: 0, host: "127.0.0.1" });
    const address = app.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  },
  "hello http-host": async () => (await serve({ ...quiet, handler: () => ({ body: HELLO }) })).port,
  "hello sx": () => sxServer("hello"),
  "posts srvx": async () => {
    const reader = (await storeWithPosts()).sync;
    return srvxServer(() => {
      const found = reader?.list<Post>({ prefix: ["post"] }).entries ?? [];
      return new FastResponse(pageOf(found.map(({ value }) => value)), { headers: html });
    });
  },
  "posts sx": () => sxServer("posts"),
};

const start = contenders[contender];
if (start === undefined) throw new RangeError(`there is no contender ${contender}`);
console.log(JSON.stringify({ port: await start() }));
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage();
  const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(JSON.stringify({ cpu: (user + system) / 1000, megabytes }));
}
process.exit(0);
