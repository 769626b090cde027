/** `(:http/listen handler opts)` and `(:http/close server)`: programs that start servers themselves. */
import { type OpDeclaration, OpError } from "@sorbus/io-resolver";
import { closureCode, dictEach, dictFrom, dictGet, FALSE, isDict, NIL, TRUE, type Value } from "@sorbus/vm";
import type { AppRuntime, AppServer, ServeAppOptions } from "../app.ts";
import { ListenError } from "../types.ts";

export interface ListenOps {
  /** The runtime that the ops are those of. */
  readonly runtime: () => AppRuntime;
  /** What the program does not say, such as `files` and `development`. */
  readonly defaults?: Partial<Omit<ServeAppOptions, "runtime" | "app">>;
  /** Told of each server: who ends the program closes them. */
  readonly opened?: (server: AppServer) => void;
}

const OPTIONS = new Set(["port", "host", "development"]);

export function listenOps({ runtime, defaults = {}, opened }: ListenOps): OpDeclaration[] {
  return [
    {
      name: "http/listen",
      params: "handler &optional opts",
      purity: "write",
      values: "raw",
      doc: "Serves a handler. opts: :port (default 0: any free one), :host, :development. Gives {:url :port :server}.",
      check: ([handler, opts]) => {
        if (typeof handler !== "object" || handler === null || closureCode(handler) === null)
          return "handler must be a function of a request";
        return opts === undefined ? undefined : checkOptions(opts as Value);
      },
      handler: async ([handler, opts]) => {
        const option = (name: string): Value | undefined =>
          opts === undefined ? undefined : dictGet(opts as Value, name);
        const [port, host, development] = [option("port"), option("host"), option("development")];
        // The server is loaded by programs that start one.
        const { serveApp } = await import("@sorbus/http-host");
        try {
          const server = await serveApp({
            port: 0,
            ...defaults,
            ...(typeof port === "number" && { port }),
            ...(typeof host === "string" && { hostname: host }),
            ...(development !== undefined && { development: development === TRUE }),
            runtime: runtime(),
            app: handler as Value,
          });
          opened?.(server);
          return dictFrom([
            ["url", server.url],
            ["port", server.port],
            ["server", server],
          ]);
        } catch (error) {
          if (error instanceof ListenError) throw new OpError("host", error.message, [], { cause: error });
          throw error;
        }
      },
    },
    {
      name: "http/close",
      params: "server",
      purity: "write",
      values: "raw",
      doc: "Lets requests under way finish, and ends a server that :http/listen has given.",
      check: ([server]) =>
        serverOf(server) === undefined ? "server must be what :http/listen gave" : undefined,
      handler: async ([server]) => {
        await serverOf(server)?.close();
        return NIL;
      },
    },
  ];
}

function checkOptions(opts: Value): string | undefined {
  if (!isDict(opts)) return "opts must be a dict";
  let wrong: string | undefined;
  dictEach(opts, (name, value) => {
    if (!OPTIONS.has(name))
      wrong ??= `there is no option :${name}; there are ${[...OPTIONS].map((o) => `:${o}`).join(" ")}`;
    if (name === "port" && typeof value !== "number") wrong ??= ":port must be a number";
    if (name === "host" && typeof value !== "string") wrong ??= ":host must be a string";
    if (name === "development" && value !== TRUE && value !== FALSE)
      wrong ??= ":development must be true or false";
  });
  return wrong;
}

function serverOf(value: unknown): AppServer | undefined {
  if (typeof value !== "object" || value === null || !isDict(value)) return undefined;
  const server = dictGet(value, "server");
  return typeof server === "object" && "replace" in server ? (server as AppServer) : undefined;
}
