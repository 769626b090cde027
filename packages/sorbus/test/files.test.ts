/** Where the files of a program are: beside each other, or in installed packages. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, SxError } from "../src/index.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sorbus-files-"));
  const files = {
    "node_modules/@trees/names/package.json": JSON.stringify({
      name: "@trees/names",
      exports: { "./names.sx": "./lib/names.sx" },
    }),
    "node_modules/@trees/names/lib/names.sx": '(import "./oak.sx") (export name) (define name (list oak))',
    "node_modules/@trees/names/lib/oak.sx": '(define oak "oak")',
    "app/main.sx": '(import "@trees/names/names.sx") name',
    "app/missing.sx": '(import "@trees/nothing/names.sx")',
    "app/inside.sx": '(import "@trees/names/lib/oak.sx")',
    "app/bare.sx": '(import "main.sx")',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a file of an installed package is imported by the package's name", async () => {
  expect(await createRuntime().load(join(folder, "app/main.sx"))).toEqual(["oak"]);
});

describe("what cannot be found is an error at the import", () => {
  test.each([
    ["missing.sx", "there is no @trees/nothing/names.sx; is the package @trees/nothing installed here?"],
    ["inside.sx", "the package has no file @trees/names/lib/oak.sx"],
    ["bare.sx", "there is no package main.sx; a file beside this one is ./main.sx"],
  ])("%s", async (name, message) => {
    const runtime = createRuntime();
    const error = await Promise.resolve()
      .then(() => runtime.load(join(folder, "app", name)))
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof SxError)) throw error;
    expect(error).toMatchObject({ kind: "import", message });
    expect(runtime.report(error)).toContain(`${join(folder, "app", name)}:1:9`);
  });
});
