/** A client of the daemon: connects, starts one if none answers, and replaces one of another version. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { type Places, places, version } from "../places.ts";
import { Problem, type ProblemData } from "../problem.ts";
import { type Answer, type Greeting, type Notice, type Picture, PROTOCOL, receive, send } from "../wire.ts";

export interface CallResult {
  readonly result: unknown;
  readonly pictures: readonly Picture[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly notice?: (notice: Notice) => void;
  /** The folder that relative paths are in. Default: this process's. */
  readonly cwd?: string;
}

export interface Connection {
  /** The daemon's process. */
  readonly pid: number;
  readonly version: string;
  /** @throws Problem what the daemon answers, or that it has gone */
  call(name: string, params: unknown, options?: CallOptions): Promise<CallResult>;
  close(): void;
  /** Resolves when the daemon has gone or `close` was called. */
  readonly closed: Promise<void>;
}

export interface ConnectOptions {
  /** Told of what takes a while, for stderr. */
  readonly notice?: (text: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How long a daemon may take to answer at its socket, in milliseconds. */
const START_LIMIT = 20_000;

/**
 * A connection with the daemon of this version, started if need be.
 * @throws Problem if it cannot be started
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const env = options.env ?? process.env;
  const where = places(env);
  const wanted = version(env);
  const first = await tryConnect(where);
  if (first !== undefined && fits(first, wanted)) return first;
  if (first !== undefined) {
    options.notice?.(
      `the preview daemon is of version ${first.version}, this is ${wanted}: it is replaced, and its sessions end`,
    );
    await end(first);
  }
  return start(where, wanted, env);
}

/** A connection with whatever daemon answers; undefined if none does. */
export function connectIfRunning(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Connection | undefined> {
  return tryConnect(places(env));
}

const fits = (connection: Connection & { readonly protocol: number }, wanted: string): boolean =>
  connection.version === wanted && connection.protocol === PROTOCOL;

/** Asks a daemon of any version to end, and waits until it has. */
async function end(connection: Connection): Promise<void> {
  // One that does not understand this protocol hangs up; a signal every one understands.
  process.kill(connection.pid, "SIGTERM");
  const late = setTimeout(() => process.kill(connection.pid, "SIGKILL"), 5_000);
  await connection.closed;
  clearTimeout(late);
}

async function start(
  where: Places,
  wanted: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const deadline = performance.now() + START_LIMIT;
  let starting = spawnDaemon(where, env);
  for (let pause = 5; ; pause = Math.min(50, pause * 1.5)) {
    const connection = await tryConnect(where);
    if (connection !== undefined && fits(connection, wanted)) {
      // Somebody else's was faster. One that is still loading would start later, perhaps when that one has ended.
      if (connection.pid !== starting.child.pid) starting.child.kill();
      return connection;
    }
    connection?.close();
    // It left the place to another one, which has ended since; or it has ended already because nobody came.
    if (starting.ended === "well" && connection === undefined) starting = spawnDaemon(where, env);
    else if ((starting.ended !== undefined && starting.ended !== "well") || performance.now() > deadline) {
      starting.child.kill();
      throw new Problem({
        phase: "daemon",
        code: "daemon-did-not-start",
        message: "the preview daemon did not start",
        detail: `${starting.ended ?? `it did not answer within ${START_LIMIT / 1000} s`}\n${tail(where.log)}`,
        remediation: `Run \`sx preview serve --daemon\` to see why; its log is ${where.log}.`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

interface Starting {
  readonly child: ChildProcess;
  /** "well", or how it failed; undefined: it runs. */
  ended: string | undefined;
}

function spawnDaemon(where: Places, env: Readonly<Record<string, string | undefined>>): Starting {
  const log = openSync(where.log, "a", 0o600);
  try {
    const child = spawn(process.execPath, daemonCommand(), {
      cwd: "/",
      detached: true,
      // What it prints before it has a log of its own, such as that it cannot be loaded.
      stdio: ["ignore", log, log],
      env: { ...env },
    });
    const starting: Starting = { child, ended: undefined };
    child.once("error", (error) => {
      starting.ended = error.message;
    });
    child.once("exit", (code, signal) => {
      starting.ended = code === 0 ? "well" : `it ended with ${signal ?? `exit code ${code}`}`;
    });
    child.unref();
    return starting;
  } finally {
    closeSync(log);
  }
}

/** The arguments for Node that start the daemon: from source, or from the file beside this one when built. */
function daemonCommand(): string[] {
  const source = import.meta.url.endsWith(".ts");
  const entry = new URL(source ? "../daemon/main.ts" : "./daemon.js", import.meta.url);
  // From source, Node strips the types of what browsers are sent, and would say that this is new.
  const flags = ["--conditions=@sorbus/source", "--disable-warning=ExperimentalWarning"];
  return [...(source ? flags : []), fileURLToPath(entry)];
}

function tail(file: string): string {
  return readFileSync(file, "utf8").split("\n").slice(-20).join("\n");
}

interface Waiting {
  readonly notice: ((notice: Notice) => void) | undefined;
  resolve(result: CallResult): void;
  reject(problem: Problem): void;
}

/** undefined: nobody answers at the socket. */
function tryConnect(where: Places): Promise<(Connection & { readonly protocol: number }) | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(where.socket);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // A reset is of one that is just being killed.
      if (["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ECONNRESET", "EPIPE"].includes(error.code ?? "")) {
        resolve(undefined);
      } else {
        reject(
          new Problem({
            phase: "daemon",
            code: "socket-unusable",
            message: `cannot connect to ${where.socket}: ${error.message}`,
            remediation: `Remove the folder ${where.folder}.`,
          }),
        );
      }
    });
    socket.once("close", () => resolve(undefined));
    speak(socket, resolve);
  });
}

function speak(
  socket: Socket,
  greeted: (connection: Connection & { readonly protocol: number }) => void,
): void {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let known = false;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      const gone = new Problem({
        phase: "daemon",
        code: "daemon-gone",
        message: "the preview daemon has ended while it was answering",
        remediation: "Call again: it starts by itself. `sx preview logs` says what it was doing.",
      });
      for (const { reject } of waiting.values()) reject(gone);
      waiting.clear();
      resolve();
    });
  });
  const call: Connection["call"] = (name, params, options = {}) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { notice: options.notice, resolve, reject });
      options.signal?.addEventListener("abort", () => send(socket, { id, cancel: true }), { once: true });
      send(socket, { id, call: name, params, cwd: options.cwd ?? process.cwd() });
    });
  receive(
    socket,
    (message) => {
      if (!known) {
        known = true;
        const { protocol, version: its, pid } = message as unknown as Greeting;
        send(socket, { hello: "sorbus-preview", protocol: PROTOCOL, version: version(), pid: process.pid });
        greeted({ pid, protocol, version: its, call, close: () => socket.destroy(), closed });
        return;
      }
      const answer = message as unknown as Answer;
      const asked = waiting.get(answer.id);
      if (asked === undefined) return;
      if ("notice" in answer) asked.notice?.(answer.notice);
      else {
        waiting.delete(answer.id);
        if ("problem" in answer) asked.reject(new Problem(answer.problem as ProblemData));
        else asked.resolve({ result: answer.result, pictures: answer.pictures });
      }
    },
    () => socket.destroy(),
  );
}
