/** `serve`: a listening server, its limits, and how it ends. Sockets are srvx's and Node's. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server as NodeServer, ServerResponse } from "node:http";
import { serve as srvxServe } from "srvx/node";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { type Log, logTo } from "./log.ts";
import { SECURITY_HEADERS } from "./response.ts";
import { type Handler, ListenError } from "./types.ts";

export interface Limits {
  /** The largest body of a request, in bytes. Beyond it: 413. Default: 1 MiB. */
  readonly body?: number;
  /** The largest head of a request, in bytes. Beyond it: 431. Default: 16 KiB. */
  readonly head?: number;
  /** How long a handler may take, in milliseconds. Beyond it: it is cancelled, and 503. Default: 30,000. */
  readonly time?: number;
  /** How long a client may take to send a whole request, in milliseconds. Beyond it: 408. Default: 120,000. */
  readonly receive?: number;
  /** How many connections may be open at once; further ones are dropped. Default: 20,000. */
  readonly connections?: number;
}

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default: 127.0.0.1, which only this machine can reach. */
  readonly hostname?: string;
  readonly limits?: Limits;
  /** Shows people who get a 500 what went wrong. Default: false. */
  readonly development?: boolean;
  /** Default: to standard output. */
  readonly log?: Log;
  /** Replaces or removes (null) default headers of every response, such as `content-security-policy`. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** How long `close` lets requests finish, in milliseconds. Default: 10,000. */
  readonly drain?: number;
}

export interface ServeOptions extends ListenOptions {
  readonly handler: Handler;
  /** An error of the handler as people read it, for the log and the page. Default: its stack. */
  readonly report?: (error: unknown) => string;
}

export interface HttpServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
  /** How many requests are being answered. */
  readonly active: number;
  /** Takes no more requests and waits for those under way; what has not ended after `drain` is cancelled. */
  close(): Promise<void>;
}

/** @throws ListenError when the port is in use, not allowed, or the address is not this machine's */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { hostname = "127.0.0.1", port, limits = {}, drain = 10_000 } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ListenError(
      `${port} is not a port: use one from 1 to 65535, or 0 for any free one`,
      "ERR_SOCKET_BAD_PORT",
    );
  }
  const receive = limits.receive ?? 120_000;
  const active = new Set<Exchange>();
  let closing: Promise<void> | undefined;
  const exchangeOptions: ExchangeOptions = {
    handler: options.handler,
    log: options.log ?? logTo(process.stdout),
    headers: defaultHeaders(options.headers),
    maxBody: limits.body ?? 2 ** 20,
    timeout: limits.time ?? 30_000,
    development: options.development ?? false,
    report:
      options.report ??
      ((error) => (error instanceof Error ? (error.stack ?? error.message) : String(error))),
    closing: () => closing !== undefined,
  };
  const health: ExchangeOptions = {
    ...exchangeOptions,
    handler: () => (closing === undefined ? { body: "ok\n" } : { status: 503, body: "closing\n" }),
  };

  const server = srvxServe({
    manual: true,
    silent: true,
    gracefulShutdown: false,
    port,
    hostname,
    node: {
      // A burst of connections waits in the kernel's queue; the default of 511 would drop some.
      backlog: 8192,
      maxHeaderSize: limits.head ?? 16 * 1024,
      requestTimeout: receive,
      // Node looks at the clock for that only so often.
      connectionsCheckingInterval: Math.min(30_000, Math.max(50, receive / 4)),
    },
    fetch: ({ runtime }) => {
      const node = runtime?.node;
      if (node?.res === undefined) throw new TypeError("Only Node's server is supported");
      const message = node.req as IncomingMessage;
      const isHealth = message.url === "/healthz";
      const exchange: Exchange = new Exchange(
        requestId(),
        message,
        node.res as ServerResponse,
        isHealth ? health : exchangeOptions,
        () => active.delete(exchange),
      );
      active.add(exchange);
      return exchange.run();
    },
  });
  const node = nodeServerOf(server);
  node.maxConnections = limits.connections ?? 20_000;
  try {
    await server.serve();
  } catch (error) {
    throw listenError(error, hostname, port);
  }

  const close = async (): Promise<void> => {
    const drained = server.close();
    const timer = setTimeout(() => {
      for (const exchange of active) exchange.abort("the server is closing");
      // One turn for those who answer to being cancelled.
      setTimeout(() => node.closeAllConnections(), 100);
    }, drain);
    await drained;
    clearTimeout(timer);
  };
  const result: HttpServer = {
    url: (server.url ?? "").replace(/\/$/, ""),
    port: portOf(node),
    get active() {
      return active.size;
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => result.close(),
  };
  return result;
}

function defaultHeaders(changes: Readonly<Record<string, string | null>> = {}): Record<string, string> {
  const headers: Record<string, string> = { ...SECURITY_HEADERS };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = value;
  }
  return headers;
}

function nodeServerOf(server: ReturnType<typeof srvxServe>): NodeServer {
  const node = server.node?.server;
  if (node === undefined) throw new TypeError("Only Node's server is supported");
  return node as NodeServer;
}

function portOf(node: NodeServer): number {
  const address = node.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function listenError(error: unknown, hostname: string, port: number): ListenError {
  const code = (error as { code?: string }).code;
  const known: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use: stop the program that uses it, or choose another port`,
    EACCES: `Port ${port} may only be opened by the administrator: choose one from 1024 up`,
    EADDRNOTAVAIL: `${hostname} is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for all of its addresses`,
    ENOTFOUND: `${hostname} is not a known host name: use 127.0.0.1, or 0.0.0.0 for all addresses of this machine`,
  };
  const message =
    (code === undefined ? undefined : known[code]) ??
    `Cannot listen on ${hostname}:${port}: ${error instanceof Error ? error.message : String(error)}`;
  return new ListenError(message, code, { cause: error });
}

let pool: Buffer = Buffer.alloc(0);
let used = 0;
/** Twelve characters; random bytes are fetched many at a time. */
function requestId(): string {
  if (used + 9 > pool.length) {
    pool = randomBytes(9 * 512);
    used = 0;
  }
  const id = pool.toString("base64url", used, used + 9);
  used += 9;
  return id;
}
