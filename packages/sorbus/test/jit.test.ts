/** What the JIT promises beyond equal results, which the conformance matrix sees to. */
import binaryen from "binaryen";
import { createRuntime, type JitEvent, type JitOptions } from "sorbus";
import { describe, expect, test } from "vitest";

function jitted(options: JitOptions = {}, more: Parameters<typeof createRuntime>[0] = {}) {
  const events: JitEvent[] = [];
  const runtime = createRuntime({
    jit: { threshold: 0, promotion: 2, onEvent: (event) => events.push(event), ...options },
    ...more,
  });
  const names = (type: JitEvent["type"]): string[] =>
    events.filter((e) => e.type === type).map((e) => e.code.name);
  return { runtime, events, names };
}

describe("nothing is uncompilable", () => {
  test.each([
    ["guard", "(define (f x) (guard (e (true :caught)) (raise x)))", "caught"],
    ["call/cc", "(define (f x) (call/cc (fn (k) (k x))))", 5],
    ["shift and reset", "(define (f x) (reset (+ 1 (shift k (k (k x))))))", 7],
    ["dynamic-wind", "(define (f x) (dynamic-wind (fn () nil) (fn () x) (fn () nil)))", 5],
    ["parameterize", "(define p (make-parameter 1)) (define (f x) (parameterize ((p x)) (p)))", 5],
    ["with-effects", "(define (f x) (with-effects {:ask (fn (args k) (k x))} (perform :ask)))", 5],
    [
      "optional, rest and key parameters",
      "(define (g a &optional (b 2) &rest r) (list a b r)) (define (f x) (len (g x 1 2)))",
      3,
    ],
    ["handler-bind", "(define (f x) (handler-bind (fn (e) x) (raise-continuable x)))", 5],
  ])("%s", async (_name, definition, value) => {
    const { runtime, names } = jitted();
    await runtime.eval(definition);
    for (let i = 0; i < 6; i++) expect(await runtime.eval("(f 5)")).toEqual(value);
    expect(names("compiled")).toContain("f");
    expect(names("failed")).toEqual([]);
    expect(runtime.stats.fallbacks).toBe(0);
  });
});

describe("guesses", () => {
  test("about numbers that turn out wrong are given up, and the result is right", async () => {
    const { runtime, names } = jitted();
    await runtime.eval("(define (twice x) (+ x x))");
    for (let i = 0; i < 10; i++) expect(await runtime.eval("(twice 4)")).toBe(8);
    expect(await runtime.eval("(twice 0.25)")).toBe(0.5);
    expect(await runtime.eval("(twice 1073741823)")).toBe(2147483646);
    expect(await runtime.eval("(twice 10n)")).toBe(20n);
    expect(names("deopt")).toContain("twice");
    const after = runtime.stats.deopts;
    for (let i = 0; i < 10; i++) expect(await runtime.eval("(twice 0.5)")).toBe(1);
    expect(await runtime.eval("(twice 10n)")).toBe(20n);
    expect(runtime.stats.deopts).toBe(after);
  });

  test("a loop's sum may leave the small integers half-way", async () => {
    const { runtime } = jitted({ promotion: 50 });
    await runtime.eval(
      "(define (sum n) (let loop ((i 0) (s 0)) (if (< i n) (loop (+ i 1) (+ s 100000)) s)))",
    );
    expect(await runtime.eval("(sum 100)")).toBe(10_000_000);
    expect(await runtime.eval("(sum 100000)")).toBe(10_000_000_000);
  });

  test.each(["(mod -4 2)", "(* 0 -5)", "(- 0)", "(quot 0 -3)", "(rem -4 2)", "(abs 0)"])(
    "%s is the zero that it is on the VM",
    async (expression) => {
      const { runtime } = jitted();
      const vm = createRuntime({ jit: false });
      const program = `(define (f a) ${expression.replace(/(-?\d+)(?=\)|$)/, "(if a $1 1)")}) (f false) (f false) (f false) (str (f true))`;
      expect(await runtime.eval(program)).toBe(await vm.eval(program));
    },
  );
});

test("running frames finish on the old code, and nothing stale is entered", async () => {
  const { runtime } = jitted();
  const seen = await runtime.eval(`
    (define (step x) (+ x 1))
    (define (go n)
      (let loop ((i 0) (x 0))
        (if (= i n) x
          (do
            (when (= i 50) (set! step (fn (x) (+ x 1000))))
            (loop (+ i 1) (step x))))))
    (go 100)`);
  expect(seen).toBe(50 + 50 * 1000);
});

test("an excluded function stays on the VM, by name and by pattern", async () => {
  const { runtime, names } = jitted({ exclude: ["slow", /^debug-/] });
  await runtime.eval("(define (slow x) x) (define (debug-it x) x) (define (fast x) x)");
  for (let i = 0; i < 5; i++) await runtime.eval("(slow 1) (debug-it 1) (fast 1)");
  expect(names("compiled")).toContain("fast");
  expect(names("compiled")).not.toContain("slow");
  expect(names("excluded")).toEqual(expect.arrayContaining(["slow", "debug-it"]));
});

test("no more units are kept than allowed", async () => {
  const { runtime, names } = jitted({ maxUnits: 3 });
  for (let i = 0; i < 10; i++) await runtime.eval(`(define (f${i} x) (+ x ${i}))`);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) expect(await runtime.eval(`(f${i} 1)`)).toBe(1 + i);
  }
  expect(names("dropped").length).toBeGreaterThan(10);
});

test("limits end a program at the same call on the VM and in compiled code", async () => {
  const program = "(define (spin n) (if (= n 0) 0 (+ 1 (spin (- n 1))))) (define (go) (spin 20) (go)) (go)";
  const ends = await Promise.all(
    ([false, { threshold: 0, promotion: 3 }] as const).map((jit) =>
      Promise.resolve()
        .then(() => createRuntime({ jit, limits: { steps: 12_345 } }).eval(program))
        .then(String, (error: Error & { condition?: { stack: unknown } }) => [
          error.message,
          error.condition?.stack,
        ]),
    ),
  );
  expect(ends[1]).toEqual(ends[0]);
});

test("what compiled code is made of is valid by another tool's judgement", async () => {
  const made: Uint8Array[] = [];
  const { runtime } = jitted({ onUnit: (bytes) => made.push(bytes) });
  await runtime.eval(`
    (define (f xs) (map (fn (x) (* x 1.5)) (filter (fn (x) (< x 5)) xs)))
    (define v (make-vector 10 0))
    (define (fill) (dotimes (i 10) (vector-set! v i (/ i 2))) (reduce + 0 (vector->list v)))`);
  for (let i = 0; i < 5; i++) await runtime.eval("(f (range 10)) (fill)");
  expect(made.length).toBeGreaterThan(5);
  for (const bytes of made) {
    const module = binaryen.readBinary(bytes);
    module.setFeatures(binaryen.Features.All);
    expect(module.validate()).toBe(1);
    module.dispose();
  }
});
