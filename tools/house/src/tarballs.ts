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
import { specifiers } from "./dependencies.ts";
import { type Example, firstExample } from "./readme.ts";
import { type Outcome, run, Tally } from "./run.ts";
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

/** Makes `needed` the dependencies of a project, as tarballs, and installs them as a user would. */
function install(project: string, needed: Iterable<Member>): Outcome {
  const dependencies = Object.fromEntries(
    [...needed].map((each) => [each.manifest.name, `file:${tarball(each)}`]),
  );
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, devDependencies }),
  );
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
  return run("npm", args, project, outside);
}

function useAlone(member: Member): void {
  const { name } = member.manifest;
  const project = join(folder, name);
  mkdirSync(project, { recursive: true });
  const alone = install(project, withNeeds(member));
  if (!tally.check(`${name} installs alone`, alone.ok, alone.err)) return;
  const load = `await import(${JSON.stringify(name)})`;
  const imported = run(process.execPath, ["--input-type=module", "-e", load], project);
  tally.check(`${name} can be imported`, imported.ok && imported.err === "", imported.err);

  const readme = join(project, "node_modules", name, "README.md");
  const example = existsSync(readme) ? firstExample(readFileSync(readme, "utf8")) : undefined;
  if (!tally.check(`${name} has an example in its README`, example !== undefined, "no ts or js code block"))
    return;
  if (example !== undefined) useExample(member, project, example);
}

/** Type-checks the example if it is TypeScript, and runs it. */
function useExample(member: Member, project: string, { language, code }: Example): void {
  const { name } = member.manifest;
  // An example may show the package together with others.
  const needed = withNeeds(member);
  const more = specifiers(code).flatMap((specifier) => byName.get(specifier) ?? []);
  if (more.some((other) => !needed.has(other))) {
    for (const other of more) withNeeds(other, needed);
    const together = install(project, needed);
    if (!tally.check(`${name} installs with what its example uses`, together.ok, together.err)) return;
  }
  writeFileSync(join(project, `example.${language}`), `${code}\nexport {};\n`);
  if (language === "ts") {
    const flags = "--strict --exactOptionalPropertyTypes --target es2024 --module nodenext --types node";
    const types = run(bin("tsc"), [...flags.split(" "), "example.ts"], project);
    tally.check(`${name}: the example and the shipped types type-check`, types.ok, types.out + types.err);
  }
  const ran = run(process.execPath, ["example.js"], project);
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
      // Libraries in SX are exported for programs in SX: no types are to be found there.
      const libraries = Object.keys(member.manifest.exports ?? {}).filter((path) => path.endsWith(".sx"));
      const excluded = libraries.length === 0 ? [] : ["--exclude-entrypoints", ...libraries];
      const attw = run(
        bin("attw"),
        [tarball(member), "--profile", "esm-only", "--no-definitely-typed", ...excluded],
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
