/** What processes that share a store say to the one that commits for all, over a local socket. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import type { Place } from "./database.ts";

/** To be raised when the messages change: processes that speak different ones do not share a committer. */
export const PROTOCOL = 1;

export type ToCommitter =
  /** Each client has one batch under way at most. */
  | {
      readonly type: "commit";
      readonly id: number;
      readonly atomics: readonly PackedAtomic[];
      readonly now: number;
    }
  /** From now on, tell of commits. */
  | { readonly type: "watch" };

export type FromCommitter =
  | { readonly type: "hello"; readonly protocol: number }
  | { readonly type: "results"; readonly id: number; readonly results: readonly PackedResult[] }
  | { readonly type: "changed" }
  /** It ends: what it has not answered by now was not and will not be committed by it. */
  | { readonly type: "bye" };

/** Socket addresses are short: 108 bytes on Linux, 104 elsewhere. */
const MAX_ADDRESS = 100;

/** Where the committer of a store listens. */
export function addressOf({ file }: Place): string {
  const folder = dirname(file);
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  if (process.platform === "win32") return `\\\\.\\pipe\\durable-kv-${hash}`;
  const inFolder = join(folder, "committer.sock");
  return Buffer.byteLength(inFolder) <= MAX_ADDRESS ? inFolder : join(tmpdir(), `durable-kv-${hash}.sock`);
}

/** Undefined if nobody listens there, or somebody whom the data is not for. */
export function reach(address: string): Promise<Socket | undefined> {
  if (!trusted(address)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}

function trusted(address: string): boolean {
  if (process.platform === "win32" || process.getuid === undefined) return true;
  try {
    const { uid } = statSync(address);
    // In the store's folder, who may make files there may also change the store.
    return uid === process.getuid() || !address.startsWith(tmpdir());
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return false;
    throw error;
  }
}

export function send(socket: Socket, message: ToCommitter | FromCommitter): void {
  const payload = serialize(message);
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(payload.length);
  socket.cork();
  socket.write(head);
  socket.write(payload);
  socket.uncork();
}

/** Calls `each` with every message that comes. */
export function receive<M extends ToCommitter | FromCommitter>(
  socket: Socket,
  each: (message: M) => void,
): void {
  let held: Buffer[] = [];
  let size = 0;
  /** How many bytes the next message needs, its head included, as far as that is known. */
  let wanted = 4;
  socket.on("data", (chunk: Buffer) => {
    held.push(chunk);
    size += chunk.length;
    if (size < wanted) return;
    let bytes = held.length === 1 ? chunk : Buffer.concat(held);
    for (;;) {
      wanted = bytes.length < 4 ? 4 : 4 + bytes.readUInt32BE(0);
      if (bytes.length < wanted) break;
      each(deserialize(bytes.subarray(4, wanted)) as M);
      bytes = bytes.subarray(wanted);
      if (bytes.length === 0) {
        wanted = 4;
        break;
      }
    }
    held = bytes.length === 0 ? [] : [bytes];
    size = bytes.length;
  });
}
