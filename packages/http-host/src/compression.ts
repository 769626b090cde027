/// <reference path="./negotiator.d.ts" />
/** Compression of responses, where the client takes it and the type gains by it. */
import type { Transform } from "node:stream";
import {
  type BrotliCompress,
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  type Gzip,
  gzip,
} from "node:zlib";
import Negotiator from "negotiator";

export type Encoding = "br" | "gzip";

/** Below this many bytes the head outweighs what is saved. */
export const WORTHWHILE = 1024;

const COMPRESSIBLE =
  /^(?:text\/|application\/(?:[^;]+\+)?(?:json|xml)|application\/(?:javascript|wasm|manifest\+json)|image\/(?:svg\+xml|x-icon|bmp)|font\/(?:ttf|otf))/i;

export function isCompressible(contentType: string | undefined): boolean {
  return contentType !== undefined && COMPRESSIBLE.test(contentType);
}

/** Browsers of one kind send one header: few different ones come. */
const known = new Map<string, Encoding | undefined>();
const MAX_KNOWN = 200;

const AVAILABLE = ["br", "gzip", "identity"];

/** What to send, by the request's `Accept-Encoding`; undefined: as it is. */
export function negotiated(accept: string | undefined): Encoding | undefined {
  if (accept === undefined || accept === "") return undefined;
  if (known.has(accept)) return known.get(accept);
  const encoding = new Negotiator({ headers: { "accept-encoding": accept } }).encoding(AVAILABLE, {
    preferred: ["br", "gzip"],
  });
  const chosen = encoding === "br" || encoding === "gzip" ? encoding : undefined;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(accept, chosen);
  return chosen;
}

/** Quality 4 of brotli takes about the time of gzip's default, and gives less. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

export function compressed(body: string | Uint8Array, encoding: Encoding): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: Buffer): void => {
      if (error === null) resolve(result);
      else reject(error);
    };
    if (encoding === "br") brotliCompress(body, BROTLI, done);
    else gzip(body, done);
  });
}

/** For a body that is not known whole. What has been written comes out after a `flush`. */
export function compressor(encoding: Encoding): (BrotliCompress | Gzip) & Transform {
  return encoding === "br" ? createBrotliCompress(BROTLI) : createGzip();
}
