import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pages } from "../src/generate.ts";

for (const [file, page] of Object.entries(pages)) {
  test(`docs/${file} is what its tables give: run \`pnpm --filter @sorbus/docs generate\` after a change`, () => {
    expect(readFileSync(new URL(`../../../docs/${file}`, import.meta.url), "utf8")).toBe(page());
  });
}
