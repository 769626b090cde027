/** `crowd.mjs PORT COUNT`: so many requests at once, each on a connection of its own; prints a count by status. */
import { Agent, get } from "node:http";

const [port, count] = process.argv.slice(2).map(Number);
const agent = new Agent({ maxSockets: Infinity });
const counts = {};

function once() {
  return new Promise((resolve) => {
    const done = (status) => {
      counts[status] = (counts[status] ?? 0) + 1;
      resolve();
    };
    get({ port, host: "127.0.0.1", agent }, (response) => {
      response.resume().on("end", () => done(response.statusCode));
    }).on("error", (error) => done(error.code));
  });
}

await Promise.all(Array.from({ length: count }, once));
console.log(JSON.stringify(counts));
