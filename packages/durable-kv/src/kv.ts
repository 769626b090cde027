/** A `Store` over an engine: keys and values encoded on the way in, decoded on the way out. */
import { EngineAtomic } from "./atomic.ts";
import { type Blobs, EngineBlobs } from "./blobs.ts";
import type { Codec } from "./codec.ts";
import type { ChangeRow, Engine, Row, RowReader, Rows } from "./engine.ts";
import { type KvError, kvError } from "./errors.ts";
import {
  after,
  type ByteRange,
  concat,
  decodeKey,
  encodeKey,
  extensionsOf,
  type Key,
  within,
} from "./key.ts";
import { EngineLog, type Log } from "./log.ts";
import { type ScrubReport, scrub } from "./scrub.ts";
import { showStored } from "./spaces.ts";
import type {
  Atomic,
  AtomicOptions,
  Caps,
  Change,
  CommitResult,
  Entry,
  ListOptions,
  Page,
  Selector,
  SetOptions,
  Snapshot,
  Store,
  SyncReader,
  WatchOptions,
} from "./store.ts";
import { backup, exported, imported, restore } from "./transfer.ts";
import { decodeValue } from "./value.ts";
import { counterOf, type Versionstamp, versionstamp } from "./version.ts";
import { among, type Bell, inRange, type Wanted } from "./watch.ts";

/** What the namespaces of one store share. */
export interface Core {
  readonly engine: Engine;
  readonly codec: Codec;
  readonly bell: Bell;
  readonly now: () => number;
  /** Called with every commit: where the plan of faults may move the clock. */
  readonly tick: () => void;
  /** Whether the plan of faults has the log trimmed now. */
  readonly gap: () => boolean;
  /** Set by the first call of `close`. */
  closing: Promise<void> | undefined;
}

export class EngineStore implements Store {
  declare readonly sync?: SyncReader;
  readonly blobs: Blobs;
  readonly #core: Core;
  readonly #prefix: Uint8Array;

  constructor(core: Core, prefix: Uint8Array) {
    this.#core = core;
    this.#prefix = prefix;
    this.blobs = new EngineBlobs(core, prefix);
    const { sync } = core.engine;
    if (sync === undefined) return;
    const get = <T>(key: Key): Entry<T> | null => {
      const bytes = encodeKey(key, prefix);
      return entryOf<T>(core, prefix, key, sync.get(bytes, core.now()));
    };
    this.sync = {
      get,
      getMany: <T>(keys: readonly Key[]) => keys.map((key) => get<T>(key)),
      list: <T>(selector: Selector, options?: ListOptions) => {
        const query = queryOf(core, prefix, selector, options);
        return pageOf<T>(core, prefix, options, sync.list(query));
      },
    };
  }

  get caps(): Caps {
    return this.#core.engine.caps;
  }

  async get<T = unknown>(key: Key): Promise<Entry<T> | null> {
    if (this.sync !== undefined) return this.sync.get<T>(key);
    return this.#reader(this.#core.engine.reader).get<T>(key);
  }

  async getMany<T = unknown>(keys: readonly Key[]): Promise<(Entry<T> | null)[]> {
    if (this.sync !== undefined) return this.sync.getMany<T>(keys);
    return this.#reader(this.#core.engine.reader).getMany<T>(keys);
  }

  async list<T = unknown>(selector: Selector, options?: ListOptions): Promise<Page<T>> {
    if (this.sync !== undefined) return this.sync.list<T>(selector, options);
    return this.#reader(this.#core.engine.reader).list<T>(selector, options);
  }

  async snapshot<T>(f: (snapshot: Snapshot) => T | Promise<T>): Promise<T> {
    this.#open();
    return this.#core.engine.snapshot(async (rows) => {
      const version = versionstamp(await rows.version());
      return f({ ...this.#reader(rows), version });
    });
  }

  #reader(rows: RowReader): Pick<Snapshot, "get" | "getMany" | "list"> {
    const core = this.#core;
    const prefix = this.#prefix;
    const getMany = async <T>(keys: readonly Key[]): Promise<(Entry<T> | null)[]> => {
      this.#open();
      const bytes = keys.map((key) => encodeKey(key, prefix));
      const found = bytes.length === 0 ? [] : await rows.get(bytes, core.now());
      return keys.map((key, i) => entryOf<T>(core, prefix, key, found[i]));
    };
    return {
      getMany,
      get: async <T>(key: Key) => (await getMany<T>([key]))[0] ?? null,
      list: async <T>(selector: Selector, options?: ListOptions) => {
        this.#open();
        const query = queryOf(core, prefix, selector, options);
        return pageOf<T>(core, prefix, options, await rows.list(query));
      },
    };
  }

  async set(key: Key, value: unknown, options?: SetOptions): Promise<Versionstamp> {
    return unconditional(await this.atomic().set(key, value, options).commit());
  }

  async delete(key: Key): Promise<Versionstamp> {
    return unconditional(await this.atomic().delete(key).commit());
  }

  atomic(options?: AtomicOptions): Atomic {
    return new EngineAtomic(this.#core, this.#prefix, options);
  }

  watch(
    target: Selector | readonly Key[],
    { since, signal }: WatchOptions = {},
  ): AsyncIterable<Change[] | "resync"> {
    this.#open();
    const wanted: Wanted = isKeys(target)
      ? among(target.map((key) => encodeKey(key, this.#prefix)))
      : inRange(rangeOf(this.#prefix, target));
    return watching(this.#core, this.#prefix, wanted, since, signal);
  }

  namespace(...parts: Key): Store {
    return new EngineStore(this.#core, encodeKey(parts, this.#prefix));
  }

  log<T = unknown>(...name: Key): Log<T> {
    if (name.length === 0) throw kvError("key", "The name of a log must have a part");
    return new EngineLog<T>(this.#core, encodeKey(name, this.#prefix), name);
  }

  export(): AsyncIterable<Uint8Array> {
    this.#open();
    return exported(this.#core.engine, this.#prefix);
  }

  async import(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    this.#open();
    return imported(this.#core, this.#prefix, chunks);
  }

  async backup(file: string): Promise<void> {
    this.#whole("backed up");
    await backup(this.#core.engine, file);
  }

  async restore(file: string): Promise<void> {
    this.#whole("restored");
    await restore(this.#core.engine, file);
  }

  async scrub(): Promise<ScrubReport> {
    this.#whole("scrubbed");
    return scrub(this.#core.engine);
  }

  close(): Promise<void> {
    if (this.#prefix.length > 0)
      throw new TypeError("A namespace cannot be closed: close the store that it is of");
    const core = this.#core;
    core.closing ??= core.engine.close();
    core.bell.ring();
    return core.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): void {
    if (this.#core.closing !== undefined) throw closedError(this.#core.engine.name);
  }

  #whole(done: string): void {
    this.#open();
    if (this.#prefix.length > 0)
      throw new TypeError(`A namespace cannot be ${done} by itself: use the store that it is of`);
  }
}

/** What happens to what is wanted, from a commit on, until the signal or the store ends it. */
export function watching(
  core: Core,
  prefix: Uint8Array,
  wanted: Wanted,
  since: Versionstamp | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<Change[] | "resync"> {
  const { engine } = core;
  // From the moment of the call, not of the first step of the iteration.
  const start = since === undefined ? (engine.sync?.version() ?? engine.reader.version()) : counterOf(since);
  // Whoever iterates is told; if nobody does, nobody is missed.
  if (start instanceof Promise) start.catch(() => undefined);

  async function* changes(): AsyncGenerator<Change[] | "resync"> {
    const release = core.bell.attend();
    try {
      let position = await start;
      while (signal?.aborted !== true && core.closing === undefined) {
        const rings = core.bell.rings;
        const found = core.gap() ? "trimmed" : await engine.changes(position);
        if (found === "trimmed") {
          position = await engine.reader.version();
          yield "resync";
          continue;
        }
        const idle = found.upTo <= position;
        position = Math.max(position, found.upTo);
        const seen = found.rows.filter(({ key }) => wanted(key)).map((row) => changeOf(prefix, row));
        if (seen.length > 0) yield seen;
        else if (idle) await core.bell.wait(rings, signal);
      }
    } catch (error) {
      // Closing takes the engine away from under a watch: it ends then, as it would have a moment later.
      if (core.closing === undefined) throw error;
    } finally {
      release();
    }
  }
  return { [Symbol.asyncIterator]: changes };
}

function changeOf(prefix: Uint8Array, { key, version, deleted }: ChangeRow): Change {
  return {
    type: deleted ? "delete" : "set",
    key: decodeKey(key, prefix.length),
    version: versionstamp(version),
  };
}

function entryOf<T>(
  core: Core,
  prefix: Uint8Array,
  key: Key | undefined,
  row: Row | undefined,
): Entry<T> | null {
  if (row === undefined) return null;
  let value: T;
  try {
    value = decodeValue(row.key, row.value, core.codec) as T;
  } catch (error) {
    throw damaged(error, row.key, core.engine.name);
  }
  const entry = {
    key: key === undefined ? decodeKey(row.key, prefix.length) : [...key],
    value,
    version: versionstamp(row.version),
  };
  return row.expires === null ? entry : { ...entry, expiresAt: row.expires };
}

function queryOf(
  core: Core,
  prefix: Uint8Array,
  selector: Selector,
  { limit, reverse = false, cursor }: ListOptions = {},
): Parameters<RowReader["list"]>[0] {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
    throw new RangeError("limit must be a positive integer");
  const whole = rangeOf(prefix, selector);
  const range = cursor === undefined ? whole : resumed(whole, prefix, cursor, reverse);
  // One more than asked for shows whether there is a next page.
  return { ...range, reverse, now: core.now(), limit: limit === undefined ? undefined : limit + 1 };
}

function pageOf<T>(
  core: Core,
  prefix: Uint8Array,
  { limit }: ListOptions = {},
  { rows, version }: Rows,
): Page<T> {
  const more = limit !== undefined && rows.length > limit;
  const shown = more ? rows.slice(0, limit) : rows;
  const entries = shown.flatMap((row) => entryOf<T>(core, prefix, undefined, row) ?? []);
  const page = { entries, version: versionstamp(version) };
  const last = shown.at(-1);
  if (!more || last === undefined) return page;
  return { ...page, cursor: Buffer.from(last.key.subarray(prefix.length)).toString("base64url") };
}

function resumed(whole: ByteRange, prefix: Uint8Array, cursor: string, reverse: boolean): ByteRange {
  const last = concat(prefix, Uint8Array.from(Buffer.from(cursor, "base64url")));
  if (!within(last, whole)) throw new RangeError("The cursor is not of this selector");
  return reverse ? { start: whole.start, end: last } : { start: after(last), end: whole.end };
}

export function rangeOf(prefix: Uint8Array, selector: Selector): ByteRange {
  if ("prefix" in selector) return extensionsOf(encodeKey(selector.prefix, prefix));
  // Whatever the bounds, nothing outside of the namespace.
  const all = extensionsOf(prefix);
  const start = encodeKey(selector.start, prefix);
  return {
    start: Buffer.compare(start, all.start) < 0 ? all.start : start,
    end: encodeKey(selector.end, prefix),
  };
}

export const unpacked = (version: number): Versionstamp => versionstamp(version);

export function unconditional(result: CommitResult): Versionstamp {
  if (!result.ok) throw new TypeError("An atomic without checks has no conflict");
  return result.version;
}

const isKeys = (target: Selector | readonly Key[]): target is readonly Key[] => Array.isArray(target);

export function closedError(name: string): KvError {
  return kvError("closed", `The store ${name} has been closed`);
}

/** Says where the damage is. */
export function damaged(error: unknown, key: Uint8Array, name: string): unknown {
  if (!(error instanceof Error && "code" in error) || error.code !== "corrupt") return error;
  return kvError(
    "corrupt",
    `The value of ${showStored(key)} in ${name} is damaged: ${error.message}. Restore it from a backup`,
    { cause: error },
  );
}
