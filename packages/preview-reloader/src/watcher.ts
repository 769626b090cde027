/**
 * Who tells that files have changed. Folders are watched, not files: a file that is replaced, or removed and made
 * again, stays watched, and ten thousand files are a hundred watches. What a change comes to is seen when the file is
 * read; here it is only told, at once.
 */
import { existsSync, type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface Watcher {
  /**
   * Begins to watch. `changed` is called with the path of each file, of those added, that was written, made, replaced or
   * removed, perhaps more than once, perhaps while it is being written.
   */
  start(changed: (path: string) => void, failed: (error: Error) => void): void;
  /** Watches these files, too; they and their folders need not be there yet. */
  add(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** The usual watcher, by what the operating system offers. */
export function fileWatcher(): Watcher {
  return new FolderWatcher();
}

interface Folder {
  readonly watcher: FSWatcher;
  /** Which folder of that name it is: one that was removed and made again is another. */
  readonly inode: bigint;
}

class FolderWatcher implements Watcher {
  private readonly folders: Map<string, Folder> = new Map();
  /** Names of the wanted files, by folder. */
  private readonly wanted: Map<string, Set<string>> = new Map();
  /** Folders that are not there, by the nearest one that is. */
  private readonly awaited: Map<string, Set<string>> = new Map();
  private changed: (path: string) => void = () => {};
  private failed: (error: Error) => void = () => {};
  private closed = false;

  start(changed: (path: string) => void, failed: (error: Error) => void): void {
    this.changed = changed;
    this.failed = failed;
  }

  add(paths: readonly string[]): void {
    for (const path of paths) {
      const folder = dirname(path);
      const names = this.wanted.get(folder);
      if (names !== undefined) names.add(basename(path));
      else {
        this.wanted.set(folder, new Set([basename(path)]));
        this.watchFolder(folder);
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { watcher } of this.folders.values()) watcher.close();
    this.folders.clear();
  }

  /** Watches a folder, or the nearest one around it until it is there. */
  private watchFolder(folder: string): void {
    if (this.closed || this.folders.has(folder)) return;
    if (!existsSync(folder)) {
      const around = dirname(folder);
      if (around === folder) return;
      const awaited = this.awaited.get(around);
      if (awaited !== undefined) awaited.add(basename(folder));
      else this.awaited.set(around, new Set([basename(folder)]));
      this.watchFolder(around);
      return;
    }
    try {
      const watcher = watch(folder, (_type, name) => this.sawEvent(folder, name));
      watcher.on("error", (error) => this.sawError(folder, error));
      this.folders.set(folder, { watcher, inode: inodeOf(folder) });
    } catch (error) {
      this.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private sawEvent(folder: string, name: string | null): void {
    const known = this.folders.get(folder);
    if (known === undefined) return;
    if (inodeOf(folder) !== known.inode) {
      this.lose(folder, known);
      return;
    }
    for (const awaited of this.awaited.get(folder) ?? []) {
      if (existsSync(join(folder, awaited))) this.found(folder, awaited);
    }
    const names = this.wanted.get(folder);
    if (names === undefined) return;
    if (name !== null && names.has(name)) this.changed(join(folder, name));
    else if (name === null) for (const each of names) this.changed(join(folder, each));
  }

  /** A folder that was waited for has come. What is in it may have come before anybody looked. */
  private found(around: string, name: string): void {
    const awaited = this.awaited.get(around);
    awaited?.delete(name);
    if (awaited?.size === 0) this.awaited.delete(around);
    const folder = join(around, name);
    this.watchFolder(folder);
    for (const file of this.wanted.get(folder) ?? []) this.changed(join(folder, file));
    for (const inner of [...(this.awaited.get(folder) ?? [])]) {
      if (existsSync(join(folder, inner))) this.found(folder, inner);
    }
  }

  /** A folder is gone, or another one has its name. */
  private lose(folder: string, { watcher }: Folder): void {
    watcher.close();
    this.folders.delete(folder);
    for (const file of this.wanted.get(folder) ?? []) this.changed(join(folder, file));
    this.watchFolder(folder);
  }

  private sawError(folder: string, error: Error): void {
    const known = this.folders.get(folder);
    // Some systems report the end of a folder as an error.
    if (known !== undefined && inodeOf(folder) !== known.inode) this.lose(folder, known);
    else this.failed(error);
  }
}

/** 0 for what is not there. */
function inodeOf(folder: string): bigint {
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

/** No watcher: whoever changes files says so with `Session.changed`. */
export function noWatcher(): Watcher {
  return { start: () => {}, add: () => {}, close: async () => {} };
}
