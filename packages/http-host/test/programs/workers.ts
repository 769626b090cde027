/**
 * `workers.ts FOLDER`: two workers over one store. `POST /put/KEY` answers when KEY is stored; every answer names the
 * process in `x-pid`. The primary prints its port, and reads "reload", "pids" and "close" on its standard input.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { open } from "@sorbus/durable-kv";
import { createRuntime, storeOps } from "sorbus";
import { httpOps, serveProgram, serveWorkers } from "../../src/index.ts";

const [folder = ""] = process.argv.slice(2);
const result = await serveWorkers({
  workers: 2,
  port: 0,
  serve: async (shared) => {
    const store = await open({ url: `sqlite:${join(folder, "store")}` });
    const server = await serveProgram({
      ...shared,
      drain: 2000,
      log: () => {},
      headers: { "x-pid": String(process.pid) },
      load: async () => {
        const runtime = createRuntime({ ops: [...storeOps(store), ...httpOps()] });
        await runtime.eval(readFileSync(join(folder, "app.sx"), "utf8"), { file: "app.sx" });
        return { runtime, app: runtime.global("app") };
      },
    });
    void server.closed.then(() => store.close());
    return server;
  },
  onExit: (pid, reason) => console.log(`exit ${pid} ${reason}`),
});

if (result.role === "primary") {
  console.log(`port ${result.port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "pids") console.log(`pids ${result.pids().join(" ")}`);
    if (line === "reload") {
      const reload = await result.reload();
      console.log(`reload ${reload.ok ? "ok" : "failed"}`);
    }
    if (line === "close") {
      await result.close();
      console.log("closed");
      break;
    }
  }
}
