/** Sleeping fibers of a real process on a real disk: none is in memory, all wake. `SLEEPERS=100000` for as many. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("./programs/sleepers.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sleepers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("sleeping fibers are in the store, not in memory, and wake when it is time", async () => {
  const count = Number(process.env.SLEEPERS ?? 200);
  const seconds = String(Math.max(1, count / 1_000));
  const child = spawn(process.execPath, [
    "--expose-gc",
    "--conditions=@sorbus/source",
    program,
    `sqlite:${join(folder, "store")}`,
    String(count),
    seconds,
  ]);
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.pipe(process.stderr);
  await once(child, "close");
  const { fibers, inMemory } = JSON.parse(output) as { fibers: number; inMemory: number };
  expect({ fibers, inMemory }).toEqual({ fibers: count, inMemory: 0 });
  if (count > 1_000) console.log(output);
}, 3_600_000);
