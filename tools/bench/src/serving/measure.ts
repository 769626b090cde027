/**
 * Servers under the load of wrk, in turn, over and over. What counts is the CPU time of a request, which other programs on
 * the machine disturb least; the rate is shown beside it.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "../harness.ts";

export interface ServingOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly tier: string;
}

export interface ServingFigure {
  readonly contender: string;
  readonly perSecond: number;
  /** CPU time of the server for one request, in microseconds. */
  readonly microseconds: number;
  /** The baseline's CPU time over this one's: 1 for the baseline, below it for what is slower. */
  readonly ratio: number;
  readonly errors: number;
  readonly megabytes: number;
}

/** The first of each group is the baseline. */
export const GROUPS: readonly (readonly string[])[] = [
  ["hello srvx", "hello fastify", "hello http-host", "hello sx"],
  ["posts srvx", "posts sx"],
];

interface Running {
  readonly contender: string;
  readonly child: ChildProcessWithoutNullStreams;
  readonly port: number;
  used(): Promise<{ readonly cpu: number; readonly megabytes: number }>;
}

async function start(contender: string, tier: string): Promise<Running> {
  const script = fileURLToPath(new URL("./server.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@sorbus/source", script, contender, tier]);
  child.stderr.pipe(process.stderr);
  const lines: AsyncIterator<string> = (createInterface({ input: child.stdout }) as Interface)[
    Symbol.asyncIterator
  ]();
  const next = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the server of ${contender} has ended`);
    return JSON.parse(value) as T;
  };
  const { port } = await next<{ port: number }>();
  return {
    contender,
    child,
    port,
    used: () => {
      child.stdin.write("\n");
      return next();
    },
  };
}

interface Load {
  readonly requests: number;
  readonly seconds: number;
  readonly errors: number;
}

const run = promisify(execFile);

async function load({ port }: Running, seconds: number, connections: number): Promise<Load> {
  let out: string;
  try {
    ({ stdout: out } = await run("wrk", [
      "-t1",
      `-c${connections}`,
      `-d${seconds}s`,
      `http://127.0.0.1:${port}/`,
    ]));
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "ENOENT") throw error;
    throw new Error("the serving benchmark needs wrk: apt-get install wrk", { cause: error });
  }
  const [, requests = "0", time = "1"] = /(\d+) requests in ([\d.]+)s/.exec(out) ?? [];
  const [, ...failed] = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out) ?? [];
  const [, wrong = "0"] = /Non-2xx or 3xx responses: (\d+)/.exec(out) ?? [];
  return {
    requests: Number(requests),
    seconds: Number(time),
    errors: failed.reduce((sum, n) => sum + Number(n), Number(wrong)),
  };
}

/** What they answer has to be the same. */
async function agree(servers: readonly Running[]): Promise<void> {
  let expected: string | undefined;
  for (const { contender, port } of servers) {
    const body = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expected ??= body;
    if (body !== expected)
      throw new Error(`${contender} answers ${body.slice(0, 200)}, not ${expected.slice(0, 200)}`);
  }
}

export async function measureServing(
  group: readonly string[],
  { rounds, seconds, connections, tier }: ServingOptions,
): Promise<ServingFigure[]> {
  const servers: Running[] = [];
  try {
    for (const contender of group) servers.push(await start(contender, tier));
    await agree(servers);
    const samples = servers.map(() => ({
      perSecond: [] as number[],
      microseconds: [] as number[],
      errors: 0,
      megabytes: 0,
    }));
    // The first round warms up.
    for (let round = -1; round < rounds; round++) {
      for (const [i, server] of servers.entries()) {
        const before = await server.used();
        const { requests, seconds: took, errors } = await load(server, seconds, connections);
        const after = await server.used();
        const sample = samples[i];
        if (round < 0 || sample === undefined) continue;
        sample.perSecond.push(requests / took);
        sample.microseconds.push(((after.cpu - before.cpu) * 1000) / requests);
        sample.errors += errors;
        sample.megabytes = after.megabytes;
      }
    }
    const base = median(samples[0]?.microseconds ?? []);
    return samples.map(({ perSecond, microseconds, errors, megabytes }, i) => ({
      contender: group[i] ?? "",
      perSecond: Math.round(median(perSecond)),
      microseconds: Math.round(median(microseconds) * 10) / 10,
      ratio: Math.round((base / median(microseconds)) * 100) / 100,
      errors,
      megabytes,
    }));
  } finally {
    for (const { child } of servers) child.kill("SIGKILL");
  }
}
