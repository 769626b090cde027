/**
 * The texts of files as they were read last, shared by all sessions. Reads a file when it has settled: editors
 * empty, remove and replace files while they save them.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { nodeFiles, type SourceFiles } from "sorbus";

/** Waits before a file that is suddenly empty or gone is looked at again, in milliseconds. */
const PATIENCE = [2, 4, 8, 16, 32, 64];

/** What a look at a file has found. */
export interface Look {
  readonly path: string;
  /** Undefined: there is no such file. */
  readonly text: string | undefined;
}

export class Sources {
  readonly files: SourceFiles;
  private readonly root: string;
  private readonly texts: Map<string, string> = new Map();
  private readonly digests: Map<string, bigint> = new Map();

  constructor(root: string, files: SourceFiles = nodeFiles) {
    this.root = root;
    this.files = files;
  }

  /** The text as it was read last; read now if it has not been so far. @throws what the files throw */
  read(path: string): string | Promise<string> {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    const text = this.files.read(path);
    if (typeof text === "string") {
      this.note(path, text);
      return text;
    }
    return text.then((whole) => {
      this.note(path, whole);
      return whole;
    });
  }

  known(path: string): string | undefined {
    return this.texts.get(path);
  }

  /** Looks at a file again; not for longer than an editor takes to save it. */
  async look(path: string, signal?: AbortSignal): Promise<Look> {
    const before = this.texts.get(path);
    for (const wait of [...PATIENCE, 0]) {
      const text = await this.textOf(path);
      const unsettled = before !== undefined && before !== "" && (text === undefined || text === "");
      if (!unsettled || wait === 0 || signal?.aborted === true) {
        this.note(path, text);
        return { path, text };
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    throw new RangeError("the last look does not wait");
  }

  private async textOf(path: string): Promise<string | undefined> {
    try {
      if (this.files === nodeFiles) return readFileSync(path, "utf8");
      return await this.files.read(path);
    } catch {
      // Gone, or unreadable: loading it says why.
      return undefined;
    }
  }

  private note(path: string, text: string | undefined): void {
    if (this.texts.get(path) === text) return;
    this.digests.delete(path);
    if (text === undefined) this.texts.delete(path);
    else this.texts.set(path, text);
  }

  /** 64 bits of a file's path and text. */
  digest(path: string): bigint {
    let digest = this.digests.get(path);
    if (digest === undefined) {
      const hash = createHash("sha256").update(relative(this.root, path)).update("\0");
      const bytes = hash.update(this.texts.get(path) ?? "\0").digest();
      digest = bytes.readBigUInt64BE(0);
      this.digests.set(path, digest);
    }
    return digest;
  }
}
