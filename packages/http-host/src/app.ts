/**
 * Serving an SX handler: a function from a request dict to a response, called in a fiber of its own for each
 * request. What it may be given and may answer is in the README.
 */
import {
  Condition,
  type Deferred,
  fragment,
  Markup,
  markupParts,
  Raise,
  type Limits as RunLimits,
  type RunStats,
  type Value,
} from "@sorbus/vm";
import { type AssetsOptions, assets, fileIn } from "./assets.ts";
import { type HttpServer, type ListenOptions, serve } from "./serve.ts";
import { requestDict } from "./sx-request.ts";
import { type Draft, draftOf, headOf } from "./sx-response.ts";
import {
  type BodyWriter,
  type Handler,
  type HandlerContext,
  type HostRequest,
  type HostResponse,
  HttpError,
} from "./types.ts";

/** What the host needs of a runtime; that of the package `sorbus` is one. */
export interface AppRuntime {
  /**
   * Calls an SX function in a fiber of its own. A value that is not a promise was computed in this turn.
   * Throws or rejects with `Raise`. The fiber is cancelled when the signal is aborted, which it may ask for when it
   * first waits.
   */
  callValue(
    fn: Value,
    args: readonly Value[],
    options: {
      readonly lateSignal: () => AbortSignal;
      readonly limits?: RunLimits;
      readonly spent?: (stats: RunStats) => void;
    },
  ): Value | PromiseLike<Value>;
  /** What a person is told of an error: message, code frame, SX stack. */
  report(error: unknown): string;
}

/** A program that answers requests. */
export interface App {
  readonly runtime: AppRuntime;
  /** The handler: an SX function of one parameter. */
  readonly app: Value;
}

export interface AppOptions {
  /** The folder of the files that the program answers with, by `:file`. Default: there is none. */
  readonly files?: string;
  /** Bounds of the fiber of a request, beside the time that the server gives it. Default: none. */
  readonly steps?: number;
  /** In bytes, approximately. Default: none. */
  readonly memory?: number;
}

export interface ServeAppOptions extends ListenOptions, App, AppOptions {
  /** Files that are served before the handler is asked. */
  readonly assets?: AssetsOptions;
}

export interface AppServer extends HttpServer {
  /**
   * Puts a new program in the place of the old one: requests that come from now on are answered by it, those under way
   * are finished by the program that began them.
   */
  replace(app: App): void;
}

/** @throws ListenError */
export async function serveApp(options: ServeAppOptions): Promise<AppServer> {
  let current: App = options;
  let handler = appHandler(options.runtime, options.app, options);
  const files = options.assets === undefined ? undefined : assets(options.assets);
  const server = await serve({
    ...options,
    report: (error) => (error instanceof Raised ? error.report : current.runtime.report(error)),
    handler: (request, context) => {
      const file = files?.(request);
      if (file === undefined) return handler(request, context);
      return file.then((found) => found ?? handler(request, context));
    },
  });
  const counters = server.counters;
  const extended: Pick<AppServer, "replace"> = {
    replace(app) {
      handler = appHandler(app.runtime, app.app, options);
      current = app;
      (counters as { swaps: number }).swaps++;
    },
  };
  return Object.defineProperties(extended, Object.getOwnPropertyDescriptors(server)) as AppServer;
}

/** What a program has raised, reported by the runtime that it ran in: by now there may be another. */
class Raised extends Error {
  readonly report: string;
  readonly payload: Value | undefined;
  constructor(error: unknown, runtime: AppRuntime) {
    super("raised", { cause: error });
    this.report = runtime.report(error);
    this.payload = error instanceof Raise ? error.payload : undefined;
  }
}

/** An SX handler as a handler of the host, to be composed with others. */
export function appHandler(runtime: AppRuntime, app: Value, options: AppOptions = {}): Handler {
  const { files, steps, memory } = options;
  const limits: RunLimits = {
    ...(steps !== undefined && { steps }),
    ...(memory !== undefined && { memory }),
  };
  const bounded = steps !== undefined || memory !== undefined;
  return (request, context) => {
    const run = new Run(runtime, context, bounded ? limits : undefined);
    const answered = (value: Value): HostResponse | Promise<HostResponse> => {
      try {
        return run.response(draftOf(value), request, files);
      } catch (error) {
        throw run.failure(error);
      }
    };
    const answer = run.call(app, [requestDict(request, context)]);
    return isPromiseLike(answer) ? Promise.resolve(answer).then(answered) : answered(answer);
  };
}

function isPromiseLike(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === "object" && typeof (value as { then?: unknown }).then === "function";
}

/** The fibers of one request. */
class Run {
  readonly #runtime: AppRuntime;
  readonly #context: HandlerContext;
  readonly #limits: RunLimits | undefined;

  constructor(runtime: AppRuntime, context: HandlerContext, limits: RunLimits | undefined) {
    this.#runtime = runtime;
    this.#context = context;
    this.#limits = limits;
  }

  /** @throws (or rejects with) HttpError for a condition that says so, Raised for any other */
  call(fn: Value, args: readonly Value[], signal?: AbortSignal): Value | PromiseLike<Value> {
    const context = this.#context;
    const limits = this.#limits;
    try {
      const answer = this.#runtime.callValue(fn, args, {
        lateSignal: () => signal ?? context.signal,
        ...(limits !== undefined && { limits }),
        spent: ({ suspensions }) => {
          if (suspensions > 0) context.count("effects", suspensions);
        },
      });
      if (!isPromiseLike(answer)) return answer;
      context.count("suspensions", 1);
      return Promise.resolve(answer).catch((error: unknown) => {
        throw this.failure(error);
      });
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** `(raise (condition "http/404" message))` is an answer, not a fault. */
  failure(error: unknown): unknown {
    if (error instanceof HttpError || error instanceof Raised) return error;
    if (error instanceof Raise && error.payload instanceof Condition) {
      const { kind, message } = error.payload;
      const [, status] = /^http\/([45]\d\d)$/.exec(kind) ?? [];
      if (status !== undefined) return new HttpError(Number(status), message);
    }
    return error instanceof Raise ? new Raised(error, this.#runtime) : error;
  }

  response(
    draft: Draft,
    request: HostRequest,
    files: string | undefined,
  ): HostResponse | Promise<HostResponse> {
    const head = headOf(draft);
    const { body, stream, websocket, file } = draft;
    if (websocket !== undefined) {
      return {
        websocket: async (socket) => {
          await this.call(websocket, [socket], socket.signal);
        },
      };
    }
    if (file !== undefined) return this.#file(file, head, request, files);
    if (stream !== undefined) {
      return {
        ...head,
        headers: { "content-type": "text/plain; charset=utf-8", ...head.headers },
        body: async (out) => {
          await this.call(stream, [out]);
        },
      };
    }
    if (!(body instanceof Markup)) return body === undefined ? head : { ...head, body };
    const parts = markupParts(body);
    if (parts.length === 1 && typeof parts[0] === "string") return { ...head, body: parts[0] };
    if (parts.every((part) => typeof part === "string")) return { ...head, body: parts.join("") };
    return { ...head, body: (out) => this.#write(parts, out) };
  }

  /** What stands before a deferred part is sent, then the part is evaluated: as `render-chunks` does. */
  async #write(parts: readonly (string | Deferred)[], out: BodyWriter): Promise<void> {
    let html = "";
    for (const part of parts) {
      if (typeof part === "string") {
        html += part;
        continue;
      }
      await out.write(html);
      html = "";
      const value = await this.call(part.thunk, []);
      await this.#write(markupParts(fragment([value])), out);
    }
    await out.write(html);
  }

  async #file(
    { path, maxAge }: NonNullable<Draft["file"]>,
    head: HostResponse,
    request: HostRequest,
    folder: string | undefined,
  ): Promise<HostResponse> {
    if (folder === undefined)
      throw new Error(
        "The program answers with a file, but the server was not told which folder they are in (`files`)",
      );
    const found = await fileIn(folder, path, request, maxAge);
    if (found === undefined) return { ...head, status: 404 };
    return {
      ...head,
      ...found,
      headers: { ...found.headers, ...head.headers },
    };
  }
}
