/**
 * Learns of commits for those who watch: by LISTEN on a connection of its own, or by looking at the store's version
 * now and then. A notification only wakes; what has changed is read from the log, so that nothing is missed
 * while the connection is away.
 */
import { setTimeout as wait } from "node:timers/promises";
import { quoted } from "./schema.ts";
import type { Connections, SingleSession } from "./session.ts";
import { fromInt8 } from "./wire.ts";

/** What a store's commits are notified on. */
export const channelOf = (schema: string): string => `durable_kv:${schema}`;

/** How often a listener looks all the same, in milliseconds: a pooler in between may swallow notifications. */
const SAFETY = 2000;
const MAX_PAUSE = 1000;

export class Listener {
  readonly #connections: Connections;
  readonly #listens: boolean;
  readonly #wakes = new Set<() => void>();
  #session: SingleSession | undefined;
  /** While anybody is subscribed. */
  #ending: AbortController | undefined;
  #seen: number | undefined;

  constructor(connections: Connections, listens: boolean) {
    this.#connections = connections;
    this.#listens = listens;
  }

  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake);
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      void this.#run(this.#ending.signal);
    }
    return () => {
      this.#wakes.delete(wake);
      if (this.#wakes.size === 0) this.close();
    };
  }

  wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  close(): void {
    this.#ending?.abort();
    this.#ending = undefined;
    this.#session?.abandon();
    this.#session = undefined;
  }

  /** Until nobody is subscribed. The server being away is waited out: watchers themselves hear of it when they read. */
  async #run(signal: AbortSignal): Promise<void> {
    const { pollInterval } = this.#connections.settings;
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (this.#listens && this.#session === undefined) await this.#listen(signal);
        await this.#look();
        failures = 0;
      } catch {
        // Whatever it is: whoever reads is told, and here there is nobody to tell.
        failures++;
      }
      const pause =
        failures > 0 ? Math.min(20 * 2 ** failures, MAX_PAUSE) : this.#listens ? SAFETY : pollInterval;
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { schema } = this.#connections.settings;
    const session = await this.#connections.single((lost) => {
      if (this.#session === lost) this.#session = undefined;
    });
    session.onNotification(() => this.wake());
    this.#session = session;
    await session.run({ text: `LISTEN ${quoted(channelOf(schema))}` });
    if (signal.aborted) session.abandon();
    // What was committed before it listened.
    this.wake();
  }

  async #look(): Promise<void> {
    const { schema } = this.#connections.settings;
    const rows = await this.#connections.once({ text: `SELECT version FROM ${quoted(schema)}.meta` });
    const version = fromInt8(rows[0]?.[0]);
    if (version === this.#seen) return;
    this.#seen = version;
    this.wake();
  }
}
