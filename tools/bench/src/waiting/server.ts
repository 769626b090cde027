/**
 * The server of the waiting benchmark: an SX handler whose fiber waits for an asynchronous effect in the
 * callback of a `map`. Says `{port}` on its first line; when its input ends, what it has used on the second.
 */
import { serveApp } from "@sorbus/http-host";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { createRuntime } from "sorbus";

const wait = Number(process.argv[2]);
let waiting = 0;
let most = 0;

const runtime = createRuntime({
  ops: sleepOps().map((op) => ({
    ...op,
    handler: async (args, context) => {
      most = Math.max(most, ++waiting);
      try {
        return await op.handler(args, context);
      } finally {
        waiting -= 1;
      }
    },
  })),
});
await runtime.eval(`
  (define (handler request)
    (ul (map (fn (ms) (perform :async/sleep ms) (li "waited " ms " ms for " (get request :path)))
             (list ${wait}))))`);
const app = runtime.global("handler");
const server = await serveApp({ runtime, app, port: 0, log: () => {} });
console.log(JSON.stringify({ port: server.port }));

for await (const _ of process.stdin);
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ most, megabytes: Math.round(maxRSS / 1024) }));
await server.close();
