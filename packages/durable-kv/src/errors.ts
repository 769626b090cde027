/**
 * What can go wrong with a store. Every failure is a `KvError` whose `code` says which; the four that a commit
 * can end with have classes of their own. The message says what to do.
 */

export type KvErrorCode =
  /** The disk, or the store's `maxBytes`, is full. Nothing was committed; reads go on, and so do writes once there is room. */
  | "full"
  /** Stored bytes are not what was written. The message names the key or the file. */
  | "corrupt"
  /** The commit was under way when the disk, the committer or the connection failed: it may have happened or not. */
  | "commit-unknown"
  /** The store cannot go on: the disk fails, or the platform lacks something. Nothing was committed. */
  | "fatal"
  /** Somebody else held the write lock for longer than `lockTimeout`. Nothing was committed. */
  | "busy"
  /** The server of the store cannot be reached. Nothing was committed. */
  | "unreachable"
  /** The store was written by a newer version of this package. */
  | "newer-format"
  /** The store was written by an older version of this package, which this one no longer reads. */
  | "older-format"
  /** The folder or a file in it cannot be created or written. */
  | "unwritable"
  /** The store has been closed. */
  | "closed"
  /** Not a key: a part of a wrong type, NaN, an ill-formed string, too long. */
  | "key"
  /** Not a value that can be stored, or not the one that `add` needs. */
  | "value"
  /** `open` does not know that URL, or cannot use it. */
  | "url"
  /** What is to be imported or restored is no export, is cut short or is damaged. Nothing was changed by a restore. */
  | "import";

export class KvError extends Error {
  readonly code: KvErrorCode;
  constructor(code: KvErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KvError";
    this.code = code;
  }
}

/** Nothing was committed for want of room. */
export class Full extends KvError {
  constructor(message: string, options?: ErrorOptions) {
    super("full", message, options);
  }
}

/** Stored bytes are not what was written. */
export class Corrupt extends KvError {
  constructor(message: string, options?: ErrorOptions) {
    super("corrupt", message, options);
  }
}

/** The commit may have happened or not. With a `txnId` it can be asked for again without harm. */
export class CommitUnknown extends KvError {
  constructor(message: string, options?: ErrorOptions) {
    super("commit-unknown", message, options);
  }
}

/** The store cannot go on. Nothing was committed. */
export class Fatal extends KvError {
  constructor(message: string, options?: ErrorOptions) {
    super("fatal", message, options);
  }
}

/** The error for a code, of the class that goes with it. */
export function kvError(code: KvErrorCode, message: string, options?: ErrorOptions): KvError {
  switch (code) {
    case "full":
      return new Full(message, options);
    case "corrupt":
      return new Corrupt(message, options);
    case "commit-unknown":
      return new CommitUnknown(message, options);
    case "fatal":
      return new Fatal(message, options);
    default:
      return new KvError(code, message, options);
  }
}

/** Any error as one of ours: what is not yet is "fatal". */
export function asKvError(error: unknown): KvError {
  if (error instanceof KvError) return error;
  return new Fatal(error instanceof Error ? error.message : String(error), { cause: error });
}
