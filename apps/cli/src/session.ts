/** A runtime as the command line makes it: the standard ops, a tier, and a store. */
import { consoleOps } from "@sorbus/io-resolver/console";
import { httpFetchOps } from "@sorbus/io-resolver/http-fetch";
import { kvOps } from "@sorbus/io-resolver/kv";
import { randomOps } from "@sorbus/io-resolver/random";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { timeOps } from "@sorbus/io-resolver/time";
import { type Answers, createRuntime, type Runtime, type RuntimeOptions, type TierMaker, vmTier } from "sorbus";
import { Raise, str, type Value } from "@sorbus/vm";

export interface RunFlags {
  readonly tier?: "cek" | "vm" | "jit";
  readonly answers?: Answers;
  readonly jitThreshold?: number;
  readonly store?: string;
  readonly stats?: boolean;
}

/** A mistake in how the command was called; the message is all that a person needs. */
export class UsageError extends Error {}

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
  const { open } = await import("@sorbus/durable-kv");
  const store = await open({ url: flags.store === undefined ? "memory:" : `sqlite:${flags.store}` });
  const runtime = createRuntime({
    tier: await tierOf(flags),
    answers: flags.answers ?? "inline",
    ops: [
      ...consoleOps({
        show: (value) => str(value as Value),
        write: (line) => {
          process.stdout.write(`${line}\n`);
        },
      }),
      ...timeOps(),
      ...randomOps(),
      ...sleepOps(),
      ...httpFetchOps(),
      ...kvOps(store),
    ],
    ...more,
  });
  return { runtime, close: () => store.close() };
}

/** What `--stats` prints. */
export function printStats(runtime: Runtime): void {
  process.stderr.write(`${JSON.stringify(runtime.stats)}\n`);
}

/** Runs `body` with a session; reports what it raises on stderr and sets the exit code. */
export async function withSession(
  flags: RunFlags,
  body: (session: Session) => unknown,
  more: Partial<RuntimeOptions> = {},
): Promise<void> {
  let session: Session;
  try {
    session = await openSession(flags, more);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
    return;
  }
  try {
    await body(session);
  } catch (error) {
    fail(error instanceof Raise ? session.runtime.report(error) : describe(error));
  } finally {
    if (flags.stats === true) printStats(session.runtime);
    await session.close();
  }
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `error: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Says on stderr what went wrong; the command will exit with 1. */
export function fail(message: string): void {
  process.stderr.write(`${message.startsWith("error") ? message : `error: ${message}`}\n`);
  process.exitCode = 1;
}
