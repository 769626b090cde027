/** Where the libraries are, for hosts that read files by other means than those of Node. The libraries are in SX. */

/** The names of the libraries, as an import ends: `(import "@sorbus/datalog/datalog.sx")`. */
export type Library = "datalog.sx" | "relations.sx";

/** The address of a library. What it imports lies beside it. */
export function library(name: Library): URL {
  return new URL(`../lib/${name}`, import.meta.url);
}
