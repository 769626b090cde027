/** What stands between a request and its handler. Time is the fake one of the test; a synchronous answer stays one. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type OpDeclaration, OpError, type Policy, Resolver } from "../src/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A read whose answers are what `answer` gives for the number of the attempt, from 1. */
function op(
  answer: (attempt: number, signal: AbortSignal) => unknown,
  policy: Policy,
  more: Partial<OpDeclaration> = {},
) {
  let attempts = 0;
  const resolver = new Resolver([
    { name: "x", purity: "read", policy, handler: (_, { signal }) => answer(++attempts, signal), ...more },
  ]);
  return {
    ask: (...args: unknown[]) => resolver.resolve({ op: "x", args }),
    askAs: (scope: object, ...args: unknown[]) => resolver.resolve({ op: "x", args, scope }),
    cancellable: (signal: AbortSignal) => resolver.resolve({ op: "x", args: [], signal }) as Promise<unknown>,
    attempts: () => attempts,
    resolver,
  };
}

const outcome = (answer: unknown): Promise<unknown> =>
  Promise.resolve(answer).catch((error: unknown) => (error instanceof OpError ? error.kind : error));

const all: Policy = {
  cache: "request",
  retry: { attempts: 3 },
  breaker: { failures: 5, resetAfter: 1000 },
  rate: { limit: 10, per: 1000 },
  concurrency: { limit: 2 },
  timeout: 1000,
};

test("an answer that is there comes without a promise through all of them", () => {
  const { ask, askAs } = op((n) => n, all);
  expect(ask()).toBe(1);
  const run = {};
  expect([askAs(run, "a"), askAs(run, "a"), askAs(run, "b")]).toEqual([2, 2, 3]);
});

describe("timeout", () => {
  test("raises, and aborts the signal of the handler", async () => {
    const signals: AbortSignal[] = [];
    const { ask } = op((_, signal) => new Promise(() => signals.push(signal)), { timeout: 50 });
    const answer = outcome(ask());
    await vi.advanceTimersByTimeAsync(49);
    expect(signals[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe("timeout");
    expect(signals[0]?.aborted).toBe(true);
  });

  test("a cancelled request aborts the handler's signal with its own reason", () => {
    const signals: AbortSignal[] = [];
    const { cancellable } = op((_, signal) => new Promise(() => signals.push(signal)), { timeout: 50 });
    const controller = new AbortController();
    void outcome(cancellable(controller.signal));
    controller.abort("gone");
    expect(signals[0]?.reason).toBe("gone");
  });
});

describe("retry", () => {
  test("asks again, later each time, until it is answered", async () => {
    const times: number[] = [];
    const { ask } = op(
      (n) => {
        times.push(Date.now());
        if (n === 1) throw new Error("at once");
        return n < 4 ? Promise.reject(new Error("later")) : "done";
      },
      { retry: { attempts: 5, initial: 100, factor: 10 } },
    );
    const answer = outcome(ask());
    await vi.runAllTimersAsync();
    expect(await answer).toBe("done");
    const waits = times.slice(1).map((t, i) => t - (times[i] ?? 0));
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(50 * 10 ** i);
      expect(wait).toBeLessThanOrEqual(100 * 10 ** i);
    }
  });

  test("gives up after so many attempts, with the last failure", async () => {
    const { ask, attempts } = op((n) => Promise.reject(new OpError("host", String(n))), {
      retry: { attempts: 3 },
    });
    const answer = (ask() as Promise<unknown>).catch((error: Error) => error.message);
    await vi.runAllTimersAsync();
    expect([await answer, attempts()]).toEqual(["3", 3]);
  });

  test("a refusal is not repeated, nor anything when the request was cancelled", async () => {
    const refused = op(() => Promise.reject(new OpError("op", "no")), { retry: { attempts: 3 } });
    expect(await outcome(refused.ask())).toBe("op");
    expect(refused.attempts()).toBe(1);
    const failing = op(() => Promise.reject(new Error("no")), { retry: { attempts: 3 } });
    const controller = new AbortController();
    const answer = outcome(failing.cancellable(controller.signal));
    await vi.advanceTimersByTimeAsync(1);
    controller.abort("gone");
    expect(await answer).toBe("gone");
    await vi.runAllTimersAsync();
    expect(failing.attempts()).toBe(1);
  });

  test("a write must be idempotent; one that heeds a key is repeated if there is one", async () => {
    const write = { purity: "write" } as const;
    expect(() => op(() => 1, { retry: { attempts: 2 } }, write)).toThrow("not declared idempotent");
    const keyed = op(
      (n) => (n === 1 ? Promise.reject(new Error("no")) : n),
      { retry: { attempts: 2 } },
      {
        ...write,
        idempotent: "keyed",
      },
    );
    await expect(keyed.ask()).rejects.toThrow("no");
    const again = op(
      (n) => (n === 1 ? Promise.reject(new Error("no")) : n),
      { retry: { attempts: 2 } },
      {
        ...write,
        idempotent: "keyed",
      },
    );
    const answer = again.resolver.resolve({ op: "x", args: [], idempotencyKey: "k" });
    await vi.runAllTimersAsync();
    expect(await answer).toBe(2);
  });
});

test("a breaker opens after failures in a row, tries one request, and closes when that succeeds", async () => {
  let healthy = false;
  const { ask, attempts } = op(() => (healthy ? Promise.resolve("ok") : Promise.reject(new Error("no"))), {
    breaker: { failures: 2, resetAfter: 1000 },
  });
  const kind = (): Promise<unknown> =>
    outcome((async () => ask())()).then((e) => (e instanceof Error ? "failed" : e));
  expect([await kind(), await kind(), await kind()]).toEqual(["failed", "failed", "unavailable"]);
  expect(attempts()).toBe(2);
  vi.advanceTimersByTime(1000);
  expect(await Promise.all([kind(), kind()])).toEqual(["failed", "unavailable"]);
  vi.advanceTimersByTime(1000);
  healthy = true;
  expect([await kind(), await kind()]).toEqual(["ok", "ok"]);
});

describe("concurrency", () => {
  test("so many at once, the others in order; a full line refuses", async () => {
    const open: (() => void)[] = [];
    const { ask, attempts } = op((n) => new Promise((resolve) => open.push(() => resolve(n))), {
      concurrency: { limit: 2, queue: 2 },
    });
    const answers = [ask(), ask(), ask(), ask()];
    expect(await outcome(ask())).toBe("limit");
    expect(attempts()).toBe(2);
    for (let i = 0; i < 4; i++) {
      open[i]?.();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4]);
  });

  test("who is cancelled leaves the line; who fails gives the place up", async () => {
    const open: (() => void)[] = [];
    const { ask, cancellable, attempts } = op(
      () => new Promise((_, reject) => open.push(() => reject(new Error("no")))),
      { concurrency: { limit: 1 } },
    );
    const first = outcome(ask());
    const controller = new AbortController();
    const second = outcome(cancellable(controller.signal));
    const third = outcome(ask());
    controller.abort("gone");
    expect(await second).toBe("gone");
    open[0]?.();
    await first;
    await vi.advanceTimersByTimeAsync(0);
    open[1]?.();
    await third;
    expect(attempts()).toBe(2);
  });
});

test("a rate lets a burst through, and the rest evenly", async () => {
  const at: number[] = [];
  const start = Date.now();
  const { ask } = op(() => at.push(Date.now() - start), { rate: { limit: 2, per: 1000 } });
  const answers = [ask(), ask(), ask(), ask()];
  expect(answers.map((answer) => answer instanceof Promise)).toEqual([false, false, true, true]);
  await vi.runAllTimersAsync();
  await Promise.all(answers);
  expect(at).toEqual([0, 0, 500, 1000]);
});

describe("batch", () => {
  const batched = (
    handler: (requests: readonly (readonly unknown[])[], signal: AbortSignal) => unknown,
    max?: number,
  ) =>
    op(
      () => "alone",
      {},
      {
        batch: {
          ...(max !== undefined && { max }),
          handler: (requests, { signal }) => handler(requests, signal),
        },
      },
    );

  test("what is asked in one turn is one call; answers go to who asked", async () => {
    const calls: unknown[] = [];
    const { ask } = batched(async (requests) => {
      calls.push(requests);
      return requests.map(([n]) => Number(n) * 10);
    }, 2);
    expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([10, 20, 30]);
    expect(await ask(4)).toBe(40);
    expect(calls).toEqual([[[1], [2]], [[3]], [[4]]]);
  });

  test("its failure is each one's failure; too few answers are a failure", async () => {
    const { ask } = batched(() => Promise.reject(new Error("no")));
    expect(await Promise.allSettled([ask(1), ask(2)])).toMatchObject([
      { status: "rejected" },
      { status: "rejected" },
    ]);
    await expect(batched(() => [1]).ask(1)).resolves.toBe(1);
    await expect(batched(() => []).ask(1)).rejects.toThrow("asked 1 times at once and gave 0 answers");
  });

  test("one who is cancelled does not take the others along; all of them do", async () => {
    const signals: AbortSignal[] = [];
    const { cancellable } = batched((_, signal) => new Promise(() => signals.push(signal)));
    const [one, two] = [new AbortController(), new AbortController()];
    const answers = [one, two].map(({ signal }) => outcome(cancellable(signal)));
    await vi.advanceTimersByTimeAsync(0);
    one.abort("first");
    expect([await answers[0], signals[0]?.aborted]).toEqual(["first", false]);
    two.abort("second");
    expect([await answers[1], signals[0]?.aborted]).toEqual(["second", true]);
  });

  test("only reads", () => {
    expect(() => op(() => 1, {}, { purity: "write", batch: { handler: () => [] } })).toThrow(
      "only reads are batched",
    );
  });
});

describe("request cache", () => {
  test("a run is told the same until it writes; another run is not", async () => {
    let n = 0;
    const resolver = new Resolver([
      { name: "get", purity: "read", policy: { cache: "request" }, handler: async () => ++n },
      { name: "set", purity: "write", handler: async () => null },
    ]);
    const get = (scope?: object, ...args: unknown[]): unknown =>
      resolver.resolve({ op: "get", args, ...(scope && { scope }) });
    const [a, b] = [{}, {}];
    expect(await Promise.all([get(a), get(a), get(a, 1), get(a, 1n)])).toEqual([1, 1, 2, 3]);
    expect(await get(b)).toBe(4);
    await resolver.resolve({ op: "set", args: [], scope: a });
    expect([await get(a), await get(b)]).toEqual([5, 4]);
    expect([await get(), await get()]).toEqual([6, 7]);
  });

  test("a cancelled first request is no answer for the second", async () => {
    let n = 0;
    const resolver = new Resolver([
      {
        name: "get",
        purity: "read",
        policy: { cache: "request" },
        handler: (_, { signal }) => {
          if (++n > 1) return "second";
          return new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason)),
          );
        },
      },
    ]);
    const scope = {};
    const controller = new AbortController();
    const first = outcome(resolver.resolve({ op: "get", args: [], scope, signal: controller.signal }));
    const second = outcome(resolver.resolve({ op: "get", args: [], scope }));
    controller.abort("gone");
    expect([await first, await second]).toEqual(["gone", "second"]);
  });
});

describe("schemas", () => {
  const typed: OpDeclaration = {
    name: "mail/send",
    purity: "write",
    args: z.tuple([z.email(), z.number().int().default(1)]),
    result: z.object({ id: z.string() }),
    handler: ([to, copies]) => ({ id: to === "bad@example.org" ? 7 : `${to} ${copies}` }),
  };
  const resolver = new Resolver([typed]);
  const send = (...args: unknown[]): unknown => resolver.resolve({ op: "mail/send", args });

  test("arguments are checked before anything happens, and come as the schema gives them", () => {
    expect(send("ada@example.org")).toEqual({ id: "ada@example.org 1" });
    expect(() => send("ada")).toThrow(/^:mail\/send: 0: Invalid email/);
    expect(() => send("ada@example.org", 1.5)).toThrow(/^:mail\/send: 1: /);
  });

  test("an answer that its schema does not allow is an error", () => {
    expect(() => send("bad@example.org")).toThrow(":mail/send has answered what it may not: id: ");
  });

  test("a schema that answers later is refused", () => {
    const later = { ...typed, args: z.array(z.unknown()).refine(async () => true) };
    expect(() => new Resolver([later]).resolve({ op: "mail/send", args: [] })).toThrow(
      /asynchronous|Promise/,
    );
  });
});

test("policies can be laid over a table, by op and by family", () => {
  const { resolver } = op(() => 1, {});
  expect(resolver.withPolicies({ x: { timeout: 5 } }).get("x")?.policy).toEqual({ timeout: 5 });
  expect(() => resolver.withPolicies({ "y/*": {} })).toThrow("A policy names :y/*, which is no op here");
  expect(() => resolver.withPolicies({ x: { timeout: 0 } })).toThrow("timeout, 0: it must be more than 0");
});
