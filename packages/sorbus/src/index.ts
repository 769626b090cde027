/** SX for JavaScript: a small Lisp whose programs can pause anywhere. */

export type { JitEvent, JitOptions, JitStats } from "@sorbus/jit-wasm";
export type { Value } from "@sorbus/vm";
export { type CheckedFile, checkProgram, type Finding } from "./check.ts";
export type { Answers } from "./drive.ts";
export { report, SxError } from "./error.ts";
export { nodeFiles, type SourceFiles, withLibraries } from "./files.ts";
export { storeOps } from "./kv.ts";
export type { MaybePromise } from "./maybe.ts";
export {
  createRuntime,
  type EvalOptions,
  inspect,
  type OpFunction,
  type RunOptions,
  Runtime,
  type RuntimeOptions,
  type RuntimeStats,
} from "./runtime.ts";
export {
  jitTierWith,
  type RunNow,
  type Tier,
  type TierMaker,
  type VmTierOptions,
  vmTier,
  vmTierWith,
  World,
} from "./world.ts";
