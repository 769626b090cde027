/**
 * Runs a fiber to its end: gives each request to the resolver and each answer to the fiber. As long as
 * answers come at once everything happens in one turn and the result is a value, not a promise.
 */
import { isPromise } from "@sorbus/io-resolver";
import { condition, type EngineFiber, Raise, type Request, type Value } from "@sorbus/vm";

/** How requests are answered; none of it can be seen by the program. For tests and for replays. */
export type Answers =
  /** Values at once, promises when they settle. */
  | "inline"
  /** Every request leaves the engine and its host before it is answered. */
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
  /** Fuel after which a fiber lets the event loop have a turn. Absent: it runs through. */
  readonly slice?: number | undefined;
}

/** The fiber's value, or a promise of it. @throws (or rejects with) Raise for an uncaught condition */
export function drive(fiber: EngineFiber, options: DriveOptions): Value | Promise<Value> {
  return new Drive(fiber, options).start();
}

class Drive {
  private fiber: EngineFiber;
  private readonly options: DriveOptions;
  private readonly open: Map<number, AbortController> = new Map();
  private settle: { resolve: (value: Value) => void; reject: (error: unknown) => void } | undefined;
  private readonly onAbort = (): void => this.abort();

  constructor(fiber: EngineFiber, options: DriveOptions) {
    this.fiber = fiber;
    this.options = options;
  }

  start(): Value | Promise<Value> {
    const { signal } = this.options;
    if (signal?.aborted === true) this.abort();
    else signal?.addEventListener("abort", this.onAbort, { once: true });
    const ended = this.advance();
    if (ended !== undefined) {
      this.finish();
      if (ended.type === "raised") throw new Raise(ended.condition);
      return ended.value;
    }
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
  }

  private finish(): void {
    this.options.signal?.removeEventListener("abort", this.onAbort);
    for (const controller of this.open.values()) controller.abort();
    this.open.clear();
  }

  private abort(): void {
    const reason: unknown = this.options.signal?.reason;
    const text = reason instanceof Error ? reason.message : "the run was cancelled";
    this.fiber.cancel(condition("cancelled", text));
    if (this.settle !== undefined) this.go();
  }

  /** Runs until the end, or until nothing can happen without an answer from outside (undefined). */
  private advance(): { type: "done"; value: Value } | { type: "raised"; condition: Value } | undefined {
    for (;;) {
      const step = this.fiber.run(this.options.slice);
      switch (step.type) {
        case "done":
        case "raised":
          return step;
        case "fuel":
          later(() => this.go());
          return undefined;
        case "performed": {
          for (const id of step.cancelled) {
            this.open.get(id)?.abort();
            this.open.delete(id);
          }
          if (this.options.answers === "freeze") this.fiber = this.options.thaw(this.fiber.freeze());
          if (!this.ask(step.requests)) return undefined;
          break;
        }
        default:
          step satisfies never;
      }
    }
  }

  /** Asks for answers; true when one of them is there already. */
  private ask(requests: readonly Request[]): boolean {
    let answered = false;
    for (const request of requests) {
      const controller = new AbortController();
      try {
        const answer = this.options.answer(request, controller.signal);
        if (isPromise(answer)) this.wait(request, controller, answer as PromiseLike<Value>);
        else if (this.options.answers === "async" || this.options.answers === "suspend") {
          this.wait(request, controller, Promise.resolve(answer as Value));
        } else {
          this.fiber.resume(request.id, answer as Value);
          answered = true;
        }
      } catch (error) {
        if (this.options.answers === "async") this.wait(request, controller, Promise.reject(error));
        else {
          this.fiber.resumeRaise(request.id, payloadOf(error));
          answered = true;
        }
      }
    }
    return answered;
  }

  private wait(request: Request, controller: AbortController, answer: PromiseLike<Value>): void {
    this.open.set(request.id, controller);
    const wanted = (): boolean => this.open.get(request.id) === controller && this.open.delete(request.id);
    answer.then(
      (value) => {
        if (!wanted()) return;
        this.fiber.resume(request.id, value);
        this.go();
      },
      (error: unknown) => {
        if (!wanted()) return;
        this.fiber.resumeRaise(request.id, payloadOf(error));
        this.go();
      },
    );
  }

  private go(): void {
    const { settle } = this;
    if (settle === undefined) return;
    try {
      const ended = this.advance();
      if (ended === undefined) return;
      this.settle = undefined;
      this.finish();
      if (ended.type === "done") settle.resolve(ended.value);
      else settle.reject(new Raise(ended.condition));
    } catch (error) {
      this.settle = undefined;
      this.finish();
      settle.reject(error);
    }
  }
}

/** What a handler's failure is in the program. */
function payloadOf(error: unknown): Value {
  if (error instanceof Raise) return error.payload;
  throw error;
}

/** After the events that are waiting now have had their turn. */
function later(f: () => void): void {
  if (typeof setImmediate === "function") setImmediate(f);
  else setTimeout(f, 0);
}
