/** `:blob/*`: bytes by what they hash to, over a store that has such, like that of `@sorbus/durable-kv`. */
import { type OpDeclaration, OpError } from "../op.ts";

export interface BlobStore {
  readonly blobs: {
    put(content: Uint8Array): Promise<string>;
    get(id: never): Promise<Uint8Array | null>;
    stat(id: never): Promise<{ readonly size: number } | null>;
    delete(id: never): Promise<boolean>;
  };
}

export interface BlobOptions {
  /** The longest blob that is put or got whole, in bytes. Default 64 MiB. */
  readonly maxBytes?: number;
}

/** A name that is none would be a mistake, not an absence. */
const checkId = ([id]: readonly unknown[]): string | undefined =>
  typeof id === "string" && /^sha256-[0-9a-f]{64}$/.test(id) ? undefined : "id must come from :blob/put";

export function blobOps(
  { blobs }: BlobStore,
  { maxBytes = 64 * 2 ** 20 }: BlobOptions = {},
): OpDeclaration[] {
  const bounded = (op: string, size: number): void => {
    if (size > maxBytes)
      throw new OpError("limit", `:${op}: the blob has ${size} bytes; the most is ${maxBytes}`);
  };
  return [
    {
      name: "blob/put",
      params: "content",
      purity: "write",
      idempotent: true,
      doc: "Stores a string as UTF-8, or bytes, and answers the id: what they hash to.",
      check: ([content]) =>
        content instanceof Uint8Array || (typeof content === "string" && content.isWellFormed())
          ? undefined
          : "content must be a string or bytes",
      handler: ([content]) => {
        const bytes =
          typeof content === "string" ? new TextEncoder().encode(content) : (content as Uint8Array);
        bounded("blob/put", bytes.length);
        return blobs.put(bytes);
      },
    },
    {
      name: "blob/get",
      params: "id",
      purity: "read",
      doc: "The bytes of that id, or nil.",
      check: checkId,
      handler: async ([id]) => {
        const found = await blobs.stat(id as never);
        if (found === null) return null;
        bounded("blob/get", found.size);
        return blobs.get(id as never);
      },
    },
    {
      name: "blob/size",
      params: "id",
      purity: "read",
      doc: "How many bytes there are of that id, or nil.",
      check: checkId,
      handler: async ([id]) => (await blobs.stat(id as never))?.size ?? null,
    },
    {
      name: "blob/delete",
      params: "id",
      purity: "write",
      idempotent: true,
      doc: "Removes a blob. Whether there was one.",
      check: checkId,
      handler: ([id]) => blobs.delete(id as never),
    },
  ];
}
