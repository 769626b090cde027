/** The runner of language cases, for the command line. */
export { SpecError } from "./case.ts";
export { type FolderResult, runFolder } from "./folder.ts";
