/**
 * Runs a fiber to its end: gives each request to the resolver and each answer to the fiber. As long as
 * answers come at once everything happens in one turn and the result is a value, not a promise.
 */
import { isPromise } from "@sorbus/io-resolver";
import { condition, type EngineFiber, Raise, type Request, type RunStats, type Value } from "@sorbus/vm";
import type { MaybePromise } from "./maybe.ts";

/** How requests are answered; none of it can be seen by the program. For tests and for replays. */
export type Answers =
  /** Values at once, promises when they settle. */
  | "inline"
  /** Every request leaves the engine and its host before it is answered, in the same turn of the event loop. */
  | "suspend"
  /** Every answer comes in a later turn of the event loop. */
  | "async"
  /** The fiber is frozen to bytes at every request, and thawed to be answered. */
  | "freeze";

/** The answer to one request, as an SX value, or a promise of it; throws or rejects with `Raise`. */
export type Answer = (request: Request, signal: AbortSignal) => Value | PromiseLike<Value>;

export interface DriveOptions {
  readonly answer: Answer;
  readonly answers: Answers;
  /** Thaws what `freeze` made, for the answers "freeze". */
  readonly thaw: (bytes: Uint8Array) => EngineFiber;
  /** Cancels the fiber: its `after`s run, and it ends as raised with a condition of kind "cancelled". */
  readonly signal?: AbortSignal | undefined;
  /** Instead of `signal`, and asked for only when the fiber waits: making a signal takes longer than many a run. */
  readonly lateSignal?: (() => AbortSignal) | undefined;
  /** Fuel after which a fiber lets the event loop have a turn. Absent: it runs through. */
  readonly slice?: number | undefined;
  /** Milliseconds that the fiber may wait in all: the engine itself looks at its time limit only while it runs. */
  readonly time?: number | undefined;
  /** Called with what a fiber has cost, when it has ended or has been frozen for good. */
  readonly spent?: ((stats: RunStats) => void) | undefined;
}

/** The fiber's value, or a promise of it. @throws (or rejects with) Raise for an uncaught condition */
export function drive(fiber: EngineFiber, options: DriveOptions): MaybePromise<Value> {
  return new Drive(fiber, options).start();
}

type Ended =
  | { readonly type: "done"; readonly value: Value }
  | { readonly type: "raised"; readonly condition: Value };

/** What a request takes of a slice, beside the instructions that lead to it. */
const REQUEST_COST = 100;

class Drive {
  private fiber: EngineFiber;
  private readonly options: DriveOptions;
  /** Requests whose answers are still to come. */
  private readonly open: Map<number, AbortController> = new Map();
  private settle: { resolve: (value: Value) => void; reject: (error: unknown) => void } | undefined;
  private clock: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  /** The reason, from when somebody wants the run to end until the fiber has been told. */
  private cancelled: Value | undefined;
  private signal: AbortSignal | undefined;
  private readonly onAbort = (): void => this.abort();

  constructor(fiber: EngineFiber, options: DriveOptions) {
    this.fiber = fiber;
    this.options = options;
  }

  start(): MaybePromise<Value> {
    const { signal, lateSignal, time } = this.options;
    if (signal !== undefined) this.heed(signal);
    let ended: Ended | undefined;
    try {
      ended = this.advance();
    } catch (error) {
      this.finish();
      throw error;
    }
    if (ended !== undefined) {
      this.finish();
      if (ended.type === "raised") throw new Raise(ended.condition);
      return ended.value;
    }
    const result = new Promise<Value>((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // A deadline that is further away than timers reach is none.
    if (time !== undefined && time < 2 ** 31) this.clock = setTimeout(() => this.late(), time);
    if (signal === undefined && lateSignal !== undefined) {
      this.heed(lateSignal());
      // Aborted while the fiber ran.
      if (this.cancelled !== undefined) this.go();
    }
    return result;
  }

  private heed(signal: AbortSignal): void {
    this.signal = signal;
    if (signal.aborted) this.cancelled = reasonOf(signal);
    else signal.addEventListener("abort", this.onAbort, { once: true });
  }

  private finish(): void {
    clearTimeout(this.clock);
    this.signal?.removeEventListener("abort", this.onAbort);
    for (const controller of this.open.values()) controller.abort(notWanted());
    this.open.clear();
    this.options.spent?.(this.fiber.stats);
  }

  private abort(): void {
    if (this.signal !== undefined) this.cancel(reasonOf(this.signal));
  }

  private late(): void {
    this.cancel(condition("limit", "time: the program waited longer than its time limit allows"));
  }

  /** Not under the feet of a run: who aborts may be a handler that is being asked. */
  private cancel(reason: Value): void {
    this.cancelled = reason;
    if (!this.running) this.go();
  }

  /** Runs until the end, or until nothing can happen without an answer from outside (undefined). */
  private advance(): Ended | undefined {
    this.running = true;
    try {
      return this.steps();
    } finally {
      this.running = false;
    }
  }

  private steps(): Ended | undefined {
    let left = this.options.slice ?? Number.POSITIVE_INFINITY;
    for (;;) {
      if (this.cancelled !== undefined) {
        this.fiber.cancel(this.cancelled);
        this.cancelled = undefined;
      }
      const before = this.fiber.stats.instructions;
      const step = this.fiber.run(left);
      switch (step.type) {
        case "done":
        case "raised":
          return step;
        case "fuel":
          later(() => this.go());
          return undefined;
        case "performed": {
          for (const id of step.cancelled) {
            this.open.get(id)?.abort(notWanted());
            this.open.delete(id);
          }
          left -= this.fiber.stats.instructions - before + REQUEST_COST;
          if (this.options.answers === "freeze") this.refreeze();
          if (!this.ask(step.requests) && this.cancelled === undefined) return undefined;
          if (left > 0) break;
          later(() => this.go());
          return undefined;
        }
        default:
          step satisfies never;
      }
    }
  }

  /** From here on all that is left of the fiber is what its bytes say. */
  private refreeze(): void {
    const bytes = this.fiber.freeze();
    this.options.spent?.(this.fiber.stats);
    this.fiber = this.options.thaw(bytes);
  }

  /** Asks for answers; true when one of them is there already. */
  private ask(requests: readonly Request[]): boolean {
    const { answer, answers } = this.options;
    const atOnce = answers === "inline" || answers === "freeze";
    let answered = false;
    for (const request of requests) {
      const controller = new AbortController();
      let value: Value | PromiseLike<Value>;
      try {
        value = answer(request, controller.signal);
      } catch (error) {
        if (!(error instanceof Raise)) throw error;
        if (atOnce) {
          this.fiber.resumeRaise(request.id, error.payload);
          answered = true;
        } else this.wait(request, controller, Promise.reject(error));
        continue;
      }
      if (isPromise(value)) this.wait(request, controller, value as PromiseLike<Value>);
      else if (atOnce) {
        this.fiber.resume(request.id, value);
        answered = true;
      } else this.wait(request, controller, Promise.resolve(value));
    }
    return answered;
  }

  private wait(request: Request, controller: AbortController, answer: PromiseLike<Value>): void {
    this.open.set(request.id, controller);
    const settled = (give: () => void): void => {
      const deliver = (): void => {
        // No longer when the fiber has ended, or has been cancelled meanwhile.
        if (this.open.get(request.id) !== controller) return;
        this.open.delete(request.id);
        try {
          give();
        } catch (error) {
          this.fail(error);
          return;
        }
        this.go();
      };
      if (this.options.answers === "async") later(deliver);
      else deliver();
    };
    // Not before this turn's work is done, whatever kind of promise it is.
    Promise.resolve(answer).then(
      (value) => settled(() => this.fiber.resume(request.id, value)),
      (error: unknown) =>
        settled(() => {
          if (!(error instanceof Raise)) throw error;
          this.fiber.resumeRaise(request.id, error.payload);
        }),
    );
  }

  private go(): void {
    const { settle } = this;
    if (settle === undefined) return;
    let ended: Ended | undefined;
    try {
      ended = this.advance();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (ended === undefined) return;
    this.settle = undefined;
    this.finish();
    if (ended.type === "done") settle.resolve(ended.value);
    else settle.reject(new Raise(ended.condition));
  }

  /** The engine or the host is broken, or cannot freeze: the program is not asked. */
  private fail(error: unknown): void {
    const { settle } = this;
    if (settle === undefined) return;
    this.settle = undefined;
    this.finish();
    settle.reject(error);
  }
}

function notWanted(): DOMException {
  return new DOMException("nobody waits for the answer any more", "AbortError");
}

/** What a program sees raised when its run is aborted. */
function reasonOf(signal: AbortSignal): Value {
  const { reason } = signal as { readonly reason: unknown };
  return condition("cancelled", reason instanceof Error ? reason.message : "the run was cancelled");
}

/** After the events that are waiting now have had their turn. */
function later(f: () => void): void {
  if (typeof setImmediate === "function") setImmediate(f);
  else setTimeout(f, 0);
}
