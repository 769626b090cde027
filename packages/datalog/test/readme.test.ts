/** The README's examples print what the README says. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { createRuntime, inspect as inspectSx } from "sorbus";
import { expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, code = "", printed = ""] = /^```ts\n(.*?)^```.*?^```text\n(.*?)^```/ms.exec(readme) ?? [];
const lisp = [...readme.matchAll(/^```lisp\n(.*?)^```/gms)].map(([, text = ""]) => text);

test("the example in TypeScript", async () => {
  const file = new URL("./readme.example.ts", import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    writeFileSync(file, code);
    await import(/* @vite-ignore */ file.href);
    const lines = log.mock.calls.map(([value]) => (typeof value === "string" ? value : inspect(value)));
    expect(`${lines.join("\n")}\n`).toBe(printed);
  } finally {
    log.mockRestore();
    rmSync(file, { force: true });
  }
});

test("the examples in SX, which follow one another", async () => {
  const runtime = createRuntime();
  await runtime.eval('(import "@sorbus/datalog/datalog.sx") (import "@sorbus/datalog/relations.sx")', {
    file: fileURLToPath(new URL("./readme.sx", import.meta.url)),
  });
  let checked = 0;
  for (const text of lisp) {
    for (const [, form = "", value] of `${text}\n`.matchAll(/((?:^(?!;).*\n)+)(?:^;=> (.*)\n)?/gm)) {
      const found = inspectSx(await runtime.evalValue(form));
      if (value === undefined) continue;
      expect(found).toBe(value);
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(8);
});
