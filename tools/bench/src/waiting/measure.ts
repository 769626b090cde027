/** Requests that wait: how many one process serves at once, how long all of them take, and what memory. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface WaitingOptions {
  readonly requests: number;
  /** How long each waits, in milliseconds. */
  readonly wait: number;
}

export interface WaitingFigures {
  readonly requests: number;
  readonly wait: number;
  readonly connections: number;
  /** The process's limit of open files, if that is why there are fewer connections than requests. */
  readonly limitedBy: number | undefined;
  /** From the first request to the last answer. */
  readonly seconds: number;
  /** Fibers that waited at the same time, at most. */
  readonly most: number;
  /** The server's largest resident set, in MiB. */
  readonly megabytes: number;
  /** Requests by status; or by what went wrong. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Descriptors that a process needs for itself. */
const OWN_FILES = 100;

function openFiles(): number {
  if (process.platform === "win32") return Number.POSITIVE_INFINITY;
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit);
}

function run(file: string, args: readonly (string | number)[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, ["--conditions=@sorbus/source", path, ...args.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

/** The lines of JSON that a process writes. */
function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new TypeError("the process has no output to read");
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

async function next(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error("a process of the benchmark ended early");
  return JSON.parse(line.value);
}

/** Server and load are processes of their own, on real sockets. */
export async function measureWaiting({ requests, wait }: WaitingOptions): Promise<WaitingFigures> {
  const files = openFiles();
  const connections = Math.max(1, Math.min(requests, files - OWN_FILES));
  const server = run("./server.ts", [wait]);
  try {
    const said = linesOf(server);
    const { port } = (await next(said)) as { port: number };
    const load = run("./load.ts", [port, requests, connections]);
    const { seconds, outcomes } = (await next(linesOf(load))) as Pick<WaitingFigures, "seconds" | "outcomes">;
    server.stdin?.end();
    const used = (await next(said)) as Pick<WaitingFigures, "most" | "megabytes">;
    await once(server, "exit");
    return {
      requests,
      wait,
      connections,
      limitedBy: connections < requests ? files : undefined,
      seconds,
      outcomes,
      ...used,
    };
  } finally {
    server.kill();
  }
}

/** The figures in a line or two. */
export function describeWaiting(figures: WaitingFigures): string {
  const { requests, wait, connections, limitedBy, seconds, most, megabytes, outcomes } = figures;
  const answers = Object.entries(outcomes).map(([outcome, count]) => `${count} × ${outcome}`);
  return [
    `${requests} requests that each wait ${wait} ms: ${answers.join(", ")} in ${seconds.toFixed(1)} s, ${most} at the same time, ${megabytes} MiB`,
    ...(limitedBy === undefined
      ? []
      : [`(over ${connections} kept connections, because a process may open ${limitedBy} files: ulimit -n)`]),
  ].join("\n");
}
