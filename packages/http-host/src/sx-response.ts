/** What a handler in SX has answered, checked: the contract of the README. */

import {
  closureCode,
  condition,
  dictEach,
  dictGet,
  FALSE,
  inspect,
  isDict,
  isList,
  kindOf,
  Markup,
  NIL,
  Raise,
  TRUE,
  toArray,
  type Value,
} from "@sorbus/vm";
import { stringifySetCookie } from "cookie";
import type { HostResponse } from "./types.ts";

/** A file of the folder that the host serves files from. */
export interface FileAnswer {
  readonly path: string;
  readonly maxAge: number;
}

/** What the program answered; markup and functions are still to be run. */
export interface Draft {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | null>>;
  readonly cookies: readonly string[];
  readonly body?: Markup | string | Uint8Array | null;
  /** Called with a stream, when the head has been sent. */
  readonly stream?: Value;
  readonly file?: FileAnswer;
  /** Called with the server's end of a WebSocket. */
  readonly websocket?: Value;
}

const HTML: Readonly<Record<string, string>> = { "content-type": "text/html; charset=utf-8" };
const NO_HEADERS: Readonly<Record<string, string>> = {};
const NO_COOKIES: readonly string[] = [];

/** @throws Raise for what is no response: the program's error, not the host's */
export function draftOf(value: Value): Draft {
  if (value === NIL) return { status: 404, headers: NO_HEADERS, cookies: NO_COOKIES };
  return isDict(value) ? dictDraft(value) : contentOf(value, "a handler's answer", "a dict");
}

function contentOf(value: Value, what: string, other: string): Draft {
  if (value instanceof Markup) return { headers: HTML, cookies: NO_COOKIES, body: value };
  if (typeof value === "string" || value instanceof Uint8Array)
    return { headers: NO_HEADERS, cookies: NO_COOKIES, body: value };
  throw wrong(`${what} must be markup, a string or ${other}, not ${shown(value)}`, value);
}

/** A draft in the making. */
type Parts = { -readonly [K in keyof Draft]: Draft[K] };

function dictDraft(dict: Value): Draft {
  const draft: Parts = { headers: NO_HEADERS, cookies: NO_COOKIES };
  let headers: Draft["headers"] | undefined;
  dictEach(dict, (key, value) => {
    switch (key) {
      case "status":
        if (typeof value !== "number") throw wrong(`:status must be a number, not ${shown(value)}`, value);
        draft.status = value;
        break;
      case "body":
        if (value === NIL) draft.body = null;
        else if (closureCode(value as object) !== null) draft.stream = value;
        else Object.assign(draft, contentOf(value, ":body", "bytes"), { cookies: draft.cookies });
        break;
      case "headers":
        headers = headersOf(value);
        break;
      case "set-cookies":
        draft.cookies = cookiesOf(value);
        break;
      case "file":
        draft.file = fileOf(value);
        break;
      case "websocket":
        if (closureCode(value as object) === null)
          throw wrong(`:websocket must be a function of a socket, not ${shown(value)}`, value);
        draft.websocket = value;
        break;
      default:
        throw wrong(
          `a response has :status, :headers, :body, :set-cookies, :file and :websocket, but no :${key}`,
          key,
        );
    }
  });
  // A dict without a body, and without a status that asks for the host's page, is an empty answer.
  if (draft.body === undefined && draft.stream === undefined && (draft.status ?? 200) < 400)
    draft.body = null;
  if (headers !== undefined) draft.headers = draft.headers === HTML ? { ...HTML, ...headers } : headers;
  return draft;
}

function headersOf(value: Value): Draft["headers"] {
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

function cookiesOf(value: Value): readonly string[] {
  if (!isList(value)) throw wrong(`:set-cookies must be a list, not ${shown(value)}`, value);
  return toArray(value).map((item) => {
    if (typeof item === "string") return item;
    if (!isDict(item)) throw wrong(`:set-cookies must be strings or dicts, not ${shown(item)}`, item);
    return cookieLine(item);
  });
}

const SAME_SITE = ["lax", "strict", "none"] as const;

/** Unless the program says otherwise: not for scripts, not sent along from other sites, not in the clear. */
function cookieLine(cookie: Value): string {
  const text = (key: string): string | undefined => {
    const value = dictGet(cookie, key) ?? NIL;
    if (value === NIL) return undefined;
    if (typeof value !== "string")
      throw wrong(`a cookie's :${key} must be a string, not ${shown(value)}`, cookie);
    return value;
  };
  const flag = (key: string): boolean => {
    const value = dictGet(cookie, key) ?? TRUE;
    if (value !== TRUE && value !== FALSE)
      throw wrong(`a cookie's :${key} must be true or false, not ${shown(value)}`, cookie);
    return value === TRUE;
  };
  dictEach(cookie, (key) => {
    if (!COOKIE_KEYS.has(key))
      throw wrong(`a cookie has no :${key}; it has ${[...COOKIE_KEYS].join(", ")}`, cookie);
  });
  const maxAge = dictGet(cookie, "max-age") ?? NIL;
  if (maxAge !== NIL && (typeof maxAge !== "number" || !Number.isInteger(maxAge)))
    throw wrong(`a cookie's :max-age is a whole number of seconds, not ${shown(maxAge)}`, cookie);
  const sameSite = SAME_SITE.find((mode) => mode === (text("same-site") ?? "lax"));
  if (sameSite === undefined) throw wrong(`a cookie's :same-site is one of ${SAME_SITE.join(", ")}`, cookie);
  const [name, domain] = [text("name") ?? "", text("domain")];
  try {
    return stringifySetCookie({
      name,
      value: text("value") ?? "",
      path: text("path") ?? "/",
      httpOnly: flag("http-only"),
      secure: flag("secure"),
      sameSite,
      ...(typeof maxAge === "number" && { maxAge }),
      ...(domain !== undefined && { domain }),
    });
  } catch (error) {
    throw wrong(
      `the cookie ${inspect(name)} cannot be sent: ${error instanceof Error ? error.message : ""}`,
      cookie,
    );
  }
}

const COOKIE_KEYS = new Set([
  "name",
  "value",
  "path",
  "domain",
  "max-age",
  "secure",
  "http-only",
  "same-site",
]);

function fileOf(value: Value): FileAnswer {
  const path = isDict(value) ? dictGet(value, "path") : undefined;
  const maxAge = isDict(value) ? (dictGet(value, "max-age") ?? 0) : 0;
  if (typeof path !== "string" || typeof maxAge !== "number")
    throw wrong(`:file must be a dict with a :path and perhaps a :max-age, not ${shown(value)}`, value);
  return { path, maxAge };
}

/** A draft whose body, if it has one, is there. */
export function headOf({ status, headers, cookies }: Draft): HostResponse {
  return status === undefined ? { headers, cookies } : { status, headers, cookies };
}

function shown(value: Value): string {
  const text = inspect(value);
  return `the ${kindOf(value)} ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

function wrong(message: string, value: Value): Raise {
  return new Raise(condition("type", `${message[0]?.toUpperCase()}${message.slice(1)}`, value));
}
