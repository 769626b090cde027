/** A bound on how long one attempt may take. The handler's signal is aborted when it is over. */
import { isPromise, type Layer } from "../layer.ts";
import { OpError } from "../op.ts";

/** @param ms milliseconds */
export function timeout(ms: number): Layer {
  return (next) => (args, context) => {
    const controller = new AbortController();
    const { signal } = context;
    const cancel = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    const over = (): void => signal.removeEventListener("abort", cancel);
    let answer: unknown;
    try {
      answer = next(args, { ...context, signal: controller.signal });
    } catch (error) {
      over();
      throw error;
    }
    if (!isPromise(answer)) {
      over();
      return answer;
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        over();
        const late = new OpError("timeout", `:${context.op}: no answer within ${ms} ms`, [ms]);
        controller.abort(late);
        reject(late);
      }, ms);
      const ended = (): void => {
        clearTimeout(timer);
        over();
      };
      answer.then(
        (value) => {
          ended();
          resolve(value);
        },
        (error: unknown) => {
          ended();
          reject(error);
        },
      );
    });
  };
}
