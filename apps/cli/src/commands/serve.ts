/** `sx serve`: a program's handler over HTTP, by one process or several, and newer versions of it while it serves. */

import cluster from "node:cluster";
import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import type { ProgramServer, Workers } from "@sorbus/http-host";
import { kindOf, Raise, type Value } from "@sorbus/vm";
import type { Runtime } from "sorbus";
import { CommandError, ended, endOnSignals, UsageError } from "../ending.ts";
import { print, printError } from "../output.ts";
import { folderOf, type RunFlags, reportFailure, type Session, withSession } from "../session.ts";
import { needFile } from "./run.ts";

export interface ServeFlags extends RunFlags {
  readonly port: number;
  readonly host: string;
  readonly workers?: number;
  readonly watch?: boolean;
  readonly production?: boolean;
  readonly allowOrigin?: readonly string[];
}

export async function serveCommand(file: string, flags: ServeFlags): Promise<void> {
  const count = flags.workers ?? 1;
  if (count === 1) return withSession(flags, (session) => serveAlone(file, flags, session), {}, file);
  if (cluster.isWorker) return withSession(flags, (session) => serveAsWorker(file, flags, session), {}, file);
  try {
    if (flags.store === undefined)
      throw new UsageError("--workers needs --store: what is only in memory cannot be shared by processes");
    needFile(file);
    endOnSignals();
    const { serveWorkers } = await import("@sorbus/http-host");
    const workers = await serveWorkers({
      workers: count,
      port: flags.port,
      serve: () => Promise.reject(new Error("the primary serves nothing")),
      onExit: (pid, reason) => printError(`worker ${pid} has ended (${reason}); another one is started\n`),
    });
    if (workers.role === "primary") await untilEnded(file, flags, workers, () => workers.reload());
  } catch (error) {
    if (!ended.aborted) reportFailure(plain(error), undefined);
  }
}

async function serveAlone(file: string, flags: ServeFlags, session: Session): Promise<void> {
  const server = await open(file, flags, session, { port: flags.port });
  await untilEnded(file, flags, server, async () => {
    const result = await server.reload();
    return result.ok ? result : { ok: false, error: messageOf(result.error) };
  });
}

async function serveAsWorker(file: string, flags: ServeFlags, session: Session): Promise<void> {
  const { serveWorkers } = await import("@sorbus/http-host");
  const role = await serveWorkers({
    port: flags.port,
    report: (error) => (error instanceof Raise ? session.runtime.report(error) : messageOf(error)),
    serve: (shared) => open(file, flags, session, shared),
  }).catch(() => {
    // The primary has been told, and tells people.
    process.exitCode = 1;
  });
  if (role === undefined) return;
  // A terminal tells all processes at once that it is over.
  ended.addEventListener("abort", () => {
    if (role.role === "worker") void role.server.close();
  });
  if (role.role === "worker") await role.server.closed;
  process.exitCode = 0;
}

/** What was wrong with a program, as people read it: only the runtime that has its text can tell. */
class Told extends Error {}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An error that another process has reported needs no stack of this one. */
const plain = (error: unknown): unknown =>
  error instanceof Error && !(error instanceof UsageError) ? new CommandError(error.message) : error;

async function open(
  file: string,
  flags: ServeFlags,
  session: Session,
  shared: { readonly port: number; readonly reusePort?: boolean },
): Promise<ProgramServer> {
  needFile(file);
  const { serveProgram } = await import("@sorbus/http-host");
  let runtime: Runtime | undefined = session.runtime;
  return serveProgram({
    ...shared,
    hostname: flags.host,
    development: flags.production !== true,
    files: folderOf(file),
    ...(flags.allowOrigin !== undefined && { origins: flags.allowOrigin }),
    load: async () => {
      // The first time in the session's own runtime, which reports what is wrong with it.
      const current = runtime ?? session.fresh();
      const isFirst = runtime !== undefined;
      runtime = undefined;
      try {
        const last = await current.loadValue(file, { signal: ended });
        const app = handlerOf(current, last);
        if (app !== undefined) return { runtime: current, app };
      } catch (error) {
        if (isFirst || !(error instanceof Raise)) throw error;
        throw new Told(current.report(error));
      }
      throw new CommandError(
        `${file} gives no handler: its last form must be a function of a request, or it must define \`handler\``,
      );
    },
  });
}

/** Says where it serves; loads the program again on SIGHUP, and with `--watch` when a file has changed. */
async function untilEnded(
  file: string,
  flags: ServeFlags,
  server: Pick<Workers, "url" | "close">,
  reload: () => Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>,
): Promise<void> {
  const again = async (): Promise<void> => {
    const result = await reload();
    if (result.ok) print(`loaded ${file} again\n`);
    else printError(`${result.error}\nthe program from before goes on\n`);
  };
  process.on("SIGHUP", () => void again());
  const watcher = flags.watch === true ? watching(folderOf(file), () => void again()) : undefined;
  print(`serving ${file} on ${server.url}\n`);
  if (!ended.aborted) await once(ended, "abort");
  watcher?.close();
  // To be asked to end is how a server ends.
  process.exitCode = 0;
  await server.close();
}

/** Several files that are saved together are one change. */
const TOGETHER = 50;

function watching(folder: string, changed: () => void): FSWatcher {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return watch(folder, { recursive: true }, (_, name) => {
    if (name === null || !name.endsWith(".sx") || /(^|[/\\])(node_modules|\.[^/\\]+)[/\\]/.test(name)) return;
    clearTimeout(timer);
    timer = setTimeout(changed, TOGETHER);
  });
}

function handlerOf(runtime: Runtime, last: Value): Value | undefined {
  if (kindOf(last) === "function") return last;
  if (runtime.mainModule().lookupOwn("handler") === undefined) return undefined;
  const handler = runtime.global("handler");
  return kindOf(handler) === "function" ? handler : undefined;
}
