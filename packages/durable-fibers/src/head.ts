/**
 * The head of a fiber that is run here, and the only way to write anything of it: each commit checks that the head is
 * as it was left, so that who has lost the fiber to another cannot change it any more.
 */
import type { Code } from "./code.ts";
import { type FiberAtomic, type FiberRecord, type FiberStore, KEY } from "./store.ts";

/** Another process has the fiber, or may have it. Whoever runs it here stops, and leaves everything as it is. */
export class Lost extends Error {
  constructor(name: string, options?: ErrorOptions) {
    super(`the durable fiber ${JSON.stringify(name)} is no longer run here`, options);
    this.name = "Lost";
  }
}

/** Between two attempts to write to a store that fails, in milliseconds. */
const PAUSE = 200;

export interface HeadWorld {
  readonly store: FiberStore;
  readonly code: Code;
  readonly now: () => number;
  /** Milliseconds that a lease lasts. */
  readonly lease: number;
}

export class Head {
  readonly name: string;
  readonly #world: HeadWorld;
  #record: FiberRecord;
  #version: string;
  /** Commits happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(world: HeadWorld, name: string, record: FiberRecord, version: string) {
    this.#world = world;
    this.name = name;
    this.#record = record;
    this.#version = version;
  }

  get record(): FiberRecord {
    return this.#record;
  }

  /** Whether nobody else may have taken the fiber yet, with some time to spare. */
  get isOurs(): boolean {
    return this.#world.now() < this.#record.lease - this.#world.lease / 10;
  }

  /**
   * Commits `build`'s changes together with the head's. While the fiber is owned its lease is prolonged when a third
   * of it has gone.
   *
   * @param units what the fiber's stored parts will need, besides what they needed before
   * @throws Lost
   */
  commit(
    change: Partial<FiberRecord>,
    build: (atomic: FiberAtomic) => void = () => {},
    units: readonly string[] = [],
  ): Promise<void> {
    const done = this.#last.then(() => this.#commit(change, build, units));
    this.#last = done.catch(() => {});
    return done;
  }

  async #commit(
    change: Partial<FiberRecord>,
    build: (atomic: FiberAtomic) => void,
    units: readonly string[],
  ): Promise<void> {
    const { store, code, now, lease } = this.#world;
    const before = this.#record;
    const next = { ...before, ...change, sequence: before.sequence + 1 };
    if (units.length > 0) next.units = [...new Set([...next.units, ...units])];
    if (next.owner !== null && next.lease - now() < (lease * 2) / 3) {
      next.lease = now() + lease;
      next.due = next.lease;
    }
    for (;;) {
      const atomic = store.atomic().check(KEY.fiber(this.name), this.#version as never);
      const written = await code.keep(atomic, units);
      build(atomic);
      if (before.due !== next.due && before.due !== null) atomic.delete(KEY.due(before.due, this.name));
      if (before.due !== next.due && next.due !== null) atomic.set(KEY.due(next.due, this.name), null);
      atomic.set(KEY.fiber(this.name), next);
      try {
        const result = await atomic.commit();
        if (result.ok && result.version !== undefined) {
          this.#record = next;
          this.#version = result.version;
          code.kept(written, result.version);
          return;
        }
        if (result.conflict?.[0] !== "unit") throw new Lost(this.name);
        code.forget();
      } catch (error) {
        if (error instanceof Lost) throw error;
        if (await this.#happened(next, error)) return;
      }
    }
  }

  /** After a failure: whether the commit has happened all the same. Waits, so that it can be tried again. */
  async #happened(next: FiberRecord, error: unknown): Promise<boolean> {
    const { store, now } = this.#world;
    if ((error as { readonly code?: string }).code === "closed" || now() >= this.#record.lease)
      throw new Lost(this.name, { cause: error });
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    let entry: Awaited<ReturnType<FiberStore["get"]>>;
    try {
      entry = await store.get(KEY.fiber(this.name));
    } catch {
      // The store is not to be had at all: the next attempt will say so again.
      return false;
    }
    if (entry?.version === this.#version) return false;
    const found = entry?.value as FiberRecord | undefined;
    const mine =
      found?.instance === next.instance && found.sequence === next.sequence && found.owner === next.owner;
    if (entry == null || !mine) throw new Lost(this.name, { cause: error });
    this.#record = next;
    this.#version = entry.version;
    return true;
  }
}
