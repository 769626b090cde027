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
  readonly path: { dirname(path: string): string; resolve(...parts: string[]): string };
}

let modules: NodeModules | undefined;

/** Node's own modules, looked up only when a file is wanted: this package also runs in browsers. */
function node(): NodeModules {
  if (modules === undefined) {
    const load = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process
      ?.getBuiltinModule;
    if (load === undefined) throw new Error("loading a file needs Node.js, or the option `files`");
    modules = { fs: load("node:fs") as NodeModules["fs"], path: load("node:path") as NodeModules["path"] };
  }
  return modules;
}

/** The file system of Node.js; specifiers are relative to the file that they stand in. */
export const nodeFiles: SourceFiles = {
  resolve(specifier, from) {
    const { path } = node();
    return from === "" ? path.resolve(specifier) : path.resolve(path.dirname(from), specifier);
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
