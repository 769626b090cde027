/** The README's example, run as it stands. */
import { readFileSync } from "node:fs";
import * as jit from "@sorbus/jit-wasm";
import * as vm from "@sorbus/vm";
import { expect, test } from "vitest";

test("the example prints what its comments say", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const source = /```js\n(.*?)```/s.exec(readme)?.[1] ?? "";
  const body = source.replaceAll(/^import .*$/gm, "");
  const printed: string[] = [];
  const log = (...values: readonly unknown[]): void => {
    printed.push(values.join(" "));
  };
  new Function("console", "WasmJit", "Assembler", "Code", "closure", "Machine", body)(
    { log },
    jit.WasmJit,
    vm.Assembler,
    vm.Code,
    vm.closure,
    vm.Machine,
  );
  expect(printed).toEqual(["compiled", "144"]);
});
