/** Traces are the same on each tier, also through functions that a runtime makes without a fiber. */
import { cekTier } from "@sorbus/cek";
import { expect, test } from "vitest";
import { createRuntime, SxError, vmTier } from "../src/index.ts";

test.each([
  ["vm", vmTier],
  ["cek", cekTier],
] as const)("a trace on the %s goes from the raise to the form of the file", (_, tier) => {
  const runtime = createRuntime({ tier });
  let frames: unknown;
  try {
    runtime.eval("(define (f x) (+ 1 (first x)))\n(define (g x) (str (f x)))\n(apply g (list 2))\n", {
      file: "a.sx",
    });
  } catch (error) {
    if (!(error instanceof SxError)) throw error;
    frames = error.frames.map(({ name, line, column }) => `${name} ${line}:${column}`);
  }
  expect(frames).toEqual(["f 1:20", "g 2:20", "top level 3:1"]);
});
