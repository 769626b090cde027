/** How often somebody may do something. */
import cluster from "node:cluster";
import { RateLimiterCluster, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

type Limiter = RateLimiterMemory | RateLimiterCluster;

/** Counts in this process, or, in a worker of `serveWorkers`, in the one that all workers have in common. */
export class RateLimiter {
  readonly #limiters: Map<string, Limiter> = new Map();

  /** Counts one use by `key`: undefined if it is within `points` in `seconds`, else the seconds to wait. */
  async wait(name: string, key: string, points: number, seconds: number): Promise<number | undefined> {
    try {
      await this.#limiter(name, points, seconds).consume(key);
      return undefined;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      return Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    }
  }

  #limiter(name: string, points: number, duration: number): Limiter {
    const keyPrefix = `${name}/${points}/${duration}`;
    let known = this.#limiters.get(keyPrefix);
    if (known === undefined) {
      const options = { keyPrefix, points, duration };
      known = cluster.isWorker ? new RateLimiterCluster(options) : new RateLimiterMemory(options);
      this.#limiters.set(keyPrefix, known);
    }
    return known;
  }
}
