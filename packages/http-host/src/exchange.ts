/**
 * One request and its response: the handler is asked, and whatever happens the client is answered once and the
 * log gets one line.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errorPage } from "./error-page.ts";
import type { Log } from "./log.ts";
import { hasBody, readBody, requestHead } from "./request.ts";
import { toResponse } from "./response.ts";
import { type Handler, type HostRequest, type HostResponse, HttpError } from "./types.ts";

export interface ExchangeOptions {
  readonly handler: Handler;
  readonly log: Log;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest body of a request, in bytes. */
  readonly maxBody: number;
  /** For the handler, in milliseconds. */
  readonly timeout: number;
  readonly development: boolean;
  /** What a person is told of an error of the handler, with stack and code frame. */
  readonly report: (error: unknown) => string;
  /** Whether the server is being closed. */
  readonly closing: () => boolean;
}

export class Exchange {
  readonly id: string;
  readonly #options: ExchangeOptions;
  readonly #message: IncomingMessage;
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #error: string | undefined;

  /** @param ended called once the response has been sent, or never will be */
  constructor(
    id: string,
    message: IncomingMessage,
    response: ServerResponse,
    options: ExchangeOptions,
    ended: () => void,
  ) {
    this.id = id;
    this.#options = options;
    this.#message = message;
    response.once("close", () => {
      const whole = response.writableFinished;
      clearTimeout(this.#timer);
      if (!whole) this.abort("the client went away");
      this.#log(whole ? response.statusCode : 499, whole);
      ended();
    });
  }

  abort(reason: string): void {
    this.#controller.abort(new DOMException(reason, "AbortError"));
  }

  /** Never throws nor rejects. In the same turn, if the request has no body and the handler answers at once. */
  run(): Response | Promise<Response> {
    try {
      const head = requestHead(this.#message);
      const answer = hasBody(this.#message)
        ? readBody(this.#message, this.#options.maxBody).then((body) => this.#ask({ ...head, body }))
        : this.#ask({ ...head, body: null });
      return answer instanceof Promise ? this.#later(answer) : this.#respond(answer);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #ask(request: HostRequest): HostResponse | Promise<HostResponse> {
    return this.#options.handler(request, { id: this.id, signal: this.#controller.signal });
  }

  /** The answer, or the page for its failure, or for its being late; whichever comes first. */
  #later(answer: Promise<HostResponse>): Promise<Response> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.abort("the time limit has passed");
        this.#error = `The handler had not answered after ${this.#options.timeout} ms`;
        resolve(this.#page(503, "The page took too long to make. Try again later."));
      }, this.#options.timeout);
      const settled = (respond: () => Response): void => {
        clearTimeout(this.#timer);
        resolve(respond());
      };
      answer.then(
        (response) => settled(() => this.#respond(response)),
        (error: unknown) => settled(() => this.#failed(error)),
      );
    });
  }

  #respond(response: HostResponse): Response {
    try {
      return this.#send(response);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Response {
    // Nobody is there to be told, and being cancelled is no fault of the handler.
    if (this.#controller.signal.aborted) return this.#page(503, "The request was cancelled.");
    if (error instanceof HttpError) return this.#page(error.status, error.message, undefined, error.headers);
    this.#error = this.#options.report(error);
    return this.#page(
      500,
      "Something went wrong on the server.",
      this.#options.development ? this.#error : undefined,
    );
  }

  #page(
    status: number,
    message: string,
    report?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Response {
    const { connection, ...rest } = headers;
    const page = errorPage(status, message, this.id, report);
    return this.#send({ ...page, headers: { ...page.headers, ...rest } }, connection === "close");
  }

  #send(response: HostResponse, last = false): Response {
    return toResponse(response, {
      headers: this.#options.headers,
      id: this.id,
      last: last || this.#options.closing(),
    });
  }

  #log(status: number, whole: boolean): void {
    const { method = "", url = "" } = this.#message;
    this.#options.log({
      time: new Date().toISOString(),
      level: this.#error === undefined ? "info" : "error",
      id: this.id,
      method,
      path: url.replace(/\?.*$/s, ""),
      status,
      ms: Math.round((performance.now() - this.#started) * 100) / 100,
      ...(!whole && { aborted: true }),
      ...(this.#error !== undefined && { error: this.#error }),
    });
  }
}
