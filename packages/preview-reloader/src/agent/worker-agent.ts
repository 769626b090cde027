/** An agent in a worker thread, seen from its host: calls are messages, and one that takes too long ends the worker. */
import { Worker } from "node:worker_threads";
import { OpError } from "@sorbus/io-resolver";
import type { SavedState, StateReport } from "../session-types.ts";
import type { Answer, Ask, Call, FromWorker, ToWorker, WorkerData } from "./messages.ts";
import type {
  Agent,
  AgentFactory,
  AgentHost,
  AgentOptions,
  ApplyResult,
  EditMessage,
  LoadResult,
  RenderRequest,
  RenderResult,
} from "./protocol.ts";

/** Agents in threads of their own: what loops or dies there disturbs nobody else. */
export const workerAgents: AgentFactory = {
  kind: "worker",
  start: (options, host) => new WorkerAgent(options, host),
};

/** What a run may exceed its time limit by, in milliseconds, before the worker is taken to hang. */
const GRACE = 3_000;
/** Beyond the program's own limit: code, texts, the machine. */
const HEAP_MIB = 512;

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly clock: ReturnType<typeof setTimeout> | undefined;
}

class WorkerAgent implements Agent {
  readonly died: Promise<string>;
  private readonly worker: Worker;
  private readonly options: AgentOptions;
  private readonly host: AgentHost;
  private readonly pending: Map<number, Pending> = new Map();
  private readonly answering: Map<number, AbortController> = new Map();
  private next = 0;
  private disposed = false;
  private dead: string | undefined;
  private tellDeath: (why: string) => void = () => {};

  constructor(options: AgentOptions, host: AgentHost) {
    this.options = options;
    this.host = host;
    this.died = new Promise((resolve) => {
      this.tellDeath = resolve;
    });
    // Beside this file: TypeScript in the repository, JavaScript in the package.
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const memory = options.limits.memory ?? 256 * 2 ** 20;
    this.worker = new Worker(new URL(file, import.meta.url), {
      workerData: { options } satisfies WorkerData,
      name: "sorbus-preview-agent",
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB + Math.ceil(memory / 2 ** 20) },
    });
    this.worker.on("message", (message: FromWorker) => this.receive(message));
    this.worker.on("error", (error) => this.end(error instanceof Error ? error.message : String(error)));
    this.worker.on("exit", (code) => this.end(`it ended with code ${code}`));
    // Whoever waits for an answer keeps the process; an agent that nobody asks does not.
    this.worker.unref();
  }

  load(
    texts: ReadonlyMap<string, string>,
    state: SavedState | undefined,
    signal: AbortSignal,
  ): Promise<LoadResult> {
    return this.call({ method: "load", texts, state }, signal) as Promise<LoadResult>;
  }

  apply(edit: EditMessage, structural: boolean, signal: AbortSignal): Promise<ApplyResult> {
    return this.call({ method: "apply", edit, structural }, signal) as Promise<ApplyResult>;
  }

  render(request: RenderRequest, signal: AbortSignal): Promise<RenderResult> {
    const { time } = this.options.limits;
    return this.call(
      { method: "render", request },
      signal,
      time === undefined ? undefined : time + GRACE,
    ) as Promise<RenderResult>;
  }

  saveState(): ReturnType<Agent["saveState"]> {
    return this.call({ method: "saveState" }) as ReturnType<Agent["saveState"]>;
  }

  restoreState(state: SavedState): Promise<StateReport> {
    return this.call({ method: "restoreState", state }) as Promise<StateReport>;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    for (const controller of this.answering.values()) controller.abort();
    await this.worker.terminate();
    this.failPending("the agent was disposed of");
  }

  /** @param time milliseconds after which the worker is taken to hang, and ended */
  private call(call: Call, signal?: AbortSignal, time?: number): Promise<unknown> {
    if (this.dead !== undefined || this.disposed) {
      return Promise.reject(new Error(`the agent is gone: ${this.dead ?? "it was disposed of"}`));
    }
    const id = this.next++;
    return new Promise<unknown>((resolve, reject) => {
      const clock =
        time === undefined
          ? undefined
          : setTimeout(() => {
              this.end(`it did not answer within ${time} ms`);
              void this.worker.terminate();
            }, time);
      this.pending.set(id, { resolve, reject, clock });
      this.worker.ref();
      this.post({ type: "call", id, call });
      const abort = (): void => {
        if (this.pending.has(id)) this.post({ type: "abort", id });
      };
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case "result": {
        const pending = this.pending.get(message.id);
        if (pending === undefined) break;
        this.pending.delete(message.id);
        clearTimeout(pending.clock);
        if (this.pending.size === 0) this.worker.unref();
        if ("value" in message.answer) pending.resolve(message.answer.value);
        else pending.reject(new Error(message.answer.error.message));
        break;
      }
      case "ask":
        void this.answer(message.id, message.ask);
        break;
      case "withdraw":
        this.answering.get(message.id)?.abort();
        break;
      case "notice":
        this.host.notice(message.notice);
        break;
      default:
        message satisfies never;
    }
  }

  private async answer(id: number, ask: Ask): Promise<void> {
    const controller = new AbortController();
    this.answering.set(id, controller);
    let answer: Answer;
    try {
      answer = { value: await this.ask(ask, controller.signal) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answer = {
        error: { message, ...(error instanceof OpError && { op: { kind: error.kind, data: error.data } }) },
      };
    }
    this.answering.delete(id);
    if (this.disposed || this.dead !== undefined) return;
    try {
      this.post({ type: "answer", id, answer });
    } catch (error) {
      const message = `the host's answer cannot be given to an agent: ${error instanceof Error ? error.message : String(error)}`;
      this.post({ type: "answer", id, answer: { error: { message } } });
    }
  }

  private ask(ask: Ask, signal: AbortSignal): unknown {
    switch (ask.what) {
      case "read":
        return this.host.read(ask.path);
      case "data":
        return this.host.readData(ask.path);
      case "op":
        return this.host.answer(ask.op, ask.args, signal);
      default:
        return ask satisfies never;
    }
  }

  private end(why: string): void {
    if (this.disposed || this.dead !== undefined) return;
    this.dead = why;
    for (const controller of this.answering.values()) controller.abort();
    this.tellDeath(why);
    this.failPending(why);
  }

  private failPending(why: string): void {
    for (const { reject, clock } of this.pending.values()) {
      clearTimeout(clock);
      reject(new Error(`the agent is gone: ${why}`));
    }
    this.pending.clear();
  }
}
