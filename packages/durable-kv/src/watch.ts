/**
 * Watching: each watcher reads the log of changes from where it stopped, whenever it is woken. The log is the
 * queue, so that a slow watcher costs no memory.
 */
import { type ByteRange, within } from "./key.ts";

/** Wakes waiting watchers. Listens to the engine only while there are any. */
export class Bell {
  /** How often it has rung: who has seen another number than this need not wait. */
  rings = 0;
  readonly #subscribe: (wake: () => void) => () => void;
  readonly #waiting = new Set<() => void>();
  #attending = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(subscribe: (wake: () => void) => () => void) {
    this.#subscribe = subscribe;
  }

  /** To be called before the first look at the log; the result ends it. */
  attend(): () => void {
    if (this.#attending++ === 0) this.#unsubscribe = this.#subscribe(() => this.ring());
    return () => {
      if (--this.#attending > 0) return;
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
    };
  }

  ring(): void {
    this.rings++;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next ring after that many, or when the signal is aborted. */
  wait(seen: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.rings !== seen || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}

/** What a watcher looks for: keys in a range, or some keys. */
export type Wanted = (key: Uint8Array) => boolean;

export function inRange(range: ByteRange): Wanted {
  return (key) => within(key, range);
}

export function among(keys: readonly Uint8Array[]): Wanted {
  const names = new Set(keys.map((key) => Buffer.from(key).toString("latin1")));
  return (key) => names.has(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1"));
}
