import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

test("the README's example prints what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const expected = [...code.matchAll(/console\.log\(.*\/\/ (.*)/g)].map((match) => match[1]);
  expect(expected.length).toBeGreaterThan(0);
  const file = new URL("./readme-example.ts", import.meta.url);
  writeFileSync(file, code.replace('"@sorbus/wasm-encoder"', '"../src/index.ts"'));
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...args) => {
    printed.push(args.join(" "));
  });
  try {
    await import(file.href);
  } finally {
    log.mockRestore();
    rmSync(file);
  }
  expect(printed).toEqual(expected);
});
