/**
 * What a run has read it is told again, until it writes. The cache goes with the run; a request that names no run is
 * not cached.
 */
import { isPromise, type Layer } from "../layer.ts";
import { plainText } from "../plain.ts";

/** Answers that one run may keep of one op; more, and it starts anew. */
const MOST = 10_000;

interface Known {
  /** Of the run when this was read. */
  readonly writes: number;
  readonly answer: { readonly value: unknown } | { readonly pending: PromiseLike<unknown> };
}

/** How often each run has written. */
const writes = new WeakMap<object, number>();

/** What a run has read may be different now. */
export function noteWrite(scope: object): void {
  writes.set(scope, (writes.get(scope) ?? 0) + 1);
}

export function requestCache(): Layer {
  return (next) => {
    const runs = new WeakMap<object, Map<string, Known>>();
    return (args, context) => {
      const { scope } = context;
      const key = scope === undefined ? undefined : plainText(args);
      if (scope === undefined || key === undefined) return next(args, context);
      let known = runs.get(scope);
      if (known === undefined || known.size >= MOST) {
        known = new Map();
        runs.set(scope, known);
      }
      const answers = known;
      const now = writes.get(scope) ?? 0;
      const before = answers.get(key);
      if (before !== undefined && before.writes === now) {
        if ("value" in before.answer) return before.answer.value;
        // Who asked first may have been cancelled, which is no answer for this one.
        return before.answer.pending.then(undefined, () => next(args, context));
      }
      const keep = (value: unknown): unknown => {
        answers.set(key, { writes: now, answer: { value } });
        return value;
      };
      const answer = next(args, context);
      if (!isPromise(answer)) return keep(answer);
      const pending = answer.then(keep, (error: unknown) => {
        answers.delete(key);
        throw error;
      });
      answers.set(key, { writes: now, answer: { pending } });
      return pending;
    };
  };
}
