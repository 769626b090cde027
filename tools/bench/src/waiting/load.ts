/**
 * The load of the waiting benchmark, in a process of its own: `load.ts PORT REQUESTS CONNECTIONS` sends the
 * requests over that many kept connections, one at a time on each, and says how they were answered.
 */
import { Agent, get } from "node:http";

const [port = 0, requests = 0, connections = 0] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
const outcomes: Record<string, number> = {};
let sent = 0;

function once(): Promise<void> {
  const path = `/${sent++}`;
  return new Promise((resolve) => {
    const done = (outcome: string): void => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      resolve();
    };
    get({ port, host: "127.0.0.1", path, agent }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        done(body.includes(` for ${path}<`) ? String(response.statusCode) : "wrong page"),
      );
    }).on("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}

async function connection(): Promise<void> {
  while (sent < requests) await once();
}

const started = performance.now();
await Promise.all(Array.from({ length: Math.min(connections, requests) }, connection));
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, outcomes }));
agent.destroy();
