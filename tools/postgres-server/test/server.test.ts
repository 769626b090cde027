import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { findPostgres, postgresOrSkip, startPostgres } from "../src/index.ts";

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

async function until(f: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await f())) await wait(20);
}

describe("where there is no PostgreSQL", () => {
  const nowhere = mkdtempSync(join(tmpdir(), "nowhere-"));

  test("a developer's machine skips", () => {
    expect(findPostgres({ POSTGRES_BIN: nowhere })).toBe(undefined);
    expect(postgresOrSkip({ POSTGRES_BIN: nowhere })).toBe(false);
  });

  test("CI fails", () => {
    expect(() => postgresOrSkip({ POSTGRES_BIN: nowhere, CI: "true" })).toThrow("apt-get install postgresql");
    rmSync(nowhere, { recursive: true });
  });
});

describe.skipIf(!postgresOrSkip())("a server", () => {
  test("starts, is killed, comes back on its port, is stopped and leaves nothing", async () => {
    const server = await startPostgres({ settings: { max_connections: "7" } });
    expect(await listens(server.port)).toBe(true);
    await server.kill();
    expect(server.pid).toBe(undefined);
    expect(await listens(server.port)).toBe(false);
    await server.start();
    expect(await listens(server.port)).toBe(true);
    await server.shutdown();
    await server.start();
    await server.stop();
    expect(await listens(server.port)).toBe(false);
  });

  test("says why it does not start", async () => {
    await expect(startPostgres({ settings: { max_connections: "many" } })).rejects.toThrow(
      'invalid value for parameter "max_connections": "many"',
    );
  });

  test("ends, and its folder goes, when the test's process is killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "killed-test-"));
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "programs/holder.ts")],
      // PostgreSQL runs as somebody else there.
      { env: { ...process.env, TMPDIR: folder }, stdio: ["ignore", "pipe", "inherit"] },
    );
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", (line) => resolve(Number(line)));
      child.once("exit", (code) => reject(new Error(`The program ended with ${code}`)));
    });
    expect(await listens(port)).toBe(true);
    expect(readdirSync(folder).length).toBe(1);
    child.kill("SIGKILL");
    await until(async () => readdirSync(folder).length === 0 && !(await listens(port)));
    rmSync(folder, { recursive: true });
    expect(existsSync(folder)).toBe(false);
  });
});
