/** Programs that would not end by themselves are stopped, by the limit that they reach. */
import { cekTier } from "@sorbus/cek";
import { sleepOps } from "@sorbus/io-resolver/sleep";
import { describe, expect, test } from "vitest";
import { createRuntime, type RuntimeOptions, SxError } from "../src/index.ts";

async function end(text: string, options: RuntimeOptions): Promise<string> {
  const runtime = createRuntime(options);
  try {
    return `value ${String(await runtime.eval(text))}`;
  } catch (error) {
    if (!(error instanceof SxError)) throw error;
    return `${error.kind} ${error.message}`;
  }
}

const tiers: [string, RuntimeOptions][] = [
  ["vm", {}],
  ["cek", { tier: cekTier }],
];
const MB = 2 ** 20;

describe.each(tiers)("%s", (_name, tier) => {
  const endless: [string, string][] = [
    ["a loop", "(while true nil)"],
    ["a tail call", "(define (f n) (f (+ n 1))) (f 0)"],
    ["mutual tail calls", "(define (f) (g2)) (define (g2) (f)) (f)"],
    ["a loop that handles every error", "(define (f) (guard (e (true (f))) (while true nil))) (f)"],
    ["a handler", "(define (f) (handler-bind (fn (e) (f)) (error 1))) (f)"],
    [
      "a dynamic-wind",
      "(define (f) (dynamic-wind (fn () nil) (fn () (while true nil)) (fn () (while true nil)))) (f)",
    ],
    ["fibers", "(define (f) (await (spawn f))) (f)"],
    ["a callback", "(map (fn (x) (while true nil)) (list 1))"],
  ];
  test.each(endless)("steps: %s", async (_, text) => {
    expect(await end(text, { ...tier, limits: { steps: 20_000 } })).toMatch(/^limit (steps|fibers)/);
  });

  test("steps: a program that stays within them", async () => {
    const text = "(define (f n) (if (= n 0) :done (f (- n 1)))) (f 1000)";
    expect(await end(text, { ...tier, limits: { steps: 5_000 } })).toBe("value done");
  });

  test("memory: endless recursion overflows the stack, and a program may handle that", async () => {
    const text = "(define (f n) (+ 1 (f n)))";
    expect(await end(`${text} (f 1)`, { ...tier, limits: { memory: 16 * MB } })).toMatch(
      /^limit stack overflow/,
    );
    expect(
      await end(`${text} (guard (e ((error? e) (error-kind e))) (f 1))`, {
        ...tier,
        limits: { memory: 16 * MB },
      }),
    ).toBe("value limit");
  });

  test("time: a program that computes", async () => {
    expect(await end("(while true nil)", { ...tier, limits: { time: 30 } })).toMatch(/^limit time/);
  });

  test("time: one that waits for what never comes", async () => {
    const ops = { never: () => new Promise(() => {}) };
    expect(
      await end("(guard (e (true :caught)) (perform :never))", { ...tier, ops, limits: { time: 30 } }),
    ).toMatch(/^limit time/);
  });

  test("time: one that asks and sleeps and asks", async () => {
    expect(
      await end("(while true (perform :async/sleep 1))", { ...tier, ops: sleepOps(), limits: { time: 50 } }),
    ).toMatch(/^limit time/);
  });

  test.each(["inline", "suspend", "async", "freeze"] as const)(
    "steps count on through waiting (%s)",
    async (answers) => {
      const options = { ...tier, answers, ops: { x: async () => 1 }, limits: { steps: 2_000 } };
      expect(await end("(while true (perform :x))", options)).toMatch(/^limit steps/);
    },
  );
});

test.each([
  ["a list", "(let loop ((xs (list))) (loop (cons 1 xs)))"],
  ["a list in a variable", "(define xs (list)) (while true (set! xs (cons xs xs)))"],
  ["a vector", "(define v (vector)) (while true (vector-push! v 1))"],
  ["a dict", "(let loop ((d {}) (i 0)) (loop (assoc d (str i) i) (+ i 1)))"],
  ["a hash table", "(define h (make-hash-table)) (let loop ((i 0)) (hash-set! h i i) (loop (+ i 1)))"],
  ["a string", '(let loop ((s "abc")) (loop (str s s "x")))'],
  ["a chain of closures", "(let loop ((f (fn () 1))) (loop (fn () (f))))"],
])("memory: %s that grows without end", async (_, text) => {
  expect(await end(text, { limits: { memory: 16 * MB } })).toMatch(/^limit /);
});

test("memory: what is garbage does not count", async () => {
  const text = "(let loop ((i 0)) (if (< i 300000) (do (list i i i i) (loop (+ i 1))) :done))";
  expect(await end(text, { limits: { memory: 8 * MB } })).toBe("value done");
});

test("the limits of a run take the place of the runtime's", async () => {
  const runtime = createRuntime({ limits: { steps: 100 } });
  const text = "(let loop ((i 0)) (if (< i 1000) (loop (+ i 1)) i))";
  expect(() => runtime.eval(text)).toThrow(/steps/);
  expect(runtime.eval(text, { limits: { steps: 10_000 } })).toBe(1000);
  expect(() => runtime.eval(text)).toThrow(/steps/);
});

test("compile-time code is bounded, too", async () => {
  const text = "(defmacro forever () (while true nil)) (forever)";
  expect(await end(text, { limits: { steps: 10_000 } })).toMatch(/^limit steps/);
  expect(await end(text, { limits: { time: 30 } })).toMatch(/^limit time/);
  expect(await end(text, { limits: { steps: 10_000 }, slice: 1_000 })).toMatch(/^limit steps/);
});

test("an exit that would not end does not keep a stopped program from ending", async () => {
  const text = "(dynamic-wind (fn () nil) (fn () (while true nil)) (fn () (while true nil)))";
  expect(await end(text, { limits: { time: 30 } })).toMatch(/^limit time/);
});
