/** Who tells that files have changed: chokidar, or anything else that keeps the same promise. */
import { watch } from "chokidar";

export interface Watcher {
  /**
   * Begins to watch a folder and all in it. `changed` is called with the path of each file that was written, made,
   * replaced or removed, perhaps more than once, perhaps while it is being written.
   * @returns when everything that happens from now on is told
   */
  start(root: string, changed: (path: string) => void, failed: (error: Error) => void): Promise<void>;
  /** Watches files outside the folder, too. */
  add(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** Folders that no program of its own is in. */
const IGNORED = /(?:^|[\\/])(?:node_modules|\.git|\.hg|\.svn|dist|coverage)(?:$|[\\/])/;
/** What editors write beside the file that is saved. */
const SCRATCH = /(?:~|\.sw[a-p]|\.tmp|\.bak|#)$|(?:^|[\\/])(?:4913|\.#[^\\/]*)$/;

/** The usual watcher. Whether a path is looked at is decided below the root: a root may be in such a folder itself. */
export function fileWatcher(): Watcher {
  let watching: ReturnType<typeof watch> | undefined;
  return {
    start(root, changed, failed) {
      watching = watch(root, {
        ignoreInitial: true,
        // Replacing and removing are told at once; what they come to is seen when the file is read.
        atomic: false,
        ignored: (path) => {
          const inside = path.startsWith(root) ? path.slice(root.length) : path;
          return IGNORED.test(inside) || SCRATCH.test(inside);
        },
      });
      watching.on("add", changed).on("change", changed).on("unlink", changed);
      watching.on("error", (error) => failed(error instanceof Error ? error : new Error(String(error))));
      return new Promise((resolve) => watching?.on("ready", resolve));
    },
    add(paths) {
      watching?.add([...paths]);
    },
    async close() {
      await watching?.close();
    },
  };
}

/** No watcher: whoever changes files says so with `Session.changed`. */
export function noWatcher(): Watcher {
  return { start: async () => {}, add: () => {}, close: async () => {} };
}
