/**
 * docs/language.md says what is so: each of its ```sx blocks is a case like those of spec/, run in every
 * way that those are and through `createRuntime`; its tables name every special form and every kind of
 * condition that there is.
 */
import { readdirSync, readFileSync } from "node:fs";
import { specialForms } from "@sorbus/compiler";
import { inspect, type Value } from "@sorbus/vm";
import { createRuntime } from "sorbus";
import { describe, expect, test } from "vitest";
import { type Case, parseSpec } from "../../conformance/src/case.ts";
import { check, nameOf, REFERENCE, Runs, WAYS } from "../../conformance/src/ways.ts";
import { World } from "../../conformance/src/world.ts";

const root = new URL("../../../", import.meta.url);
const page = readFileSync(new URL("docs/language.md", root), "utf8");

/** The page as a spec file: the lines of its blocks stay where they are, all others are empty. */
function asSpec(text: string): string {
  let heading = "";
  let count = 0;
  let inside = false;
  return text
    .split("\n")
    .map((line) => {
      if (line.startsWith("```")) {
        inside = line === "```sx";
        if (!inside) return "";
        count += 1;
        return `;;; case: ${heading} ${count}`;
      }
      if (inside) return line;
      if (line.startsWith("#")) {
        heading = line.replace(/^#+ /, "");
        count = 0;
      }
      return "";
    })
    .join("\n");
}

const cases = parseSpec("docs/language.md", asSpec(page));
const runs = new Runs();

describe("examples", () => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const expectations = one.values.length + (one.ending === undefined ? 0 : 1);
    expect(expectations, "an example without ;=> or ;!>").toBeGreaterThan(0);
    const reference = { way: REFERENCE, outcome: await runs.run(one, REFERENCE) };
    const problems: string[] = [];
    for (const way of WAYS) {
      const found = check(one, await runs.run(one, way), reference);
      problems.push(...found.map((problem) => `${nameOf(way)} ${problem}`));
    }
    expect(problems.join("\n\n")).toBe("");
  });
});

/** Examples that end with a value and need no files or limits: a runtime evaluates each as one text. */
const whole = cases.filter(
  (one: Case) => one.ending === undefined && one.files.size === 0 && Object.keys(one.limits).length === 0,
);

test.each(whole.map((one) => [one.name, one] as const))("createRuntime: %s", async (_, one) => {
  const world = new World();
  const runtime = createRuntime({
    ops: world.ops().map((name) => ({
      name,
      purity: "write",
      values: "raw",
      handler: (args) => world.resolve(name, args as readonly Value[]),
    })),
  });
  const value = await runtime.evalValue(one.source, { file: one.file });
  const last = one.values.at(-1);
  if (last !== undefined && isLastForm(one, last.line)) expect(inspect(value)).toBe(last.text);
});

/** Whether nothing but comments follows a line of the case. */
function isLastForm(one: Case, line: number): boolean {
  return one.source
    .split("\n")
    .slice(line)
    .every((text) => text.trim() === "" || text.startsWith(";"));
}

describe("tables", () => {
  const section = (heading: string): string => {
    const [, rest = ""] = page.split(new RegExp(`^#+ ${heading}$`, "m"));
    return rest.split(/^#+ /m)[0] ?? "";
  };
  const quoted = (text: string): string[] => [...text.matchAll(/`([^`\s]+)`/g)].map(([, word]) => word ?? "");

  test("all special forms are listed, and explained", () => {
    expect(quoted(section("All special forms")).sort()).toEqual([...specialForms.keys()].sort());
    const before = page.slice(0, page.indexOf("## All special forms"));
    const silent = [...specialForms.keys()].filter(
      (name) => !new RegExp(`[\`(]${escapeRegExp(name)}[\`\\s)]`).test(before),
    );
    // What `,` and `,@` stand for is explained under their usual spelling.
    expect(silent).toEqual(["unquote-splicing"]);
  });

  test("the kinds of conditions are those that are raised", () => {
    const rows = [...section("Kinds of conditions").matchAll(/^\| `([a-z]+)` \|/gm)].map(
      ([, kind]) => kind ?? "",
    );
    expect(rows.sort()).toEqual([...kindsInSources()].sort());
  });
});

function escapeRegExp(name: string): string {
  return name.replace(/[*+?.$^()[\]{}|\\]/g, "\\$&");
}

/** What the sources make conditions of. */
function kindsInSources(): Set<string> {
  const kinds = new Set<string>();
  const make = /(?:\braise|\bcondition|\bCondition|\bOpError|%fail|%condition)\(?\s*"([a-z]+)"/g;
  for (const folder of [
    "vm/src",
    "vm/prelude",
    "compiler/src",
    "cek/src",
    "io-resolver/src",
    "sorbus/src",
    "durable-fibers/src",
  ]) {
    const path = new URL(`packages/${folder}/`, root);
    for (const name of readdirSync(path, { recursive: true, encoding: "utf8" })) {
      if (!/\.(?:ts|sx)$/.test(name)) continue;
      for (const [, kind] of readFileSync(new URL(name, path), "utf8").matchAll(make)) kinds.add(kind ?? "");
    }
  }
  return kinds;
}
