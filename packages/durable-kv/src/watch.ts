/**
 * Watching: each watcher reads the log of changes from where it stopped, whenever it is woken. The log is the
 * queue, so that a slow watcher costs no memory.
 */
import type { ByteRange } from "./key.ts";

/** Wakes waiting watchers: after our own commits at once, after others' when a look at the file shows one. */
export class Bell {
  readonly #waiting = new Set<() => void>();
  readonly #poll: (() => boolean) | undefined;
  readonly #interval: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param poll whether another process has committed since the last call; absent if none can
   * @param interval milliseconds between polls, while anybody waits
   */
  constructor(poll: (() => boolean) | undefined, interval: number) {
    this.#poll = poll;
    this.#interval = interval;
  }

  ring(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring or when the signal is aborted. */
  wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        if (this.#waiting.size === 0) this.#stop();
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
      const poll = this.#poll;
      if (poll !== undefined) {
        this.#timer ??= setInterval(() => {
          if (poll()) this.ring();
        }, this.#interval);
      }
    });
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What a watcher looks for: keys in a range, or some keys. */
export type Wanted = (key: Uint8Array) => boolean;

export function inRange({ start, end }: ByteRange): Wanted {
  return (key) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0;
}

export function among(keys: readonly Uint8Array[]): Wanted {
  const names = new Set(keys.map((key) => Buffer.from(key).toString("latin1")));
  return (key) => names.has(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1"));
}
