/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import * as vm from "../src/index.ts";

test("the example prints what the README says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /^```ts\n(.*?)^```/ms.exec(readme)?.[1] ?? "";
  const imports = [...code.matchAll(/^import \{(.*?)\} from "@sorbus\/vm";$/gm)];
  const names = imports.map(([, list]) => list).join();
  const body = code.replace(/^import .*$/gm, "").replace(": MachineHost", "");
  let printed = "";
  const log = (...parts: unknown[]): void => {
    printed += `${parts.map((part) => (typeof part === "string" ? part : inspect(part))).join(" ")}\n`;
  };
  new Function("console", `{${names}}`, body)({ log }, vm);
  expect(printed).toBe(/^```text\n(.*?)^```/ms.exec(readme)?.[1]);
});
