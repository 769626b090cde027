/**
 * Pins of the invariants in docs/architecture.md that need a whole program, beyond the matrix of
 * tools/conformance: what a stopped fiber is made of, and who answers it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { cekTier } from "@sorbus/cek";
import {
  Applicable,
  Cell,
  Code,
  Condition,
  ControlBuiltin,
  type EngineFiber,
  HashTable,
  Markup,
  Primitive,
  SxSet,
  Sym,
  TaskTree,
  UNSET,
} from "@sorbus/vm";
import { createRuntime, inspect, type Runtime, type Tier, type TierMaker, vmTier } from "sorbus";
import { describe, expect, test } from "vitest";

/** Asks in the middle of everything that has frames of its own. */
const PROGRAM = `
(define total 0)
(define p (make-parameter 'outside))
(define (ask x) (set! total (+ total 1)) (perform :ask x))
(define (program)
  (with-effects {:twice (fn (args resume) (list (resume 1) (resume 2)))}
    (parameterize ((p 'inside))
      (guard (e ((string? e) (list 'caught e (ask 9))))
        (dynamic-wind
          (fn () (ask 1))
          (fn ()
            (reset
              (map (fn (x) (+ x (ask x) (shift k (k (ask 2)))))
                (sort (fn (a b) (< (ask a) (ask b))) (list 3 1 2))))
            (raise (str (perform :twice) (p) total)))
          (fn () (ask 3)))))))
`;

/** A runtime in which the program is defined, and its tier. */
function world(make: TierMaker): { runtime: Runtime; tier: Tier } {
  let tier: Tier | undefined;
  const runtime = createRuntime({
    ops: { ask: (x: number) => x * 10 },
    tier: (host, limits) => {
      tier = make(host, limits);
      return tier;
    },
  });
  void runtime.eval(PROGRAM);
  if (tier === undefined) throw new Error("the runtime made no tier");
  return { runtime, tier };
}

/** Runs a fiber to its end, handing it to `stopped` each time it waits, which says with which one to go on. */
function run(start: EngineFiber, stopped: (fiber: EngineFiber) => EngineFiber): string {
  let fiber = start;
  for (let turns = 0; turns < 1000; turns += 1) {
    const step = fiber.run();
    if (step.type === "done") return inspect(step.value);
    if (step.type !== "performed") throw new Error(`the program ended as ${step.type}`);
    fiber = stopped(fiber);
    for (const { id, args } of step.requests) fiber.resume(id, Number(args[0]) * 10);
  }
  throw new Error("the program does not end");
}

const tiers: readonly [string, TierMaker][] = [
  ["vm", vmTier],
  ["cek", cekTier],
];

describe("FRAMES-ARE-DATA", () => {
  test.each(tiers)(
    "%s: a fiber goes on in another runtime, changed back and forth at each stop",
    (_, make) => {
      const plain = world(make);
      const expected = run(plain.tier.engine.call(plain.runtime.global("program"), []), (fiber) => fiber);
      expect(expected).toContain("caught");

      const worlds = [world(make), world(make)];
      let at = 0;
      const here = worlds[0] as (typeof worlds)[0];
      const moved = run(here.tier.engine.call(here.runtime.global("program"), []), (fiber) => {
        at = 1 - at;
        return (worlds[at] as typeof here).tier.engine.thaw(fiber.freeze());
      });
      expect(moved).toBe(expected);
    },
  );

  test("vm: the stack holds values of the language, code and distances, and nothing of the host", () => {
    const { runtime, tier } = world(vmTier);
    const odd = new Set<string>();
    let slots = 0;
    run(tier.engine.call(runtime.global("program"), []), (fiber) => {
      for (const slot of stackOf(fiber)) {
        slots += 1;
        if (!isPlain(slot)) odd.add(`${typeof slot} ${String((slot as object).constructor?.name)}`);
      }
      return fiber;
    });
    expect(slots).toBeGreaterThan(1000);
    expect([...odd]).toEqual([]);
  });
});

interface Slices {
  readonly values: readonly unknown[];
  readonly next: Slices | null;
}

interface Stacked {
  readonly stack: readonly unknown[];
  readonly below: Slices | null;
  readonly parts: { readonly slices: Slices; readonly next: Stacked["parts"] } | null;
}

/** Everything that lies on the stacks of a stopped fiber of the VM. */
function* stackOf(fiber: EngineFiber): Iterable<unknown> {
  if (!(fiber instanceof TaskTree)) throw new TypeError("no fiber of the VM");
  const { stack, below, parts } = fiber.root.thread as unknown as Stacked;
  yield* stack;
  const chains = [below];
  for (let part = parts; part !== null; part = part.next) chains.push(part.slices);
  for (const chain of chains) for (let s = chain; s !== null; s = s.next) yield* s.values;
}

const classes = [Applicable, Cell, Code, Condition, ControlBuiltin, HashTable, Markup, Primitive, SxSet, Sym];

function isPlain(slot: unknown): boolean {
  if (slot === undefined || slot === UNSET) return true;
  if (typeof slot !== "object") return ["number", "string", "bigint"].includes(typeof slot);
  if (slot === null) return false;
  // A struct of the heap: no prototype, and nothing can be put into it.
  if (Object.getPrototypeOf(slot) === null) return !Object.isExtensible(slot);
  return classes.some((c) => slot instanceof c) || slot.constructor.name === "Captured";
}

describe("ONE-RESOLVER", () => {
  test("answers that are there come without a promise, wherever the program asks", () => {
    const { runtime } = world(vmTier);
    const value: unknown = runtime.eval("(program)");
    expect(value).not.toBeInstanceOf(Promise);
    expect(value).toEqual([
      ["caught", "1inside13", 90],
      ["caught", "2inside16", 90],
    ]);
  });

  test("the host sees an empty stack of its own, however deep the program is when it asks", () => {
    const depths: number[] = [];
    const runtime = createRuntime({
      ops: {
        depth: () => {
          const limit = Error.stackTraceLimit;
          Error.stackTraceLimit = Number.POSITIVE_INFINITY;
          depths.push((new Error().stack ?? "").split("\n").length);
          Error.stackTraceLimit = limit;
          return 0;
        },
      },
    });
    void runtime.eval(`
      (define (deep n)
        (if (= n 0)
          (perform :depth)
          (first (map (fn (x) (guard (e (false nil)) (first (sort (fn (a b) (deep (- n 1)) true) '(1 2)))))
                   (list n)))))
      (perform :depth)
      (deep 300)`);
    expect(depths).toHaveLength(2);
    expect(depths[1]).toBe(depths[0]);
  });

  test("requests are resolved at one place, outside the resolver itself", () => {
    const root = new URL("../../../packages/", import.meta.url);
    const places = readdirSync(root, { recursive: true, encoding: "utf8" })
      .map((name) => name.replaceAll("\\", "/"))
      .filter((name) => /^(?!io-resolver)[a-z-]+\/src\/.*\.ts$/.test(name))
      .filter((name) => /\.resolve\(\{ op\b/.test(readFileSync(new URL(name, root), "utf8")));
    // A preview's resolver passes on what its host answers, which may be in another thread.
    expect(places.sort()).toEqual(["preview-reloader/src/reloader.ts", "sorbus/src/runtime.ts"]);
  });
});
