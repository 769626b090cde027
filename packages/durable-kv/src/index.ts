/** Ordered, transactional, durable key-value storage. */
export { type Codec, defaultCodec } from "./codec.ts";
export { KvError, type KvErrorCode } from "./errors.ts";
export { decodeKey, encodeKey, type Key, MAX_KEY_BYTES, type Part, showKey } from "./key.ts";
export { open, type StoreOptions } from "./open.ts";
export type {
  Atomic,
  Change,
  CommitResult,
  Entry,
  ListOptions,
  Page,
  Selector,
  SetOptions,
  Store,
  SyncReader,
  WatchOptions,
} from "./store.ts";
export { MAX_VALUE_BYTES } from "./value.ts";
export type { Versionstamp } from "./version.ts";
