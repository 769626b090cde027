/**
 * A circuit breaker: after so many failures in a row nothing is asked for a while, and then one request to see.
 * M. Nygard, *Release It!* (2007).
 */
import { type Layer, settled } from "../layer.ts";
import { OpError } from "../op.ts";

export interface BreakerPolicy {
  /** Failures in a row after which it opens. */
  readonly failures: number;
  /** Milliseconds until the next attempt. */
  readonly resetAfter: number;
  /** Whether an error is a failure of what is asked. Default: all but refusals (kinds "op" and "denied"). */
  readonly when?: (error: unknown) => boolean;
}

const isFailure = (error: unknown): boolean =>
  !(error instanceof OpError && (error.kind === "op" || error.kind === "denied"));

export function breaker({ failures, resetAfter, when = isFailure }: BreakerPolicy): Layer {
  return (next) => {
    let failed = 0;
    /** While open. */
    let openUntil: number | undefined;
    let trying = false;
    return (args, context) => {
      if (openUntil !== undefined) {
        const left = openUntil - Date.now();
        if (left > 0 || trying) {
          throw new OpError(
            "unavailable",
            `:${context.op}: not asked, since it has failed ${failed} times in a row; ${trying ? "one request tries it now" : `the next attempt may be made in ${left} ms`}`,
            [Math.max(0, left)],
          );
        }
        trying = true;
      }
      return settled(
        () => next(args, context),
        (wrong, error) => {
          trying = false;
          if (!wrong) {
            failed = 0;
            openUntil = undefined;
          } else if (!context.signal.aborted && when(error)) {
            failed++;
            if (failed >= failures) openUntil = Date.now() + resetAfter;
          }
        },
      );
    };
  };
}
