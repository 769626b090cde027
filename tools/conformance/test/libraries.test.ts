/** The cases of libraries in SX, in the folders `spec` of packages, on every tier and way of answering. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runFolder } from "../src/index.ts";

const packages = fileURLToPath(new URL("../../../packages/", import.meta.url));
const folders = readdirSync(packages).filter((name) => existsSync(join(packages, name, "spec")));

test.each(folders)(
  "%s",
  async (name) => {
    const { passed, failed, report } = await runFolder(join(packages, name, "spec"));
    expect(report).toBe("");
    expect(failed).toBe(0);
    expect(passed).toBeGreaterThan(0);
  },
  300_000,
);
