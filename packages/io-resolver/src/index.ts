/** Who answers `perform`: op tables and the one function that resolves a request against them. */
export { type Grant, parseGrant } from "./grants.ts";
export { type Counters, counters, type Hooks, hooks, type OpCounts, type Outcome } from "./hooks.ts";
export { isPromise } from "./layer.ts";
export {
  type Arity,
  arityOf,
  type Batch,
  type Handler,
  type HandlerContext,
  isRepeatable,
  type Narrowing,
  type OpCodec,
  type OpDeclaration,
  OpError,
  type OpRequest,
} from "./op.ts";
export type { BreakerPolicy } from "./policies/breaker.ts";
export type { ConcurrencyPolicy } from "./policies/concurrency.ts";
export type { RatePolicy } from "./policies/rate.ts";
export type { RetryPolicy } from "./policies/retry.ts";
export type { Policy } from "./policy.ts";
export { type LogEntry, type Replay, type ReplayOptions, record, replay } from "./record.ts";
export { type Recorder, Resolver, type ResolverOptions } from "./resolver.ts";
export type { StandardSchema } from "./standard-schema.ts";
