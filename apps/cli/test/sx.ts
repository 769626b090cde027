/** Runs the real command in a process of its own, as a person would. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const entry = fileURLToPath(new URL("../src/sx.ts", import.meta.url));
export const sxCommand: readonly string[] = [process.execPath, "--conditions=@sorbus/source", entry];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, which goes with the tests. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "sx-test-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; a signal's name if one ended it. */
  readonly code: number | string | null;
}

export interface SxOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A user without rights, where permissions matter and the tests run as root. */
  readonly uid?: number;
  /** Default: the command from source. */
  readonly command?: readonly string[];
}

export function start(
  args: readonly string[],
  { cwd, env, uid, command = sxCommand }: SxOptions = {},
): ChildProcessWithoutNullStreams {
  const [program = "", ...rest] = command;
  return spawn(program, [...rest, ...args], {
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid, gid: uid }),
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
}

/** Waits for the end of a process. */
export function result(child: ChildProcessWithoutNullStreams): Promise<Result> {
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

export function sx(args: readonly string[], options: SxOptions = {}): Promise<Result> {
  const child = start(args, options);
  const ended = result(child);
  // A command that does not read its input may have gone before it is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return ended;
}

/** The text that a process has written, once `wanted` is in it. */
export function output(child: ChildProcessWithoutNullStreams, wanted: string): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      if (text.includes(wanted)) resolve(text);
    });
    child.once("close", () => reject(new Error(`ended without writing ${wanted}; wrote ${text}`)));
  });
}
