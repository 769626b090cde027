/**
 * Marks on the objects that programs hold and hand back to ops. The ops look at the mark, not at the class, so that they
 * can be declared without loading the server.
 */
import type { BodyWriter, ServerSocket } from "./types.ts";

export interface StreamBrand extends BodyWriter {
  readonly brand: "sorbus/http/stream";
}

export interface SocketBrand extends ServerSocket {
  readonly brand: "sorbus/http/socket";
}

/** A file that a client has sent. */
export interface UploadBrand {
  readonly brand: "sorbus/http/upload";
  readonly filename: string;
  readonly type: string;
  readonly size: number;
  bytes(): Promise<Uint8Array>;
  save(folder: string, name: string): Promise<void>;
}

/** The body of a form with files that has not been read yet. */
export interface MultipartBrand {
  readonly brand: "sorbus/http/multipart";
  read(limits: { readonly maxFile: number; readonly maxFiles: number }): Promise<{
    readonly parts: readonly { readonly name: string; readonly value: string | UploadBrand }[];
  }>;
}

type Branded = StreamBrand | SocketBrand | UploadBrand | MultipartBrand;

export function hasBrand<B extends "stream" | "socket" | "upload" | "multipart">(
  value: unknown,
  brand: B,
): value is Extract<Branded, { readonly brand: `sorbus/http/${B}` }> {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Partial<Branded>).brand === `sorbus/http/${brand}`
  );
}
