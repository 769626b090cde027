/**
 * Fibers that outlive the program they began in: globals by reference, code that goes along with the fiber. Each
 * test freezes in one runtime and thaws in another, as a later process with another version of the program would.
 */
import { type EngineFiber, packUnit, type Step, type UnitCode, unpackUnit, type Value } from "@sorbus/vm";
import { describe, expect, test } from "vitest";
import { createRuntime, inspect, type Runtime } from "../src/index.ts";

interface Frozen {
  readonly bytes: Uint8Array;
  /** Packed code by unit and hash. */
  readonly code: ReadonlyMap<string, Uint8Array>;
}

function program(text: string): Runtime {
  const runtime = createRuntime();
  runtime.eval(text, { file: "program.sx" });
  return runtime;
}

const nameOf = (id: string, hash: string): string => `${id} ${hash}`;

/** Calls the global `main` and freezes it at its first request. */
function stopped(runtime: Runtime, ...args: unknown[]): { step: Step; frozen: () => Frozen } {
  const fiber = runtime.engine.call(
    runtime.global("main"),
    args.map((arg) => runtime.toSx(arg)),
  );
  const step = fiber.run();
  return { step, frozen: () => freeze(runtime, fiber) };
}

function freeze(runtime: Runtime, fiber: EngineFiber): Frozen {
  const code = new Map<string, Uint8Array>();
  const onUnit = (unit: UnitCode): void => {
    code.set(nameOf(unit.id, unit.hash), packUnit(unit, runtime.freezing));
  };
  return { bytes: fiber.freeze({ globals: "reference", onUnit }), code };
}

function thaw(runtime: Runtime, { bytes, code }: Frozen): EngineFiber {
  return runtime.engine.thaw(bytes, {
    unit: (id, hash) => {
      const packed = code.get(nameOf(id, hash));
      return packed === undefined ? undefined : unpackUnit(packed, runtime.freezing);
    },
  });
}

/** Answers requests with `answers`, in order; the value, or the message of what was raised. */
function finish(fiber: EngineFiber, ...answers: Value[]): string {
  for (;;) {
    const step = fiber.run();
    if (step.type === "done") return inspect(step.value);
    if (step.type !== "performed") throw new Error(step.type);
    for (const { id } of step.requests) fiber.resume(id, answers.shift() ?? "no answer");
  }
}

const first = (fiber: EngineFiber, value: Value): string => {
  fiber.resume(1, value);
  return finish(fiber);
};

describe("globals by reference", () => {
  test("a thaw sets no globals, and reads those that are there", () => {
    const text = "(define rate 2) (define (main) (* (perform :ask) rate))";
    const there = program(text.replace("rate 2", "rate 5"));
    expect(first(thaw(there, stopped(program(text)).frozen()), 10)).toBe("50");
    expect(there.eval("rate")).toBe(5);
  });

  test("records, parameters, tables and counters are the new program's own", () => {
    const text = `
      (define-record-type point (make-point x y) point? (x point-x) (y point-y))
      (define depth (make-parameter 1))
      (define seen (make-hash-table))
      (define next (let ((n 0)) (fn () (set! n (+ n 1)) n)))
      (define (main)
        (let ((p (make-point 1 2)) (d depth) (t seen) (count next))
          (next)
          (parameterize ((depth 7))
            (perform :ask)
            (hash-set! t :done true)
            (list (point? p) (point-y p) (d) (eq? t seen) (count) (eq? count next)))))`;
    const there = program(text);
    there.eval("(next) (next) (next)");
    expect(first(thaw(there, stopped(program(text)).frozen()), 0)).toBe("(true 2 7 true 4 true)");
    expect(there.eval("(hash-ref seen :done)")).toBe(true);
  });

  test("a record of a type that has changed keeps the type that it was made with", () => {
    const main =
      "(define (main) (let ((p (make-point 1 2))) (perform :ask) (list (point? p) (record-type-fields (record-type-of p)))))";
    const frozen = stopped(
      program(`(define-record-type point (make-point x y) point? (x point-x) (y point-y)) ${main}`),
    ).frozen();
    const there = program(
      `(define-record-type point (make-point x y z) point? (x point-x) (y point-y) (z point-z)) ${main}`,
    );
    expect(first(thaw(there, frozen), 0)).toBe('(false ("x" "y"))');
  });

  test("a global that is needed and gone is named", () => {
    const frozen = stopped(
      program("(define t (make-hash-table)) (define (main) (let ((x t)) (perform :ask) x))"),
    ).frozen();
    expect(() => thaw(program("(define (main) 1)"), frozen)).toThrow(/the global t of main/);
  });

  test("an object of the host cannot go along, but the global that holds it can be named", () => {
    const runtime = program("(define (main f) (perform :ask) (f 1))");
    expect(stopped(runtime, (x: number) => x + 1).frozen).toThrow(/^host: /);
    const text = "(define (main) (let ((f add)) (perform :ask) (f 1)))";
    const [here, there] = [100, 200].map((n) => {
      const made = createRuntime();
      made.define("add", (x: number) => x + n);
      made.eval(text);
      return made;
    }) as [Runtime, Runtime];
    const fiber = thaw(there, stopped(here).frozen());
    fiber.resume(1, 0);
    const step = fiber.run();
    expect(step.type === "performed" && step.requests[0]?.op).toBe("host/call");
  });
});

describe("code that goes along", () => {
  const old = `
    (define (price x) (* x 10))
    (define (add-tax x) (+ x 1))
    (define (main xs)
      (guard (e ((error? e) (error-message e)))
        (map (fn (x) (let ((n (perform :ask x))) (add-tax (price n)))) xs)))`;

  test("frames finish on the code that they began with, and call what there is now", () => {
    const frozen = stopped(program(old), [1, 2, 3]).frozen();
    const there = program(`
      (define (price x) (* x 1000))
      (define (add-tax x) (+ x 5))
      (define (main xs) "quite different")`);
    expect(finish(answered(thaw(there, frozen), 1), 2, 3)).toBe("(1005 2005 3005)");
  });

  function answered(fiber: EngineFiber, value: Value): EngineFiber {
    fiber.resume(1, value);
    return fiber;
  }

  test("without it, the thaw says what is missing", () => {
    const { bytes } = stopped(program(old), [1]).frozen();
    expect(() => program("1").engine.thaw(bytes)).toThrow(/the code of .*main.* is not in this program/);
  });

  test("a fiber that was thawed on old code freezes again, with that code", () => {
    const again = stopped(program(old), [1, 2]).frozen();
    const next = program("(define (price x) x) (define (add-tax x) x)");
    const fiber = thaw(next, again);
    fiber.resume(1, 7);
    fiber.run();
    const twice = freeze(next, fiber);
    expect([...twice.code.keys()].some((name) => name.includes("main"))).toBe(true);
    const last = thaw(program("(define (price x) (- x)) (define (add-tax x) x)"), twice);
    fiber.resume(2, 1);
    last.resume(2, 8);
    expect(finish(last)).toBe("(7 -8)");
  });

  test("errors in it have places, and markup its templates", () => {
    const text = `(define (main)
  (let ((who (perform :ask)))
    (guard (e (true (str (p :class "a" (b who)) (error-message e))))
      (when (= who "x") (error "bad")))))`;
    const there = program("1");
    const fiber = thaw(there, stopped(program(text)).frozen());
    expect(first(fiber, "x")).toBe('"<p class=\\"a\\"><b>x</b></p>bad"');
    const raising = thaw(
      there,
      stopped(program('(define (main)\n  (perform :ask)\n  (error "bad"))')).frozen(),
    );
    raising.resume(1, 0);
    const step = raising.run();
    expect(step.type === "raised" && there.fromSx(step.condition)).toMatchObject({
      message: "bad",
      frames: [{ name: "main", line: 3, column: 3 }],
    });
  });

  test("values with functions in them freeze alike", () => {
    const here = program("(define (scale n) (fn (x) (* n x)))");
    const code = new Map<string, Uint8Array>();
    const bytes = here.engine.freezeValues([here.evalValue("(list (scale 3) :k)") as Value], {
      globals: "reference",
      onUnit: (unit) => code.set(nameOf(unit.id, unit.hash), packUnit(unit, here.freezing)),
    });
    const there = program("1");
    const [value] = there.engine.thawValues(bytes, {
      unit: (id, hash) => unpackUnit(code.get(nameOf(id, hash)) as Uint8Array, there.freezing),
    });
    const [f] = there.fromSx(value as Value) as [(x: number) => number];
    expect(f(5)).toBe(15);
  });
});
