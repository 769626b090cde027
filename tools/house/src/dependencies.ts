/**
 * Keeps dependencies pointing one way, and the core pure. The allowed graph is the table below and
 * nowhere else; package.json files and import statements are checked against it.
 *
 * Run: `tsx tools/house/src/dependencies.ts` prints each problem and exits with 1 if there is one.
 */
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { relative, resolve, sep } from "node:path";
import { filesUnder, type Member, members, readManifest, root } from "./workspace.ts";

interface Rule {
  /** The packages of this workspace that it may depend on. */
  readonly uses: readonly string[];
  /** No file, clock, socket or environment: such things are handed in by who embeds it. */
  readonly pure?: true;
}

/**
 * Lowest first: `uses` names only packages above the line. A test may use any package above its own
 * line (as a devDependency), apps and tools may use every package, and nobody uses an app or a tool (but for `toolsFor`).
 */
export const graph: Readonly<Record<string, Rule>> = {
  "@sorbus/wasm-encoder": { uses: [], pure: true },
  "@sorbus/reader": { uses: [], pure: true },
  "@sorbus/io-resolver": { uses: [] },
  "@sorbus/durable-kv": { uses: [] },
  "@sorbus/vm": { uses: ["@sorbus/wasm-encoder", "@sorbus/reader"], pure: true },
  "@sorbus/compiler": { uses: ["@sorbus/reader", "@sorbus/vm"], pure: true },
  "@sorbus/cek": { uses: ["@sorbus/reader", "@sorbus/vm", "@sorbus/compiler"], pure: true },
  "@sorbus/jit-wasm": { uses: ["@sorbus/wasm-encoder", "@sorbus/vm"], pure: true },
  sorbus: {
    uses: [
      "@sorbus/reader",
      "@sorbus/vm",
      "@sorbus/compiler",
      "@sorbus/cek",
      "@sorbus/jit-wasm",
      "@sorbus/io-resolver",
    ],
  },
  // Libraries in SX. What they run on is whoever imports them.
  "@sorbus/datalog": { uses: [] },
  "@sorbus/durable-fibers": { uses: ["@sorbus/vm", "@sorbus/io-resolver", "sorbus"] },
  "@sorbus/http-host": { uses: ["@sorbus/vm", "@sorbus/io-resolver", "sorbus"] },
  "@sorbus/preview-reloader": {
    uses: ["@sorbus/reader", "@sorbus/vm", "@sorbus/compiler", "@sorbus/io-resolver", "sorbus"],
  },
};

/** Tools that others may use, each with its reason. A package's may be used by its tests only. */
const toolsFor: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "@sorbus/cli": {
    "@sorbus/conformance": "`sx test` runs cases as the conformance runner does",
    "@sorbus/preview": "`sx preview` is its command line",
  },
  "@sorbus/durable-kv": { "@sorbus/postgres-server": "its tests start a PostgreSQL of their own" },
  "@sorbus/durable-fibers": { "@sorbus/postgres-server": "its tests start a PostgreSQL of their own" },
  sorbus: { "@sorbus/postgres-server": "its tests count what a program asks of a server" },
  "@sorbus/blog": { "@sorbus/postgres-server": "its tests start a PostgreSQL of their own" },
  "@sorbus/bench": {
    "@sorbus/postgres-server": "the PostgreSQL to measure",
    "@sorbus/preview": "the daemon to measure, and the browser that it finds",
  },
  "@sorbus/torture": { "@sorbus/postgres-server": "the PostgreSQL to kill" },
};

/** What a pure package may not mention, and what it should do instead. */
const impure: readonly [RegExp, string][] = [
  [/\bprocess\.(?!\w*\s*:)/, "reads the environment"],
  [/\b(?:Date\.now|performance\.now)\s*\(/, "reads the clock"],
  [/\bnew Date\(\s*\)/, "reads the clock"],
  [/\bMath\.random\s*\(/, "draws a random number"],
  [/(?<![.\w])(?:setTimeout|setInterval|setImmediate)\s*\(/, "starts a timer"],
  [/(?<![.\w])fetch\s*\(/, "opens a connection"],
];

/** Where a pure package may all the same, and why. */
const excused: Readonly<Record<string, { readonly does: string; readonly because: string }>> = {
  "packages/vm/src/heap/hash.ts": {
    does: "draws a random number",
    because: "the seed of hashes, so that nobody can prepare keys that collide; no program can see it",
  },
};

/** Something that is not as the table says. */
export interface Problem {
  /** File or folder, relative to the root. */
  readonly where: string;
  readonly what: string;
}

const order = Object.keys(graph);

/** Comments out, so that an example in a docstring is no import. Strings stay: specifiers are strings. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " ")).replace(/^(\s*)\/\/.*$/gm, "$1");
}

/** The module specifiers of static and dynamic imports and re-exports in a TypeScript text. */
export function specifiers(text: string): string[] {
  const found: string[] = [];
  const pattern =
    /^[ \t]*(?:import|export)\b(?:[^;"'`=]*?\bfrom)?\s*["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/gm;
  for (const match of withoutComments(text).matchAll(pattern)) found.push(match[1] ?? match[2] ?? "");
  return found;
}

/** `@sorbus/vm/heap` → [`@sorbus/vm`, `./heap`]. */
function splitSpecifier(specifier: string): [name: string, subpath: string] {
  const parts = specifier.split("/");
  const length = specifier.startsWith("@") ? 2 : 1;
  return [parts.slice(0, length).join("/"), [".", ...parts.slice(length)].join("/")];
}

function checkManifest(member: Member, local: ReadonlyMap<string, Member>): string[] {
  const { name, dependencies = {}, devDependencies = {} } = member.manifest;
  const rule = graph[name];
  if (member.group === "packages" && rule === undefined) {
    return [`${name} has no line in the table of tools/house/src/dependencies.ts`];
  }
  const wrong: string[] = [];
  for (const other of Object.keys({ ...dependencies, ...devDependencies })) {
    const target = local.get(other);
    if (target === undefined) continue;
    if (target.group !== "packages") {
      const allowed =
        toolsFor[name]?.[other] !== undefined && (rule === undefined || other in devDependencies);
      if (!allowed) wrong.push(`depends on ${other}, which is no package`);
    } else if (rule === undefined) continue;
    else if (other in dependencies && !rule.uses.includes(other)) wrong.push(`may not depend on ${other}`);
    else if (order.indexOf(other) >= order.indexOf(name))
      wrong.push(`tests may not depend on ${other}, which stands above it`);
  }
  return wrong;
}

function checkFile(
  member: Member,
  file: string,
  where: string,
  declared: ReadonlySet<string>,
  local: ReadonlyMap<string, Member>,
  isTest: boolean,
): string[] {
  const text = readFileSync(file, "utf8");
  const pure = graph[member.manifest.name]?.pure === true && !isTest;
  const wrong: string[] = [];
  for (const specifier of specifiers(text)) {
    if (specifier.startsWith(".")) {
      const target = resolve(file, "..", specifier);
      const outside = !target.startsWith(member.path + sep);
      if (outside && !isTest) wrong.push(`imports ${specifier}, which is outside the package`);
      else if (outside && /[\\/](?:packages|apps)[\\/][^\\/]+[\\/]src[\\/]/.test(target)) {
        wrong.push(`imports ${specifier}, another package's source`);
      }
    } else if (isBuiltin(specifier)) {
      if (!specifier.startsWith("node:")) wrong.push(`imports ${specifier} without node:`);
      if (pure) wrong.push(`imports ${specifier}, but the package is pure`);
    } else {
      const [name, subpath] = splitSpecifier(specifier);
      const target = local.get(name);
      if (name !== member.manifest.name && !declared.has(name))
        wrong.push(`imports ${name}, which its package.json does not declare`);
      if (target !== undefined && !(subpath in (target.manifest.exports ?? {}))) {
        wrong.push(`imports ${specifier}, which ${name} does not export`);
      }
    }
  }
  if (pure) {
    const code = withoutComments(text);
    for (const [pattern, does] of impure) {
      const found = pattern.exec(code);
      if (found !== null && excused[where]?.does !== does) {
        wrong.push(`${does} (${found[0]}), but the package is pure`);
      }
    }
  }
  return wrong;
}

/** A cycle in the table itself would make every other check meaningless. */
function checkTable(): Problem[] {
  return order.flatMap((name, at) =>
    (graph[name]?.uses ?? [])
      .filter((other) => !order.slice(0, at).includes(other))
      .map((other) => ({
        where: "tools/house/src/dependencies.ts",
        what: `${name} uses ${other}, which is not declared before it`,
      })),
  );
}

/** Everything that is wrong in the workspace at `base`, and how many files were looked at. */
export function checkDependencies(base: string = root): { problems: Problem[]; files: number } {
  const all = members(base);
  const local = new Map(all.map((member) => [member.manifest.name, member]));
  const rootDeclared = Object.keys(readManifest(resolve(base, "package.json")).devDependencies ?? {});
  const problems = checkTable();
  let files = 0;
  for (const member of all) {
    for (const what of checkManifest(member, local))
      problems.push({ where: `${member.folder}/package.json`, what });
    const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = member.manifest;
    const shipped = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    const tested = new Set([...shipped, ...Object.keys(devDependencies), ...rootDeclared]);
    for (const file of filesUnder(member.path, [".ts", ".mts", ".mjs"])) {
      files++;
      const where = relative(base, file);
      const isSource = file.startsWith(resolve(member.path, "src") + sep);
      const declared = isSource && member.group === "packages" ? shipped : tested;
      for (const what of checkFile(member, file, where, declared, local, !isSource))
        problems.push({ where, what });
    }
  }
  return { problems, files };
}

if (process.argv[1] === import.meta.filename) {
  const { problems, files } = checkDependencies();
  for (const { where, what } of problems) console.error(`${where}: ${what}`);
  console.log(
    `${files - new Set(problems.map((problem) => problem.where)).size} passed, ${problems.length} failed`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
