/** The daemon's end of the socket: greets, takes calls, and tells each caller how its call goes. */
import { createServer, type Server, type Socket } from "node:net";
import { Problem } from "../problem.ts";
import { type Ask, type Greeting, PROTOCOL, receive, send } from "../wire.ts";
import { Call } from "./calls.ts";
import type { DaemonLog } from "./log.ts";
import { problemFrom } from "./problems.ts";

export interface SocketOptions {
  readonly version: string;
  readonly log: DaemonLog;
  /** Answers a call. What it throws is the caller's to read. */
  readonly handle: (name: string, params: unknown, call: Call) => Promise<unknown>;
  /** Called when a connection is opened or closed, and when a call begins or ends, for the idle end. */
  readonly stirred: () => void;
  /** How often work that goes on says so, in milliseconds. */
  readonly tick?: number;
}

export interface CallServer {
  readonly server: Server;
  /** How many calls are being answered. */
  readonly active: number;
  /** How many clients are connected. */
  readonly clients: number;
  /** Takes no more connections and drops those that there are. */
  close(): Promise<void>;
}

export function callServer(options: SocketOptions): CallServer {
  const sockets = new Set<Socket>();
  let active = 0;

  const serveClient = (socket: Socket): void => {
    sockets.add(socket);
    options.stirred();
    const running = new Map<number, AbortController>();
    let greeted = false;
    const greeting: Greeting = {
      hello: "sorbus-preview",
      protocol: PROTOCOL,
      version: options.version,
      pid: process.pid,
    };
    send(socket, greeting);
    socket.on("error", (error) => options.log.write("warning", `a client's connection: ${error.message}`));
    socket.on("close", () => {
      sockets.delete(socket);
      for (const controller of running.values()) controller.abort(new Error("the caller has gone"));
      options.stirred();
    });
    receive(
      socket,
      (message) => {
        if (!greeted) {
          greeted = true;
          const { hello, protocol } = message as unknown as Greeting;
          // Another protocol: it has read the greeting, and will do what is needed.
          if (hello !== "sorbus-preview" || protocol !== PROTOCOL) socket.end();
          return;
        }
        const ask = message as unknown as Ask;
        if ("cancel" in ask) running.get(ask.id)?.abort(new Error("the call was cancelled"));
        else void answer(socket, ask, running);
      },
      (why) => {
        options.log.write("warning", `a client sent what is no message: ${why}`);
        socket.destroy();
      },
    );
  };

  const answer = async (
    socket: Socket,
    ask: Extract<Ask, { call: string }>,
    running: Map<number, AbortController>,
  ): Promise<void> => {
    const { id } = ask;
    const controller = new AbortController();
    running.set(id, controller);
    active += 1;
    options.stirred();
    const call = new Call(ask.cwd, controller.signal, (notice) => send(socket, { id, notice }), options.tick);
    try {
      const result = await options.handle(ask.call, ask.params, call);
      send(socket, { id, result, pictures: call.pictures });
    } catch (error) {
      const problem =
        controller.signal.aborted && !(error instanceof Problem)
          ? new Problem({
              phase: "daemon",
              code: "cancelled",
              message: "the call was cancelled",
              remediation: "Call again.",
            })
          : problemFrom(error);
      if (problem.phase === "internal") options.log.write("error", `${ask.call}: ${problem.detail}`);
      send(socket, { id, problem: problem.toJSON() });
    } finally {
      call.end();
      running.delete(id);
      active -= 1;
      options.stirred();
    }
  };

  const server = createServer(serveClient);
  return {
    server,
    get active() {
      return active;
    },
    get clients() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // What has been answered is still sent.
        for (const socket of sockets) socket.end(() => socket.destroy());
      }),
  };
}
