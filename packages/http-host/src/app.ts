/**
 * Serving an SX handler: a function from a request dict to a response.
 *
 * Request: `{:method :path :query :query-string :headers :body :params :ip :id}`; HEAD comes as GET, and the
 * host leaves the body out. Response: markup (HTML), a string (plain text), nil (404), or a dict
 * `{:status :headers :body :set-cookies}` whose `:body` is markup, a string, bytes or nil.
 */
import {
  condition,
  dictEach,
  dictFrom,
  EMPTY_DICT,
  fragment,
  inspect,
  isDict,
  isList,
  kindOf,
  Markup,
  markupParts,
  NIL,
  Raise,
  toArray,
  type Value,
} from "@sorbus/vm";
import { type AssetsOptions, assets } from "./assets.ts";
import { type HttpServer, type ListenOptions, serve } from "./serve.ts";
import {
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
   * Throws or rejects with `Raise`. The fiber is cancelled when the signal is aborted.
   */
  callValue(
    fn: Value,
    args: readonly Value[],
    options: { readonly signal: AbortSignal },
  ): Value | PromiseLike<Value>;
  /** What a person is told of an error: message, code frame, SX stack. */
  report(error: unknown): string;
}

export interface ServeAppOptions extends ListenOptions {
  readonly runtime: AppRuntime;
  /** The handler: an SX function of one parameter. */
  readonly app: Value;
  /** Files that are served before the handler is asked. */
  readonly assets?: AssetsOptions;
}

/** @throws ListenError */
export function serveApp(options: ServeAppOptions): Promise<HttpServer> {
  const handler = appHandler(options.runtime, options.app);
  const files = options.assets === undefined ? undefined : assets(options.assets);
  return serve({
    ...options,
    report: (error) => options.runtime.report(error),
    handler: (request, context) => {
      const file = files?.(request);
      if (file === undefined) return handler(request, context);
      return file.then((found) => found ?? handler(request, context));
    },
  });
}

/** An SX handler as a handler of the host, to be composed with others. */
export function appHandler(runtime: AppRuntime, app: Value): Handler {
  return (request, context) => {
    const force: Force = (thunk) => runtime.callValue(thunk, [], { signal: context.signal });
    const answer = runtime.callValue(app, [requestDict(request, context)], { signal: context.signal });
    if (isPromiseLike(answer)) return Promise.resolve(answer).then((value) => written(draftOf(value), force));
    return written(draftOf(answer), force);
  };
}

function isPromiseLike(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof value === "object" && typeof (value as { then?: unknown }).then === "function";
}

function requestDict(request: HostRequest, { id }: HandlerContext): Value {
  return dictFrom([
    ["method", request.method === "HEAD" ? "GET" : request.method],
    ["path", request.path],
    ["query", dictFrom(request.query)],
    ["query-string", request.queryString],
    ["headers", dictFrom(request.headers)],
    ["body", request.body ?? NIL],
    // A router fills it in.
    ["params", EMPTY_DICT],
    ["ip", request.ip],
    ["id", id],
  ]);
}

/** What the program answered, checked; its markup still to be written out. */
interface Draft extends Omit<HostResponse, "body"> {
  readonly body?: Markup | string | Uint8Array | null;
}

/** @throws Raise for what is no response: the program's error, not the host's */
function draftOf(value: Value): Draft {
  if (value === NIL) throw new HttpError(404, "There is no such page.");
  return isDict(value) ? dictDraft(value) : contentOf(value, "a handler's answer", "a dict");
}

function contentOf(value: Value, what: string, other: string): Draft {
  if (value instanceof Markup)
    return { headers: { "content-type": "text/html; charset=utf-8" }, body: value };
  if (typeof value === "string" || value instanceof Uint8Array) return { body: value };
  throw wrong(`${what} must be markup, a string or ${other}, not ${shown(value)}`, value);
}

function dictDraft(dict: Value): Draft {
  let status: number | undefined;
  let content: Draft = { body: null };
  let cookies: readonly string[] = [];
  let headers: HostResponse["headers"];
  dictEach(dict, (key, value) => {
    switch (key) {
      case "status":
        if (typeof value !== "number") throw wrong(`:status must be a number, not ${shown(value)}`, value);
        status = value;
        break;
      case "body":
        if (value !== NIL) content = contentOf(value, ":body", "bytes");
        break;
      case "headers":
        headers = headersOf(value);
        break;
      case "set-cookies":
        cookies = stringsOf(value, ":set-cookies");
        break;
      default:
        throw wrong(`a response has :status, :headers, :body and :set-cookies, but no :${key}`, key);
    }
  });
  return {
    ...content,
    ...(status !== undefined && { status }),
    cookies,
    headers: { ...content.headers, ...headers },
  };
}

/** Calls an SX function without arguments. */
type Force = (thunk: Value) => Value | PromiseLike<Value>;

function written(draft: Draft, force: Force): HostResponse | Promise<HostResponse> {
  const { body = null, ...head } = draft;
  if (!(body instanceof Markup)) return { ...head, body };
  const parts = markupParts(body);
  if (parts.every((part) => typeof part === "string")) return { ...head, body: parts.join("") };
  return wholeHtml(body, force).then((html) => ({ ...head, body: html }));
}

/** Markup with its deferred parts, one after the other, as `render-chunks` sends them. */
async function wholeHtml(markup: Markup, force: Force): Promise<string> {
  let html = "";
  for (const part of markupParts(markup)) {
    html += typeof part === "string" ? part : await wholeHtml(fragment([await force(part.thunk)]), force);
  }
  return html;
}

function headersOf(value: Value): Record<string, string | readonly string[] | null> {
  if (!isDict(value)) throw wrong(`:headers must be a dict, not ${shown(value)}`, value);
  const headers: Record<string, string | readonly string[] | null> = {};
  dictEach(value, (name, line) => {
    const key = name.toLowerCase();
    if (typeof line === "string") headers[key] = line;
    else if (typeof line === "number") headers[key] = String(line);
    else headers[key] = line === NIL ? null : stringsOf(line, `the header ${name}`);
  });
  return headers;
}

function stringsOf(value: Value, what: string): readonly string[] {
  const items = isList(value) ? toArray(value) : [NIL];
  const strings = items.filter((item) => typeof item === "string");
  if (strings.length < items.length) throw wrong(`${what} must be strings, not ${shown(value)}`, value);
  return strings;
}

function shown(value: Value): string {
  const text = inspect(value);
  return `the ${kindOf(value)} ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

function wrong(message: string, value: Value): Raise {
  return new Raise(condition("type", `${message[0]?.toUpperCase()}${message.slice(1)}`, value));
}
