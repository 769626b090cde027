/** For programs that speak with the daemon, or look with the browser that it would use. */
export { type Executable, findExecutable } from "../browser/executable.ts";
export { type CallResult, type Connection, connect } from "./connection.ts";
