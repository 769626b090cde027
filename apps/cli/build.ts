/**
 * Builds the command into `dist`, third-party code included, so that the folder runs by itself and starts
 * fast: `sx.js` turns on Node's cache of compiled code, `main.js` is what every program needs in one file, and
 * each package that only some commands use is a file of its own, loaded when one of them does.
 *
 * Run with the sources as they are: `node --conditions=@sorbus/source build.ts [FOLDER]`.
 */
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as compiler from "@sorbus/compiler";
import { webLibrary } from "@sorbus/http-host/library";
import * as resolver from "@sorbus/io-resolver";
import * as reader from "@sorbus/reader";
import * as vm from "@sorbus/vm";
import { type BuildOptions, build, type Plugin } from "esbuild";
import * as sorbus from "sorbus";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const dist: string = resolve(process.argv[2] ?? here("dist"));

/** In `main.js`; the other files get them from there, since there must be one of each. */
const SHARED: Readonly<Record<string, object>> = {
  "@sorbus/reader": reader,
  "@sorbus/vm": vm,
  "@sorbus/compiler": compiler,
  "@sorbus/io-resolver": resolver,
  sorbus,
};

/** A folder of its own: the daemon of previews is another process, and shares nothing with this one. */
const PREVIEW = "@sorbus/preview";
const PREVIEW_CLI = "./preview/cli.js";

/** Files of their own, by package. */
const APART: Readonly<Record<string, string>> = {
  "@sorbus/cek": "cek",
  "@sorbus/durable-kv": "durable-kv",
  "@sorbus/http-host": "http-host",
  "@sorbus/conformance": "conformance",
};

const exact = (names: readonly string[]): RegExp => new RegExp(`^(?:${names.join("|")})$`);

const exportsOf = (module: object): string[] =>
  Object.keys(module).filter((name) => /^(?!default$)[\w$]+$/.test(name));

/**
 * Node's own modules when something of theirs is used, and not when they are imported: to import `node:fs` as
 * ES modules do costs 15 ms, because that asks it for every export, streams included; and half of what is
 * imported here a short command never uses.
 */
const lazyBuiltins: Plugin = {
  name: "lazy-builtins",
  setup({ onResolve, onLoad }) {
    const names = builtinModules
      .filter((name) => !name.startsWith("_"))
      .map((name) => name.replace(/^node:/, ""));
    onResolve({ filter: new RegExp(`^(?:node:)?(?:${names.join("|")})$`) }, ({ path }) => ({
      path: path.replace(/^node:/, ""),
      namespace: "builtin",
    }));
    onLoad({ filter: /.*/, namespace: "builtin" }, async ({ path }) => {
      const getters = exportsOf((await import(`node:${path}`)) as object).map(
        (name) => `get ${name}() { return load().${name}; }`,
      );
      const contents = `let loaded; const load = () => loaded ??= process.getBuiltinModule("node:${path}");
module.exports = { ${getters.join(", ")} };`;
      return { contents, loader: "js" };
    });
  },
};

const filesApart: Plugin = {
  name: "files-apart",
  setup({ onResolve }) {
    onResolve({ filter: exact(Object.keys(APART)) }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: `./${APART[path]}.js`, external: true },
    );
    onResolve({ filter: exact([PREVIEW]) }, () => ({ path: PREVIEW_CLI, external: true }));
  },
};

const sharedFromMain: Plugin = {
  name: "shared-from-main",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: exact(Object.keys(SHARED)) }, ({ path }) => ({ path, namespace: "shared" }));
    onResolve({ filter: /^\.\/main\.js$/, namespace: "shared" }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: "shared" }, async ({ path }) => {
      const names = exportsOf(SHARED[path] ?? {}).map((name) => `${name} = shared.${name}`);
      return {
        contents: `import { shared${Object.keys(SHARED).indexOf(path)} as shared } from "./main.js"; export const ${names.join(", ")};`,
        loader: "js",
      };
    });
  },
};

/** The framework's modules are copied; in the built command they stand beside it. */
const libraryBeside: Plugin = {
  name: "library-beside",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]http-host[\\/]src[\\/]library\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace("../lib", "./lib"),
      loader: "ts",
    }));
  },
};

const mainBuilt: Plugin = {
  name: "main-built",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: "./main.js", external: true }));
  },
};

const common = {
  absWorkingDir: here("."),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.12",
  conditions: ["@sorbus/source"],
  legalComments: "none",
  minify: true,
  keepNames: true,
  logLevel: "warning",
} as const satisfies BuildOptions;

rmSync(dist, { recursive: true, force: true });
await build({
  ...common,
  stdin: {
    contents: [
      'export * from "./src/main.ts";',
      ...Object.keys(SHARED).map((name, i) => `export * as shared${i} from ${JSON.stringify(name)};`),
    ].join("\n"),
    resolveDir: here("."),
    sourcefile: "main.ts",
  },
  outfile: join(dist, "main.js"),
  plugins: [filesApart, libraryBeside, lazyBuiltins],
});
await build({
  ...common,
  outdir: dist,
  entryPoints: Object.entries(APART).map(([name, out]) => ({ in: name, out })),
  plugins: [filesApart, sharedFromMain, libraryBeside, lazyBuiltins],
});
await build({
  ...common,
  outdir: dist,
  entryPoints: [
    // The store commits in a thread of its own, whose file stands beside the code that starts it.
    {
      in: fileURLToPath(new URL("./sqlite/thread.ts", import.meta.resolve("@sorbus/durable-kv"))),
      out: "thread",
    },
  ],
  plugins: [lazyBuiltins],
});
await build({ ...common, outdir: dist, entryPoints: [here("src/sx.ts")], plugins: [mainBuilt] });

const preview = (path: string): string => fileURLToPath(new URL(path, import.meta.resolve(PREVIEW)));
await build({
  ...common,
  outdir: join(dist, "preview"),
  splitting: true,
  entryPoints: [
    { in: PREVIEW, out: "cli" },
    { in: preview("./daemon/main.ts"), out: "daemon" },
    // Programs live in threads of the daemon.
    {
      in: fileURLToPath(new URL("./agent/worker.ts", import.meta.resolve("@sorbus/preview-reloader"))),
      out: "worker",
    },
  ],
  // They bring files that are no code.
  external: ["playwright-core", "@sparticuz/chromium"],
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
await build({
  ...common,
  platform: "browser",
  target: "es2022",
  outdir: join(dist, "preview", "page"),
  entryPoints: ["shell.ts", "frame.ts"].map((name) => preview(`./page/browser/${name}`)),
});
for (const name of ["shell.css", "icon.svg"]) {
  copyFileSync(preview(`./page/${name}`), join(dist, "preview", "page", name));
}
for (const folder of Object.values(webLibrary)) cpSync(folder, join(dist, "lib"), { recursive: true });
// Wherever the folder is moved to, its files are modules.
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
