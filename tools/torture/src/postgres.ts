/**
 * Kills a PostgreSQL server with -9 under load, again and again, and looks whether anything that was acknowledged is
 * lost, torn or there twice.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { open, type Store } from "@sorbus/durable-kv";
import { postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import { NODE_FLAGS } from "./children.ts";
import type { Outcome, Setting } from "./ordeal.ts";
import { Random } from "./random.ts";

interface KillReport {
  readonly kills: number;
  /** Commits that were acknowledged. */
  readonly acknowledged: number;
  /** Commits that ended in doubt and were asked for again under their names. */
  readonly doubts: number;
  /** Commits that were refused because the server was away. */
  readonly refusals: number;
}

const program = fileURLToPath(new URL("./postgres-program.ts", import.meta.url));

/** Which processes write: patient ones get over a restart, impatient ones end in doubt. */
const PROCESSES = [
  { name: "patient", writers: 4, patience: 60_000, commitBy: "function" },
  { name: "impatient", writers: 4, patience: 20, commitBy: "function" },
  { name: "plain", writers: 2, patience: 20, commitBy: "statements" },
] as const;

/** @throws Error that says what was lost */
async function killRounds(rounds: number, seed: number): Promise<KillReport> {
  const random = new Random(seed);
  await using server = await startPostgres({ fsync: true });
  // The tables are there before the writers are.
  await using store = await open({ url: server.url, postgres: { patience: 60_000 } });
  const acknowledged = new Map<string, number>();
  let acks = 0;
  let doubts = 0;
  let refusals = 0;
  let failed: Error | undefined;
  const children = PROCESSES.map(({ name, writers, patience, commitBy }) => {
    const child = spawn(
      process.execPath,
      [...NODE_FLAGS, program, server.url, name, String(writers), String(patience), commitBy],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("exit", (code) => {
      if (code !== 0) failed ??= new Error(`A writer ended with ${code}: ${said}`);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [word, first = "", second] = line.split(" ");
      if (word === "ack") {
        acks++;
        acknowledged.set(first, Number(second));
      } else {
        doubts += Number(first);
        refusals += Number(second);
      }
    });
    return child;
  });
  try {
    for (let round = 0; round < rounds; round++) {
      const before = acks;
      // Each round has work that is under way when the server dies.
      while (acks < before + 20 && failed === undefined) await wait(10);
      await wait(random.next() * 200);
      await server.kill();
      await wait(random.next() * 100);
      await server.start();
      if (failed !== undefined) throw failed;
      await look(store, new Map(acknowledged), `after kill ${round + 1}`);
    }
  } finally {
    await Promise.all(children.map(ended));
  }
  await look(store, acknowledged, "at the end");
  const { damaged } = await store.scrub();
  if (damaged.length > 0) throw new Error(`Damaged: ${damaged.map(({ what }) => what).join("; ")}`);
  return { kills: rounds, acknowledged: acks, doubts, refusals };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

/** Everything up to what was acknowledged is there, whole, once; and nothing but what may follow it. */
async function look(store: Store, acknowledged: ReadonlyMap<string, number>, when: string): Promise<void> {
  await store.snapshot(async (snapshot) => {
    for (const [writer, last] of acknowledged) {
      const wrong = (what: string): never => {
        throw new Error(`${when}: ${what} of ${writer}, whose ${last} was acknowledged`);
      };
      const { entries } = await snapshot.list<string>({ prefix: ["entry", writer] });
      entries.forEach(({ key, value }, i) => {
        if (key[2] !== i) wrong(`entry ${i} is missing`);
        if (value !== `${writer} wrote ${i} `.repeat(1 + (i % 40))) wrong(`entry ${i} is torn`);
      });
      const there = entries.length - 1;
      if (there < last) wrong(`entry ${there + 1} is lost`);
      const [newest, fourths] = await snapshot.getMany<number>([
        ["last", writer],
        ["fourths", writer],
      ]);
      if (newest?.value !== there) wrong(`the last number is ${newest?.value}, but there are ${there + 1}`);
      if (fourths?.value !== Math.floor(there / 4) + 1)
        wrong(`the sum is ${fourths?.value} with ${there + 1} entries`);
    }
  });
}

/** Where there is no PostgreSQL it says so, and nothing is tried. */
export async function postgresKills({ seed, rounds }: Setting): Promise<Outcome> {
  if (!postgresOrSkip()) return { tried: 0, problems: [], said: "there is no PostgreSQL here: skipped" };
  try {
    const { kills, acknowledged, doubts, refusals } = await killRounds(rounds, seed);
    return {
      tried: kills,
      problems: [],
      said: `${kills} kills of a server under load, ${acknowledged} acknowledged commits, ${doubts} in doubt and asked for again, ${refusals} refused`,
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { tried: rounds, problems: [problem], said: "kills of a server under load" };
  }
}
