/** The README's examples print what the README says. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n(.*?)```.*?```text\n(.*?)```/gs)];

test("there are two", () => expect(examples).toHaveLength(2));

test.each(examples.map(([, code = "", expected = ""], i) => [i + 1, code, expected] as const))(
  "example %i",
  async (i, code, expected) => {
    const file = new URL(`./readme.example.${i}.ts`, import.meta.url);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      writeFileSync(file, code);
      await import(/* @vite-ignore */ file.href);
      expect(log.mock.calls.map((call) => call.join(" ")).join("\n")).toBe(expected.trimEnd());
    } finally {
      log.mockRestore();
      rmSync(file, { force: true });
    }
  },
);
