/** A runtime as the command line makes it: the standard ops, a tier, and a store. */

import { consoleOps } from "@sorbus/io-resolver/console";
import { httpFetchOps } from "@sorbus/io-resolver/http-fetch";
import { randomOps } from "@sorbus/io-resolver/random";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { timeOps } from "@sorbus/io-resolver/time";
import { Raise, str, type Value } from "@sorbus/vm";
import {
  type Answers,
  createRuntime,
  type Runtime,
  type RuntimeOptions,
  type TierMaker,
  vmTier,
} from "sorbus";
import { CommandError, EXIT, ended, endOnSignals, endWith, fail, UsageError } from "./ending.ts";
import { filesFromHere } from "./files.ts";
import { watchHeap } from "./memory.ts";
import { print, printError } from "./output.ts";
import { storeIn } from "./store.ts";

export interface RunFlags {
  readonly tier?: "cek" | "vm" | "jit";
  readonly answers?: Answers;
  readonly jitThreshold?: number;
  readonly store?: string;
  readonly stats?: boolean;
}

/** Calls and loop iterations between two looks at signals and timers: some milliseconds. */
const SLICE = 200_000;

export interface Session {
  readonly runtime: Runtime;
  /** Closes the store. */
  close(): Promise<void>;
}

async function tierOf(flags: RunFlags): Promise<TierMaker> {
  switch (flags.tier) {
    case "cek":
      return (await import("@sorbus/cek")).cekTier;
    case "jit":
      throw new UsageError("--tier jit: the JIT is not part of this version yet; use vm or cek");
    default:
      return vmTier;
  }
}

/** @throws UsageError for flags that cannot be met; the store's errors */
export async function openSession(flags: RunFlags, more: Partial<RuntimeOptions> = {}): Promise<Session> {
  const tier = await tierOf(flags);
  const store = await storeIn(flags.store);
  const runtime = createRuntime({
    tier,
    answers: flags.answers ?? "inline",
    slice: SLICE,
    files: filesFromHere,
    ops: [
      ...consoleOps({
        show: (value) => str(value as Value),
        write: (line) => {
          print(`${line}\n`);
        },
      }),
      ...timeOps(),
      ...randomOps(),
      ...sleepOps(),
      ...httpFetchOps(),
      ...store.ops,
    ],
    ...more,
  });
  return { runtime, close: () => store.close() };
}

/** Runs `body` with a session; reports what it raises on stderr and sets the exit code. */
export async function withSession(
  flags: RunFlags,
  body: (session: Session) => unknown,
  more: Partial<RuntimeOptions> = {},
): Promise<void> {
  let session: Session | undefined;
  try {
    session = await openSession(flags, more);
    endOnSignals();
    watchHeap(endWith);
    await body(session);
  } catch (error) {
    // Who has ended the program wants no report of that.
    if (!ended.aborted) reportFailure(error, session?.runtime);
  } finally {
    if (flags.stats === true && session !== undefined) {
      printError(`${JSON.stringify(session.runtime.stats)}\n`);
    }
    await session?.close();
  }
}

/** Tells a person what was thrown, and sets the exit code. */
export function reportFailure(error: unknown, runtime: Runtime | undefined): void {
  if (error instanceof UsageError) fail(error.message, EXIT.usage);
  else if (error instanceof Raise && runtime !== undefined) fail(runtime.report(error));
  else if (error instanceof CommandError || isKnown(error)) fail(error.message);
  else fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** Errors of the packages beneath whose message is written for people; their classes are not loaded for this. */
function isKnown(error: unknown): error is Error {
  return error instanceof Error && ["KvError", "ListenError", "SpecError"].includes(error.name);
}
