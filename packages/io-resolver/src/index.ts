/** Who answers `perform`: op tables and the one function that resolves a request against them. */
export {
  type Arity,
  arityOf,
  type Handler,
  type HandlerContext,
  type OpDeclaration,
  OpError,
  type OpRequest,
} from "./op.ts";
export { type LogEntry, record, replay } from "./record.ts";
export { isPromise, type Outcome, type Recorder, Resolver, type ResolverOptions } from "./resolver.ts";
