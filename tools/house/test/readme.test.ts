/** The first thing that people try is what the README says. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { firstExample } from "../src/readme.ts";
import { root } from "../src/workspace.ts";

// Inside this package, so that the imports of the example find the workspace's packages.
const out = fileURLToPath(new URL("../out/", import.meta.url));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test("the example of the README prints what its comment says", () => {
  const example = firstExample(readFileSync(join(root, "README.md"), "utf8"))?.code;
  if (example === undefined) throw new Error("the README has no example");
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "readme.ts"), example);
  const run = spawnSync(
    process.execPath,
    ["--import", "tsx", "--conditions=@sorbus/source", join(out, "readme.ts")],
    { cwd: root, encoding: "utf8" },
  );
  const [, promised] = /^console\.log\(.*\); \/\/ (.*)$/m.exec(example) ?? [];
  expect(run).toMatchObject({ stdout: `${promised}\n`, stderr: "", status: 0 });
});

const pages = ["README.md", "CONTRIBUTING.md", "apps/blog/README.md", "examples/README.md"].concat(
  readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
  readdirSync(join(root, "packages")).map((name) => join("packages", name, "README.md")),
);

test.each(pages)("%s links only to what is there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  for (const [, target = ""] of prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(target) || target.startsWith("/")) continue;
    const file = join(dirname(join(root, page)), target);
    expect.soft(existsSync(file), `${page} → ${relative(root, file)}`).toBe(true);
  }
});
