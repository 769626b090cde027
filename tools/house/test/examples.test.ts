/** Each example prints what stands after `=>` in it, and nothing else. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../src/workspace.ts";

const folder = join(root, "examples");
const files = readdirSync(folder).filter((name) => /\.(?:ts|sx)$/.test(name));

test("there are some", () => expect(files.length).toBeGreaterThan(3));

test.each(files)("%s", (name) => {
  const file = join(folder, name);
  const promised = [...readFileSync(file, "utf8").matchAll(/^(?:\/\/|;)=> (.*)$/gm)].map(
    ([, line]) => `${line}\n`,
  );
  expect(promised).not.toEqual([]);
  const program = name.endsWith(".ts") ? [file] : [join(root, "apps/cli/src/sx.ts"), "run", file];
  const run = spawnSync(process.execPath, ["--import", "tsx", "--conditions=@sorbus/source", ...program], {
    cwd: root,
    encoding: "utf8",
  });
  expect(run).toMatchObject({ stdout: promised.join(""), stderr: "", status: 0 });
});
