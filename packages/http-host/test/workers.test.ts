/** Several processes on one port, one of which is killed; and what none of that may harm. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { open } from "@sorbus/durable-kv";
import { afterEach, expect, test } from "vitest";
import { Client, crowd } from "./load.ts";

const program = fileURLToPath(new URL("./programs/workers.ts", import.meta.url));
const APP = `
(define (app request)
  (let [parts (rest (split (get request :path) "/"))]
    (case (first parts)
      ("put" (do (perform :kv/set (list "put" (second parts)) true) "stored"))
      ("version" "first")
      (else nil))))
`;

interface Running {
  readonly folder: string;
  readonly port: number;
  ask(command: string, answer: RegExp): Promise<string>;
}

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function workers(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "workers-"));
  folders.push(folder);
  writeFileSync(join(folder, "app.sx"), APP);
  const child = spawn(process.execPath, ["--conditions=@sorbus/source", program, folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  const said = (wanted: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const at = lines.findIndex((line) => wanted.test(line));
        if (at < 0) return;
        listeners.delete(look);
        resolve(lines.splice(at, 1)[0] ?? "");
      };
      listeners.add(look);
      look();
    });
  const port = Number((await said(/^port /)).slice(5));
  return {
    folder,
    port,
    ask: (command, answer) => {
      child.stdin.write(`${command}\n`);
      return said(answer);
    },
  };
}

async function bothServing(site: Running): Promise<number[]> {
  for (;;) {
    const pids = (await site.ask("pids", /^pids/)).split(" ").slice(1).map(Number);
    if (pids.length === 2) return pids;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("kill -9 of a worker under load loses no acknowledged write and no other worker's request", async () => {
  const site = await workers();
  const [victim = 0] = await bothServing(site);
  const acknowledged: string[] = [];
  const broken: (string | undefined)[] = [];
  const wrong: number[] = [];
  const served = new Set<string>();
  const load = crowd(site.port, 12, async (client, going, index) => {
    // Which process a connection leads to is known from its first answer.
    let pid: string | undefined;
    for (let n = 0; going(); n++) {
      const key = `${index}-${n}`;
      try {
        const reply = await client.ask(`/put/${key}`, "POST");
        pid = String(reply.headers["x-pid"]);
        served.add(pid);
        if (reply.status === 200) acknowledged.push(key);
        else wrong.push(reply.status);
      } catch {
        broken.push(pid);
        pid = undefined;
      }
    }
  });
  const enough = async (n: number): Promise<void> => {
    while (acknowledged.length < n) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await enough(200);
  process.kill(victim, "SIGKILL");
  await site.ask("", new RegExp(`^exit ${victim} signal SIGKILL`));
  await bothServing(site);
  await enough(acknowledged.length + 200);
  await load.stop();

  expect(wrong).toEqual([]);
  // A connection that broke led to the one that was killed, or had not been given to any.
  for (const pid of broken) expect([undefined, String(victim)]).toContain(pid);
  expect(served.size).toBeGreaterThanOrEqual(2);
  await site.ask("close", /^closed/);
  const store = await open({ url: `sqlite:${join(site.folder, "store")}` });
  for (const key of acknowledged) expect((await store.get(["put", key]))?.value).toBe(true);
  await store.close();
});

test("all workers take up a new program; one that does not compile changes nothing", async () => {
  const site = await workers();
  await bothServing(site);
  const versions = async (): Promise<string[]> => {
    const found = new Map<string, string>();
    while (found.size < 2) {
      const client = new Client(site.port);
      const { headers, body } = await client.ask("/version");
      found.set(String(headers["x-pid"]), body);
      client.close();
    }
    return [...found.values()];
  };
  expect(await versions()).toEqual(["first", "first"]);
  writeFileSync(join(site.folder, "app.sx"), APP.replace('first")', 'second")'));
  expect(await site.ask("reload", /^reload/)).toBe("reload ok");
  expect(await versions()).toEqual(["second", "second"]);
  writeFileSync(join(site.folder, "app.sx"), "(define (app request) (");
  expect(await site.ask("reload", /^reload/)).toBe("reload failed");
  expect(await versions()).toEqual(["second", "second"]);
  await site.ask("close", /^closed/);
});
