/** A runtime as the command line makes it: the standard ops, a tier, and a store. */

import { once } from "node:events";
import { dirname, resolve } from "node:path";
import type { AppServer } from "@sorbus/http-host";
import { httpOps } from "@sorbus/http-host/ops";
import { consoleOps } from "@sorbus/io-resolver/console";
import { httpFetchOps } from "@sorbus/io-resolver/http-fetch";
import { randomOps } from "@sorbus/io-resolver/random";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { timeOps } from "@sorbus/io-resolver/time";
import { Raise, str, type Value } from "@sorbus/vm";
import {
  type Answers,
  createRuntime,
  jitTierWith,
  type Runtime,
  type RuntimeOptions,
  type TierMaker,
  vmTier,
} from "sorbus";
import { durableIn } from "./durable.ts";
import { CommandError, EXIT, ended, endOnSignals, endWith, fail, UsageError } from "./ending.ts";
import { filesFromHere } from "./files.ts";
import { watchHeap } from "./memory.ts";
import { print, printError } from "./output.ts";
import { moreOps, recorderOf, resolverOf } from "./resolver.ts";
import { storeIn } from "./store.ts";

export interface RunFlags {
  readonly tier?: "cek" | "vm" | "jit";
  readonly answers?: Answers;
  readonly jitThreshold?: number;
  readonly store?: string;
  readonly stats?: boolean;
  readonly allow?: readonly string[];
  readonly env?: readonly string[];
  readonly files?: string;
  readonly record?: string;
  readonly replay?: string;
}

/** Calls and loop iterations between two looks at signals and timers: some milliseconds. */
const SLICE = 200_000;

export interface Session {
  readonly runtime: Runtime;
  /** The program is loaded: durable fibers that earlier runs have left go on. */
  loaded(): void;
  /** Another runtime of the same kind over the same store: for a newer version of the program. */
  fresh(): Runtime;
  /** Resolves when no server is open that the program has started, or the process is asked to end. */
  served(): Promise<void>;
  /** Closes the store, and the servers before it. */
  close(): Promise<void>;
}

async function tierOf(flags: RunFlags): Promise<TierMaker> {
  switch (flags.tier) {
    case "cek":
      return (await import("@sorbus/cek")).cekTier;
    case "vm":
      return vmTier;
    default:
      return jitTierWith(flags.jitThreshold === undefined ? {} : { threshold: flags.jitThreshold });
  }
}

/** @throws UsageError for flags that cannot be met; the store's errors */
export async function openSession(
  flags: RunFlags,
  more: Partial<RuntimeOptions> = {},
  file?: string,
  fibers = false,
): Promise<Session> {
  const tier = await tierOf(flags);
  const store = await storeIn(flags.store);
  const durable = await durableIn(fibers ? flags.store : undefined);
  const folder = folderOf(file);
  const servers = new Set<AppServer>();
  const watched = await recorderOf(flags);
  const others = await moreOps(flags);
  const fresh = (): Runtime => {
    const runtime: Runtime = createRuntime({
      tier,
      answers: flags.answers ?? "inline",
      slice: SLICE,
      files: filesFromHere,
      ops: resolverOf(flags, watched?.recorder, [
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
        ...httpOps({
          uploads: resolve(folder, "uploads"),
          listen: {
            runtime: () => runtime,
            defaults: { files: folder, development: true },
            opened: (server) => {
              servers.add(server);
              void server.closed.then(() => servers.delete(server));
            },
          },
        }),
        ...store.ops,
        ...durable.ops,
        ...others,
      ]),
      ...more,
    });
    return runtime;
  };
  const close = async (): Promise<void> => {
    await Promise.all(Array.from(servers, (server) => server.close()));
    await durable.stop();
    await store.close();
    watched?.close();
  };
  const served = async (): Promise<void> => {
    if (servers.size === 0) return;
    const asked = ended.aborted ? Promise.resolve() : once(ended, "abort");
    while (servers.size > 0 && !ended.aborted)
      await Promise.race([asked, ...Array.from(servers, (server) => server.closed)]);
    // To be asked to end is how a server ends.
    if (ended.aborted) process.exitCode = 0;
  };
  const runtime = fresh();
  durable.bind(runtime);
  return { runtime, loaded: () => durable.start(), fresh, served, close };
}

/** Files that a program serves, and uploads that it keeps, are beside it. */
export function folderOf(file: string | undefined): string {
  return file === undefined ? resolve(".") : dirname(resolve(file));
}

/**
 * Runs `body` with a session; reports what it raises on stderr and sets the exit code.
 * @param fibers whether a store holds durable fibers too
 */
export async function withSession(
  flags: RunFlags,
  body: (session: Session) => unknown,
  more: Partial<RuntimeOptions> = {},
  file?: string,
  fibers = false,
): Promise<void> {
  let session: Session | undefined;
  try {
    session = await openSession(flags, more, file, fibers);
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
