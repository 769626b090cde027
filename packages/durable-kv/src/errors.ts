/** What can go wrong with a store. One class; `code` says which, the message says what to do. */

export type KvErrorCode =
  /** The disk, or the store's `maxBytes`, is full. Nothing was committed; reads go on, and so do writes once there is room. */
  | "full"
  /** Stored bytes are not what was written. The message names the key or the file. */
  | "corrupt"
  /** The commit was under way when the disk failed or the committing thread died: it may have happened or not. */
  | "commit-unknown"
  /** The store cannot go on: the disk fails, or the platform lacks something. Nothing was committed. */
  | "fatal"
  /** Another process held the write lock for longer than `lockTimeout`. Nothing was committed. */
  | "busy"
  /** The store was written by a newer version of this package. */
  | "newer-format"
  /** The folder or a file in it cannot be created or written. */
  | "unwritable"
  /** The store has been closed. */
  | "closed"
  /** Not a key: a part of a wrong type, NaN, an ill-formed string, too long. */
  | "key"
  /** Not a value that can be stored, or not the one that `add` needs. */
  | "value"
  /** `open` does not know that URL. */
  | "url";

export class KvError extends Error {
  readonly code: KvErrorCode;
  constructor(code: KvErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KvError";
    this.code = code;
  }
}
