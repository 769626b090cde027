/** A body that is made, or compressed, while it is sent. */
import { PassThrough, Readable, type Transform } from "node:stream";
import type { BrotliCompress, Gzip } from "node:zlib";
import type { StreamBrand } from "./brands.ts";
import { compressor, type Encoding } from "./compression.ts";
import type { Body } from "./types.ts";

export class BodyStream implements StreamBrand {
  readonly brand = "sorbus/http/stream";
  readonly signal: AbortSignal;
  readonly #body: Body | null;
  readonly #out: Transform;
  readonly #compressor: BrotliCompress | Gzip | undefined;
  readonly #failed: (error: unknown) => void;

  /** @param failed called when the body cannot be made to its end, unless the client has gone */
  constructor(
    body: Body | null,
    encoding: Encoding | undefined,
    signal: AbortSignal,
    failed: (error: unknown) => void,
  ) {
    this.#body = body;
    this.signal = signal;
    this.#failed = failed;
    this.#compressor = encoding === undefined ? undefined : compressor(encoding);
    this.#out = this.#compressor ?? new PassThrough();
  }

  /** What is to be sent. */
  start(): Readable {
    const body = this.#body;
    const out = this.#out;
    const fail = (error: unknown): void => {
      if (out.destroyed && this.signal.aborted) return;
      this.#failed(error);
      out.destroy();
    };
    // A client that goes away destroys what it was sent: that is no failure, and the fiber hears of it by its signal.
    out.on("error", () => {});
    if (typeof body === "function") {
      body(this).then(() => out.end(), fail);
      return out;
    }
    const source = body instanceof Readable ? body : Readable.from(body ?? []);
    source.on("error", fail);
    out.on("close", () => source.destroy());
    source.pipe(out);
    return out;
  }

  write(chunk: string | Uint8Array): void | Promise<void> {
    if (this.#out.destroyed || this.#out.writableEnded) throw new Error("The client has gone");
    if (chunk.length === 0) return;
    const more = this.#out.write(chunk);
    // What the client is to see now must not wait in the compressor.
    this.#compressor?.flush();
    if (more) return;
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#out.off("drain", settle);
        this.#out.off("close", settle);
        resolve();
      };
      this.#out.on("drain", settle);
      this.#out.on("close", settle);
    });
  }
}
