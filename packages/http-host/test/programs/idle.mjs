/** `idle.mjs PORT COUNT`: opens so many connections and says nothing on them; prints "open", then how they ended. */
import { connect } from "node:net";

const [port, count] = process.argv.slice(2).map(Number);
const ends = {};
const ended = [];
for (let opened = 0; opened < count; opened += 250) {
  await Promise.all(
    Array.from({ length: 250 }, () => {
      const { promise, resolve } = Promise.withResolvers();
      const socket = connect(port, "127.0.0.1", resolve);
      ended.push(
        new Promise((over) => {
          let said = "";
          socket.on("data", (chunk) => {
            said += chunk;
          });
          socket.on("error", (error) => {
            said = error.code;
            resolve();
          });
          socket.on("close", () => {
            const how = said === "" ? "closed" : said.split("\r\n", 1)[0];
            ends[how] = (ends[how] ?? 0) + 1;
            over();
          });
        }),
      );
      return promise;
    }),
  );
}
console.log("open");
await Promise.all(ended);
console.log(JSON.stringify(ends));
