/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as reader from "../src/index.ts";

test("the example prints what its comments say", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const [, names = ""] = /^import \{(.*?)\} from "@sorbus\/reader";$/m.exec(code) ?? [];
  const body = code.replace(/^import .*$/m, "");
  const printed: string[] = [];
  const log = (value: unknown): void => {
    printed.push(typeof value === "string" ? value : JSON.stringify(value));
  };
  new Function("console", `{${names}}`, body)({ log }, reader);
  expect(printed).toEqual([
    JSON.stringify(['(define (greet name) (str "Hello, " name "!"))', "(define answer 42)"]),
    "1",
    "4",
    "true",
    expect.stringContaining("> 1 | (define a 1x2)\n    |           ^^^ `1x2` is not a number"),
    expect.stringContaining('> 2 | (print "tab\\q")\n    |            ^^ unknown escape'),
    JSON.stringify(["(define b 2)"]),
    "(when (ready? x)\n  (start x) ; now\n\n  (wait x))\n",
  ]);
});
