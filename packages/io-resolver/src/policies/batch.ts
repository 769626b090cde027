/**
 * Reads that concurrent fibers make in one turn become one call: what `pmap` asks for in its children is collected
 * until the engine has stopped, and asked for together.
 */
import { type Ask, isPromise } from "../layer.ts";
import { type Batch, type HandlerContext, OpError } from "../op.ts";

interface Waiting {
  readonly args: readonly unknown[];
  readonly context: HandlerContext;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function batching({ max = 1_000, handler }: Batch, op: string): Ask {
  let waiting: Waiting[] = [];

  const flush = (): void => {
    const all = waiting.filter(({ context }) => !context.signal.aborted);
    waiting = [];
    for (let at = 0; at < all.length; at += max) ask(all.slice(at, at + max));
  };

  const ask = (group: readonly Waiting[]): void => {
    // The call is no longer wanted when nobody wants its answer.
    const controller = new AbortController();
    let wanted = group.length;
    const leave = (): void => {
      wanted--;
      if (wanted === 0) controller.abort(new DOMException("nobody waits for the answers", "AbortError"));
    };
    for (const { context } of group) context.signal.addEventListener("abort", leave, { once: true });
    const over = (): void => {
      for (const { context } of group) context.signal.removeEventListener("abort", leave);
    };
    const failed = (error: unknown): void => {
      over();
      for (const { reject } of group) reject(error);
    };
    const answered = (answers: unknown): void => {
      if (!Array.isArray(answers) || answers.length !== group.length) {
        const got = Array.isArray(answers) ? `${answers.length} answers` : "something that is no list";
        failed(new OpError("host", `:${op} was asked ${group.length} times at once and gave ${got}`));
        return;
      }
      over();
      group.forEach(({ resolve }, i) => {
        resolve(answers[i]);
      });
    };
    try {
      const answers = handler(
        group.map(({ args }) => args),
        { op, signal: controller.signal },
      );
      if (isPromise(answers)) answers.then(answered, failed);
      else answered(answers);
    } catch (error) {
      failed(error);
    }
  };

  return (args, context) =>
    new Promise((resolve, reject) => {
      const { signal } = context;
      if (signal.aborted) return reject(signal.reason);
      const cancel = (): void => reject(signal.reason);
      signal.addEventListener("abort", cancel, { once: true });
      const done =
        <T>(f: (x: T) => void) =>
        (x: T): void => {
          signal.removeEventListener("abort", cancel);
          f(x);
        };
      waiting.push({ args, context, resolve: done(resolve), reject: done(reject) });
      // After the engine has stopped: all that this turn asks for is there by then.
      if (waiting.length === 1) queueMicrotask(flush);
    });
}
