/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as sorbus from "../src/index.ts";

test("the example prints what the README says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? "";
  const names = /^import \{(.*?)\} from "sorbus";$/m.exec(code)?.[1] ?? "";
  const body = code.replace(/^import .*$/m, "").replace("slug: string", "slug");
  let printed = "";
  const log = (...parts: unknown[]): void => {
    printed += `${parts.map((part) => (typeof part === "string" ? part : inspect(part))).join(" ")}\n`;
  };
  await new Function("console", `{${names}}`, `return (async () => {${body}})()`)({ log }, sorbus);
  expect(printed).toBe(/^```text\n(.*?)^```/ms.exec(readme)?.[1]);
});
