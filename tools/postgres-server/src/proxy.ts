/** A connection to a server that a test can cut, stall and count: everything goes through here. */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface PostgresProxy extends AsyncDisposable {
  /** The URL with the proxy's port. */
  readonly url: string;
  /** How many statements clients have sent. */
  readonly statements: number;
  /** Nothing more goes through, in neither direction, and nobody is told. */
  stall(): void;
  /** Clients lose their connections; the server does not hear of it. */
  cutClients(): void;
}

export async function proxyTo(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let stalled = false;
  let statements = 0;
  const listening: Server = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const pair = { client, server };
    pairs.add(pair);
    const count = executions();
    client.on("data", (chunk: Buffer) => {
      if (stalled) return;
      statements += count(chunk);
      server.write(chunk);
    });
    server.on("data", (chunk: Buffer) => {
      if (!stalled && !client.destroyed) client.write(chunk);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => undefined);
      one.on("end", () => other.end());
    }
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const address = listening.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const own = new URL(url);
  own.port = String(address.port);
  return {
    url: own.href,
    get statements() {
      return statements;
    },
    stall: () => {
      stalled = true;
    },
    cutClients: () => {
      for (const { client } of pairs) client.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listening.close(resolve));
    },
  };
}

/** Counts Execute and Query messages in what a client sends: a type byte and a length, but for the first message. */
function executions(): (chunk: Buffer) => number {
  let held = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    held = Buffer.concat([held, chunk]);
    let found = 0;
    for (;;) {
      const head = started ? 1 : 0;
      if (held.length < head + 4) return found;
      const size = head + held.readUInt32BE(head);
      if (held.length < size) return found;
      if (started && (held[0] === 0x45 || held[0] === 0x51)) found++;
      started = true;
      held = held.subarray(size);
    }
  };
}
