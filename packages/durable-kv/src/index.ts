/** Ordered, transactional, durable key-value storage. */

export type { BlobId, Blobs } from "./blobs.ts";
export { type Codec, createCodec, defaultCodec, type Extension } from "./codec.ts";
export type { Durability, Fault, FaultPoint } from "./engine.ts";
export { CommitUnknown, Corrupt, Fatal, Full, KvError, type KvErrorCode } from "./errors.ts";
export { decodeKey, encodeKey, type Key, MAX_KEY_BYTES, type Part, showKey } from "./key.ts";
export type { AppendOptions, AppendResult, Log, LogEntry, ReadOptions } from "./log.ts";
export { open, type StoreOptions } from "./open.ts";
export type { PostgresOptions } from "./postgres/settings.ts";
export type { Damaged, ScrubReport } from "./scrub.ts";
export type {
  Atomic,
  AtomicOptions,
  Caps,
  Change,
  CommitResult,
  Entry,
  ListOptions,
  Page,
  Reader,
  Selector,
  SetOptions,
  Snapshot,
  Store,
  SyncReader,
  WatchOptions,
} from "./store.ts";
export { MAX_VALUE_BYTES } from "./value.ts";
export type { Versionstamp } from "./version.ts";
