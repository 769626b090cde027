/**
 * `(:http/rate-limit name key points seconds)`: nil when somebody may, else in how many seconds. The counts are shared
 * by all workers of a machine, see `serveWorkers`.
 */
import type { OpDeclaration } from "@sorbus/io-resolver";
import type { RateLimiter } from "../limiter.ts";

export function rateLimitOps(): OpDeclaration[] {
  let limiter: RateLimiter | undefined;
  return [
    {
      name: "http/rate-limit",
      params: "name key points seconds",
      purity: "write",
      doc: "Counts one use for key; nil if it is within `points` in `seconds`, else in how many seconds it may be again.",
      check: ([name, key, points, seconds]) => {
        if (typeof name !== "string" || typeof key !== "string") return "name and key must be strings";
        return isCount(points) && isCount(seconds)
          ? undefined
          : "points and seconds must be positive integers";
      },
      handler: async ([name, key, points, seconds]) => {
        // Loaded when somebody counts.
        limiter ??= new (await import("@sorbus/http-host")).RateLimiter();
        return (await limiter.wait(String(name), String(key), Number(points), Number(seconds))) ?? null;
      },
    },
  ];
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;
