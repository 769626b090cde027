/** Datalog as its definition says it, for tests: every rule over all facts, again and again, until nothing is new. */

/** Variables are strings that begin with a capital letter; `_` is one of its own. */
export type Term = string | number;

export interface Atom {
  readonly pred: string;
  readonly args: readonly Term[];
}

export type Literal =
  | { readonly type: "atom"; readonly atom: Atom }
  | { readonly type: "not"; readonly atom: Atom }
  | {
      readonly type: "compare";
      readonly op: "=" | "!=" | "<" | "<=";
      readonly left: Term;
      readonly right: Term;
    }
  | { readonly type: "plus"; readonly result: string; readonly left: Term; readonly right: Term }
  | {
      readonly type: "aggregate";
      readonly op: "count" | "sum" | "min" | "max" | "findall";
      readonly result: string;
      readonly of: string;
      readonly by: readonly string[];
      readonly body: readonly Literal[];
    };

export interface Rule {
  readonly head: Atom;
  readonly body: readonly Literal[];
}

/** Rules by level: a level asks itself positively and those below in any way. */
export type Levels = readonly (readonly Rule[])[];

type Fact = readonly Value[];
type Value = number | string | readonly Value[];
type Binding = ReadonlyMap<string, Value>;
type Facts = Map<string, Map<string, Fact>>;

const isVariable = (x: Term): x is string => typeof x === "string" && /^[A-Z_]/.test(x);

export const showTerm = (x: Value): string =>
  typeof x === "object" ? `(${x.map(showTerm).join(" ")})` : String(x);
export const showAtom = ({ pred, args }: Atom): string => `(${[pred, ...args].join(" ")})`;

export function showLiteral(literal: Literal): string {
  switch (literal.type) {
    case "atom":
      return showAtom(literal.atom);
    case "not":
      return `(not ${showAtom(literal.atom)})`;
    case "compare":
      return `(${literal.op} ${literal.left} ${literal.right})`;
    case "plus":
      return `(= ${literal.result} (+ ${literal.left} ${literal.right}))`;
    case "aggregate": {
      const { op, result, of, by, body } = literal;
      return `(${op} ${result} ${of} :by (${by.join(" ")}) ${body.map(showLiteral).join(" ")})`;
    }
  }
}

export const showRule = ({ head, body }: Rule): string =>
  `(rule ${[showAtom(head), ...body.map(showLiteral)].join(" ")})`;

/** Every fact that follows, each as it is written, in no order. */
export function naive(levels: Levels, given: readonly Atom[]): Set<string> {
  const facts: Facts = new Map();
  for (const atom of given) add(facts, atom.pred, atom.args as Fact);
  for (const rules of levels) {
    let changed = true;
    while (changed) {
      changed = false;
      for (const { head, body } of rules) {
        for (const binding of [...solutions(facts, body, new Map())]) {
          if (
            add(
              facts,
              head.pred,
              head.args.map((x) => value(binding, x)),
            )
          )
            changed = true;
        }
      }
    }
  }
  return new Set(
    [...facts].flatMap(([pred, rows]) => [...rows.values()].map((row) => showTerm([pred, ...row]))),
  );
}

function add(facts: Facts, pred: string, row: Fact): boolean {
  const known = facts.get(pred) ?? new Map<string, Fact>();
  facts.set(pred, known);
  const key = JSON.stringify(row);
  if (known.has(key)) return false;
  known.set(key, row);
  return true;
}

function value(binding: Binding, x: Term): Value {
  if (!isVariable(x)) return x;
  const found = binding.get(x);
  if (found === undefined) throw new Error(`${x} has no value`);
  return found;
}

function* solutions(facts: Facts, body: readonly Literal[], binding: Binding): Generator<Binding> {
  const [literal, ...others] = body;
  if (literal === undefined) {
    yield binding;
    return;
  }
  for (const next of matches(facts, literal, binding)) yield* solutions(facts, others, next);
}

function* matches(facts: Facts, literal: Literal, binding: Binding): Generator<Binding> {
  switch (literal.type) {
    case "atom":
      for (const row of facts.get(literal.atom.pred)?.values() ?? []) {
        const next = unify(literal.atom.args, row, binding);
        if (next !== undefined) yield next;
      }
      return;
    case "not":
      for (const row of facts.get(literal.atom.pred)?.values() ?? []) {
        if (unify(literal.atom.args, row, binding) !== undefined) return;
      }
      yield binding;
      return;
    case "compare": {
      const [a, b] = [value(binding, literal.left), value(binding, literal.right)];
      const holds = { "=": a === b, "!=": a !== b, "<": a < b, "<=": a <= b }[literal.op];
      if (holds) yield binding;
      return;
    }
    case "plus": {
      const sum = (value(binding, literal.left) as number) + (value(binding, literal.right) as number);
      const next = unify([literal.result], [sum], binding);
      if (next !== undefined) yield next;
      return;
    }
    case "aggregate": {
      const groups = new Map<string, { group: readonly Value[]; rows: Map<string, Value> }>();
      if (literal.by.length === 0) groups.set("[]", { group: [], rows: new Map() });
      for (const each of solutions(facts, literal.body, new Map())) {
        const group = literal.by.map((x) => value(each, x));
        const key = JSON.stringify(group);
        const found = groups.get(key) ?? { group, rows: new Map<string, Value>() };
        groups.set(key, found);
        found.rows.set(JSON.stringify([...each].sort()), value(each, literal.of));
      }
      for (const { group, rows } of groups.values()) {
        const result = gather(literal.op, [...rows.values()] as number[]);
        if (result === undefined) continue;
        const next = unify([...literal.by, literal.result], [...group, result], binding);
        if (next !== undefined) yield next;
      }
    }
  }
}

function gather(op: string, values: readonly number[]): Value | undefined {
  const all = [...new Set(values)].sort((a, b) => a - b);
  if (op === "count") return all.length;
  if (op === "sum") return values.reduce((a, b) => a + b, 0);
  if (op === "findall") return all;
  return op === "min" ? all[0] : all.at(-1);
}

function unify(args: readonly Term[], row: Fact, binding: Binding): Binding | undefined {
  const next = new Map(binding);
  for (const [i, x] of args.entries()) {
    const wanted = row[i] as Value;
    if (x === "_") continue;
    const known = isVariable(x) ? next.get(x) : x;
    if (known === undefined) next.set(String(x), wanted);
    else if (JSON.stringify(known) !== JSON.stringify(wanted)) return undefined;
  }
  return next;
}
