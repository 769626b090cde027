/** The `:kv/*` ops of a command: over a folder, or over a store in memory that is made when it is first asked for. */
import type { Store } from "@sorbus/durable-kv";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { storeOps } from "sorbus";

export interface CommandStore {
  readonly ops: readonly OpDeclaration[];
  close(): Promise<void>;
}

async function open(url: string): Promise<Store> {
  const { open } = await import("@sorbus/durable-kv");
  return open({ url });
}

/** @throws KvError for a folder that cannot be used */
export async function storeIn(folder: string | undefined): Promise<CommandStore> {
  if (folder === undefined) return inMemory();
  const store = await open(`sqlite:${folder}`);
  return { ops: storeOps(store), close: () => store.close() };
}

/** Most programs store nothing: they should not wait for a database. */
function inMemory(): CommandStore {
  let opening: Promise<Store> | undefined;
  let ready: ReadonlyMap<string, OpDeclaration> | undefined;
  const first = async (): Promise<ReadonlyMap<string, OpDeclaration>> => {
    opening ??= open("memory:");
    const ops = storeOps(await opening);
    ready ??= new Map(ops.map((op) => [op.name, op]));
    return ready;
  };
  return {
    ops: storeOps(absent).map((op) => ({
      ...op,
      handler: (args, context) => {
        const now = ready?.get(op.name);
        return now === undefined
          ? first().then((ops) => ops.get(op.name)?.handler(args, context))
          : now.handler(args, context);
      },
    })),
    close: async () => (await opening)?.close(),
  };
}

const notYet = (): Promise<never> => Promise.reject(new Error("there is no store yet"));

/** Stands for a store while the ops are declared; it is never asked. */
const absent: Parameters<typeof storeOps>[0] = {
  get: notYet,
  list: notYet,
  set: notYet,
  delete: notYet,
  log: () => {
    throw new Error("there is no store yet");
  },
  blobs: { put: notYet, get: notYet, stat: notYet, delete: notYet },
};
