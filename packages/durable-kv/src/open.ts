/** `open`: from a URL to a store. */
import { type Codec, defaultCodec } from "./codec.ts";
import { Commits, inThisThread, WriterThread } from "./commits.ts";
import { Committer } from "./committer.ts";
import { type Core, EmbeddedStore } from "./embedded.ts";
import { KvError } from "./errors.ts";
import { Reader } from "./reader.ts";
import { MEMORY, openDatabase, placeIn } from "./sqlite.ts";
import type { Store } from "./store.ts";
import { Bell } from "./watch.ts";

export interface StoreOptions {
  /** `sqlite:folder`, where the folder is created if need be, or `memory:`. */
  readonly url: string;
  /** Between values and bytes. Default: JavaScript's plain data, exactly. */
  readonly codec?: Codec;
  /** Milliseconds since 1970, for `ttl`. Default: `Date.now`. */
  readonly now?: () => number;
  /** The largest size of the file in bytes; beyond it commits fail with "full". Default: what the disk has. */
  readonly maxBytes?: number;
  /** How long to wait for another process that writes, in milliseconds. Default: 30,000. */
  readonly lockTimeout?: number;
  /** How often to look for other processes' commits while somebody watches, in milliseconds. Default: 10. */
  readonly pollInterval?: number;
  /** How many commits' changes are kept for watchers. Default: 10,000. */
  readonly changeLog?: number;
  readonly hooks?: {
    /** A group of that many atomics has gone to disk in one transaction. */
    readonly committed?: (group: { readonly atomics: number }) => void;
  };
}

/** @throws KvError "url" "unwritable" "corrupt" "newer-format" "busy" "fatal" */
export async function open(options: StoreOptions): Promise<Store> {
  const {
    codec = defaultCodec,
    now = Date.now,
    maxBytes,
    lockTimeout = 30_000,
    pollInterval = 10,
    changeLog = 10_000,
  } = options;
  const place = placeOf(options.url);
  const db = await openDatabase(place, { lockTimeout, maxBytes });
  const committerOptions = { lockTimeout, maxBytes, changeLog };
  const reader = new Reader(db, place);
  const writer =
    place === MEMORY
      ? inThisThread(new Committer(place, committerOptions, db))
      : new WriterThread(place, committerOptions);
  const bell = new Bell(place === MEMORY ? undefined : () => reader.poll(), pollInterval);
  const commits = new Commits(writer, now, (atomics) => {
    reader.refresh();
    bell.ring();
    // In a turn of its own, so that what a hook throws is nobody's failed commit.
    const committed = options.hooks?.committed;
    if (committed !== undefined) queueMicrotask(() => committed({ atomics }));
  });
  const core: Core = { place, reader, commits, codec, bell, now, closing: undefined };
  return new EmbeddedStore(core, new Uint8Array());
}

function placeOf(url: string): typeof MEMORY {
  if (url === "memory:") return MEMORY;
  const folder = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (folder !== undefined) return placeIn(folder);
  throw new KvError("url", `Cannot open a store at ${JSON.stringify(url)}: write sqlite:FOLDER or memory:`);
}
