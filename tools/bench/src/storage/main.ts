/**
 * `pnpm --filter @sorbus/bench storage [--milliseconds N]`: durable-kv beside other embedded stores in one run: reads, one writer, 16
 * writers, four processes with 4 writers each; and the ratios that it is to reach. An engine that is not there is left out, and said.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { engines, writersAre } from "./engines.ts";
import { type Driven, drive, reads } from "./load.ts";

const { values } = parseArgs({ options: { milliseconds: { type: "string", default: "2000" } } });
const time = Number(values.milliseconds);
if (!(time >= 100))
  throw new RangeError(`--milliseconds takes a number from 100, not ${values.milliseconds}`);

interface Figures {
  read?: number | undefined;
  one?: number;
  sixteen?: number;
  /** Commits a second of each process, and the worst p99. */
  four?: undefined | { readonly rates: readonly number[]; readonly p99: number };
}

/** Engines that several processes can have open at once. */
const SHARED = new Set(["durable-kv", "lmdb"]);
const PROCESSES = 4;

const root = mkdtempSync(join(tmpdir(), "bench-storage-"));
const figures = new Map<string, Figures>();
try {
  for (const [name, make] of Object.entries(engines)) {
    const own: Figures = {};
    const folder = (what: string): string => {
      const path = join(root, `${name.replace(/\W/g, "-")}-${what}`);
      mkdirSync(path);
      return path;
    };
    try {
      for (const writers of [1, 16] as const) {
        writersAre(writers > 1);
        const engine = await make(folder(`${writers}`));
        await drive(engine, "warm", writers, time / 4);
        const { commits } = await drive(engine, "p", writers, time);
        own[writers === 1 ? "one" : "sixteen"] = (commits * 1000) / time;
        if (writers === 16) own.read = await reads(engine);
        await engine.close();
      }
      if (SHARED.has(name)) own.four = await processes(name, folder("four"));
      figures.set(name, own);
    } catch (error) {
      console.error(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
print();

async function processes(name: string, folder: string): Promise<Figures["four"]> {
  const file = fileURLToPath(new URL("./writer.ts", import.meta.url));
  const said = (child: ChildProcess): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", (code) => reject(new Error(`a process of ${name} ended with ${code}`)));
    });
  const children = Array.from({ length: PROCESSES }, (_, i) =>
    fork(file, [name, folder, `p${i}`, "4", String(time)], {
      execArgv: [
        "--conditions=@sorbus/source",
        "--experimental-strip-types",
        "--disable-warning=ExperimentalWarning",
      ],
    }),
  );
  await Promise.all(children.map(said));
  const results = children.map(said);
  for (const child of children) child.send("go");
  const driven = (await Promise.all(results)) as Driven[];
  const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) child.send("end");
  await Promise.all(ended);
  return {
    rates: driven.map(({ commits }) => (commits * 1000) / time),
    p99: Math.max(...driven.map(({ p99 }) => p99)),
  };
}

function print(): void {
  const sum = (rates: readonly number[] | undefined): number | undefined => rates?.reduce((a, b) => a + b);
  const cell = (n: number | undefined, digits = 0): string =>
    (n === undefined ? "–" : n.toFixed(digits)).padStart(9);
  console.log(`${"".padEnd(22)}  read ns  1 writer/s  16 wr./s  4 proc./s  slowest  p99 ms`);
  for (const [name, { read, one, sixteen, four }] of figures) {
    const slowest = four && Math.min(...four.rates) / Math.max(...four.rates);
    console.log(
      `${name.padEnd(22)}${cell(read)}   ${cell(one)} ${cell(sixteen)}  ${cell(sum(four?.rates))} ${cell(slowest, 2)}${cell(four?.p99, 1)}`,
    );
  }
  const ours = figures.get("durable-kv") ?? {};
  const of = (name: string): Figures => figures.get(name) ?? {};
  const rows: readonly (readonly [string, number | undefined, string, (ratio: number) => boolean])[] = [
    ["a read / lmdb's", over(ours.read, of("lmdb").read), "≤ 2.0", (r) => r <= 2],
    [
      "1 writer / append and fdatasync",
      over(ours.one, of("append and fdatasync").one),
      "≥ 0.9",
      (r) => r >= 0.9,
    ],
    ["16 writers / lmdb", over(ours.sixteen, of("lmdb").sixteen), "≥ 1.5", (r) => r >= 1.5],
    ["16 writers / @deno/kv", over(ours.sixteen, of("@deno/kv").sixteen), "≥ 10", (r) => r >= 10],
    [
      "4 processes / lmdb",
      over(sum(ours.four?.rates), sum(of("lmdb").four?.rates)),
      "≥ 2.5",
      (r) => r >= 2.5,
    ],
    [
      "slowest process / fastest",
      over(Math.min(...(ours.four?.rates ?? [0])), Math.max(...(ours.four?.rates ?? [1]))),
      "≥ 0.4",
      (r) => r >= 0.4,
    ],
    ["p99 with 4 processes, ms", ours.four?.p99, "≤ 20", (r) => r <= 20],
  ];
  console.log("");
  for (const [what, ratio, goal, met] of rows)
    console.log(
      `${what.padEnd(34)} ${ratio === undefined ? "not measured" : ratio.toFixed(2).padStart(6)}   ${goal}${ratio === undefined || met(ratio) ? "" : "   not met"}`,
    );
}

function over(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}
