/** `serve`: a listening server, its limits, and how it ends. Sockets are srvx's and Node's. */
import cluster from "node:cluster";
import { type IncomingMessage, type Server as NodeServer, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { sendNodeResponse, serve as srvxServe } from "srvx/node";
import { type Counters, newCounters } from "./counters.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { type Log, logTo } from "./log.ts";
import type { AllowedOrigins } from "./origin.ts";
import type { Client } from "./request.ts";
import { SECURITY_HEADERS } from "./response.ts";
import type { Tracing } from "./tracing.ts";
import { type Handler, ListenError } from "./types.ts";
import { WebSockets } from "./websocket.ts";

export interface Limits {
  /** The largest body of a request, in bytes. Beyond it: 413. Default: 1 MiB. */
  readonly body?: number;
  /** The largest form with files in it, in bytes. Beyond it: 413. Default: 32 MiB. */
  readonly upload?: number;
  /** The largest head of a request, in bytes. Beyond it: 431. Default: 16 KiB. */
  readonly head?: number;
  /** The longest address, in characters. Beyond it: 414. Default: 8,192. */
  readonly url?: number;
  /** How long a handler may take, in milliseconds. Beyond it: it is cancelled, and 503. Default: 30,000. */
  readonly time?: number;
  /** How long a client may take to send a whole request, in milliseconds. Beyond it: 408. Default: 120,000. */
  readonly receive?: number;
  /** How long a client may take to send the head, in milliseconds. Beyond it: 408. Default: 20,000. */
  readonly receiveHead?: number;
  /** How long nothing at all may happen on a connection, in milliseconds. Default: 120,000. */
  readonly idle?: number;
  /** How many connections may be open at once; further ones are dropped. Default: 20,000. */
  readonly connections?: number;
  /** The largest message of a WebSocket, in bytes. Default: 1 MiB. */
  readonly message?: number;
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
  /**
   * Replaces or removes (null) default headers of every response, such as `content-security-policy`, in which
   * `{nonce}` stands for the nonce of the response.
   */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** How long `close` lets requests finish, in milliseconds. Default: 10,000. */
  readonly drain?: number;
  /** Compresses what gains by it, for clients that take it. Default: true. */
  readonly compression?: boolean;
  /** Other origins whose pages may send more than GET, and open WebSockets. Default: none. */
  readonly origins?: AllowedOrigins;
  /**
   * Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: their addresses and networks, or "loopback".
   * Default: none.
   */
  readonly trustedProxies?: "loopback" | readonly string[];
  /** Follows requests, see `openTelemetry`. */
  readonly tracing?: Tracing;
  /** Whether the program can serve now: what `/readyz` says, while the server is not closing. Default: it can. */
  readonly ready?: () => boolean | Promise<boolean>;
  /** Shares the port with other processes that say so too, where the system can. Default: false. */
  readonly reusePort?: boolean;
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
  /** What it has done so far. */
  readonly counters: Readonly<Counters>;
  /** Resolves when the server has been closed, and everything has ended. */
  readonly closed: Promise<void>;
  /** Takes no more requests and waits for those under way; what has not ended after `drain` is cancelled. */
  close(): Promise<void>;
}

/** @throws ListenError when the port is in use, not allowed, or the address is not this machine's */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { hostname = "127.0.0.1", port, limits = {}, drain = 10_000, trustedProxies } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ListenError(
      `${port} is not a port: use one from 1 to 65535, or 0 for any free one`,
      "ERR_SOCKET_BAD_PORT",
    );
  }
  const receive = limits.receive ?? 120_000;
  const active = new Set<Exchange>();
  const counters = newCounters();
  const sockets = new WebSockets(limits.message ?? 2 ** 20);
  let closing: Promise<void> | undefined;
  let over: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    over = resolve;
  });
  const exchangeOptions: ExchangeOptions = {
    handler: options.handler,
    log: options.log ?? logTo(process.stdout),
    headers: defaultHeaders(options.headers),
    limits: {
      body: limits.body ?? 2 ** 20,
      upload: limits.upload ?? 2 ** 25,
      url: limits.url ?? 8192,
    },
    timeout: limits.time ?? 30_000,
    development: options.development ?? false,
    compression: options.compression ?? true,
    origins: options.origins ?? [],
    counters,
    tracing: options.tracing,
    report:
      options.report ??
      ((error) => (error instanceof Error ? (error.stack ?? error.message) : String(error))),
    closing: () => closing !== undefined,
  };
  const own = ownPages(exchangeOptions, options.ready);

  const server = srvxServe({
    manual: true,
    silent: true,
    gracefulShutdown: false,
    port,
    hostname,
    ...(options.reusePort === true && { reusePort: true }),
    ...(trustedProxies !== undefined && {
      trustProxy: trustedProxies === "loopback" ? trustedProxies : [...trustedProxies],
    }),
    node: {
      // Else workers of a cluster listen through their primary, all on one port.
      exclusive: options.reusePort === true || !cluster.isWorker,
      // A burst of connections waits in the kernel's queue; the default of 511 would drop some.
      backlog: 8192,
      maxHeaderSize: limits.head ?? 16 * 1024,
      requestTimeout: receive,
      headersTimeout: Math.min(receive, limits.receiveHead ?? 20_000),
      // Node looks at the clock for those only so often.
      connectionsCheckingInterval: Math.min(
        10_000,
        Math.max(50, Math.min(receive, limits.receiveHead ?? 20_000) / 4),
      ),
    },
    // srvx sends nothing for undefined only where the connection has been taken over, which it then does not see.
    fetch: (request) => {
      const node = request.runtime?.node;
      if (node?.res === undefined) throw new TypeError("Only Node's server is supported");
      const message = node.req as IncomingMessage;
      const client: Client =
        trustedProxies === undefined
          ? directClient(message)
          : { ip: request.ip ?? "", scheme: request.url.startsWith("https:") ? "https" : "http" };
      const exchange: Exchange = new Exchange(
        message,
        node.res as ServerResponse,
        client,
        own(message.url) ?? exchangeOptions,
        () => active.delete(exchange),
      );
      active.add(exchange);
      return exchange.run() as Response | Promise<Response>;
    },
  });
  const node = nodeServerOf(server);
  node.maxConnections = limits.connections ?? 20_000;
  node.timeout = limits.idle ?? 120_000;
  node.on("drop", () => {
    counters.dropped++;
  });
  node.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    counters.malformed++;
    refuse(socket, error.code);
  });
  node.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(message);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<ServerResponse["assignSocket"]>[0]);
    const upgrade = {
      accept: (use: Parameters<WebSockets["accept"]>[3]): Promise<void> => {
        response.detachSocket(socket as Parameters<ServerResponse["detachSocket"]>[0]);
        return sockets.accept(message, socket, head, use);
      },
    };
    const exchange: Exchange = new Exchange(
      message,
      response,
      directClient(message),
      exchangeOptions,
      () => active.delete(exchange),
      upgrade,
    );
    active.add(exchange);
    void (async () => {
      const answer = await exchange.run();
      if (answer === undefined) return;
      await sendNodeResponse(response, answer);
      socket.end();
    })();
  });
  try {
    await server.serve();
  } catch (error) {
    throw listenError(error, hostname, port);
  }

  const close = async (): Promise<void> => {
    const drained = server.close();
    sockets.close();
    const timer = setTimeout(() => {
      for (const exchange of active) exchange.abort("the server is closing");
      // One turn for those who answer to being cancelled.
      setTimeout(() => {
        sockets.cut();
        node.closeAllConnections();
      }, 100);
    }, drain);
    await drained;
    clearTimeout(timer);
    over();
  };
  const result: HttpServer = {
    url: (server.url ?? "").replace(/\/$/, ""),
    port: portOf(node),
    get active() {
      return active.size;
    },
    counters,
    closed,
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => result.close(),
  };
  return result;
}

/** `/healthz`: the process lives. `/readyz`: it can serve, so that who spreads requests may send some. */
function ownPages(
  options: ExchangeOptions,
  ready: ListenOptions["ready"],
): (url: string | undefined) => ExchangeOptions | undefined {
  const page = (handler: Handler): ExchangeOptions => ({ ...options, handler, tracing: undefined });
  const noStore = { "cache-control": "no-store" };
  const health = page(() => ({ headers: noStore, body: "ok\n" }));
  const readiness = page(async () => {
    if (options.closing()) return { status: 503, headers: noStore, body: "closing\n" };
    const is = ready === undefined || (await ready());
    return is ? { headers: noStore, body: "ok\n" } : { status: 503, headers: noStore, body: "not ready\n" };
  });
  return (url) => (url === "/healthz" ? health : url === "/readyz" ? readiness : undefined);
}

function directClient({ socket }: IncomingMessage): Client {
  return {
    ip: socket.remoteAddress ?? "",
    scheme: (socket as { readonly encrypted?: boolean }).encrypted === true ? "https" : "http",
  };
}

/** What is said to who sends no HTTP, too much of it, or too slowly. */
const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Content Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function refuse(socket: Duplex, code: string | undefined): void {
  const responding = (socket as { readonly _httpMessage?: { readonly headersSent: boolean } })._httpMessage;
  // In the middle of a response nothing more can be said.
  if (!socket.writable || code === "ECONNRESET" || responding?.headersSent === true) {
    socket.destroy();
    return;
  }
  const status = REFUSALS[code ?? ""] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

function defaultHeaders(
  changes: Readonly<Record<string, string | null>> = {},
): readonly (readonly [string, string])[] {
  const headers = new Map(Object.entries(SECURITY_HEADERS));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) headers.delete(name.toLowerCase());
    else headers.set(name.toLowerCase(), value);
  }
  return [...headers];
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
