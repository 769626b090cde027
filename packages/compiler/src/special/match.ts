/**
 * `match`. Each clause becomes a test, which reads parts of the value and binds nothing, and a body
 * inside the variables of its pattern. So a clause that fails falls to the next one with a plain
 * `if`, and no code stands twice but the reading of parts, which has no effect.
 */
import type { Form, ListForm, SymbolForm } from "@sorbus/reader";
import { FALSE, TRUE } from "@sorbus/vm";
import type { Core, Local } from "../core.ts";
import type { Expansion, SpecialForm } from "../expansion.ts";
import { signatureOfCell } from "../module.ts";
import { parseDictPattern, parseListPattern, type Step, wrapSteps } from "../patterns.ts";
import { isKeyword, isParen, isSymbol, need, syntaxError } from "../syntax.ts";
import { quoted } from "../values.ts";

/** Makes Core for a part of the matched value, anew for each use. */
type Access = () => Core;

interface Variable {
  readonly symbol: SymbolForm;
  readonly value: Access;
}

/** `undefined` as a test: always matches. */
interface Matcher {
  readonly test: Core | undefined;
  readonly variables: readonly Variable[];
}

function both(x: Expansion, form: Form, a: Core | undefined, b: Core | undefined): Core | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return x.choose(form, a, b, x.constant(form, FALSE));
}

function all(x: Expansion, form: Form, first: Core | undefined, parts: readonly Matcher[]): Matcher {
  let test: Core | undefined;
  for (let i = parts.length - 1; i >= 0; i -= 1) test = both(x, form, parts[i]?.test, test);
  return { test: both(x, form, first, test), variables: parts.flatMap((p) => p.variables) };
}

function equals(x: Expansion, form: Form, value: Access): Matcher {
  return { test: x.coreCall(form, "=", [value(), x.constant(form, quoted(form))]), variables: [] };
}

function pattern(x: Expansion, form: Form, value: Access): Matcher {
  switch (form.type) {
    case "symbol":
      if (form.name === "_") return { test: undefined, variables: [] };
      if (form.name.startsWith("&")) syntaxError(form, `${form.name} belongs inside a [list pattern]`);
      return { test: undefined, variables: [{ symbol: form, value }] };
    case "list":
      return form.bracket === "[" ? listPattern(x, form, value) : compound(x, form, value);
    case "dict": {
      const isDict = x.coreCall(form, "dict?", [value()]);
      const parts = parseDictPattern(form).map(([key, part]) => {
        const get = (): Core => x.coreCall(part, "get", [value(), x.constant(part, key)]);
        const has = x.coreCall(part, "has-key?", [value(), x.constant(part, key)]);
        const inner = pattern(x, part, get);
        return { test: both(x, part, has, inner.test), variables: inner.variables };
      });
      return all(x, form, isDict, parts);
    }
    default:
      return equals(x, form, value);
  }
}

function listPattern(x: Expansion, form: ListForm, value: Access): Matcher {
  const { items, rest } = parseListPattern(form);
  const length = x.coreCall(form, "len", [value()]);
  const count = x.constant(form, items.length);
  const enough = x.coreCall(
    form,
    rest === undefined ? "=" : "<=",
    rest === undefined ? [length, count] : [count, length],
  );
  const isList = x.coreCall(form, "list?", [value()]);
  const parts = items.map((item, i) =>
    pattern(x, item, () => x.coreCall(item, "nth", [value(), x.constant(item, i)])),
  );
  if (rest !== undefined) {
    parts.push(pattern(x, rest, () => x.coreCall(rest, "drop", [value(), x.constant(rest, items.length)])));
  }
  return all(x, form, both(x, form, isList, enough), parts);
}

/** `'datum`, `(? pred name)`, `(or p q)`, `(point x y)`. */
function compound(x: Expansion, form: ListForm, value: Access): Matcher {
  const head = form.items[0];
  if (head?.type !== "symbol") {
    syntaxError(
      form,
      "a pattern is a literal, a name, [list], {dict}, 'datum, (? test name), (or pattern…) or (record field…)",
    );
  }
  const rest = form.items.slice(1);
  if (head.name === "quote" && rest.length === 1) return equals(x, rest[0] as Form, value);
  if (head.name === "?") {
    const predicate = need(form, 1, "a predicate");
    if (rest.length > 2) syntaxError(form, "a test is written (? predicate) or (? predicate pattern)");
    const test: Core = { op: "call", form, fn: x.expand(predicate), args: [value()] };
    const inner = rest[1];
    return inner === undefined ? { test, variables: [] } : all(x, form, test, [pattern(x, inner, value)]);
  }
  if (head.name === "or") return alternatives(x, form, rest, value);
  return recordPattern(x, form, head, rest, value);
}

function alternatives(x: Expansion, form: ListForm, choices: readonly Form[], value: Access): Matcher {
  if (choices.length === 0) syntaxError(form, "(or pattern…) needs a pattern");
  const matchers = choices.map((choice) => pattern(x, choice, value));
  const names = (m: Matcher): string =>
    m.variables
      .map((v) => v.symbol.name)
      .sort()
      .join(" ");
  const expected = names(matchers[0] as Matcher);
  if (matchers.some((m) => names(m) !== expected)) {
    syntaxError(form, "the patterns of (or …) must bind the same names");
  }
  const { variables } = matchers[0] as Matcher;
  const last = matchers.length - 1;
  if (variables.length === 0) {
    return {
      test: anyOf(
        x,
        form,
        matchers.map((m) => m.test),
      ),
      variables,
    };
  }
  // Which alternative it was is noted, so that no predicate is asked twice.
  const chosen = x.scope.fresh("");
  chosen.assigned = true;
  x.matchLocals.push(chosen);
  const tests = matchers.map((m, i): Core => {
    const note: Core = { op: "set-local", form, local: chosen, value: x.constant(form, i) };
    const hit: Core = { op: "seq", form, body: [note, x.constant(form, TRUE)] };
    return m.test === undefined ? hit : x.choose(form, m.test, hit, x.constant(form, FALSE));
  });
  return {
    test: anyOf(x, form, tests),
    variables: variables.map(({ symbol }): Variable => {
      const read = (i: number): Core => {
        const variable = matchers[i]?.variables.find((v) => v.symbol.name === symbol.name) as Variable;
        if (i === last) return variable.value();
        const test = x.coreCall(form, "=", [x.local(form, chosen), x.constant(form, i)]);
        return x.choose(form, test, variable.value(), read(i + 1));
      };
      return { symbol, value: () => read(0) };
    }),
  };
}

/** True if one of the tests is; undefined if one of them is, as nothing can fail then. */
function anyOf(x: Expansion, form: Form, tests: readonly (Core | undefined)[]): Core | undefined {
  let result: Core | undefined = x.constant(form, FALSE);
  for (let i = tests.length - 1; i >= 0; i -= 1) {
    const test = tests[i];
    if (test === undefined) result = undefined;
    else if (i === tests.length - 1) result = test;
    else result = x.choose(form, test, x.constant(form, TRUE), result ?? x.constant(form, TRUE));
  }
  return result;
}

function recordPattern(
  x: Expansion,
  form: ListForm,
  head: SymbolForm,
  fields: readonly Form[],
  value: Access,
): Matcher {
  const binding = x.resolve(head);
  const names = binding === undefined ? undefined : recordFields(x, binding);
  if (names === undefined || binding === undefined) {
    syntaxError(form, `${head.name} is not a record type here: a list pattern is written [a b], a datum 'x`);
  }
  if (fields.length !== names.length) {
    syntaxError(
      form,
      `the record type ${head.name} has ${names.length} field${names.length === 1 ? "" : "s"} (${names.join(" ")}), the pattern ${fields.length}`,
    );
  }
  const type = (): Core => x.reference(head);
  const parts = fields.map((field, i) =>
    pattern(x, field, () => x.coreCall(field, "%record-ref", [type(), value(), x.constant(field, i)])),
  );
  return all(x, form, x.coreCall(form, "%record?", [type(), value()]), parts);
}

function recordFields(
  x: Expansion,
  binding: NonNullable<ReturnType<Expansion["resolve"]>>,
): readonly string[] | undefined {
  if (binding.kind === "local") return x.localRecords?.get(binding.local);
  return binding.kind === "cell" ? signatureOfCell(binding.cell)?.fields : undefined;
}

export const match: SpecialForm = (x, form) => {
  const subject = x.expand(need(form, 1, "a value and clauses (pattern body…)"));
  const local = x.scope.fresh("");
  const value: Access = () => x.local(form, local);
  const made = form.items.slice(2).map((clause) => matchClause(x, clause, value));
  const last = made.findIndex((clause) => clause.test === undefined);
  const beyond = last < 0 ? undefined : made[last + 1];
  if (beyond !== undefined) {
    x.expander.warn(x.module, beyond.form, "unreachable", "the clause before this one matches everything");
  }
  let core = x.coreCall(form, "%match-failure", [value()]);
  for (let i = made.length - 1; i >= 0; i -= 1) {
    const { test, body, form: clause, notes } = made[i] as Clause;
    core = test === undefined ? body : x.choose(clause, test, body, core);
    if (notes.length > 0) {
      core = { op: "let", form: clause, locals: notes, inits: notes.map(() => x.nil(clause)), body: core };
    }
  }
  return x.let1(form, local, subject, core);
};

interface Clause {
  readonly form: Form;
  readonly test: Core | undefined;
  readonly body: Core;
  /** Variables in which alternatives note that they matched. */
  readonly notes: readonly Local[];
}

function matchClause(x: Expansion, clause: Form, value: Access): Clause {
  if (!isParen(clause) || clause.items.length === 0)
    syntaxError(clause, "a clause of match is written (pattern body…)");
  const [head, marker, guard] = clause.items as [Form, Form | undefined, Form | undefined];
  const outer = x.matchLocals;
  const notes: Local[] = [];
  x.matchLocals = notes;
  const { test, variables } = pattern(x, head, value);
  x.matchLocals = outer;
  const guarded = isKeyword(marker, "when") || isSymbol(marker, ":when");
  if (guarded && guard === undefined) syntaxError(clause, "a test is missing after :when");
  const inside = (make: () => Core): Core => {
    const mark = x.scope.mark();
    const seen = new Set<string>();
    const steps = variables.map(({ symbol, value: read }): Step => {
      x.checkBinder(symbol, seen);
      const init = read();
      return { init, local: x.scope.bind(symbol) };
    });
    x.scope.open();
    const core = wrapSteps(clause, steps, make());
    x.scope.release(mark);
    return core;
  };
  const full = guarded
    ? both(
        x,
        clause,
        test,
        inside(() => x.expand(guard as Form)),
      )
    : test;
  const body = inside(() => x.body(clause, guarded ? 3 : 1));
  return { form: clause, test: full, body, notes };
}
