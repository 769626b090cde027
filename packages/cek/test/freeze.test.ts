/** A fiber that waits can become bytes, and go on from them. */
import { describe, expect, it } from "vitest";
import { run, runFrozen, standardOps, World } from "./harness.ts";

/** `(host x)` asks the host, so that the fiber is frozen there. */
const HOST = "(define (host x) (quotient (perform :test/double x) 2))";

const programs: readonly string[] = [
  "(+ 1 (host 2))",
  "(map (fn (x) (+ x (host x))) (list 1 2 3))",
  "(sort (fn (a b) (< (host a) (host b))) (list 3 1 2))",
  "(let ((n 0)) (let ((add (fn () (set! n (+ n (host 1)))))) (add) (add) n))",
  "(let ((v (vector))) (vector-push! v (host 1)) (vector-push! v v) (list (vector-length v) (eq? v (vector-ref v 1))))",
  "(guard (e (true (list :caught e))) (raise (host 1)))",
  "(guard (e ((string? e) e)) (guard (e2 ((number? e2) (host e2))) (raise 5)))",
  "(dynamic-wind (fn () (host 1)) (fn () (host 2)) (fn () (host 3)))",
  "(with-effects {:e (fn (args resume) (list (resume (host 1)) (resume (host 2))))} (+ (perform :e) (host 10)))",
  "(define p (make-parameter 1)) (parameterize ((p 2)) (list (host 1) (p)))",
  '(provide "c" 3 (list (host 1) (context "c")))',
  '(scope "s" (emit! "s" (host 1)) (emit! "s" (host 2)) (emitted "s"))',
  "(reset (list (host 1) (shift k (list (k (host 2)) (k (host 3))))))",
  "(call/cc (fn (k) (+ 1 (k (host 5)))))",
  "(define k nil) (define n 0) (list (call/cc (fn (c) (set! k c) 0)) (host 1)) (set! n (+ n 1)) (if (< n 3) (k (host n)) n)",
  "(let loop ((i 0) (sum 0)) (if (< i 5) (loop (+ i 1) (+ sum (host i))) sum))",
  "(define (f &optional (a (host 1)) &key (b (host (+ a 1)))) (list a b)) (f)",
  "(letrec ((a (host 1)) (b (host (+ a 1)))) (list a b))",
  "(all (host 1) (all (host 2) (host 3)) (guard (e (true e)) (host 4) (raise (host 5))))",
  "(race (do (host 1) (host 2) (host 3)) (host 4))",
  "(let ((t (spawn (fn () (host 1))))) (list (host 2) (await t)))",
  "(define-record-type point (make-point x y) point? (x point-x) (y point-y)) (let ((p (make-point (host 1) 2))) (list (host 3) (point? p) (point-x p)))",
  "(define h (make-hash-table)) (hash-set! h :a (host 1)) (list (host 2) (hash-ref h :a))",
  "((memoize (fn (x) (host x))) 5)",
  "(list (host 1) '(a b) 10n #t-less)",
];

describe("frozen and thawed whenever it waits", () => {
  it.each(programs.map((p) => p.replace(" #t-less", "")))("%s", (program) => {
    const plain = run(`${HOST} ${program}`);
    const frozen = runFrozen(`${HOST} ${program}`);
    expect(plain.trace.length).toBeGreaterThan(0);
    expect(frozen).toEqual(plain);
  });
});

describe("bytes", () => {
  it("go on in another world that has run the same definitions", () => {
    const text = `${HOST} (define total 100) (define (work x) (set! total (+ total (host x))) (list x total))`;
    const here = new World(standardOps());
    here.run(text);
    const there = new World(standardOps());
    there.run(text);
    const [unit] = here.units("(map work (list 1 2 3))");
    if (unit === undefined) throw new Error("no unit");
    const [same] = there.units("(map work (list 1 2 3))");
    if (same === undefined) throw new Error("no unit");
    there.cek.thunk(same);
    const fiber = here.cek.evaluate(unit);
    const step = fiber.run();
    expect(step.type).toBe("performed");
    if (step.type !== "performed") return;
    const thawed = there.cek.thaw(fiber.freeze());
    for (const request of step.requests) there.answer(request, thawed);
    expect(there.drive(thawed).value).toBe("((1 101) (2 103) (3 106))");
  });

  it("of a program whose code is not there are refused by name", () => {
    const here = new World(standardOps());
    here.run(`${HOST} (define (work x) (+ 1 (host x)))`);
    const [unit] = here.units("(list (work 1))");
    if (unit === undefined) throw new Error("no unit");
    const fiber = here.cek.evaluate(unit);
    fiber.run();
    expect(() => new World(standardOps()).cek.thaw(fiber.freeze())).toThrow(/not in this program/);
  });

  it("cannot hold an object of the host, and say where it is", () => {
    const world = new World({ "test/object": () => new WeakMap(), "test/double": (n) => n as number });
    const [unit] = world.units("(let ((x (perform :test/object))) (list (perform :test/double 1) x))");
    if (unit === undefined) throw new Error("no unit");
    const fiber = world.cek.evaluate(unit);
    const step = fiber.run();
    if (step.type !== "performed") throw new Error(step.type);
    for (const request of step.requests) world.answer(request, fiber);
    fiber.run();
    expect(() => fiber.freeze()).toThrow(/^host:/);
  });
});
