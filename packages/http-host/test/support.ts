/** Servers, raw sockets and logs for the tests. */
import { connect, type Socket } from "node:net";
import { afterEach } from "vitest";
import { type Handler, type HttpServer, type LogEntry, type ServeOptions, serve } from "../src/index.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

export interface TestServer extends HttpServer {
  readonly logs: LogEntry[];
  /** The first log entry that is so, once there is one. */
  logged(wanted: (entry: LogEntry) => boolean): Promise<LogEntry>;
}

/** A server that ends with the test. */
export async function start(handler: Handler, options: Partial<ServeOptions> = {}): Promise<TestServer> {
  return watched((log) => serve({ handler, port: 0, drain: 200, log, ...options }));
}

export async function watched(
  open: (log: (entry: LogEntry) => void) => Promise<HttpServer>,
): Promise<TestServer> {
  const logs: LogEntry[] = [];
  const server = await open((entry) => logs.push(entry));
  servers.push(server);
  const logged = async (wanted: (entry: LogEntry) => boolean): Promise<LogEntry> => {
    for (;;) {
      const entry = logs.find(wanted);
      if (entry !== undefined) return entry;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return Object.assign(Object.create(server) as HttpServer, {
    logs,
    logged,
    close: () => server.close(),
  }) as TestServer;
}

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are and gives what comes back until the connection ends. */
export function raw(server: HttpServer, text: string | Buffer): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = open(server);
    let out = "";
    socket.on("data", (chunk) => (out += chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", ...body] = out.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1]), head: head.toLowerCase(), body: body.join("\r\n\r\n") });
    });
    socket.write(text);
  });
}

export function open(server: HttpServer): Socket {
  return connect(server.port, "127.0.0.1");
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
