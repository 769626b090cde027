/**
 * Blobs: bytes under their own hash, so that equal bytes are stored once. Small ones are one entry; larger ones are
 * written piece by piece, and are there only when the last piece is.
 */
import { createHash, randomBytes } from "node:crypto";
import { EngineAtomic } from "./atomic.ts";
import { defaultCodec } from "./codec.ts";
import type { PackedChange, Row } from "./engine.ts";
import { kvError } from "./errors.ts";
import { concat, encodeKey, extensionsOf, type Key } from "./key.ts";
import { type Core, damaged } from "./kv.ts";
import { blobRoot } from "./spaces.ts";
import { decodeValue, encodeValue } from "./value.ts";

declare const brand: unique symbol;

/** `sha256-` and 64 hexadecimal digits. */
export type BlobId = string & { readonly [brand]: "blob" };

export interface Blobs {
  /** Gives what the bytes hash to, once they are durable. Streams may be longer than memory. */
  put(content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<BlobId>;
  /** All of it, checked against its hash; null if there is no such blob. */
  get(id: BlobId): Promise<Uint8Array | null>;
  /** Piece by piece, of at most 512 KiB; checked against its hash at the end. Null if there is no such blob. */
  stream(id: BlobId): Promise<AsyncIterable<Uint8Array> | null>;
  stat(id: BlobId): Promise<{ readonly size: number } | null>;
  /** Whether there was one. */
  delete(id: BlobId): Promise<boolean>;
}

const PIECE = 512 * 1024;
/** Pieces of an upload that did not end are removed after this time, when the next one begins. */
const ABANDONED = 24 * 60 * 60 * 1000;

/** What lies under a hash. */
type Manifest = readonly [size: number, inline: Uint8Array | null, upload: Uint8Array | null];

/** Parts after the root: ["blob" hash], ["piece" upload index], ["upload" upload]. */
export class EngineBlobs implements Blobs {
  readonly #core: Core;
  readonly #root: Uint8Array;

  constructor(core: Core, namespace: Uint8Array) {
    this.#core = core;
    this.#root = blobRoot(namespace);
  }

  async put(content: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<BlobId> {
    const hash = createHash("sha256");
    let held: Uint8Array = new Uint8Array();
    let size = 0;
    let upload: Uint8Array | undefined;
    let pieces = 0;
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      if (!(chunk instanceof Uint8Array)) throw kvError("value", "A blob is made of bytes");
      hash.update(chunk);
      size += chunk.length;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      while (held.length > PIECE) {
        upload ??= await this.#begin();
        await this.#commit([this.#set(["piece", upload, pieces++], new Uint8Array(held.subarray(0, PIECE)))]);
        held = held.subarray(PIECE);
      }
    }
    const digest = hash.digest();
    const id = `sha256-${digest.toString("hex")}` as BlobId;
    const changes: PackedChange[] = [];
    if (upload !== undefined) {
      if (held.length > 0) changes.push(this.#set(["piece", upload, pieces], new Uint8Array(held)));
      changes.push({ op: "delete", key: this.#key(["upload", upload]) });
    }
    const manifest: Manifest = [size, upload === undefined ? new Uint8Array(held) : null, upload ?? null];
    changes.push(this.#set(["blob", digest], manifest));
    const stored = await this.#commit(changes, this.#key(["blob", digest]));
    // Somebody was faster, or it was there before.
    if (!stored && upload !== undefined) await this.#discard(upload);
    return id;
  }

  async get(id: BlobId): Promise<Uint8Array | null> {
    const pieces = await this.stream(id);
    if (pieces === null) return null;
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    return all.length === 1 && all[0] !== undefined ? all[0] : new Uint8Array(Buffer.concat(all));
  }

  async stream(id: BlobId): Promise<AsyncIterable<Uint8Array> | null> {
    const manifest = await this.#manifest(id);
    return manifest === null ? null : this.#pieces(id, manifest);
  }

  async *#pieces(id: BlobId, [size, inline, upload]: Manifest): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    if (inline !== null) {
      hash.update(inline);
      yield inline;
    }
    for (let i = 0; upload !== null && i * PIECE < size; i++) {
      const key = this.#key(["piece", upload, i]);
      const row = await this.#get(key);
      if (row === undefined) {
        const gone = (await this.#manifest(id)) === null;
        throw gone
          ? kvError("value", `The blob ${id} was deleted while it was read`)
          : kvError("corrupt", `Piece ${i} of the blob ${id} in ${this.#core.engine.name} is missing`);
      }
      const piece = this.#decode(row) as Uint8Array;
      hash.update(piece);
      yield piece;
    }
    if (`sha256-${hash.digest("hex")}` !== id)
      throw kvError("corrupt", `The blob ${id} in ${this.#core.engine.name} is not what its name says`);
  }

  async stat(id: BlobId): Promise<{ readonly size: number } | null> {
    const manifest = await this.#manifest(id);
    return manifest === null ? null : { size: manifest[0] };
  }

  async delete(id: BlobId): Promise<boolean> {
    const key = this.#key(["blob", digestOf(id)]);
    for (;;) {
      const row = await this.#get(key);
      if (row === undefined) return false;
      const [, , upload] = this.#decode(row) as Manifest;
      const changes: PackedChange[] = [{ op: "delete", key }];
      if (upload !== null)
        changes.push({ op: "delete-range", ...extensionsOf(this.#key(["piece", upload])) });
      if (await this.#commit(changes, key, row.version)) return true;
    }
  }

  /** A new upload; removes what another has left behind. */
  async #begin(): Promise<Uint8Array> {
    const now = this.#core.now();
    const { sync, reader } = this.#core.engine;
    const query = { ...extensionsOf(this.#key(["upload"])), reverse: false, limit: 100, now };
    for (const row of (sync?.list(query) ?? (await reader.list(query))).rows) {
      const [upload, started] = this.#decode(row) as [Uint8Array, number];
      if (started < now - ABANDONED) await this.#discard(upload);
    }
    const upload = new Uint8Array(randomBytes(16));
    await this.#commit([this.#set(["upload", upload], [upload, now])]);
    return upload;
  }

  async #discard(upload: Uint8Array): Promise<void> {
    await this.#commit([
      { op: "delete-range", ...extensionsOf(this.#key(["piece", upload])) },
      { op: "delete", key: this.#key(["upload", upload]) },
    ]);
  }

  async #manifest(id: BlobId): Promise<Manifest | null> {
    const row = await this.#get(this.#key(["blob", digestOf(id)]));
    return row === undefined ? null : (this.#decode(row) as Manifest);
  }

  /** If that key still has that version. */
  async #commit(changes: readonly PackedChange[], key?: Uint8Array, version = 0): Promise<boolean> {
    const atomic = new EngineAtomic(this.#core, new Uint8Array());
    if (key !== undefined) atomic.checkBytes(key, version, []);
    for (const change of changes) atomic.change(change);
    return (await atomic.commit()).ok;
  }

  #key(parts: Key): Uint8Array {
    return concat(this.#root, encodeKey(parts));
  }

  #set(parts: Key, value: unknown): PackedChange {
    const key = this.#key(parts);
    // The store's own codec may not know bytes.
    return { op: "set", key, value: encodeValue(key, value, defaultCodec), expires: null };
  }

  #decode(row: Row): unknown {
    try {
      return decodeValue(row.key, row.value, defaultCodec);
    } catch (error) {
      throw damaged(error, row.key, this.#core.engine.name);
    }
  }

  async #get(key: Uint8Array): Promise<Row | undefined> {
    const { sync, reader } = this.#core.engine;
    const now = this.#core.now();
    return sync === undefined ? (await reader.get([key], now))[0] : sync.get(key, now);
  }
}

function digestOf(id: BlobId): Uint8Array {
  const [, digits] = /^sha256-([0-9a-f]{64})$/.exec(id) ?? [];
  if (digits === undefined) throw kvError("key", `${JSON.stringify(id)} is not the name of a blob`);
  return new Uint8Array(Buffer.from(digits, "hex"));
}
