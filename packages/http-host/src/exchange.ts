/**
 * One request and its response: the handler is asked, and whatever happens the client is answered once and the
 * log gets one line.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyStream } from "./body-stream.ts";
import { type Counters, countStatus } from "./counters.ts";
import { errorPage, messageFor } from "./error-page.ts";
import type { Log, LogEntry } from "./log.ts";
import { MultipartBody } from "./multipart.ts";
import { type AllowedOrigins, changesSomething, isForeign } from "./origin.ts";
import { token } from "./random.ts";
import { type Client, discard, hasBody, IncomingRequest, readBody, requestHead } from "./request.ts";
import { linesOf, type Settled, settle, toResponse } from "./response.ts";
import type { Trace, Tracing } from "./tracing.ts";
import { type Handler, type HandlerContext, type HostResponse, HttpError } from "./types.ts";

export interface ExchangeOptions {
  readonly handler: Handler;
  readonly log: Log;
  readonly headers: readonly (readonly [string, string])[];
  /** Sizes in bytes, and characters of the address. */
  readonly limits: { readonly body: number; readonly upload: number; readonly url: number };
  /** For the handler, in milliseconds. */
  readonly timeout: number;
  readonly development: boolean;
  readonly compression: boolean;
  readonly origins: AllowedOrigins;
  readonly counters: Counters;
  readonly tracing: Tracing | undefined;
  /** What a person is told of an error of the handler, with stack and code frame. */
  readonly report: (error: unknown) => string;
  /** Whether the server is being closed. */
  readonly closing: () => boolean;
}

/** The connection of a request that asks for a WebSocket. */
export interface Upgrade {
  /** Opens the WebSocket and gives it to the handler; resolves when both have ended. */
  accept(use: NonNullable<HostResponse["websocket"]>, signal: AbortSignal): Promise<void>;
}

export class Exchange implements HandlerContext {
  readonly id: string;
  readonly #options: ExchangeOptions;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #client: Client;
  readonly #upgrade: Upgrade | undefined;
  readonly #started = performance.now();
  #controller: AbortController | undefined;
  #aborted: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #trace: Trace | undefined;
  #error: string | undefined;
  readonly #random: string = token(27);
  #body: MultipartBody | undefined;
  #effects = 0;
  #waits = 0;
  #over = false;
  #cut = false;
  readonly #ended: () => void;

  /** @param ended called once the response has been sent, or never will be */
  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    client: Client,
    options: ExchangeOptions,
    ended: () => void,
    upgrade?: Upgrade,
  ) {
    this.id = this.#random.slice(0, 12);
    this.#options = options;
    this.#message = message;
    this.#response = response;
    this.#client = client;
    this.#upgrade = upgrade;
    this.#ended = ended;
    options.counters.requests++;
    response.once("close", () => this.#close(response.writableFinished));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(abortError(this.#aborted));
    }
    return this.#controller.signal;
  }

  get nonce(): string {
    return this.#random.slice(12);
  }

  count(what: "effects" | "suspensions", n: number): void {
    if (what === "effects") this.#effects += n;
    else this.#waits += n;
    this.#options.counters[what] += n;
  }

  abort(reason: string): void {
    this.#aborted ??= reason;
    this.#controller?.abort(abortError(reason));
  }

  /**
   * Never throws nor rejects. In the same turn, if the request has no body, the handler answers at once and nothing is
   * compressed. Undefined when the connection has become a WebSocket.
   */
  run(): Response | undefined | Promise<Response | undefined> {
    const { tracing } = this.#options;
    try {
      const { method = "", url = "", headers } = this.#message;
      if (tracing === undefined) return this.#begin();
      this.#trace = tracing.begin({ id: this.id, method, path: pathOf(url), headers });
      return this.#trace.within(() => this.#begin());
    } catch (error) {
      return this.#failed(error);
    }
  }

  #begin(): Response | undefined | Promise<Response | undefined> {
    const { limits, origins } = this.#options;
    const message = this.#message;
    const head = requestHead(message, this.#client, limits.url);
    if ((this.#upgrade !== undefined || changesSomething(head.method)) && isForeign(head.headers, origins)) {
      throw new HttpError(403, "This request comes from a page of another site, which may not make it.");
    }
    if (!hasBody(message)) {
      const answer = this.#options.handler(new IncomingRequest(head, null), this);
      return answer instanceof Promise ? this.#later(answer) : this.#respond(answer);
    }
    return this.#later(
      readBody(message, limits).then((body) => {
        if (body instanceof MultipartBody) this.#body = body;
        return this.#options.handler(new IncomingRequest(head, body), this);
      }),
    );
  }

  /** The answer, or the page for its failure, or for its being late; whichever comes first. */
  #later(answer: Promise<HostResponse>): Promise<Response | undefined> {
    return new Promise((resolve) => {
      let late = false;
      this.#timer = setTimeout(() => {
        late = true;
        this.abort("the time limit has passed");
        this.#error = `The handler had not answered after ${this.#options.timeout} ms`;
        resolve(this.#page(503, "The page took too long to make. Try again later."));
      }, this.#options.timeout);
      const settled = (respond: () => Response | undefined | Promise<Response | undefined>): void => {
        clearTimeout(this.#timer);
        // Who has been told that it is late is not answered again.
        if (!late) resolve(respond());
      };
      answer.then(
        (response) => this.#read().then(() => settled(() => this.#respond(response))),
        (error: unknown) => this.#read().then(() => settled(() => this.#failed(error))),
      );
    });
  }

  /** A client that is still sending would not hear an answer before which the connection ends. */
  async #read(): Promise<void> {
    if (hasBody(this.#message) && !this.#message.complete) await discard(this.#message);
  }

  #respond(response: HostResponse): Response | undefined | Promise<Response | undefined> {
    try {
      if (response.websocket !== undefined) return this.#openSocket(response.websocket);
      const { status = 200 } = response;
      // A status alone: people should see what it means.
      if (status >= 400 && response.body === undefined && response.websocket === undefined) {
        const page = errorPage(status, messageFor(status), this.id);
        return this.#send({
          ...response,
          body: page.body ?? "",
          headers: { ...page.headers, ...response.headers },
        });
      }
      return this.#send(response);
    } catch (error) {
      return this.#failed(error);
    }
  }

  #openSocket(
    use: NonNullable<HostResponse["websocket"]>,
  ): undefined | Response | Promise<Response | undefined> {
    const upgrade = this.#upgrade;
    if (upgrade === undefined)
      throw new HttpError(426, "This address is for WebSockets.", { upgrade: "websocket" });
    this.#options.counters.sockets++;
    upgrade
      .accept(use, this.signal)
      .catch((error: unknown) => {
        if (!this.#isAborted()) this.#error = this.#options.report(error);
      })
      .finally(() => this.#done(101, true));
    return undefined;
  }

  #failed(error: unknown): Response | Promise<Response> {
    // Nobody is there to be told, and being cancelled is no fault of the handler.
    if (this.#isAborted()) return this.#page(503, "The request was cancelled.");
    if (error instanceof HttpError)
      return this.#page(error.status, error.message || messageFor(error.status), undefined, error.headers);
    this.#error = this.#options.report(error);
    return this.#page(
      isLimit(error) ? 503 : 500,
      isLimit(error) ? messageFor(503) : messageFor(500),
      this.#options.development ? this.#error : undefined,
    );
  }

  #page(
    status: number,
    message: string,
    report?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Response | Promise<Response> {
    const { connection, upgrade, ...rest } = headers;
    const page = errorPage(status, message, this.id, report);
    return this.#send({ ...page, headers: { ...page.headers, ...rest } }, connection === "close");
  }

  #send(response: HostResponse, last = false): Response | Promise<Response> {
    const { headers, closing, compression } = this.#options;
    const { method = "GET", headers: requestHeaders } = this.#message;
    const settled = settle(response, {
      defaults: headers,
      id: this.id,
      nonce: this.nonce,
      method,
      requestHeaders,
      last: last || closing() || (hasBody(this.#message) && !this.#message.complete),
      compression,
    });
    return settled instanceof Promise ? settled.then((whole) => this.#out(whole)) : this.#out(settled);
  }

  #out(settled: Settled): Response {
    const { body, encoding, status } = settled;
    if (typeof body !== "function" && encoding === undefined) return toResponse(settled);
    if (this.#message.method === "HEAD") return toResponse({ ...settled, body: null });
    const stream = new BodyStream(body, encoding, this.signal, (error) => {
      if (!this.#isAborted()) this.#error = this.#options.report(error);
      // Cut off: what has been sent is not the whole, and must not look so.
      this.#cut = true;
      this.#response.destroy();
    });
    if (typeof body === "function") {
      // The head goes out at once, however long the body takes to begin.
      this.#response.writeHead(status, linesOf(settled));
      this.#response.flushHeaders();
    }
    return toResponse({ ...settled, body: stream.start() });
  }

  #isAborted(): boolean {
    return this.#aborted !== undefined;
  }

  /** The connection's response is over, sent or not. */
  #close(whole: boolean): void {
    clearTimeout(this.#timer);
    if (!whole) this.abort(this.#cut ? "the response could not be finished" : "the client went away");
    this.#done(whole || this.#cut ? this.#response.statusCode : 499, whole);
  }

  #done(status: number, whole: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const { counters, log } = this.#options;
    countStatus(counters, status);
    if (!whole) counters.aborted++;
    const error = this.#error;
    this.#trace?.end({ status, aborted: !whole, ...(error !== undefined && { error }) });
    void this.#body?.dispose();
    const { method = "", url = "" } = this.#message;
    const entry: { -readonly [K in keyof LogEntry]: LogEntry[K] } = {
      time: timestamp(),
      level: error === undefined ? "info" : "error",
      id: this.id,
      method,
      path: pathOf(url),
      status,
      ms: Math.round((performance.now() - this.#started) * 100) / 100,
    };
    if (this.#effects > 0) entry.effects = this.#effects;
    if (this.#waits > 0) entry.waits = this.#waits;
    if (!whole) entry.aborted = true;
    if (error !== undefined) entry.error = error;
    log(entry);
    this.#ended();
  }
}

const abortError = (reason: string): DOMException => new DOMException(reason, "AbortError");

let lastTime = 0;
let lastStamp = "";
/** Many requests end in one millisecond. */
function timestamp(): string {
  const now = Date.now();
  if (now !== lastTime) {
    lastTime = now;
    lastStamp = new Date(now).toISOString();
  }
  return lastStamp;
}

function pathOf(url: string): string {
  const mark = url.indexOf("?");
  return mark < 0 ? url : url.slice(0, mark);
}

/** A program that has used up its steps, memory or time. */
function isLimit(error: unknown): boolean {
  const payload = (error as { readonly payload?: { readonly kind?: unknown } } | null)?.payload;
  return payload?.kind === "limit";
}
