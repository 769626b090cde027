/**
 * One fiber while it is in memory. Between two effects it is deterministic, so what is kept of it is a snapshot and the
 * answers since, in the order in which they were given. An answer is on record before the fiber sees it; that something
 * is about to be asked for which may not be repeated is on record before it is.
 */
import { isPromise, isRepeatable } from "@sorbus/io-resolver";
import { condition, type EngineFiber, NIL, Raise, type Value } from "@sorbus/vm";
import type { Runtime } from "sorbus";
import type { Code } from "./code.ts";
import { type Head, Lost } from "./head.ts";
import {
  type FiberAtomic,
  type FiberStore,
  type JournalEntry,
  KEY,
  type OpenRequest,
  type StoredResult,
  type StoredState,
} from "./store.ts";

/** Where a test may stop the process; see `DurableOptions.onPoint`. */
export type Point = "asking" | "asked" | "answered" | "journaled" | "snapshot" | "ended";

export interface RunWorld {
  readonly store: FiberStore;
  readonly code: Code;
  readonly runtime: Runtime;
  readonly now: () => number;
  /** Answers between two snapshots. */
  readonly snapshotEvery: number;
  /** A fiber that only waits, and longer than so many milliseconds, leaves the memory. */
  readonly evictAfter: number;
  readonly onPoint: (point: Point, name: string) => void;
}

/** How a run ended: the fiber has; it waits in the store; another has it. */
export type Ending = "ended" | "evicted" | "lost";

/** Calls and loop iterations between two turns of the event loop. */
const SLICE = 200_000;
const LONGEST_TIMER = 2 ** 31 - 1;
const SLEEP = "async/sleep";
const WAIT = "durable/wait";

interface Open {
  readonly id: number;
  readonly op: string;
  readonly args: readonly Value[];
  /** It may not be repeated, and is on record as asked for. */
  asked: boolean;
  wake: number | null;
  /** What happens about it in this process. */
  doing: "nothing" | "asking" | "sleeping" | "waiting";
  readonly controller: AbortController;
  timer?: ReturnType<typeof setTimeout>;
}

interface Answer {
  readonly id: number;
  readonly raised: boolean;
  readonly value: Value;
  /** The signal that it takes away. */
  readonly signal?: never;
}

export class FiberRun {
  readonly #world: RunWorld;
  readonly #head: Head;
  #fiber: EngineFiber | undefined;
  #end: { readonly raised: boolean; readonly value: Value } | undefined;
  readonly #open = new Map<number, Open>();
  #answers: Answer[] = [];
  readonly #taken = new Set<string>();
  #wake: () => void = () => {};
  #nudged = true;
  #stopping = false;
  #lost: unknown;

  constructor(world: RunWorld, head: Head) {
    this.#world = world;
    this.#head = head;
  }

  get name(): string {
    return this.#head.name;
  }

  /**
   * Something from outside may concern this fiber: a signal, a cancellation. Its entry in the index, at that time, goes
   * only while the fiber is here, where it will be looked at: else it must bring the fiber back.
   */
  nudge(at: number): void {
    this.#nudged = true;
    this.#wake();
    const head = this.#head;
    void this.#ownCommit((atomic) => {
      if (head.record.status === "running" && head.record.due !== at) atomic.delete(KEY.due(at, this.name));
    });
  }

  /** Puts the fiber into the store as soon as what may not be repeated has been answered. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Keeps the fiber ours. What it finds out ends the run. */
  renew(): Promise<void> {
    return this.#ownCommit(() => {});
  }

  async #ownCommit(build: (atomic: FiberAtomic) => void): Promise<void> {
    try {
      await this.#head.commit({}, build);
    } catch (error) {
      this.#lost = error;
      this.#wake();
    }
  }

  /** @throws what is wrong with the stored fiber, or with the engine: the program is not asked */
  async run(): Promise<Ending> {
    try {
      await this.#load();
      return await this.#live();
    } catch (error) {
      if (error instanceof Lost) return "lost";
      throw error;
    } finally {
      for (const open of this.#open.values()) this.#close(open);
    }
  }

  // ---- coming back ---------------------------------------------------------------------------

  async #load(): Promise<void> {
    const { store, code, runtime } = this.#world;
    const entry = await store.get(KEY.state(this.name));
    if (entry === null) throw new RangeError(`the state of the durable fiber ${this.name} is gone`);
    await code.fetch(this.#head.record.units);
    const state = entry.value as StoredState;
    if (state.type === "start") {
      const [thunk = NIL] = code.unpack(state.thunk);
      this.#fiber = runtime.engine.call(thunk, []);
      await this.#advance();
    } else {
      this.#fiber = code.thaw(state.fiber);
      for (const request of state.open) this.#add({ ...request, args: code.unpack(request.args) });
    }
    let cursor: string | undefined;
    do {
      const page = await store.list(KEY.journals(this.name), cursor === undefined ? {} : { cursor });
      for (const { value } of page.entries) await this.#replay(value as JournalEntry);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #replay(entry: JournalEntry): Promise<void> {
    const { code } = this.#world;
    switch (entry.type) {
      case "asked":
        for (const { id, wake } of entry.requests) {
          const open = this.#open.get(id);
          if (open === undefined) continue;
          if (wake === null) open.asked = true;
          else open.wake = wake;
        }
        return;
      case "answer": {
        const [value = NIL] = code.unpack(entry.value);
        return this.#give({ id: entry.id, raised: entry.raised, value });
      }
      case "cancelled": {
        const [reason = NIL] = code.unpack(entry.reason);
        this.#running().cancel(reason);
        return this.#advance();
      }
      default:
        entry satisfies never;
    }
  }

  // ---- going on ------------------------------------------------------------------------------

  async #live(): Promise<Ending> {
    for (;;) {
      if (this.#lost !== undefined) throw this.#lost;
      if (this.#end !== undefined) return this.#finish(this.#end);
      if (this.#nudged) {
        this.#nudged = false;
        await this.#lookAround();
        if (this.#end !== undefined) continue;
      }
      await this.#ask();
      if (this.#answers.length > 0) {
        await this.#takeAnswers();
        continue;
      }
      if (this.#mayLeave() && (await this.#evict())) return "evicted";
      await this.#something();
    }
  }

  /** Waits until there is an answer, or something else to look at. */
  #something(): Promise<void> {
    if (this.#answers.length > 0 || this.#nudged || this.#lost !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = () => {};
        resolve();
      };
    });
  }

  /** Runs the fiber until it waits for answers or has ended. */
  async #advance(): Promise<void> {
    for (;;) {
      const step = this.#running().run(SLICE);
      switch (step.type) {
        case "done":
          this.#end = { raised: false, value: step.value };
          return;
        case "raised":
          this.#end = { raised: true, value: step.condition };
          return;
        case "fuel":
          await new Promise((resolve) => setImmediate(resolve));
          break;
        case "performed":
          for (const id of step.cancelled) {
            const open = this.#open.get(id);
            if (open !== undefined) this.#close(open);
          }
          for (const { id, op, args } of step.requests) this.#add({ id, op, args, asked: false, wake: null });
          return;
        default:
          step satisfies never;
      }
    }
  }

  #add(request: Pick<Open, "id" | "op" | "args" | "asked" | "wake">): void {
    this.#open.set(request.id, { ...request, doing: "nothing", controller: new AbortController() });
  }

  #close(open: Open): void {
    clearTimeout(open.timer);
    this.#open.delete(open.id);
    open.controller.abort(new DOMException("nobody waits for the answer any more", "AbortError"));
  }

  async #give({ id, raised, value }: Answer): Promise<void> {
    const open = this.#open.get(id);
    // Cancelled by what was answered before it.
    if (open === undefined) return;
    clearTimeout(open.timer);
    this.#open.delete(id);
    if (raised) this.#running().resumeRaise(id, value);
    else this.#running().resume(id, value);
    await this.#advance();
  }

  #running(): EngineFiber {
    if (this.#fiber === undefined) throw new RangeError("the fiber is not loaded");
    return this.#fiber;
  }

  // ---- asking --------------------------------------------------------------------------------

  async #ask(): Promise<void> {
    const idle = [...this.#open.values()].filter(({ doing }) => doing === "nothing");
    const noted: { id: number; wake: number | null }[] = [];
    const toAsk: Open[] = [];
    for (const open of idle) {
      const sleep = this.#sleepOf(open);
      if (sleep !== undefined) {
        open.doing = "sleeping";
        if (open.wake !== null) continue;
        open.wake = this.#world.now() + sleep;
        noted.push({ id: open.id, wake: open.wake });
      } else if (open.op === WAIT) {
        open.doing = "waiting";
        await this.#receive(open);
      } else if (open.asked) {
        open.doing = "asking";
        this.#answer({ id: open.id, raised: true, value: unknownOutcome(open) });
      } else if (this.#stopping) {
        // Whoever has the fiber next asks.
      } else {
        open.doing = "asking";
        toAsk.push(open);
        const declaration = this.#world.runtime.resolver.get(open.op);
        if (declaration === undefined || !isRepeatable(declaration, this.#keyOf(open))) {
          open.asked = true;
          noted.push({ id: open.id, wake: null });
        }
      }
    }
    if (noted.length > 0) {
      this.#world.onPoint("asking", this.name);
      const entry: JournalEntry = { type: "asked", requests: noted };
      await this.#journal([entry]);
      this.#world.onPoint("asked", this.name);
    }
    for (const open of idle) if (open.doing === "sleeping") this.#sleep(open);
    if (toAsk.length > 0 && !this.#head.isOurs) await this.#head.commit({});
    for (const open of toAsk) this.#dispatch(open);
  }

  /** Milliseconds, if it is a sleep that means something. */
  #sleepOf({ op, args: [ms] }: Open): number | undefined {
    return op === SLEEP && typeof ms === "number" && ms >= 0 && Number.isFinite(ms) ? ms : undefined;
  }

  #sleep(open: Open): void {
    const left = Math.max(0, (open.wake ?? 0) - this.#world.now());
    clearTimeout(open.timer);
    open.timer = setTimeout(
      () => {
        if ((open.wake ?? 0) > this.#world.now()) this.#sleep(open);
        else this.#answer({ id: open.id, raised: false, value: NIL });
      },
      Math.min(left, LONGEST_TIMER),
    );
  }

  #keyOf({ id }: Open): string {
    return `${this.#head.record.instance}/${id}`;
  }

  #dispatch(open: Open): void {
    const { runtime, onPoint } = this.#world;
    const { id, op, args, controller } = open;
    const asking = { signal: controller.signal, scope: this, idempotencyKey: this.#keyOf(open) };
    const answered = (raised: boolean, value: Value): void => {
      if (this.#open.get(id) !== open) return;
      onPoint("answered", this.name);
      this.#answer({ id, raised, value });
    };
    const failed = (error: unknown): void => {
      if (error instanceof Raise) answered(true, error.payload);
      else {
        this.#lost = error;
        this.#wake();
      }
    };
    try {
      const value = runtime.ask({ op, args }, asking);
      if (isPromise(value)) (value as Promise<Value>).then((later) => answered(false, later), failed);
      else answered(false, value);
    } catch (error) {
      failed(error);
    }
  }

  #answer(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  // ---- what comes from outside ---------------------------------------------------------------

  async #lookAround(): Promise<void> {
    const { store, code } = this.#world;
    for (const open of this.#open.values()) if (open.doing === "waiting") await this.#receive(open);
    const wanted = await store.get(KEY.cancel(this.name));
    if (wanted === null) return;
    const reason = condition("cancelled", String(wanted.value));
    const { bytes, units } = code.pack([reason]);
    await this.#journal([{ type: "cancelled", reason: bytes }], units, KEY.cancel(this.name));
    this.#running().cancel(reason);
    await this.#advance();
  }

  /** The first signal that nobody has taken, if there is one, answers the request. */
  async #receive(open: Open): Promise<void> {
    const { store, code } = this.#world;
    const [name] = open.args;
    if (typeof name !== "string") {
      const why = condition("type", "(:durable/wait signal) takes the name of a signal", ...open.args);
      this.#answer({ id: open.id, raised: true, value: why });
      return;
    }
    if (this.#answers.some(({ id }) => id === open.id)) return;
    const { entries } = await store.list(KEY.signals(this.name, name), { limit: this.#taken.size + 1 });
    const first = entries.find(({ key }) => !this.#taken.has(JSON.stringify(key)));
    if (first === undefined) return;
    const { value, units } = first.value as { value: Uint8Array; units: string[] };
    await code.fetch(units);
    this.#taken.add(JSON.stringify(first.key));
    const [given = NIL] = code.unpack(value);
    this.#answer({ id: open.id, raised: false, value: given, signal: first.key as never });
  }

  // ---- keeping -------------------------------------------------------------------------------

  async #takeAnswers(): Promise<void> {
    const { code, onPoint, snapshotEvery } = this.#world;
    const answers = this.#answers;
    this.#answers = [];
    const entries: JournalEntry[] = [];
    const units: string[] = [];
    const given = answers.map((answer): Answer => {
      let kept = answer;
      let packed: ReturnType<Code["pack"]>;
      try {
        packed = code.pack([answer.value]);
      } catch (error) {
        // The effect has happened; that its answer cannot be kept is what the program is told.
        if (!(error instanceof Raise)) throw error;
        kept = { ...answer, raised: true, value: error.payload };
        packed = code.pack([error.payload]);
      }
      units.push(...packed.units);
      entries.push({ type: "answer", id: kept.id, raised: kept.raised, value: packed.bytes });
      return kept;
    });
    const signals = answers.flatMap(({ signal }) => (signal === undefined ? [] : [signal]));
    await this.#journal(entries, units, ...signals);
    onPoint("journaled", this.name);
    for (const signal of signals) this.#taken.delete(JSON.stringify(signal));
    for (const answer of given) if (this.#end === undefined) await this.#give(answer);
    if (this.#end === undefined && this.#head.record.journal >= snapshotEvery) await this.#snapshot();
  }

  async #journal(
    entries: readonly JournalEntry[],
    units: readonly string[] = [],
    ...gone: never[]
  ): Promise<void> {
    const { journal } = this.#head.record;
    const last = journal + entries.length;
    await this.#head.commit(
      { journal: last },
      (atomic) => {
        entries.forEach((entry, i) => {
          atomic.set(KEY.journal(this.name, journal + i), entry);
        });
        for (const key of gone) atomic.delete(key);
      },
      units,
    );
  }

  /** The fiber as it stands; undefined if it holds something that cannot be frozen just now. */
  #frozen(): { state: StoredState; units: string[] } | undefined {
    const { code } = this.#world;
    try {
      const { bytes, units } = code.freeze(this.#running());
      const needed = [...units];
      const open = [...this.#open.values()].map(({ id, op, args, asked, wake }): OpenRequest => {
        const packed = code.pack(args);
        needed.push(...packed.units);
        return { id, op, args: packed.bytes, asked, wake };
      });
      return { state: { type: "frozen", fiber: bytes, open }, units: needed };
    } catch (error) {
      if (error instanceof Raise) return undefined;
      throw error;
    }
  }

  async #snapshot(change: Parameters<Head["commit"]>[0] = {}): Promise<boolean> {
    const frozen = this.#frozen();
    if (frozen === undefined) return false;
    this.#world.onPoint("snapshot", this.name);
    await this.#head.commit(
      { ...change, journal: 0, units: [] },
      (atomic) => {
        atomic.deleteRange(KEY.journals(this.name));
        atomic.set(KEY.state(this.name), frozen.state);
      },
      frozen.units,
    );
    return true;
  }

  /** Whether nothing is under way in this process that the fiber needs. */
  #mayLeave(): boolean {
    if (this.#nudged) return false;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { doing, wake, asked } of this.#open.values()) {
      if (this.#stopping && !asked) continue;
      if (doing === "asking" || doing === "nothing") return false;
      soonest = Math.min(soonest, wake ?? soonest);
    }
    return this.#stopping || soonest - this.#world.now() > this.#world.evictAfter;
  }

  async #evict(): Promise<boolean> {
    let due: number | null = null;
    for (const { doing, wake } of this.#open.values()) {
      const at = doing === "waiting" ? null : (wake ?? this.#world.now());
      if (at !== null) due = Math.min(due ?? at, at);
    }
    const left = { status: "waiting", owner: null, lease: 0, due } as const;
    if (await this.#snapshot(left)) return true;
    if (!this.#stopping) return false;
    // It is in the journal all the same.
    await this.#head.commit({ ...left, due: this.#world.now() });
    return true;
  }

  async #finish(end: { readonly raised: boolean; readonly value: Value }): Promise<Ending> {
    const { code } = this.#world;
    let { raised, value } = end;
    let packed: ReturnType<Code["pack"]>;
    try {
      packed = code.pack([value]);
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      raised = true;
      value = error.payload;
      packed = code.pack([value]);
    }
    this.#world.onPoint("ended", this.name);
    await this.#head.commit(
      { status: raised ? "raised" : "done", owner: null, lease: 0, due: null, journal: 0, units: [] },
      (atomic) => {
        atomic.set(KEY.result(this.name), { raised, value: packed.bytes } satisfies StoredResult);
        atomic.delete(KEY.state(this.name));
        atomic.delete(KEY.cancel(this.name));
        atomic.deleteRange(KEY.journals(this.name));
        atomic.deleteRange(KEY.allSignals(this.name));
      },
      packed.units,
    );
    return "ended";
  }
}

function unknownOutcome({ op, args }: Open): Value {
  return condition(
    "unknown",
    `:${op} was asked for when its process ended: whether it has happened is not known, and it may not be repeated`,
    op,
    ...args,
  );
}
