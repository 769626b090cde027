/**
 * A rate limit as a token bucket: `limit` requests may come at once, and as many again every `per` milliseconds,
 * evenly. Others wait in line, first come first served.
 */
import { type Layer, Line } from "../layer.ts";

export interface RatePolicy {
  readonly limit: number;
  /** Milliseconds. */
  readonly per: number;
  /** The most that may wait; more fail with kind "limit". Default 10,000. */
  readonly queue?: number;
}

export function rate({ limit, per, queue = 10_000 }: RatePolicy): Layer {
  return (next) => {
    let tokens = limit;
    let at = Date.now();
    let scheduled = false;
    const line = new Line(queue, `${limit} requests in ${per} ms are its limit`);
    const refill = (): void => {
      const now = Date.now();
      // A clock that is set back gives nothing.
      tokens = Math.min(limit, tokens + (Math.max(0, now - at) * limit) / per);
      at = now;
    };
    const schedule = (): void => {
      if (scheduled) return;
      scheduled = true;
      setTimeout(serve, Math.max(1, Math.ceil(((1 - tokens) * per) / limit)));
    };
    const serve = (): void => {
      scheduled = false;
      refill();
      while (tokens >= 1 && line.next()) tokens--;
      if (line.length > 0) schedule();
    };
    return (args, context) => {
      refill();
      if (tokens >= 1 && line.length === 0) {
        tokens--;
        return next(args, context);
      }
      const turn = line.wait(context);
      schedule();
      return turn.then(() => next(args, context));
    };
  };
}
