/** A program with durable fibers, as one process has it. Several in one test stand for several processes. */
import { open, type Store } from "@sorbus/durable-kv";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { createRuntime, jitTierWith, type Runtime, vmTier } from "sorbus";
import { DurableFibers, type DurableOptions } from "../src/index.ts";
import type { FiberStore } from "../src/store.ts";

export const memory = (): Promise<Store> => open({ url: "memory:" });

export interface Process {
  readonly runtime: Runtime;
  readonly fibers: DurableFibers;
  /** What is wrong with something else than a program. */
  readonly errors: string[];
}

export async function process_(
  store: Store,
  program: string,
  ops: Readonly<Record<string, (...args: never[]) => unknown>> = {},
  options: Partial<DurableOptions> & { readonly more?: readonly OpDeclaration[] } = {},
): Promise<Process> {
  const errors: string[] = [];
  const { more = [], ...rest } = options;
  const fibers = new DurableFibers({
    store: store as unknown as FiberStore,
    onError: (error) => errors.push(error instanceof Error ? error.message : String(error)),
    poll: 20,
    ...rest,
  });
  const runtime = createRuntime({
    // What is compiled at once is the hardest to put away; `DURABLE_TIER=vm` compiles nothing.
    tier: process.env.DURABLE_TIER === "vm" ? vmTier : jitTierWith({ threshold: 0 }),
    ops: [
      ...fibers.ops(),
      ...sleepOps(),
      ...Object.entries(ops).map(
        ([name, f]): OpDeclaration => ({ name, purity: "write", handler: (args) => f(...(args as never[])) }),
      ),
      ...more,
    ],
  });
  fibers.bind(runtime);
  await runtime.eval(program, { file: "program.sx" });
  fibers.start(runtime);
  return { runtime, fibers, errors };
}
