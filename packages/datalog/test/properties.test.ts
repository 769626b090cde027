/** Whatever the rules: the facts are those of a naive evaluation, at once and after any changes, asked in any way. */
import fc from "fast-check";
import type { Runtime } from "sorbus";
import { beforeAll, expect, test, vi } from "vitest";
import { type Atom, type Levels, naive, showAtom, showRule } from "./naive.ts";
import { fact, PREDICATES, program } from "./programs.ts";
import { datalogRuntime } from "./support.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await datalogRuntime();
});

const names = PREDICATES.map(({ name }) => name);
const declared = PREDICATES.map(({ name, arity }) => `(relation ${name} ${arity})`).join(" ");
const textOf = (levels: Levels): string => `${declared} ${levels.flat().map(showRule).join("\n")}`;
const factsText = (facts: readonly Atom[]): string => facts.map(showAtom).join(" ");

/** The facts of the open database. */
const all = (): string[] => (runtime.call("facts-of", names) as string[]).sort();
const expected = (levels: Levels, given: readonly Atom[]): string[] => [...naive(levels, given)].sort();

const given = fc.array(fact, { maxLength: 25 });

vi.setConfig({ testTimeout: 300_000 });

test("the facts are those of a naive evaluation", () => {
  fc.assert(
    fc.property(program, given, (levels, facts) => {
      runtime.call("open-db", textOf(levels), factsText(facts), false);
      expect(all()).toEqual(expected(levels, facts));
    }),
    { numRuns: 100 },
  );
});

test("after changes the facts are those of an evaluation from scratch, and each has a proof", () => {
  const change = fc.record({
    add: fc.array(fact, { maxLength: 4 }),
    retract: fc.array(fc.nat(), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(
      program,
      given,
      fc.array(change, { minLength: 1, maxLength: 8 }),
      (levels, facts, changes) => {
        runtime.call("open-db", textOf(levels), factsText(facts), false);
        let now = new Map(facts.map((each) => [showAtom(each), each]));
        for (const { add, retract } of changes) {
          const there = [...now.values()];
          const gone = there.length === 0 ? [] : retract.map((n) => there[n % there.length] as Atom);
          runtime.call("change", factsText(add), factsText(gone));
          now = new Map(now);
          for (const each of gone) now.delete(showAtom(each));
          for (const each of add) now.set(showAtom(each), each);
          expect(all()).toEqual(expected(levels, [...now.values()]));
        }
        expect(runtime.call("wrong-proofs", names)).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});

test("a question on demand has the answers that are there when everything is derived", () => {
  const goal = fc.constantFrom(...PREDICATES).chain(({ name, arity }) =>
    fc
      .array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom("X", "Y")), {
        minLength: arity,
        maxLength: arity,
      })
      .map((args): Atom => ({ pred: name, args })),
  );
  fc.assert(
    fc.property(program, given, fc.array(goal, { minLength: 1, maxLength: 4 }), (levels, facts, goals) => {
      const rows = (): string[][] =>
        goals.map((each) => (runtime.call("rows", showAtom(each)) as string[]).sort());
      runtime.call("open-db", textOf(levels), factsText(facts), false);
      const kept = rows();
      runtime.call("open-db", textOf(levels), factsText(facts), true);
      expect(rows()).toEqual(kept);
    }),
    { numRuns: 100 },
  );
});
