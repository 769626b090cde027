/** The README's example prints what the README says. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

test("the README's example runs and prints what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, code = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const [, expected = ""] = /```text\n(.*?)```/s.exec(readme) ?? [];
  const file = new URL("./readme.example.ts", import.meta.url);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    writeFileSync(file, code);
    await import(/* @vite-ignore */ file.href);
    expect(log.mock.calls.map((call) => call.join(" ")).join("\n")).toBe(expected.trimEnd());
  } finally {
    log.mockRestore();
    rmSync(file, { force: true });
  }
});
