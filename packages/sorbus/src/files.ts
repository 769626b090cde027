/** Where the text of modules comes from. */
import type { MaybePromise } from "./maybe.ts";

export interface SourceFiles {
  /**
   * The path of what `specifier` names in the module `from`; `from` is "" for a file that the host itself
   * names.
   */
  resolve(specifier: string, from: string): string;
  /** The text of a file that `resolve` gave. Throws, or rejects, when it cannot be read. */
  read(path: string): MaybePromise<string>;
}

interface NodeModules {
  readonly fs: { readFileSync(path: string, encoding: "utf8"): string };
  readonly path: {
    dirname(path: string): string;
    resolve(...parts: string[]): string;
    isAbsolute(path: string): boolean;
  };
  readonly module: { createRequire(file: string): { resolve(specifier: string): string } };
}

let modules: NodeModules | undefined;

/** Node's own modules, looked up only when a file is wanted: this package also runs in browsers. */
function node(): NodeModules {
  if (modules === undefined) {
    const load = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process
      ?.getBuiltinModule;
    if (load === undefined) throw new Error("loading a file needs Node.js, or the option `files`");
    modules = {
      fs: load("node:fs") as NodeModules["fs"],
      path: load("node:path") as NodeModules["path"],
      module: load("node:module") as NodeModules["module"],
    };
  }
  return modules;
}

/**
 * Where a file of an installed package is: `@sorbus/datalog/relations.sx`, as JavaScript finds packages, by the
 * `exports` of its package.json.
 * @throws Error that says what is missing
 */
function packageFile(specifier: string, from: string): string {
  const { module, path } = node();
  try {
    return module.createRequire(path.resolve(from)).resolve(specifier);
  } catch (error) {
    const code = (error as { readonly code?: string }).code;
    if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") throw new Error(`the package has no file ${specifier}`);
    if (code !== "MODULE_NOT_FOUND") throw error;
    const parts = specifier.split("/");
    const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    throw new Error(
      parts.length === 1
        ? `there is no package ${name}; a file beside this one is ./${name}`
        : `there is no ${specifier}; is the package ${name} installed here?`,
    );
  }
}

/**
 * The file system of Node.js. A specifier that begins with `./`, `../` or `/` is a path, relative to the file that
 * it stands in; any other names a file of an installed package, `@sorbus/datalog/datalog.sx`.
 */
export const nodeFiles: SourceFiles = {
  resolve(specifier, from) {
    const { path } = node();
    if (from === "") return path.resolve(specifier);
    return /^\.{1,2}\//.test(specifier) || path.isAbsolute(specifier)
      ? path.resolve(path.dirname(from), specifier)
      : packageFile(specifier, from);
  },
  read(file) {
    try {
      return node().fs.readFileSync(file, "utf8");
    } catch (error) {
      const why = MISTAKES[(error as { readonly code?: string }).code ?? ""];
      throw why === undefined ? error : new Error(why, { cause: error });
    }
  },
};

/** What people call the usual reasons; their messages name the file already. */
const MISTAKES: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "its permissions do not allow it",
};

/**
 * The same files, and libraries that the host brings along: where `@sorbus/http-host` is not installed,
 * `(import "@sorbus/http-host/web.sx")` names `web.sx` in the folder that `libraries` gives for the package.
 */
export function withLibraries(
  libraries: Readonly<Record<string, string>>,
  files: SourceFiles = nodeFiles,
): SourceFiles {
  return {
    resolve(specifier, from) {
      try {
        return files.resolve(specifier, from);
      } catch (error) {
        const [, name = "", rest = ""] = /^((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(specifier) ?? [];
        const folder = Object.hasOwn(libraries, name) ? libraries[name] : undefined;
        if (folder === undefined) throw error;
        return `${folder}/${rest}`;
      }
    },
    read: (path) => files.read(path),
  };
}
