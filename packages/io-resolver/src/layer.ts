/** What policies are made of. */
import { type HandlerContext, type OpDeclaration, OpError } from "./op.ts";

/** Answers a request with checked arguments: a value, or a promise of it. */
export type Ask = (args: readonly unknown[], context: HandlerContext) => unknown;

/** A policy: an `Ask` over another. */
export type Layer = (next: Ask, declaration: OpDeclaration) => Ask;

/** Whether an answer is still to come. Thenables of other realms count; engine values have no `then`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

/** Calls `ended` once when the answer is there: now, or when the promise settles. The answer stays what it is. */
export function settled(ask: () => unknown, ended: (failed: boolean, error?: unknown) => void): unknown {
  let answer: unknown;
  try {
    answer = ask();
  } catch (error) {
    ended(true, error);
    throw error;
  }
  if (!isPromise(answer)) {
    ended(false);
    return answer;
  }
  return answer.then(
    (value) => {
      ended(false);
      return value;
    },
    (error: unknown) => {
      ended(true, error);
      throw error;
    },
  );
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** A queue of requests that wait for their turn: bounded, and one who is cancelled leaves it. */
export class Line {
  readonly #waiting = new Set<() => void>();
  readonly #most: number;
  readonly #why: string;

  /** @param why what limits the op, for the message when the line is full */
  constructor(most: number, why: string) {
    this.#most = most;
    this.#why = why;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** @throws OpError of kind "limit" when the line is full */
  async wait({ op, signal }: HandlerContext): Promise<void> {
    if (this.#waiting.size >= this.#most)
      throw new OpError("limit", `:${op}: ${this.#why}, and ${this.#most} requests wait already`);
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(signal.reason);
      };
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      if (signal.aborted) return reject(signal.reason);
      this.#waiting.add(go);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Lets the first one go on. */
  next(): boolean {
    for (const go of this.#waiting) {
      this.#waiting.delete(go);
      go();
      return true;
    }
    return false;
  }
}
