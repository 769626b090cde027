/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import * as reader from "@sorbus/reader";
import * as vm from "@sorbus/vm";
import { expect, test } from "vitest";
import * as compiler from "../src/index.ts";

test("the example prints what its comments say", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const imports = [...code.matchAll(/^import \{(.*?)\} from "(.*?)";$/gm)];
  const packages: Record<string, object> = {
    "@sorbus/reader": reader,
    "@sorbus/vm": vm,
    "@sorbus/compiler": compiler,
  };
  const names = imports.map(([, list]) => `{${list ?? ""}}`);
  const values = imports.map(([, , name]) => packages[name ?? ""]);
  const printed: string[] = [];
  const log = (...parts: unknown[]): void => {
    printed.push(parts.join(" "));
  };
  new Function("console", ...names, code.replace(/^import .*$/gm, ""))({ log }, ...values);
  const comments = [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, text]) => text ?? "");
  expect(printed).toHaveLength(comments.length);
  comments.forEach((comment, i) => {
    const [start = ""] = comment.split("…");
    expect(printed[i]?.slice(0, start.length)).toBe(start);
  });
});
