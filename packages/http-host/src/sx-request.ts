/** A request as SX sees it: a dict with string keys. */
import { dictMaker, dictOfForeign, EMPTY_DICT, NIL, type Value } from "@sorbus/vm";
import { headerText, IncomingRequest } from "./request.ts";
import type { HandlerContext, HostRequest } from "./types.ts";

const makeRequest = dictMaker([
  "method",
  "path",
  "query",
  "query-string",
  "headers",
  "cookies",
  "body",
  "params",
  "ip",
  "origin",
  "id",
  "nonce",
]);

/** HEAD comes as GET, and the host leaves the body out. */
export function requestDict(request: HostRequest, { id, nonce }: HandlerContext): Value {
  return makeRequest([
    request.method === "HEAD" ? "GET" : request.method,
    request.path,
    request.queryString === "" ? EMPTY_DICT : dictOfMap(request.query),
    request.queryString,
    headersDict(request),
    request.cookies.size === 0 ? EMPTY_DICT : dictOfMap(request.cookies),
    request.body ?? NIL,
    // A router fills it in.
    EMPTY_DICT,
    request.ip,
    request.origin,
    id,
    nonce,
  ]);
}

function headersDict(request: HostRequest): Value {
  if (!(request instanceof IncomingRequest)) return dictOfMap(request.headers);
  const { rawHeaders } = request;
  const names = Object.keys(rawHeaders);
  return dictOfForeign(
    names,
    names.map((name) => {
      const value = rawHeaders[name];
      return typeof value === "string" ? value : headerText(value);
    }),
  );
}

function dictOfMap(map: ReadonlyMap<string, string>): Value {
  return dictOfForeign([...map.keys()], [...map.values()]);
}
