/** A folder for each test's daemon, the real command in processes of its own, and nothing left behind. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Connection, connect, connectIfRunning } from "../src/client/connection.ts";
import type { CommandName, Result } from "../src/vocabulary/commands.ts";

const entry = fileURLToPath(new URL("./sx.ts", import.meta.url));
export const command: readonly string[] = [process.execPath, "--conditions=@sorbus/source", entry];

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or the signal that ended it. */
  readonly code: number | string | null;
}

/** A place for one daemon. */
export class Place implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sp-"));
  readonly env: Readonly<Record<string, string | undefined>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.env = { ...process.env, NO_COLOR: "1", SORBUS_PREVIEW_DIR: join(this.folder, "d"), ...env };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** `sx preview …`, as a person would type it here. */
  sx(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Output> {
    const [program = "", ...first] = command;
    const child = spawn(program, [...first, ...args], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ stdout, stderr, code: code ?? signal }));
    });
  }

  /** The answer of a command, as programs read it. */
  async json<N extends CommandName>(name: N, ...args: readonly string[]): Promise<Result<N>> {
    const { stdout, stderr, code } = await this.sx([name, ...args, "--json"]);
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Result<N>;
  }

  connect(): Promise<Connection> {
    return connect({ env: this.env });
  }

  /** Ends the daemon, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await connectIfRunning(this.env);
    if (connection !== undefined) {
      process.kill(connection.pid, "SIGTERM");
      await connection.closed;
      await gone(connection.pid);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Waits until a process has ended; one that does not is killed, and is a failure. */
export async function gone(pid: number, limit = 20_000): Promise<void> {
  const deadline = performance.now() + limit;
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      process.kill(pid, "SIGKILL");
      throw new Error(`process ${pid} did not end by itself`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
