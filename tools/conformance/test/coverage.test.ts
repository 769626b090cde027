/** Everything that a program can name in the core has a case in spec/ that uses it. */

import { specialForms } from "@sorbus/compiler";
import { type Form, read } from "@sorbus/reader";
import { controlBuiltins, preludeDefinitions, primitives } from "@sorbus/vm";
import { expect, test } from "vitest";
import { casesOf, SPEC_FILES } from "../src/matrix.ts";

function collect(form: Form, into: Set<string>): void {
  if (form.type === "symbol") into.add(form.name);
  if (form.type === "list" || form.type === "dict") for (const item of form.items) collect(item, into);
}

function usedNames(): Set<string> {
  const used = new Set<string>();
  for (const file of SPEC_FILES) {
    for (const one of casesOf(file)) {
      for (const text of [one.source, ...one.files.values()]) {
        for (const form of read(text).forms) collect(form, used);
      }
    }
  }
  return used;
}

const used = usedNames();
const builtins = [...controlBuiltins].filter(([, builtin]) => builtin.visible).map(([name]) => name);

test.each([
  ["special form", [...specialForms.keys()]],
  ["primitive", [...primitives.keys()]],
  ["function of the prelude", [...preludeDefinitions.keys()]],
  ["control builtin", builtins],
])("every %s has a case", (_what, names) => {
  const visible = names.filter((name) => !(name.startsWith("%") && name.length > 1));
  expect(visible.filter((name) => !used.has(name))).toEqual([]);
});
