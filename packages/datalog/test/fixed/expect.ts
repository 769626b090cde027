/**
 * Writes expected.json: what SWI-Prolog's tabling (D. S. Warren and others) gives for the programs of this folder. It
 * needs `swipl`; the tests need only what it wrote.
 *
 * Run in the folder of the package: `node --conditions=@sorbus/source test/fixed/expect.ts`
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "sorbus";

type Form = string | number | readonly Form[];

const folder = new URL("./", import.meta.url);
const runtime = createRuntime();
await runtime.eval("(define (forms text) (read-all text))");

const items = (form: Form): readonly Form[] => {
  if (typeof form !== "object") throw new Error(`expected a list, got ${form}`);
  return form;
};
const isVariable = (form: Form): form is string => typeof form === "string" && /^[A-Z]/.test(form);

function variablesOf(form: Form): string[] {
  if (typeof form === "object") return [...new Set(form.flatMap(variablesOf))];
  return isVariable(form) ? [form] : [];
}

/** The predicates that rules derive. */
let tabled: ReadonlySet<string> = new Set();

function term(form: Form): string {
  if (typeof form !== "object") return String(form);
  const [op, ...args] = form;
  const shown = args.map(term);
  return op === "+" || op === "*" ? `(${shown.join(` ${op} `)})` : atom(form);
}

function atom(form: Form): string {
  const [name, ...args] = items(form);
  return args.length === 0 ? String(name) : `${name}(${args.map(term).join(", ")})`;
}

/** An aggregate goes over the distinct solutions of its conditions, those of a group each time. */
function aggregate(op: string, form: readonly Form[]): string {
  const [, result, of, , by, ...goals] = form;
  const group = items(by ?? []).map(String);
  const others = variablesOf(goals).filter((name) => !group.includes(name) && name !== of);
  const inside = goals.map(goal).join(", ");
  const solutions = others.length === 0 ? String(of) : `v(${[of, ...others].join(", ")})`;
  const values = others.length === 0 ? "Rows" : "Values";
  const take = others.length === 0 ? "" : `findall(First, (member(Row, Rows), arg(1, Row, First)), Values), `;
  const last: Record<string, string> = {
    count: `sort(${values}, Set), length(Set, ${result})`,
    sum: `sum_list(${values}, ${result})`,
    min: `min_list(${values}, ${result})`,
    max: `max_list(${values}, ${result})`,
  };
  return `setof(${solutions}, (${inside}), Rows), ${take}${last[op]}`;
}

function goal(form: Form): string {
  const list = items(form);
  const [op, left = "", right = ""] = list;
  switch (op) {
    case "not": {
      const [name] = items(left);
      return `${tabled.has(String(name)) && !term(left).includes("_") ? "tnot" : "\\+ "}(${atom(left)})`;
    }
    case "=":
      return `${term(left)} ${typeof right === "object" ? "is" : "="} ${term(right)}`;
    case "!=":
      return `${term(left)} \\== ${term(right)}`;
    case "<":
      return `${term(left)} @< ${term(right)}`;
    case ">":
      return `${term(left)} @> ${term(right)}`;
    case "<=":
      return `${term(left)} @=< ${term(right)}`;
    case "count":
    case "sum":
    case "min":
    case "max":
      return aggregate(op, list);
    default:
      return atom(form);
  }
}

/** The variables of an aggregate's working must not be shared by two of them in a rule: no rule here has two. */
function clause(form: Form): string {
  const [kind, head = "", ...body] = items(form);
  if (kind === "fact" || body.length === 0) return `${atom(head)}.`;
  return `${atom(head)} :- ${body.map(goal).join(", ")}.`;
}

function answers(text: string): Record<string, string[]> {
  const forms = runtime.call("forms", text) as readonly Form[];
  const arities = new Map<string, number>();
  const heads = forms.map((form) => items(items(form)[1] ?? []));
  for (const [name, ...args] of heads) arities.set(String(name), args.length);
  const rules = forms.filter((form) => items(form)[0] === "rule");
  tabled = new Set(rules.map((form) => String(items(items(form)[1] ?? [])[0])));
  const queries = [...tabled].map((name) => {
    const arity = arities.get(name) ?? 0;
    const call = `functor(G, ${name}, ${arity})`;
    return `forall((${call}, call(G)), (write_term(G, [spacing(next_argument)]), nl))`;
  });
  const program = [
    ...[...tabled].map((name) => `:- table ${name}/${arities.get(name)}.`),
    ...[...arities].map(([name, arity]) => `:- discontiguous ${name}/${arity}.`),
    ...forms.map(clause),
    `:- initialization((${queries.join(", ")}, halt)).`,
  ].join("\n");
  const work = mkdtempSync(join(tmpdir(), "sorbus-swi-"));
  try {
    writeFileSync(join(work, "program.pl"), `${program}\n`);
    const out = execFileSync("swipl", ["-q", join(work, "program.pl")], { encoding: "utf8" });
    const found: Record<string, string[]> = Object.fromEntries([...tabled].sort().map((name) => [name, []]));
    for (const line of out.trim().split("\n")) {
      const [, name = "", args = ""] = /^(\w+)(?:\((.*)\))?$/.exec(line) ?? [];
      found[name]?.push(
        `(${[name, ...args.split(", ").map((each) => String(Number(each) || each))].join(" ")})`,
      );
    }
    for (const rows of Object.values(found)) rows.sort();
    return found;
  } finally {
    rmSync(work, { recursive: true });
  }
}

const expected = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith(".sx"))
    .sort()
    .map((name) => [name, answers(readFileSync(new URL(name, folder), "utf8"))]),
);
writeFileSync(new URL("expected.json", folder), `${JSON.stringify(expected, null, 1)}\n`);
