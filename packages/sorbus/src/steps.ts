/** Work that is asynchronous only where it must be: a generator that yields what may be a promise. */
import { isPromise } from "@sorbus/io-resolver";

export type MaybePromise<T> = T | Promise<T>;

/** Steps of such work: yields values or promises of them, and is given the values. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** Runs the steps; the result is a promise only if one of them was. Throws or rejects what they throw. */
export function runSteps<T>(steps: Steps<T>): MaybePromise<T> {
  let next = steps.next();
  while (!next.done) {
    if (isPromise(next.value)) return continueLater(steps, next.value);
    next = steps.next(next.value);
  }
  return next.value;
}

async function continueLater<T>(steps: Steps<T>, first: PromiseLike<unknown>): Promise<T> {
  let pending: unknown = first;
  for (;;) {
    let next: IteratorResult<unknown, T>;
    try {
      next = steps.next(isPromise(pending) ? await pending : pending);
    } catch (error) {
      next = steps.throw(error);
    }
    if (next.done) return next.value;
    pending = next.value;
  }
}
