/** SX for JavaScript: a small Lisp whose programs can pause anywhere. */
export { type Answers } from "./drive.ts";
export { report, SxError } from "./error.ts";
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
export type { MaybePromise } from "./steps.ts";
export { type Tier, type TierMaker, vmTier } from "./world.ts";
