/** The repository obeys the table, and the check sees each kind of trespass. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkDependencies, specifiers } from "../src/dependencies.ts";

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A workspace of two packages with these files in it. */
function workspace(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "sorbus-house-"));
  made.push(folder);
  const all: Record<string, string> = {
    "package.json": JSON.stringify({ name: "root", version: "0.0.0" }),
    "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
    "packages/reader/package.json": JSON.stringify({
      name: "@sorbus/reader",
      version: "0.0.0",
      exports: { ".": {} },
    }),
    "packages/vm/package.json": JSON.stringify({
      name: "@sorbus/vm",
      version: "0.0.0",
      exports: { ".": {} },
      dependencies: { "@sorbus/reader": "workspace:^" },
    }),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const problemsOf = (files: Record<string, string>) =>
  checkDependencies(workspace(files)).problems.map(({ where, what }) => `${where}: ${what}`);

test("this repository has no problem", () => {
  const { problems, files } = checkDependencies();
  expect(problems).toEqual([]);
  expect(files).toBeGreaterThan(20);
});

describe("what the check finds", () => {
  test("nothing in a lawful import", () => {
    expect(problemsOf({ "packages/vm/src/index.ts": 'import { read } from "@sorbus/reader";' })).toEqual([]);
  });

  const trespasses: [name: string, files: Record<string, string>, message: RegExp][] = [
    [
      "a dependency upwards",
      {
        "packages/reader/package.json": JSON.stringify({
          name: "@sorbus/reader",
          version: "0.0.0",
          dependencies: { "@sorbus/vm": "workspace:^" },
        }),
      },
      /may not depend on @sorbus\/vm/,
    ],
    [
      "a devDependency upwards",
      {
        "packages/reader/package.json": JSON.stringify({
          name: "@sorbus/reader",
          version: "0.0.0",
          devDependencies: { "@sorbus/vm": "workspace:^" },
        }),
      },
      /tests may not depend on @sorbus\/vm/,
    ],
    [
      "a package that depends on a tool",
      {
        "pnpm-workspace.yaml": "packages:\n  - packages/*\n  - tools/*\n",
        "tools/t/package.json": JSON.stringify({ name: "t", version: "0.0.0" }),
        "packages/reader/package.json": JSON.stringify({
          name: "@sorbus/reader",
          version: "0.0.0",
          devDependencies: { t: "workspace:^" },
        }),
      },
      /depends on t, which is no package/,
    ],
    [
      "an undeclared import",
      { "packages/reader/src/a.ts": 'import { x } from "left-pad";' },
      /imports left-pad, which its package.json does not declare/,
    ],
    [
      "another package's source by path",
      { "packages/vm/src/a.ts": 'export * from "../../reader/src/form.ts";' },
      /outside the package/,
    ],
    [
      "another package's source by path, from a test",
      { "packages/vm/test/a.test.ts": 'import { read } from "../../reader/src/form.ts";' },
      /another package's source/,
    ],
    [
      "another package's source by name",
      { "packages/vm/src/a.ts": 'import { read } from "@sorbus/reader/src/form.ts";' },
      /which @sorbus\/reader does not export/,
    ],
    ["a node module in a pure package", { "packages/vm/src/a.ts": 'import fs from "node:fs";' }, /is pure/],
    ["a dynamic one", { "packages/vm/src/a.ts": 'const fs = await import("node:fs");' }, /is pure/],
    [
      "a clock in a pure package",
      { "packages/vm/src/a.ts": "export const t = Date.now();" },
      /reads the clock/,
    ],
    ["the environment", { "packages/vm/src/a.ts": "export const d = process.env.DEBUG;" }, /environment/],
    [
      "a package that the table does not know",
      { "packages/new/package.json": JSON.stringify({ name: "@sorbus/new", version: "0.0.0" }) },
      /has no line in the table/,
    ],
  ];
  test.each(trespasses)("%s", (_name, files, message) => {
    expect(problemsOf(files)).toEqual([expect.stringMatching(message)]);
  });
});

test("import statements over several lines are seen, comments are not", () => {
  const text = [
    "/**",
    ' * import { a } from "in-a-comment";',
    " */",
    '// import { b } from "in-a-line-comment";',
    "import {",
    "  type C,",
    "  d,",
    '} from "several-lines";',
    'import "for-its-effects";',
    'export type { E } from "type-only";',
    'const f = "import { g } from nowhere";',
    'export const h = "not a module";',
  ].join("\n");
  expect(specifiers(text)).toEqual(["several-lines", "for-its-effects", "type-only"]);
});
