/** Random programs that are stratified, safe and finite. */
import fc from "fast-check";
import type { Atom, Literal, Rule, Term } from "./naive.ts";

/** The predicates: those of level 0 are only given. */
export const PREDICATES: readonly {
  readonly name: string;
  readonly arity: number;
  readonly level: number;
}[] = [
  { name: "e", arity: 2, level: 0 },
  { name: "f", arity: 1, level: 0 },
  { name: "t", arity: 3, level: 0 },
  { name: "p", arity: 2, level: 1 },
  { name: "q", arity: 1, level: 1 },
  { name: "r", arity: 2, level: 2 },
  { name: "s", arity: 3, level: 2 },
  { name: "u", arity: 2, level: 3 },
  { name: "z", arity: 0, level: 3 },
  // Of lists, which nothing else takes.
  { name: "l", arity: 2, level: 4 },
];

const variables = ["X", "Y", "Z", "W"];
const constant = fc.integer({ min: 0, max: 4 });

const pick = <T>(items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

/** An atom over predicates of these levels, with any of the variables, constants and `_`. */
function atom(from: number, to: number, terms: fc.Arbitrary<Term>): fc.Arbitrary<Atom> {
  const those = PREDICATES.filter(({ level, arity }) => level >= from && level <= to && arity > 0);
  return pick(those).chain(({ name, arity }) =>
    fc.array(terms, { minLength: arity, maxLength: arity }).map((args): Atom => ({ pred: name, args })),
  );
}

const anyTerm: fc.Arbitrary<Term> = fc.oneof(
  { weight: 8, arbitrary: pick<Term>(variables) },
  { weight: 1, arbitrary: constant },
  { weight: 1, arbitrary: fc.constant<Term>("_") },
);

function boundIn(body: readonly Literal[]): string[] {
  const found = new Set<string>();
  const note = (x: Term): unknown => typeof x === "string" && x !== "_" && found.add(x);
  for (const literal of body) {
    if (literal.type === "atom") literal.atom.args.forEach(note);
    if (literal.type === "plus") note(literal.result);
    if (literal.type === "aggregate") [literal.result, ...literal.by].forEach(note);
  }
  return [...found];
}

function aggregate(level: number): fc.Arbitrary<Literal> {
  // Variables of its own, but for the group, so that nothing is meant twice.
  return fc
    .tuple(
      atom(0, level - 1, fc.oneof(pick<Term>(["G", "A", "B"]), constant)),
      pick(["count", "sum", "min", "max"] as const),
      fc.boolean(),
    )
    .map(([inner, op, grouped]): Literal | undefined => {
      const names = new Set(inner.args.filter((x) => typeof x === "string"));
      const of = ["A", "B", "G"].find((x) => names.has(x));
      if (of === undefined) return undefined;
      const by = grouped && names.has("G") && of !== "G" ? ["G"] : [];
      return { type: "aggregate", op, result: "N", of, by, body: [{ type: "atom", atom: inner }] };
    })
    .filter((literal): literal is Literal => literal !== undefined);
}

function rule(name: string, arity: number, level: number): fc.Arbitrary<Rule> {
  const positive = fc.array(
    atom(0, level, anyTerm).map((each): Literal => ({ type: "atom", atom: each })),
    { minLength: 1, maxLength: 3 },
  );
  return positive
    .chain((body) =>
      level > 1
        ? fc
            .option(aggregate(level), { nil: undefined, freq: 4 })
            .map((extra) => (extra ? [...body, extra] : body))
        : fc.constant(body),
    )
    .chain((body) => {
      const bound = boundIn(body);
      const term: fc.Arbitrary<Term> =
        bound.length === 0
          ? constant
          : fc.oneof({ weight: 6, arbitrary: pick<Term>(bound) }, { weight: 1, arbitrary: constant });
      const numeric = fc
        .tuple(pick(["!=", "=", "<", "<="] as const), term, term)
        .map(([op, left, right]): Literal => ({ type: "compare", op, left, right }));
      const negated = atom(
        0,
        level - 1,
        fc.oneof({ weight: 6, arbitrary: term }, { weight: 1, arbitrary: fc.constant<Term>("_") }),
      ).map((each): Literal => ({ type: "not", atom: each }));
      const extras = fc.array(level > 1 ? fc.oneof(numeric, negated) : numeric, { maxLength: 2 });
      return fc
        .tuple(extras, fc.array(term, { minLength: arity, maxLength: arity }))
        .map(([more, args]): Rule => ({ head: { pred: name, args }, body: [...body, ...more] }));
    });
}

const lists: fc.Arbitrary<Rule> = aggregate(4).map((each) => {
  if (each.type !== "aggregate") throw new Error("an aggregate is wanted");
  return { head: { pred: "l", args: [each.by[0] ?? 0, "N"] }, body: [{ ...each, op: "findall" }] };
});

/** Rules by level, from 1 up. */
export const program: fc.Arbitrary<readonly (readonly Rule[])[]> = fc.tuple(
  ...[1, 2, 3].map((level) =>
    fc
      .tuple(
        ...PREDICATES.filter((each) => each.level === level).map(({ name, arity }) =>
          fc.array(rule(name, arity, level), { minLength: 1, maxLength: 3 }),
        ),
      )
      .map((rules) => rules.flat()),
  ),
  fc.array(lists, { maxLength: 2 }),
);

/** A fact that may be given, mostly of level 0. */
export const fact: fc.Arbitrary<Atom> = fc.oneof(
  { weight: 6, arbitrary: atom(0, 0, constant) },
  { weight: 1, arbitrary: atom(1, 3, constant) },
);
