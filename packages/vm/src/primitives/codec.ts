/** Base64, hashes, URLs and HTML text. JSON has a file of its own. */
import {
  dictEach,
  dictFrom,
  FALSE,
  fromArray,
  isList,
  isVector,
  NIL,
  raise,
  str,
  TRUE,
} from "../heap/index.ts";
import type { Value } from "../heap/value.ts";
import type { Alphabet } from "./base64.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { hex, utf8 } from "./bytes.ts";
import { declare, shown } from "./declare.ts";
import type { Primitive } from "./primitive.ts";
import { itemsOf } from "./sequences.ts";
import { hmacSha256, sha256 } from "./sha256.ts";

const data = (name: string, x: string | Uint8Array): Uint8Array =>
  typeof x === "string" ? utf8(name, x) : x;

function fromBase64(name: string, s: string, alphabet: Alphabet): Uint8Array {
  const result = decodeBase64(s, alphabet);
  return typeof result === "string" ? raise("read", `${name}: ${result}`, s) : result;
}

function encodePart(name: string, s: string): string {
  if (!s.isWellFormed())
    raise("range", `${name}: the string has half of a surrogate pair, which UTF-8 cannot hold`, s);
  return encodeURIComponent(s);
}

function decodePart(name: string, s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return raise("read", `${name}: ${shown(s)} has a % that starts no UTF-8 byte sequence`, s);
  }
}

function parseUrl(name: string, s: string, base: string | undefined): URL {
  const url = URL.parse(s, base);
  if (url !== null) return url;
  if (base !== undefined && !URL.canParse(base))
    return raise("read", `${name}: the base ${shown(base)} is not a URL`, base);
  return raise(
    "read",
    `${name}: ${shown(s)} is not a URL${base === undefined ? "; a relative one needs a base" : ""}`,
    s,
  );
}

function encodeQuery(d: Value): string {
  const parts: string[] = [];
  const add = (k: string, v: Value): void => {
    if (v === NIL || v === FALSE) return;
    if (v !== TRUE && typeof v !== "string" && typeof v !== "number" && typeof v !== "bigint") {
      raise(
        "type",
        `query-encode: expected a string or number under ${JSON.stringify(k)}, got ${shown(v)}`,
        v,
      );
    }
    const value = v === TRUE ? "true" : str(v);
    parts.push(`${encodePart("query-encode", k)}=${encodePart("query-encode", value)}`);
  };
  dictEach(d, (k, v) => {
    if (isList(v) || isVector(v)) for (const item of itemsOf(v)) add(k, item);
    else add(k, v);
  });
  return parts.join("&");
}

function decodeQuery(s: string): Value {
  const found = new Map<string, string[]>();
  for (const part of s.replace(/^\?/, "").split("&")) {
    if (part === "") continue;
    const [, k = "", v = ""] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    const decode = (text: string): string => decodePart("query-decode", text.replaceAll("+", " "));
    const key = decode(k);
    const values = found.get(key);
    if (values === undefined) found.set(key, [decode(v)]);
    else values.push(decode(v));
  }
  return dictFrom(
    Array.from(found, ([k, vs]): [string, Value] => [k, vs.length === 1 ? (vs[0] ?? "") : fromArray(vs)]),
  );
}

export const codec: readonly Primitive[] = [
  declare("base64-encode", "x:string|bytes", "pure", "Base64 of bytes, or of the UTF-8 of a string.", (x) =>
    encodeBase64(data("base64-encode", x), "standard"),
  ),
  declare(
    "base64-decode",
    "s:string",
    "pure",
    'The bytes that the base64 stands for. Anything but padded base64 raises "read".',
    (s) => fromBase64("base64-decode", s, "standard"),
  ),
  declare(
    "base64url-encode",
    "x:string|bytes",
    "pure",
    "Base64 with `-` and `_`, without padding: fit for URLs.",
    (x) => encodeBase64(data("base64url-encode", x), "url"),
  ),
  declare("base64url-decode", "s:string", "pure", "The bytes that URL-safe base64 stands for.", (s) =>
    fromBase64("base64url-decode", s, "url"),
  ),
  declare(
    "sha256",
    "x:string|bytes",
    "pure",
    "The SHA-256 hash of bytes, or of the UTF-8 of a string, as 64 hexadecimal digits.",
    (x) => hex(sha256(data("sha256", x))),
  ),
  declare(
    "hmac-sha256",
    "key:string|bytes x:string|bytes",
    "pure",
    "The HMAC of `x` by SHA-256 under `key`, as 64 hexadecimal digits.",
    (key, x) => hex(hmacSha256(data("hmac-sha256", key), data("hmac-sha256", x))),
  ),
  declare(
    "url-encode",
    "s:string",
    "pure",
    'The string as it may stand in a part of a URL: `(url-encode "a b/c")` is `"a%20b%2Fc"`.',
    (s) => encodePart("url-encode", s),
  ),
  declare(
    "url-decode",
    "s:string",
    "pure",
    'The string that `url-encode` encoded; a wrong `%` raises "read". A `+` stays.',
    (s) => decodePart("url-decode", s),
  ),
  declare(
    "url-parse",
    "s:string &optional base:string",
    "pure",
    "The parts of a URL, or of one relative to `base`, a dict: `:href` (all of it), `:scheme`, `:host`, `:port` (a number, nil for the " +
      'usual one), `:path`, `:query` (without `?`; see `query-decode`), `:fragment`, `:user`, `:password`. What is no URL raises "read".',
    (s, base) => {
      const url = parseUrl("url-parse", s, base);
      return dictFrom([
        ["href", url.href],
        ["scheme", url.protocol.slice(0, -1)],
        ["host", url.hostname],
        ["port", url.port === "" ? NIL : Number(url.port)],
        ["path", url.pathname],
        ["query", url.search.slice(1)],
        ["fragment", url.hash.slice(1)],
        ["user", decodePart("url-parse", url.username)],
        ["password", decodePart("url-parse", url.password)],
      ]);
    },
  ),
  declare(
    "query-encode",
    "d:dict",
    "pure",
    "The query of a URL: each entry as `key=value`, a list as one for each item; nil and false are left out. " +
      '`(query-encode {:q "a b" :tag (list 1 2)})` is `"q=a%20b&tag=1&tag=2"`.',
    encodeQuery,
  ),
  declare(
    "query-decode",
    "s:string",
    "pure",
    "A dict of the entries of a query or an encoded form, all strings; a key that is there more than once has a list of them.",
    decodeQuery,
  ),
];
