/**
 * Each package as its users will get it: packed, linted, installed alone (with the tarballs of the
 * workspace packages it needs) by npm into an empty project, type-checked there against its shipped
 * types, and used by running its README's example. Needs a build.
 *
 * Run: `pnpm tarballs [package…]`. The example runs on the Node that runs this script.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstExample } from "./readme.ts";
import { run, Tally } from "./run.ts";
import { type Member, members, readManifest, root } from "./workspace.ts";

const bin = (name: string): string => join(root, "node_modules", ".bin", name);
/** What an example may need beside its package. */
const devDependencies = {
  "@types/node": readManifest(join(root, "package.json")).devDependencies?.["@types/node"],
};
/** The environment without the workspace's tools: npm is the user's own, on the Node it came with. */
const outside = {
  ...process.env,
  PATH: (process.env.PATH ?? "")
    .split(":")
    .filter((part) => !part.includes("node_modules"))
    .join(":"),
};
const tally = new Tally();
const all = members().filter((member) => member.group === "packages" && member.manifest.private !== true);
const byName = new Map(all.map((member) => [member.manifest.name, member]));
const wanted = process.argv.slice(2);
for (const name of wanted) if (!byName.has(name)) throw new Error(`there is no package ${name}`);

/** The package and every workspace package that it needs, itself first. */
function withNeeds(member: Member, seen: Set<Member> = new Set()): Set<Member> {
  seen.add(member);
  for (const name of Object.keys(member.manifest.dependencies ?? {})) {
    const other = byName.get(name);
    if (other !== undefined && !seen.has(other)) withNeeds(other, seen);
  }
  return seen;
}

const folder = mkdtempSync(join(tmpdir(), "sorbus-tarballs-"));
const tarball = ({ manifest }: Member): string =>
  join(folder, `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`);

function useAlone(member: Member): void {
  const { name } = member.manifest;
  const project = join(folder, name);
  mkdirSync(project, { recursive: true });
  const dependencies = Object.fromEntries(
    [...withNeeds(member)].map((each) => [each.manifest.name, `file:${tarball(each)}`]),
  );
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, devDependencies }),
  );
  const install = run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
    project,
    outside,
  );
  if (!tally.check(`${name} installs alone`, install.ok, install.err)) return;

  const imported = run(
    process.execPath,
    ["--input-type=module", "-e", `await import(${JSON.stringify(name)})`],
    project,
  );
  tally.check(`${name} can be imported`, imported.ok && imported.err === "", imported.err);

  const readme = join(project, "node_modules", name, "README.md");
  const example = existsSync(readme) ? firstExample(readFileSync(readme, "utf8")) : undefined;
  if (!tally.check(`${name} has an example in its README`, example !== undefined, "no ts or js code block"))
    return;
  writeFileSync(join(project, "example.ts"), `${example}\nexport {};\n`);
  const flags =
    "--strict --exactOptionalPropertyTypes --target es2024 --module nodenext --types node --outDir out";
  const types = run(bin("tsc"), [...flags.split(" "), "example.ts"], project);
  tally.check(`${name}: the example and the shipped types type-check`, types.ok, types.out + types.err);
  const ran = run(process.execPath, [join("out", "example.js")], project);
  tally.check(`${name}: the example runs`, ran.ok && ran.err === "", ran.out + ran.err);
}

try {
  const packed = run("pnpm", ["-r", "--filter", "./packages/*", "pack", "--pack-destination", folder], root);
  if (tally.check("every package packs", packed.ok, packed.out + packed.err)) {
    for (const member of all) {
      const { name } = member.manifest;
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const lint = run(bin("publint"), ["run", tarball(member), "--strict"], member.path);
      tally.check(`${name} passes publint`, lint.ok, lint.out + lint.err);
      const attw = run(
        bin("attw"),
        [tarball(member), "--profile", "esm-only", "--no-definitely-typed"],
        root,
      );
      tally.check(`${name} passes attw`, attw.ok, attw.out + attw.err);
      useAlone(member);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
tally.finish();
