/**
 * Kills a PostgreSQL server with -9 under load, again and again, and looks whether anything that was acknowledged is
 * lost, torn or there twice. `node --conditions=@sorbus/source test/postgres/kills.ts [ROUNDS] [SEED]` does 50 rounds.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@sorbus/postgres-server";
import { open, type Store } from "../../src/index.ts";
import { FLAGS } from "../programs.ts";

export interface KillReport {
  readonly kills: number;
  /** Commits that were acknowledged. */
  readonly acknowledged: number;
  /** Commits that ended in doubt and were asked for again under their names. */
  readonly doubts: number;
  /** Commits that were refused because the server was away. */
  readonly refusals: number;
}

const program = fileURLToPath(new URL("../programs/pg-writer.ts", import.meta.url));

/** Which processes write: patient ones get over a restart, impatient ones end in doubt. */
const PROCESSES = [
  { name: "patient", writers: 4, patience: 60_000, commitBy: "function" },
  { name: "impatient", writers: 4, patience: 20, commitBy: "function" },
  { name: "plain", writers: 2, patience: 20, commitBy: "statements" },
] as const;

/** A generator with a seed: Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @throws Error that says what was lost */
export async function killRounds(rounds: number, seed: number): Promise<KillReport> {
  const random = randomFrom(seed);
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
      [...FLAGS, program, server.url, name, String(writers), String(patience), commitBy],
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
      await wait(random() * 200);
      await server.kill();
      await wait(random() * 100);
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

if (process.argv[1] === import.meta.filename) {
  const [rounds = "50", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
  console.log(`seed ${seed}`);
  const { kills, acknowledged, doubts, refusals } = await killRounds(Number(rounds), Number(seed));
  console.log(
    `${kills} kills under load: ${acknowledged} acknowledged commits, none lost, torn or there twice; ` +
      `${doubts} in doubt and asked for again, ${refusals} refused`,
  );
}
