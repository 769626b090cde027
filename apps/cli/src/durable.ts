/** Durable fibers of a command: with a store in a folder they are kept in a folder in it, of their own. */
import { join } from "node:path";
import type { OpDeclaration } from "@sorbus/io-resolver";
import type { Runtime } from "sorbus";
import { printError } from "./output.ts";

export interface CommandFibers {
  readonly ops: readonly OpDeclaration[];
  /** Before the program is loaded. */
  bind(runtime: Runtime): void;
  /** When it is: what earlier runs have left goes on. */
  start(): void;
  stop(): Promise<void>;
}

const NONE: CommandFibers = { ops: [], bind: () => {}, start: () => {}, stop: async () => {} };

/** @throws KvError for a folder that cannot be used */
export async function durableIn(folder: string | undefined): Promise<CommandFibers> {
  if (folder === undefined) return NONE;
  const [{ open }, { DurableFibers }] = await Promise.all([
    import("@sorbus/durable-kv"),
    import("@sorbus/durable-fibers"),
  ]);
  const store = await open({ url: `sqlite:${join(folder, "durable")}` });
  const fibers = new DurableFibers({
    store,
    onError: (error, fiber) => {
      const what = fiber === undefined ? "durable fibers" : `the durable fiber ${JSON.stringify(fiber)}`;
      printError(`warning: ${what}: ${error instanceof Error ? error.message : String(error)}\n`);
    },
  });
  let bound: Runtime | undefined;
  return {
    ops: fibers.ops(),
    bind: (runtime) => {
      bound = runtime;
      fibers.bind(runtime);
    },
    start: () => {
      if (bound !== undefined) fibers.start(bound);
    },
    stop: async () => {
      await fibers.stop();
      await store.close();
    },
  };
}
