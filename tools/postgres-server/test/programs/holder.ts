/** Starts a server, prints its port, and waits to be killed. */
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { startPostgres } from "../../src/index.ts";

chmodSync(tmpdir(), 0o755);
const server = await startPostgres();
console.log(server.port);
setInterval(() => undefined, 1000);
