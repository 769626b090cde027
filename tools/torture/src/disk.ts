/**
 * What a disk may hold after a power cut, given what a program did to its files. What was synced is there; of what was not,
 * anything may be there or not, writes by pieces too. A file's name is there once its folder, or the file itself after its creation,
 * has been synced, as journaling file systems have it.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.ts";
import type { Operation } from "./recording.ts";

/** How much of what was not synced is there. */
export type Cut =
  /** Nothing. */
  | "dropped"
  /** What came first. */
  | "prefix"
  /** Some writes, each whole. */
  | "subset"
  /** Some pieces of some writes, by pages or by sectors. */
  | "torn pages"
  | "torn sectors";

export const CUTS: readonly Cut[] = ["dropped", "prefix", "subset", "torn pages", "torn sectors"];

type Files = Map<string, Buffer>;
type Change = Exclude<Operation, { kind: "sync begins" | "synced" | "sync failed" | "said" }>;

type Pending = Change | Extract<Operation, { kind: "sync begins" }>;

/** Files that mean nothing after a restart, and sockets and locks. */
const meaningless = (path: string): boolean => path === "" || /-shm$|\.lock(-journal)?$|\.sock$/.test(path);

export class Disk {
  readonly #durable: Files = new Map();
  /** In order, with the beginnings of syncs that are under way. */
  #pending: Pending[] = [];

  /** What the program did next. */
  take(operation: Operation): void {
    switch (operation.kind) {
      case "said":
        return;
      case "synced":
      case "sync failed": {
        const begun = this.#pending.findIndex(
          (op) => op.kind === "sync begins" && op.sync === operation.sync,
        );
        if (begun < 0) return;
        const kept: Pending[] = [];
        this.#pending.forEach((op, i) => {
          if (i === begun) return;
          const covered =
            i < begun && op.kind !== "sync begins" && (op.path === operation.path || isName(op));
          // After a failed sync the system takes the pages for clean: they will never be written.
          const dropped =
            operation.kind === "sync failed" && covered && op.kind === "write" && op.path === operation.path;
          if (covered && operation.kind === "synced") apply(this.#durable, op);
          else if (!dropped) kept.push(op);
        });
        this.#pending = kept;
        return;
      }
      default:
        if (operation.kind === "sync begins" || !meaningless(operation.path)) this.#pending.push(operation);
    }
  }

  /** Whether anything is not durable. */
  get dirty(): boolean {
    return this.#pending.some(({ kind }) => kind !== "sync begins");
  }

  /** Writes the files as they may be after a cut into an empty folder. */
  write(folder: string, cut: Cut, random: Random): void {
    const files: Files = new Map(Array.from(this.#durable, ([path, bytes]) => [path, Buffer.from(bytes)]));
    const pending = this.#pending.filter((op): op is Change => op.kind !== "sync begins");
    switch (cut) {
      case "dropped":
        break;
      case "prefix":
        for (const op of pending.slice(0, random.below(pending.length + 1))) apply(files, op);
        break;
      case "subset":
        for (const op of pending) if (op.kind !== "write" || random.chance(0.5)) apply(files, op);
        break;
      case "torn pages":
      case "torn sectors":
        for (const op of pending) {
          if (op.kind !== "write") apply(files, op);
          else if (random.chance(0.7))
            for (const piece of pieces(op, cut === "torn pages" ? 4096 : 512, random)) apply(files, piece);
        }
    }
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
  }
}

const isName = (op: Change): boolean => op.kind !== "write" && op.kind !== "length";

/** Half of the pieces of a write that lie on the disk's own boundaries. */
function* pieces(op: Extract<Change, { kind: "write" }>, size: number, random: Random): Generator<Change> {
  for (let at = 0; at < op.data.length; ) {
    const end = Math.min(op.data.length, (Math.floor((op.offset + at) / size) + 1) * size - op.offset);
    if (random.chance(0.5)) yield { ...op, offset: op.offset + at, data: op.data.subarray(at, end) };
    at = end;
  }
}

function apply(files: Files, op: Change): void {
  const bytes = files.get(op.path) ?? Buffer.alloc(0);
  switch (op.kind) {
    case "write": {
      const end = op.offset + op.data.length;
      const grown = end > bytes.length ? Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]) : bytes;
      op.data.copy(grown, op.offset);
      files.set(op.path, grown);
      return;
    }
    case "length":
      files.set(
        op.path,
        op.offset <= bytes.length
          ? bytes.subarray(0, op.offset)
          : Buffer.concat([bytes, Buffer.alloc(op.offset - bytes.length)]),
      );
      return;
    case "create":
      files.set(op.path, bytes);
      return;
    case "empty":
      files.set(op.path, Buffer.alloc(0));
      return;
    case "unlink":
      files.delete(op.path);
      return;
    case "rename":
      files.delete(op.path);
      files.set(op.to, bytes);
      return;
  }
}
