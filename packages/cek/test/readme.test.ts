/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import * as cek from "@sorbus/cek";
import * as vm from "@sorbus/vm";
import { expect, test } from "vitest";

test("the example prints what its comments say", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const source = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const body = source.replaceAll(/^import .*$/gm, "");
  const printed: string[] = [];
  const log = (...values: readonly unknown[]): void => {
    printed.push(values.join(" "));
  };
  new Function("console", "Program", "inspect", body)({ log }, cek.Program, vm.inspect);
  expect(printed).toEqual(["nil", "ask 1", "ask 2", "ask 3", "(10 20 30)"]);
});
