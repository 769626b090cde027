/** Edits to generations to renders: turns saved files into new pictures of a program while its state lives on. */

export {
  type CapOptions,
  type Executor,
  inProcess,
  persistentWorker,
  respawningWorker,
} from "./agent/executors.ts";
export type { StructuralReloader, Verification } from "./agent/line.ts";
export type { RunLimits } from "./agent/protocol.ts";
export {
  type LiveProgram,
  type LiveProgramOptions,
  type LiveReload,
  liveProgram,
} from "./live-program.ts";
export {
  type DroppedState,
  type Notice,
  type Place,
  PreviewError,
  type Problem,
  type ReloadRecord,
  TIERS,
  type Tier,
  type Timings,
} from "./record.ts";
export { createReloader, type OpenOptions, type Reloader, type ReloaderOptions } from "./reloader.ts";
export type {
  PreviewInfo,
  Rendered,
  SavedState,
  SavedValue,
  Session,
  SessionEvents,
  Standing,
  StateReport,
  Variant,
} from "./session-types.ts";
export {
  checkTraits,
  completeTraits,
  DEFAULT_TRAITS,
  PRESETS,
  parseTraits,
  type Traits,
} from "./traits.ts";
export { fileWatcher, noWatcher, type Watcher } from "./watcher.ts";
