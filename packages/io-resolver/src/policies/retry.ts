/**
 * Asks again after a failure, later each time. The delays are spread at random between half and the whole of
 * what the power gives, so that those who failed together do not come back together.
 */
import { isPromise, type Layer, pause } from "../layer.ts";
import { type HandlerContext, isRepeatable, OpError } from "../op.ts";

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Milliseconds before the second attempt. Default 100. */
  readonly initial?: number;
  /** How much longer each wait is than the last. Default 2. */
  readonly factor?: number;
  /** The longest wait in milliseconds. Default 10,000. */
  readonly max?: number;
  /** Whether a failure may pass. Default: all but refusals (kinds "op", "denied", "unavailable"). */
  readonly when?: (error: unknown) => boolean;
}

const REFUSALS = new Set(["op", "denied", "unavailable"]);
const mayPass = (error: unknown): boolean => !(error instanceof OpError && REFUSALS.has(error.kind));

export function retry(policy: RetryPolicy): Layer {
  const { attempts, initial = 100, factor = 2, max = 10_000, when = mayPass } = policy;
  const delay = (failed: number): number =>
    Math.min(max, initial * factor ** (failed - 1)) * (0.5 + Math.random() / 2);
  return (next, declaration) => {
    const again = (error: unknown, failed: number, { signal, idempotencyKey }: HandlerContext): boolean =>
      failed < attempts && !signal.aborted && isRepeatable(declaration, idempotencyKey) && when(error);

    const goOn = async (
      args: readonly unknown[],
      context: HandlerContext,
      first: PromiseLike<unknown>,
    ): Promise<unknown> => {
      let answer: unknown = first;
      for (let failed = 1; ; failed++) {
        try {
          return await answer;
        } catch (error) {
          if (!again(error, failed, context)) throw error;
        }
        await pause(delay(failed), context.signal);
        // What is thrown at once is a failure like any other.
        answer = (async () => next(args, context))();
      }
    };

    return (args, context) => {
      let answer: unknown;
      try {
        answer = next(args, context);
      } catch (error) {
        if (!again(error, 1, context)) throw error;
        return goOn(args, context, Promise.reject(error));
      }
      return isPromise(answer) ? goOn(args, context, answer) : answer;
    };
  };
}
