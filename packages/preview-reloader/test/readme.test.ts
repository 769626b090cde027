/** The README's examples print what the README says. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/^```ts\n(.*?)^```.*?^```text\n(.*?)^```/gms)];

test("there are some", () => expect(examples).toHaveLength(1));

test.each(examples.map(([, code, printed], i) => [i + 1, code, printed] as const))(
  "example %i",
  async (i, code = "", printed = "") => {
    const file = new URL(`./readme.example${i}.ts`, import.meta.url);
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
  },
);
