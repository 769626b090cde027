/** A call under way: what it is doing, who is told of it, and whether anybody still waits for it. */
import type { Notice, Picture } from "../wire.ts";

/** How often work says what it is doing, in milliseconds. */
const TICK = 5_000;

export class Call {
  /** The folder that the caller's relative paths are in. */
  readonly cwd: string;
  /** Aborted when the caller has gone or has cancelled. */
  readonly signal: AbortSignal;
  readonly pictures: Picture[] = [];
  readonly #notify: (notice: Notice) => void;
  readonly #started: number = performance.now();
  readonly #ticker: NodeJS.Timeout;
  #phase = "starting";

  constructor(cwd: string, signal: AbortSignal, notify: (notice: Notice) => void, tick: number = TICK) {
    this.cwd = cwd;
    this.signal = signal;
    this.#notify = notify;
    this.#ticker = setInterval(() => {
      const seconds = Math.round((performance.now() - this.#started) / 1000);
      notify({ kind: "working", phase: this.#phase, seconds });
    }, tick);
    this.#ticker.unref();
  }

  /** Says what is being done from here on. */
  phase(name: string): void {
    this.#phase = name;
  }

  note(text: string): void {
    this.#notify({ kind: "note", text });
  }

  event(event: unknown): void {
    this.#notify({ kind: "event", event });
  }

  end(): void {
    clearInterval(this.#ticker);
  }
}
