/**
 * How an op is asked: policies between a request and its handler, each in a file of `policies/`. All of them let a
 * synchronous answer through in the same turn; only what waits anyway, or must wait by a policy, takes a promise.
 */
import type { Ask, Layer } from "./layer.ts";
import type { OpDeclaration } from "./op.ts";
import { batching } from "./policies/batch.ts";
import { type BreakerPolicy, breaker } from "./policies/breaker.ts";
import { requestCache } from "./policies/cache.ts";
import { type ConcurrencyPolicy, concurrency } from "./policies/concurrency.ts";
import { type RatePolicy, rate } from "./policies/rate.ts";
import { type RetryPolicy, retry } from "./policies/retry.ts";
import { timeout } from "./policies/timeout.ts";

/** In the order in which a request meets them. Absent: no such policy. */
export interface Policy {
  /** "request": a run that asks the same again, with no write in between, is told the same. Reads only. */
  readonly cache?: "request";
  /** Asks again after a failure. Only for what may be repeated. */
  readonly retry?: RetryPolicy;
  /** Stops asking what keeps failing. */
  readonly breaker?: BreakerPolicy;
  /** So many requests in so much time; the others wait for their turn. */
  readonly rate?: RatePolicy;
  /** So many requests at once; the others wait for their turn. */
  readonly concurrency?: ConcurrencyPolicy;
  /** Milliseconds that one attempt may take; the program then sees a condition of kind "timeout". */
  readonly timeout?: number;
}

/** @throws TypeError for a policy that does not fit the op */
export function checkPolicy(declaration: OpDeclaration): void {
  const { name, purity, idempotent, policy = {}, batch } = declaration;
  const wrong = (why: string): never => {
    throw new TypeError(`The op :${name} ${why}`);
  };
  if (batch !== undefined && purity !== "read") wrong("is a write: only reads are batched");
  if (policy.cache !== undefined && purity !== "read") wrong("is a write: only reads are cached");
  if (policy.retry !== undefined && purity !== "read" && (idempotent ?? false) === false)
    wrong("may not be repeated: it is a write that is not declared idempotent, so it cannot have a retry");
  const numbers: [string, number | undefined][] = [
    ["timeout", policy.timeout],
    ["retry.attempts", policy.retry?.attempts],
    ["breaker.failures", policy.breaker?.failures],
    ["breaker.resetAfter", policy.breaker?.resetAfter],
    ["rate.limit", policy.rate?.limit],
    ["rate.per", policy.rate?.per],
    ["concurrency.limit", policy.concurrency?.limit],
    ["batch.max", batch?.max],
  ];
  for (const [what, n] of numbers)
    if (n !== undefined && !(n > 0)) wrong(`has the policy ${what}, ${n}: it must be more than 0`);
}

const pipelines = new WeakMap<OpDeclaration, Ask>();

/**
 * The handler behind its policies. One for each declaration, however many resolvers share it: what limits
 * a service limits it for all who ask.
 */
export function pipelineOf(declaration: OpDeclaration): Ask {
  let ask = pipelines.get(declaration);
  if (ask === undefined) {
    ask = assemble(declaration);
    pipelines.set(declaration, ask);
  }
  return ask;
}

function assemble(declaration: OpDeclaration): Ask {
  checkPolicy(declaration);
  const { policy = {} } = declaration;
  const layers: (Layer | undefined)[] = [
    policy.cache && requestCache(),
    policy.retry && retry(policy.retry),
    policy.breaker && breaker(policy.breaker),
    policy.rate && rate(policy.rate),
    policy.concurrency && concurrency(policy.concurrency),
    policy.timeout === undefined ? undefined : timeout(policy.timeout),
  ];
  const innermost: Ask =
    declaration.batch === undefined ? declaration.handler : batching(declaration.batch, declaration.name);
  return layers.reduceRight<Ask>(
    (next, layer) => (layer === undefined ? next : layer(next, declaration)),
    innermost,
  );
}
