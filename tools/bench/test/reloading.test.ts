/** The benchmark of reloads, once through in small: that it measures what it says, not how fast it is. */
import { expect, test } from "vitest";
import { measureEndurance, measureReloads, quantile } from "../src/reloading/measure.ts";

test("each tier is what its edits come to, in a small project", async () => {
  const { files, tiers } = await measureReloads(12, 2);
  expect(files).toBe(12);
  expect(tiers.map(({ tier }) => tier).sort()).toEqual(["literal", "template", "unit"]);
  for (const { p50, p95 } of tiers) expect(p95).toBeGreaterThanOrEqual(p50);
});

test("many edits, none of which fails", async () => {
  expect(await measureEndurance(10)).toMatchObject({ edits: 10, failed: 0 });
});

test("quantiles", () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(3);
  expect(quantile([1], 0.95)).toBe(1);
});
