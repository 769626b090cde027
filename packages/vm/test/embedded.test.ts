import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { heapBytesModule } from "../scripts/embed-heap.ts";
import { preludeModule } from "../scripts/embed-prelude.ts";

test("the embedded prelude is that of prelude/*.sx: run `pnpm embed` in packages/vm after a change", () => {
  const embedded = readFileSync(new URL("../src/prelude/definitions.ts", import.meta.url), "utf8");
  expect(embedded).toBe(preludeModule());
});

test("the embedded heap is what its source builds: run `pnpm embed` in packages/vm after a change", () => {
  const embedded = readFileSync(new URL("../src/heap/bytes.ts", import.meta.url), "utf8");
  expect(embedded).toBe(heapBytesModule());
});
