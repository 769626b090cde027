/**
 * Several processes on one port. One of them, the primary, serves nothing: it starts the others, starts those again that
 * end, and passes on what they all are to do. What they share is the store.
 */
import cluster, { type Worker } from "node:cluster";
import { availableParallelism } from "node:os";
import { RateLimiterClusterMaster } from "rate-limiter-flexible";
import type { Reload } from "./program.ts";
import type { HttpServer } from "./serve.ts";

export interface WorkerServer extends HttpServer {
  reload?(): Promise<Reload>;
}

export interface WorkersOptions {
  /** How many. Default: one for each processor. */
  readonly workers?: number;
  /** 0: any free one. */
  readonly port: number;
  /** Starts the server of this process, with these options for its port, which all share. */
  readonly serve: (shared: SharedPort) => Promise<WorkerServer>;
  /** Told of each worker that has ended without being asked. */
  readonly onExit?: (pid: number, reason: string) => void;
  /** Shows a failed reload, or start, as people read it. Default: the stack. */
  readonly report?: (error: unknown) => string;
}

export interface SharedPort {
  readonly port: number;
  readonly reusePort: boolean;
}

/** The primary's view of its workers. */
export interface Workers {
  readonly role: "primary";
  readonly url: string;
  readonly port: number;
  /** The process ids of those that are serving. */
  pids(): readonly number[];
  /** All workers load their program again. A program that cannot be loaded changes nothing in any of them. */
  reload(): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>;
  /** Ends them as `HttpServer.close` does. */
  close(): Promise<void>;
  /** Resolves when all have ended. */
  readonly closed: Promise<void>;
}

/** What a worker is. */
export interface WorkerRole {
  readonly role: "worker";
  readonly server: WorkerServer;
}

type ToWorker = { readonly sorbus: "reload"; readonly turn: number } | { readonly sorbus: "close" };
type FromWorker =
  | { readonly sorbus: "serving"; readonly url: string; readonly port: number }
  | { readonly sorbus: "failed"; readonly error: string }
  | { readonly sorbus: "reloaded"; readonly turn: number; readonly error?: string };

/**
 * Linux spreads connections over all processes that listen on a port, and resets those that wait for one that is killed.
 * Elsewhere the primary accepts and hands on; what it has handed to a worker that is killed at that moment gets no answer.
 */
const REUSES_PORTS = process.platform === "linux";

/** Tells a worker the port. */
const PORT = "SORBUS_WORKER_PORT";

/** A worker that ends sooner than this after its start, in milliseconds, has failed to start. */
const TOO_SOON = 2000;
const MAX_FAILURES = 5;

/**
 * In the process that a person starts: starts workers, which run the same script again, and resolves when one serves. In a
 * worker: serves.
 * @throws what `serve` throws in the first worker, as an Error with its message
 */
export async function serveWorkers(options: WorkersOptions): Promise<Workers | WorkerRole> {
  return cluster.isWorker ? beWorker(options) : bePrimary(options);
}

async function beWorker({ serve, report = stackOf }: WorkersOptions): Promise<WorkerRole> {
  const tell = (message: FromWorker): void => {
    if (process.connected === true) process.send?.(message);
  };
  let server: WorkerServer;
  try {
    server = await serve({ port: Number(process.env[PORT]), reusePort: REUSES_PORTS });
  } catch (error) {
    // The channel to the primary would keep this process alive.
    const failed: FromWorker = { sorbus: "failed", error: report(error) };
    if (process.connected === true) process.send?.(failed, () => process.disconnect?.());
    throw error;
  }
  process.on("message", (message: ToWorker) => {
    switch (message.sorbus) {
      case "close":
        void server.close().then(() => process.disconnect?.());
        return;
      case "reload":
        void reloaded(server).then((result) =>
          tell({
            sorbus: "reloaded",
            turn: message.turn,
            ...(!result.ok && { error: report(result.error) }),
          }),
        );
    }
  });
  // Without a primary nobody would ever end it.
  process.on("disconnect", () => void server.close());
  tell({ sorbus: "serving", url: server.url, port: server.port });
  return { role: "worker", server };
}

async function reloaded(server: WorkerServer): Promise<Reload> {
  return server.reload === undefined ? { ok: true } : server.reload();
}

async function bePrimary(options: WorkersOptions): Promise<Workers> {
  const count = options.workers ?? availableParallelism();
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`${count} is no number of workers`);
  const pool = new Pool(count, options.port, options.onExit ?? (() => {}));
  return pool.start();
}

class Pool {
  readonly #count: number;
  #port: number;
  readonly #onExit: (pid: number, reason: string) => void;
  readonly #serving: Set<Worker> = new Set();
  readonly #workers: Set<Worker> = new Set();
  readonly #reloads: Map<number, (worker: Worker, error: string | undefined) => void> = new Map();
  #turn = 0;
  #failures = 0;
  #closing = false;
  #over: () => void = () => {};
  #first:
    | { resolve: (at: { url: string; port: number }) => void; reject: (error: Error) => void }
    | undefined;

  constructor(count: number, port: number, onExit: (pid: number, reason: string) => void) {
    this.#count = count;
    this.#port = port;
    this.#onExit = onExit;
  }

  async start(): Promise<Workers> {
    // How often somebody may do something is counted in this process, for all workers.
    new RateLimiterClusterMaster();
    const closed = new Promise<void>((resolve) => {
      this.#over = resolve;
    });
    const { url, port } = await new Promise<{ url: string; port: number }>((resolve, reject) => {
      this.#first = { resolve, reject };
      // Which port it is, the first one finds out.
      this.#fork();
    });
    this.#port = port;
    for (let i = 1; i < this.#count; i++) this.#fork();
    return {
      role: "primary",
      url,
      port,
      closed,
      pids: () => Array.from(this.#serving, ({ process: { pid = 0 } }) => pid),
      reload: () => this.#reload(),
      close: async () => {
        this.#closing = true;
        if (this.#workers.size === 0) this.#over();
        for (const worker of this.#workers) send(worker, { sorbus: "close" });
        await closed;
      },
    };
  }

  #fork(): void {
    const started = performance.now();
    const worker = cluster.fork({ [PORT]: String(this.#port) });
    this.#workers.add(worker);
    worker.on("message", (message: FromWorker) => {
      switch (message.sorbus) {
        case "serving":
          this.#failures = 0;
          this.#serving.add(worker);
          this.#first?.resolve(message);
          return;
        case "failed":
          // What keeps the first from starting will keep the others, and who starts them is told.
          if (this.#serving.size === 0 && this.#workers.size === 1) this.#closing = true;
          this.#first?.reject(new Error(message.error));
          return;
        case "reloaded":
          this.#reloads.get(message.turn)?.(worker, message.error);
      }
    });
    worker.on("exit", (code, signal) => {
      this.#workers.delete(worker);
      this.#serving.delete(worker);
      for (const answered of this.#reloads.values()) answered(worker, undefined);
      if (this.#closing) {
        if (this.#workers.size === 0) this.#over();
        return;
      }
      this.#onExit(worker.process.pid ?? 0, signal === null ? `exit code ${code}` : `signal ${signal}`);
      if (performance.now() - started < TOO_SOON) this.#failures++;
      if (this.#failures >= MAX_FAILURES) {
        this.#first?.reject(new Error("The workers end as soon as they are started"));
        if (this.#workers.size === 0) this.#over();
        return;
      }
      // Each failure doubles the time to the next try.
      setTimeout(
        () => {
          if (!this.#closing) this.#fork();
        },
        this.#failures === 0 ? 0 : 50 * 2 ** this.#failures,
      );
    });
  }

  #reload(): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }> {
    const turn = ++this.#turn;
    const waiting = new Set(this.#serving);
    if (waiting.size === 0) return Promise.resolve({ ok: true });
    let failure: string | undefined;
    return new Promise((resolve) => {
      this.#reloads.set(turn, (worker, error) => {
        failure ??= error;
        if (!waiting.delete(worker) || waiting.size > 0) return;
        this.#reloads.delete(turn);
        resolve(failure === undefined ? { ok: true } : { ok: false, error: failure });
      });
      for (const worker of waiting) send(worker, { sorbus: "reload", turn });
    });
  }
}

function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
