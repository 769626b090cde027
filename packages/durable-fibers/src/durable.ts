/**
 * Durable fibers of a program: started by name, run here or in another process that shares the store, each by one at a
 * time. What is due is an index in the store, so that sleeping fibers cost no memory.
 */
import { randomUUID } from "node:crypto";
import type { OpDeclaration } from "@sorbus/io-resolver";
import { OpError } from "@sorbus/io-resolver";
import { dictFrom, NIL, Raise, type Value } from "@sorbus/vm";
import type { Runtime } from "sorbus";
import { Code } from "./code.ts";
import { Head, type HeadWorld } from "./head.ts";
import { durableOps } from "./ops.ts";
import { isDead, newOwner } from "./owner.ts";
import { FiberRun, type Point, type RunWorld } from "./run.ts";
import {
  type FiberRecord,
  type FiberStore,
  KEY,
  type StoredResult,
  type StoredState,
  type StoredUnit,
} from "./store.ts";

export interface DurableOptions {
  /** Where fibers are kept: a store of their own, or a namespace. */
  readonly store: FiberStore;
  /** Milliseconds for which a process has a fiber before another may take it, unless it prolongs that. Default 10,000. */
  readonly lease?: number;
  /** Milliseconds between two looks at what is due, for what other processes have done. Default 250. */
  readonly poll?: number;
  /** The most fibers in memory at once; what is due beyond that waits. Default 1,000. */
  readonly maxRunning?: number;
  /** Answers between two snapshots of a fiber. Default 32. */
  readonly snapshotEvery?: number;
  /** A fiber that only waits, and longer than so many milliseconds, leaves the memory. Default 1,000. */
  readonly evictAfter?: number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** Told of what is no condition of a program: a store that fails, a fiber that cannot be thawed. Default: `console.error`. */
  readonly onError?: (error: unknown, fiber: string | undefined) => void;
  /** Called between the steps of each effect; for tests, which end the process there. */
  readonly onPoint?: (point: Point, fiber: string) => void;
}

/** What is known of a fiber from outside. */
export interface FiberStatus {
  readonly status: FiberRecord["status"];
  readonly created: number;
  /** When it is to be looked at next. */
  readonly due: number | null;
  /** Why it could not be run when it was due last. */
  readonly problem: string | null;
}

/** After a fiber could not be run at all, in milliseconds. */
const RETRY = 60_000;
const PAGE = 200;
/** Fibers that are taken beside each other. */
const AT_ONCE = 64;
const LONGEST_NAME = 500;

export class DurableFibers implements AsyncDisposable {
  /** Of this process. */
  readonly owner: string = newOwner();
  readonly #options: Required<DurableOptions>;
  readonly #runs = new Map<string, { readonly run: FiberRun; readonly ended: Promise<void> }>();
  readonly #waiters = new Map<string, Set<() => void>>();
  #runtime: Runtime | undefined;
  #world: (RunWorld & HeadWorld) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #polling: Promise<void> | undefined;
  #again = false;
  #started = false;
  #stopped = false;

  constructor(options: DurableOptions) {
    this.#options = {
      lease: 10_000,
      poll: 250,
      maxRunning: 1_000,
      snapshotEvery: 32,
      evictAfter: 1_000,
      now: Date.now,
      onError: (error) => console.error(error),
      onPoint: () => {},
      ...options,
    };
  }

  /** `:durable/*`, which the language's `durable` is made of: give them to the runtime. */
  ops(): OpDeclaration[] {
    return durableOps(this);
  }

  /** Goes on with all fibers that are not finished, from now on. Call it when the program is loaded. */
  start(runtime: Runtime): void {
    if (this.#stopped) throw new Error("durable fibers that were stopped cannot be started again");
    this.#bind(runtime);
    this.#started = true;
    this.#schedule(0, true);
  }

  #bind(runtime: Runtime): RunWorld & HeadWorld {
    if (this.#world !== undefined) {
      if (this.#runtime !== runtime) throw new Error("durable fibers belong to one runtime");
      return this.#world;
    }
    const code = new Code(this.#options.store, runtime);
    this.#runtime = runtime;
    this.#world = { ...this.#options, code, runtime };
    this.#heartbeat = setInterval(() => this.#renew(), this.#options.lease / 3);
    return this.#world;
  }

  /** Ends what runs here: each fiber goes into the store as soon as what may not be repeated has been answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#polling;
    const ended = [...this.#runs.values()].map(({ run, ended }) => {
      run.stop();
      return ended;
    });
    await Promise.all(ended);
    clearInterval(this.#heartbeat);
    for (const waiters of this.#waiters.values()) for (const wake of waiters) wake();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Fibers in memory. */
  get running(): number {
    return this.#runs.size;
  }

  // ---- what programs and hosts ask for -------------------------------------------------------

  /**
   * Makes a fiber that calls `thunk`, an SX function, unless there is one of that name.
   * @returns whether it is new
   * @throws Raise kind "host" when the function holds something that cannot be frozen
   */
  async create(name: string, thunk: Value): Promise<boolean> {
    checkName(name);
    const { store, now } = this.#options;
    const { code } = this.#ready();
    const { bytes, units } = code.pack([thunk]);
    const created = now();
    const record: FiberRecord = {
      status: "waiting",
      instance: randomUUID(),
      sequence: 0,
      owner: null,
      lease: 0,
      due: created,
      journal: 0,
      units,
      problem: null,
      created,
    };
    for (;;) {
      const atomic = store.atomic().check(KEY.fiber(name), null as never);
      const written = await code.keep(atomic, units);
      const result = await atomic
        .set(KEY.fiber(name), record)
        .set(KEY.state(name), { type: "start", thunk: bytes } satisfies StoredState)
        .set(KEY.due(created, name), null)
        .commit();
      if (result.ok && result.version !== undefined) {
        code.kept(written, result.version);
        this.#schedule(0);
        return true;
      }
      if (result.conflict?.[0] !== "unit") return false;
      code.forget();
    }
  }

  /**
   * Waits until the fiber has ended. @returns its value @throws Raise of what it has raised; OpError if there is none
   */
  async result(name: string, signal?: AbortSignal): Promise<Value> {
    const { store } = this.#options;
    const { code } = this.#ready();
    for (;;) {
      const [head, result] = await store.getMany([KEY.fiber(name), KEY.result(name)] as never);
      if (head == null)
        throw new OpError("range", `there is no durable fiber ${JSON.stringify(name)}`, [name]);
      if (result != null) {
        await code.fetch((head.value as FiberRecord).units);
        const { raised, value } = result.value as StoredResult;
        const [given = NIL] = code.unpack(value);
        if (raised) throw new Raise(given);
        return given;
      }
      if (this.#stopped) throw new OpError("cancelled", "durable fibers are being stopped");
      // Before `start` only what is asked for is run: the program may not have defined yet what the others need.
      const { due } = head.value as FiberRecord;
      if (!this.#started && due !== null && !this.#runs.has(name)) await this.#claim(name, due);
      await this.#change(name, signal);
    }
  }

  /** Waits until something may have changed about a fiber. */
  #change(name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters);
      const leave = (): void => {
        waiters.delete(wake);
        if (waiters.size === 0) this.#waiters.delete(name);
        signal?.removeEventListener("abort", cancel);
        clearTimeout(timer);
      };
      const wake = (): void => {
        leave();
        resolve();
      };
      const cancel = (): void => {
        leave();
        reject(signal?.reason);
      };
      // Another process may be the one that ends it.
      const timer = setTimeout(wake, this.#options.poll);
      if (signal?.aborted === true) return cancel();
      waiters.add(wake);
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /**
   * Sends a value to a fiber, for its `(perform :durable/wait signal)`. Signals of a name arrive in the order in which
   * they were sent. With a key, sending it again is sending it once, for a day at least.
   * @throws OpError if there is no fiber of that name, or it has ended
   */
  async signal(name: string, signal: string, value: Value, key?: string): Promise<void> {
    const { store, now } = this.#options;
    const { code } = this.#ready();
    const { bytes, units } = code.pack([value]);
    for (;;) {
      const head = await store.get(KEY.fiber(name));
      const record = head?.value as FiberRecord | undefined;
      if (record === undefined || record.status === "done" || record.status === "raised") {
        const why = record === undefined ? "there is none" : "it has ended";
        throw new OpError(
          "range",
          `no signal can be sent to the durable fiber ${JSON.stringify(name)}: ${why}`,
          [name],
        );
      }
      const at = now();
      const atomic = store.atomic(key === undefined ? {} : { txnId: key });
      const written = await code.keep(atomic, units);
      const result = await atomic
        .setVersionstamped(KEY.signal(name, signal), { value: bytes, units })
        .set(KEY.due(at, name), null)
        .commit();
      if (!result.ok) {
        code.forget();
        continue;
      }
      if (result.version !== undefined) code.kept(written, result.version);
      this.#schedule(0);
      return;
    }
  }

  /** Makes a fiber leave its extents and end with a condition of kind "cancelled". @returns whether there is one to cancel */
  async cancel(name: string, reason = "it was cancelled"): Promise<boolean> {
    const { store, now } = this.#options;
    const head = await store.get(KEY.fiber(name));
    const record = head?.value as FiberRecord | undefined;
    if (record === undefined || record.status === "done" || record.status === "raised") return false;
    await store.atomic().set(KEY.cancel(name), reason).set(KEY.due(now(), name), null).commit();
    this.#schedule(0);
    return true;
  }

  async status(name: string): Promise<FiberStatus | undefined> {
    const head = await this.#options.store.get(KEY.fiber(name));
    if (head === null) return undefined;
    const { status, created, due, problem } = head.value as FiberRecord;
    return { status, created, due, problem };
  }

  /** Forgets a fiber that has ended, with its result: its name is free again. @returns whether there was one */
  async forget(name: string): Promise<boolean> {
    const { store } = this.#options;
    const head = await store.get(KEY.fiber(name));
    const status = (head?.value as FiberRecord | undefined)?.status;
    if (head === null || (status !== "done" && status !== "raised")) return false;
    const atomic = store.atomic().check(KEY.fiber(name), head.version as never);
    const { ok } = await atomic
      .delete(KEY.fiber(name))
      .delete(KEY.result(name))
      .deleteRange(KEY.allSignals(name))
      .commit();
    return ok;
  }

  /**
   * Removes code that no fiber needs any more. Linear in the number of fibers; call it now and then. Code is condemned
   * first: a fiber that needs it meanwhile finds that and writes it anew.
   * @returns how many units were removed
   */
  async sweep(): Promise<number> {
    const { store } = this.#options;
    const before = await this.#needed();
    const condemned = new Map<string, string>();
    for await (const { key, value, version } of this.#entries(KEY.units())) {
      const name = String(key[1]);
      if (before.has(name)) continue;
      const unit: StoredUnit = { ...(value as StoredUnit), condemned: true };
      const result = await store
        .atomic()
        .check(KEY.unit(name), version as never)
        .set(KEY.unit(name), unit)
        .commit();
      if (result.ok && result.version !== undefined) condemned.set(name, result.version);
    }
    const after = await this.#needed();
    let removed = 0;
    for (const [name, version] of condemned) {
      if (after.has(name)) continue;
      const { ok } = await store
        .atomic()
        .check(KEY.unit(name), version as never)
        .delete(KEY.unit(name))
        .commit();
      if (ok) removed++;
    }
    return removed;
  }

  async #needed(): Promise<Set<string>> {
    const needed = new Set<string>();
    for await (const { value } of this.#entries(KEY.fibers()))
      for (const unit of (value as FiberRecord).units) needed.add(unit);
    for await (const { value } of this.#entries({ prefix: ["signal"] } as never))
      for (const unit of (value as { units: string[] }).units) needed.add(unit);
    return needed;
  }

  async *#entries(
    selector: never,
  ): AsyncGenerator<{ key: readonly unknown[]; value: unknown; version: string }> {
    let cursor: string | undefined;
    do {
      const page = await this.#options.store.list(selector, {
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      yield* page.entries;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  // ---- running -------------------------------------------------------------------------------

  #ready(): RunWorld & HeadWorld {
    if (this.#world === undefined)
      throw new OpError(
        "host",
        "durable fibers have no program yet: call start(runtime) or bind(runtime) first",
      );
    return this.#world;
  }

  /** Lets fibers be made before `start`, and be run when their value is asked for, by the program while it is loaded. */
  bind(runtime: Runtime): void {
    this.#bind(runtime);
  }

  #renew(): void {
    for (const { run } of this.#runs.values()) void run.renew();
  }

  #schedule(ms: number, first = false): void {
    if (this.#stopped || !this.#started) return;
    if (this.#polling !== undefined) {
      this.#again ||= ms === 0;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(first), ms);
  }

  #poll(first: boolean): void {
    this.#again = false;
    this.#polling = this.#look(first)
      .catch((error: unknown) => {
        if (!this.#stopped) this.#options.onError(error, undefined);
        return this.#options.poll;
      })
      .then((next) => {
        this.#polling = undefined;
        this.#schedule(this.#again ? 0 : next);
      });
  }

  /** Takes what is due. @returns milliseconds until the next look */
  async #look(first: boolean): Promise<number> {
    const { store, now, lease, poll } = this.#options;
    // What a process of this machine had when it died need not wait for its lease to run out.
    const until = first ? now() + 2 * lease : now() + 1;
    // Beside each other, so that they share commits.
    const claims: Promise<void>[] = [];
    for await (const { key } of this.#entries(KEY.dueBetween(0, until))) {
      if (this.#stopped) break;
      const [, at, name] = key as [string, number, string];
      const here = this.#runs.get(name);
      if (here !== undefined) {
        here.run.nudge(at);
        continue;
      }
      if (this.#runs.size + claims.length >= this.#options.maxRunning) break;
      claims.push(this.#claim(name, at));
      if (claims.length === AT_ONCE) await Promise.all(claims.splice(0));
    }
    await Promise.all(claims);
    const { entries } = await store.list(KEY.dueBetween(now() + 1, Number.MAX_SAFE_INTEGER), { limit: 1 });
    const next = entries[0]?.key[1];
    return typeof next === "number" ? Math.max(1, Math.min(poll, next - now())) : poll;
  }

  async #claim(name: string, at: number): Promise<void> {
    const { store, now, lease } = this.#options;
    const head = await store.get(KEY.fiber(name));
    const record = head?.value as FiberRecord | undefined;
    if (head === null || record === undefined || record.status === "done" || record.status === "raised") {
      await store.atomic().delete(KEY.due(at, name)).commit();
      return;
    }
    if (record.owner !== null && record.lease > now() && !isDead(record.owner)) return;
    // It came up early, in the first look, and nobody has died over it.
    if (record.owner === null && at > now()) return;
    const until = now() + lease;
    const taken: FiberRecord = {
      ...record,
      status: "running",
      owner: this.owner,
      lease: until,
      due: until,
      sequence: record.sequence + 1,
      problem: null,
    };
    const atomic = store
      .atomic()
      .check(KEY.fiber(name), head.version as never)
      .delete(KEY.due(at, name));
    if (record.due !== null) atomic.delete(KEY.due(record.due, name));
    const result = await atomic.set(KEY.due(until, name), null).set(KEY.fiber(name), taken).commit();
    if (result.ok && result.version !== undefined)
      this.#run(new Head(this.#ready(), name, taken, result.version));
  }

  #run(head: Head): void {
    const { name } = head;
    const run = new FiberRun(this.#ready(), head);
    const ended = run
      .run()
      .catch((error: unknown) => this.#broken(head, error))
      .then((ending) => {
        this.#runs.delete(name);
        if (ending === "ended") for (const wake of this.#waiters.get(name) ?? []) wake();
        this.#schedule(this.#runs.size >= this.#options.maxRunning - 1 ? 0 : this.#options.poll);
      });
    this.#runs.set(name, { run, ended });
  }

  /** Not the program's fault: the fiber stays as it is stored, and is looked at again later. */
  async #broken(head: Head, error: unknown): Promise<"lost"> {
    const { now, onError } = this.#options;
    onError(error, head.name);
    const problem = error instanceof Error ? error.message : String(error);
    try {
      await head.commit({ status: "waiting", owner: null, lease: 0, due: now() + RETRY, problem });
    } catch (lost) {
      onError(lost, head.name);
    }
    return "lost";
  }
}

function checkName(name: string): void {
  if (name === "" || name.length > LONGEST_NAME || !name.isWellFormed())
    throw new OpError("op", `a durable fiber has a name of 1 to ${LONGEST_NAME} characters`, [name]);
}

/** A status as programs see it. */
export function statusDict(status: FiberStatus | undefined): Value {
  if (status === undefined) return NIL;
  return dictFrom([
    ["status", status.status],
    ["created", status.created],
    ["due", status.due ?? NIL],
    ["problem", status.problem ?? NIL],
  ]);
}
