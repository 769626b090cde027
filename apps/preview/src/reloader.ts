/** What this app uses of the reloader, by the names that it uses. */
export {
  completeTraits,
  createReloader,
  noWatcher,
  PreviewError,
  type PreviewInfo,
  type Problem,
  parseTraits,
  persistentWorker,
  type Reloader,
  type ReloadRecord,
  type Rendered,
  type SavedState,
  type Session,
  type Traits,
} from "@sorbus/preview-reloader";
