/**
 * Real processes, really killed. A witness outside counts: each effect that may not be repeated has happened once, and
 * the workflow ends with its value, whatever instants the processes were killed at.
 *
 * A few instants here; `KILLS=all` is every step of each of 200 effects, and 2,000 random instants; `STRIDE` and `INSTANTS`
 * say it in numbers. The seed of the random ones is printed; `SEED=…` repeats them.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PostgresServer, postgresOrSkip, startPostgres } from "@sorbus/postgres-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("./programs/workflow.ts", import.meta.url));
const all = process.env.KILLS === "all";
/** Every how many-th step a process is killed at, and at how many random instants. */
const stride = Number(process.env.STRIDE ?? (all ? 1 : 331));
const instants = Number(process.env.INSTANTS ?? (all ? 2_000 : 3));
const EFFECTS = 200;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const HOURS = 36_000_000;

const base = mkdtempSync(join(tmpdir(), "durable-fibers-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Life {
  readonly killed: boolean;
  readonly output: string;
}

/** One process: until its end, or until step `at`, or for `ms` milliseconds. */
function live(url: string, witness: string, at: number, ms?: number): Promise<Life> {
  const child = spawn(process.execPath, [
    "--conditions=@sorbus/source",
    program,
    url,
    witness,
    String(EFFECTS),
    String(at),
  ]);
  const timer = ms === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), ms);
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === "SIGKILL") resolve({ killed: true, output });
      else if (code === 0 && errors === "") resolve({ killed: false, output });
      else reject(new Error(`the workflow ended with ${code ?? signal}: ${errors}`));
    });
  });
}

function check(witness: string, output: string): void {
  const seen = readFileSync(witness, "utf8").trimEnd().split("\n").map(Number);
  expect(seen).toEqual(Array.from({ length: EFFECTS }, (_, i) => i));
  expect(JSON.parse(output)).toMatchObject({ sum: (EFFECTS * (EFFECTS - 1)) / 2 });
}

let rounds = 0;
let server: PostgresServer | undefined;
const postgres = postgresOrSkip();
beforeAll(async () => {
  if (postgres) server = await startPostgres();
}, HOURS);
afterAll(() => server?.stop());

interface Round {
  readonly url: string;
  readonly witness: string;
  forget(): void;
}

function fresh(backend: "SQLite" | "PostgreSQL"): Round {
  const name = `r${rounds++}`;
  const folder = join(base, name);
  const witness = `${folder}.txt`;
  writeFileSync(witness, "");
  const url = backend === "SQLite" ? `sqlite:${folder}` : `${server?.url ?? ""}?schema=${name}`;
  return { url, witness, forget: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Small linear congruential generator: a run can be repeated by its seed. */
function random(): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state / 0x80000000) * below;
  };
}

describe.each(["SQLite", "PostgreSQL"] as const)("a workflow of 200 effects over %s", (backend) => {
  if (backend === "PostgreSQL" && !postgres) {
    test.skip("there is no PostgreSQL here");
    return;
  }
  let steps = 0;
  beforeAll(async () => {
    const { url, witness } = fresh(backend);
    const { output } = await live(url, witness, 0);
    check(witness, output);
    ({ steps } = JSON.parse(output) as { steps: number });
    expect(steps).toBeGreaterThan(4 * EFFECTS);
  }, HOURS);

  test(
    "killed at steps of its effects, and resumed by another process",
    async () => {
      for (let at = 1; at <= steps; at += stride) {
        const { url, witness, forget } = fresh(backend);
        expect(await live(url, witness, at)).toMatchObject({ killed: true });
        const { output } = await live(url, witness, 0);
        check(witness, output);
        forget();
      }
    },
    HOURS,
  );

  test(
    "killed again and again, each time a few steps further",
    async () => {
      const { url, witness } = fresh(backend);
      let kills = 0;
      for (let at = all ? 3 : 90; ; at = (at % 200) + (all ? 1 : 60)) {
        // Never so early that it does not come any further.
        const { killed, output } = await live(url, witness, Math.max(at, 8));
        if (!killed) {
          check(witness, output);
          break;
        }
        kills++;
      }
      expect(kills).toBeGreaterThan(5);
    },
    HOURS,
  );

  test(
    "killed at random instants",
    async () => {
      const next = random();
      console.log(`random instants with SEED=${seed}`);
      let life = 0;
      for (let done = 0; done < instants; ) {
        const { url, witness, forget } = fresh(backend);
        for (;;) {
          const begin = performance.now();
          const { killed, output } = await live(
            url,
            witness,
            0,
            done < instants ? next(life === 0 ? 2_000 : life * 1.1) : undefined,
          );
          if (!killed) {
            life = life === 0 ? performance.now() - begin : life;
            check(witness, output);
            break;
          }
          done++;
        }
        forget();
      }
    },
    HOURS,
  );
});
