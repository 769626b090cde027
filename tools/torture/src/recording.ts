/** Runs a program under the shim and reads what it recorded. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE_FLAGS } from "./children.ts";
import { WRITERS } from "./load.ts";

export type Operation =
  | { readonly kind: "write"; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: "length"; readonly path: string; readonly offset: number }
  | { readonly kind: "create" | "empty" | "unlink"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly to: string }
  | { readonly kind: "sync begins"; readonly path: string; readonly sync: number }
  | { readonly kind: "synced" | "sync failed"; readonly path: string; readonly sync: number }
  /** Lines of the program. */
  | { readonly kind: "said"; readonly lines: readonly string[] };

export interface Recording {
  readonly operations: readonly Operation[];
  readonly stderr: string;
  readonly signal: string | null;
}

let built: string | undefined;

/** Undefined if the machine has no compiler or no preloading. */
export function shim(): string | undefined {
  if (process.platform !== "linux") return undefined;
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "torture-shim-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "shim.so");
  const source = fileURLToPath(new URL("./shim.c", import.meta.url));
  const { error, status, stderr } = spawnSync("cc", ["-O2", "-fPIC", "-shared", "-o", file, source, "-ldl"], {
    encoding: "utf8",
  });
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`the shim does not compile: ${stderr}`);
  built = file;
  return file;
}

/** Bytes of a record before its path. */
const HEAD = 24;

export interface RunOptions {
  /** Where the store is to be; it exists and is empty. */
  readonly folder: string;
  readonly commits: number;
  readonly writers?: number | undefined;
  readonly fail?: { readonly what: "sync" | "write"; readonly at: number } | undefined;
}

export function record(library: string, { folder, commits, writers = WRITERS, fail }: RunOptions): Recording {
  const own = mkdtempSync(join(tmpdir(), "torture-record-"));
  try {
    const acks = join(own, "acks");
    const log = join(own, "log");
    mkdirSync(folder, { recursive: true });
    const program = fileURLToPath(new URL("./program.ts", import.meta.url));
    const { stderr, signal } = spawnSync(
      process.execPath,
      [...NODE_FLAGS, program, folder, "p0", String(commits), acks, String(writers)],
      {
        stdio: ["ignore", "ignore", "pipe"],
        encoding: "utf8",
        timeout: 120_000,
        env: {
          ...process.env,
          LD_PRELOAD: library,
          TORTURE_DIR: folder,
          TORTURE_ACKS: acks,
          TORTURE_LOG: log,
          ...(fail !== undefined && { TORTURE_FAIL: fail.what, TORTURE_FAIL_AT: String(fail.at) }),
        },
      },
    );
    return { operations: parse(readFileSync(log), folder), stderr, signal };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function parse(bytes: Buffer, folder: string): Operation[] {
  const operations: Operation[] = [];
  const relative = (path: string): string =>
    path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : "";
  let at = 0;
  while (at + HEAD <= bytes.length) {
    const kind = String.fromCharCode(bytes[at] ?? 0);
    const pathLength = bytes.readUInt16LE(at + 2);
    const sync = bytes.readUInt32LE(at + 4);
    const offset = Number(bytes.readBigUInt64LE(at + 8));
    const length = Number(bytes.readBigUInt64LE(at + 16));
    const path = relative(bytes.toString("utf8", at + HEAD, at + HEAD + pathLength));
    const data = bytes.subarray(at + HEAD + pathLength, at + HEAD + pathLength + length);
    at += HEAD + pathLength + length;
    operations.push(operation(kind, path, sync, offset, data, relative));
  }
  return operations;
}

function operation(
  kind: string,
  path: string,
  sync: number,
  offset: number,
  data: Buffer,
  relative: (path: string) => string,
): Operation {
  switch (kind) {
    case "W":
      return { kind: "write", path, offset, data };
    case "L":
      return { kind: "length", path, offset };
    case "S":
      return { kind: "sync begins", path, sync };
    case "E":
      return { kind: "synced", path, sync };
    case "F":
      return { kind: "sync failed", path, sync };
    case "O":
      return { kind: "create", path };
    case "Z":
      return { kind: "empty", path };
    case "U":
      return { kind: "unlink", path };
    case "R":
      return { kind: "rename", path, to: relative(data.toString()) };
    case "A":
      return {
        kind: "said",
        lines: data
          .toString()
          .split("\n")
          .filter((line) => line !== ""),
      };
    default:
      throw new Error(`the shim has recorded a ${JSON.stringify(kind)}`);
  }
}
