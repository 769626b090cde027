/**
 * The way to whoever commits: a thread of this process if it is elected, else the socket of the process that is. If that dies, there
 * is an election. Where there is neither (a file system without sockets), a thread of our own commits beside the
 * others.
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { PackedAtomic, PackedResult } from "../engine.ts";
import type { CommitterOptions } from "./committer.ts";
import type { Place } from "./database.ts";
import type { FromThread, ThreadData, ToThread } from "./thread.ts";
import { addressOf, type FromCommitter, PROTOCOL, reach, receive, send } from "./wire.ts";

/** For how long a process that lost an election looks for the one that won, in milliseconds. */
const LOOK_FOR_WINNER = 2000;
/** How long a process that ends waits for its thread to end in order. */
const ORDERLY = 2000;

/** What is to be done when the process ends; one listener for all stores. */
const atExit = new Set<() => void>();
let listening = false;
function endAll(): void {
  for (const end of atExit) end();
}

/** Committers that a batch is given to in turn when one after the other is killed. */
const ATTEMPTS = 3;

/** With a name of its own, if it changes anything. */
function withName(atomic: PackedAtomic): PackedAtomic {
  return atomic.txnId === undefined && atomic.changes.length > 0
    ? { ...atomic, txnId: randomUUID() }
    : atomic;
}

interface Link {
  commit(id: number, atomics: readonly PackedAtomic[], now: number): void;
  watch(): void;
}

interface Waiting {
  readonly id: number;
  readonly atomics: readonly PackedAtomic[];
  readonly now: number;
  readonly resolve: (results: readonly PackedResult[]) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Committers {
  readonly #place: Place;
  readonly #changed: () => void;
  #options: CommitterOptions;
  #link: Link | undefined;
  #linking: Promise<Link> | undefined;
  #worker: Worker | undefined;
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  #ids = 0;
  #watching = false;
  #closed = false;
  /** What the thread says next about an election. */
  #verdict: ((message: FromThread | undefined) => void) | undefined;
  #ended = new SharedArrayBuffer(4);
  readonly #atExit = (): void => this.#endNow();

  /** @param changed called when somebody has committed, once `watch` has been called */
  constructor(place: Place, options: CommitterOptions, changed: () => void) {
    this.#place = place;
    this.#options = options;
    this.#changed = changed;
  }

  /** Whether `changed` is called by itself. */
  get pushes(): boolean {
    return this.#watching && this.#link !== undefined;
  }

  /**
   * One batch at a time. Never rejects. Another process that commits may be killed before it answers: what it is sent
   * has names, so that its successor can be asked again without harm.
   */
  async commit(atomics: readonly PackedAtomic[], now: number): Promise<readonly PackedResult[]> {
    let named = atomics;
    for (let attempt = 1; ; attempt++) {
      let link: Link;
      try {
        link = this.#link ?? (await this.#connect());
      } catch (error) {
        const code = attempt === 1 ? "fatal" : "commit-unknown";
        const message = `Nobody can commit to ${this.#place.name}; ${attempt === 1 ? "nothing was committed" : "whether it was committed before is not known"}: ${error instanceof Error ? error.message : String(error)}`;
        return atomics.map(() => ({ type: "error", code, message }));
      }
      const elsewhere = this.#socket !== undefined;
      if (elsewhere && named === atomics) named = atomics.map(withName);
      const results = await this.#ask(link, named, now);
      const lost = results.some((r) => r.type === "error" && r.code === "commit-unknown");
      if (!lost || !elsewhere || attempt === ATTEMPTS || this.#closed) return results;
    }
  }

  #ask(link: Link, atomics: readonly PackedAtomic[], now: number): Promise<readonly PackedResult[]> {
    return new Promise((resolve) => {
      const id = ++this.#ids;
      // The committer answers "busy" by itself when the lock is; this is for one that is stopped.
      const timer = setTimeout(
        () => this.#lost("it has not answered in time"),
        this.#options.lockTimeout + 10_000,
      );
      this.#waiting = { id, atomics, now, resolve, timer };
      link.commit(id, atomics, now);
    });
  }

  /** Asks to be told of commits, if there is somebody to ask: standing for election takes a commit. */
  async watch(): Promise<void> {
    this.#watching = true;
    if (this.#closed) return;
    if (this.#link === undefined && this.#linking === undefined) await this.#join();
    this.#link?.watch();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#linking?.catch(() => undefined);
    this.#socket?.destroy();
    await this.#endThread();
  }

  #connect(): Promise<Link> {
    this.#linking ??= this.#elect().finally(() => {
      this.#linking = undefined;
    });
    return this.#linking;
  }

  async #elect(): Promise<Link> {
    const deadline = performance.now() + LOOK_FOR_WINNER;
    for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
      const link = (await this.#join()) ?? (await this.#stand(performance.now() > deadline));
      if (link !== undefined) {
        this.#link = link;
        if (this.#watching) link.watch();
        return link;
      }
      await wait(pause * (0.5 + Math.random()));
    }
  }

  /** The socket of who is elected, if anybody listens. */
  async #join(): Promise<Link | undefined> {
    const socket = await reach(addressOf(this.#place));
    if (socket === undefined) return undefined;
    let over = false;
    const greeted = new Promise<boolean>((resolve) => {
      socket.once("close", () => {
        over = true;
        resolve(false);
      });
      receive<FromCommitter>(socket, (message) => {
        switch (message.type) {
          case "hello":
            resolve(message.protocol === PROTOCOL);
            return;
          case "results":
            this.#answer(message.id, message.results);
            return;
          case "changed":
            this.#changed();
            return;
          case "bye":
            over = true;
            this.#again(socket);
            return;
        }
      });
    });
    socket.on("error", () => socket.destroy());
    if (!(await greeted) || over || this.#closed) {
      socket.destroy();
      return undefined;
    }
    socket.once("close", () => {
      if (this.#socket === socket) this.#lost("the process that commits has ended");
    });
    socket.unref();
    this.#socket = socket;
    // A thread that was beaten is not needed.
    void this.#endThread();
    const link: Link = {
      commit: (id, atomics, now) => {
        socket.ref();
        send(socket, { type: "commit", id, atomics, now });
      },
      watch: () => send(socket, { type: "watch" }),
    };
    this.#link = link;
    return link;
  }

  /** @param direct commit beside the others if beaten */
  async #stand(direct: boolean): Promise<Link | undefined> {
    const worker = (this.#worker ??= this.#start());
    const verdict = new Promise<FromThread | undefined>((resolve) => {
      this.#verdict = resolve;
    });
    worker.ref();
    const tell = (message: ToThread): void => worker.postMessage(message);
    tell({ type: "stand" });
    const said = await verdict;
    if (said === undefined) throw new Error("the thread that would commit has died");
    if (said.type === "beaten") {
      if (!direct) return undefined;
      tell({ type: "direct" });
    }
    worker.unref();
    return {
      commit: (id, atomics, now) => {
        worker.ref();
        tell({ type: "commit", id, atomics, now });
      },
      watch: () => tell({ type: "watch" }),
    };
  }

  #start(): Worker {
    if (!listening) process.once("exit", endAll);
    listening = true;
    // Beside this file: TypeScript in the repository, JavaScript in the package.
    const file = import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js";
    this.#ended = new SharedArrayBuffer(4);
    const workerData: ThreadData = { place: this.#place, options: this.#options, ended: this.#ended };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, name: "durable-kv" });
    worker.on("message", (message: FromThread) => {
      switch (message.type) {
        case "results":
          worker.unref();
          this.#answer(message.id, message.results);
          return;
        case "changed":
          this.#changed();
          return;
        case "elected":
        case "beaten":
          this.#verdict?.(message);
          this.#verdict = undefined;
      }
    });
    worker.on("error", (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on("exit", (code) => this.#died(worker, `its thread ended with code ${code}`));
    atExit.add(this.#atExit);
    return worker;
  }

  #answer(id: number, results: readonly PackedResult[]): void {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.id !== id) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    this.#socket?.unref();
    waiting.resolve(results);
  }

  /** Whoever commits is gone without a word. */
  #lost(why: string): void {
    const socket = this.#socket;
    this.#link = undefined;
    this.#socket = undefined;
    socket?.destroy();
    const waiting = this.#waiting;
    // It may be the last to commit: watchers look.
    this.#changed();
    if (waiting === undefined) return;
    const message = `The committer of ${this.#place.name} was lost during a commit, which may or may not have happened: ${why}`;
    this.#answer(
      waiting.id,
      waiting.atomics.map(() => ({ type: "error", code: "commit-unknown", message })),
    );
  }

  /** Whoever commits has ended in order: what it has not answered goes to the next. */
  #again(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#link = undefined;
    this.#socket = undefined;
    socket.destroy();
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.timer);
    void this.commit(waiting.atomics, waiting.now).then(waiting.resolve);
  }

  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    atExit.delete(this.#atExit);
    // The next one has no death left in its plan.
    const fault = this.#options.fault.filter(({ at }) => at !== "committerDies" && at !== "beforeAck");
    this.#options = { ...this.#options, fault };
    this.#verdict?.(undefined);
    this.#verdict = undefined;
    this.#lost(why);
  }

  async #endThread(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    atExit.delete(this.#atExit);
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage({ type: "close" } satisfies ToThread);
    await ended;
  }

  /** The process ends without `close`: what others have asked of us is finished and answered all the same. */
  #endNow(): void {
    if (this.#worker === undefined) return;
    this.#worker.postMessage({ type: "close" } satisfies ToThread);
    Atomics.wait(new Int32Array(this.#ended), 0, 0, ORDERLY);
  }
}
