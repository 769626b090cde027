/** The embedded engine as a `Store`: keys and values encoded on the way in, decoded on the way out. */
import type { Codec } from "./codec.ts";
import type { Commits } from "./commits.ts";
import type { PackedAtomic, PackedChange } from "./committer.ts";
import { KvError } from "./errors.ts";
import { after, type ByteRange, concat, decodeKey, encodeKey, extensionsOf, type Key } from "./key.ts";
import { type ChangeRow, closedError, damaged, type Reader } from "./reader.ts";
import type { Place } from "./sqlite.ts";
import type {
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
import { decodeValue, encodeValue } from "./value.ts";
import { counterOf, type Versionstamp, versionstamp } from "./version.ts";
import { among, type Bell, inRange, type Wanted } from "./watch.ts";

/** What the namespaces of one store share. */
export interface Core {
  readonly place: Place;
  readonly reader: Reader;
  readonly commits: Commits;
  readonly codec: Codec;
  readonly bell: Bell;
  readonly now: () => number;
  /** Set by the first call of `close`. */
  closing: Promise<void> | undefined;
}

export class EmbeddedStore implements Store {
  readonly sync: SyncReader;
  readonly #core: Core;
  readonly #prefix: Uint8Array;

  constructor(core: Core, prefix: Uint8Array) {
    this.#core = core;
    this.#prefix = prefix;
    this.sync = {
      get: <T>(key: Key) => this.#get<T>(key),
      getMany: <T>(keys: readonly Key[]) => this.#getMany<T>(keys),
      list: <T>(selector: Selector, options?: ListOptions) => this.#list<T>(selector, options),
    };
  }

  async get<T = unknown>(key: Key): Promise<Entry<T> | null> {
    return this.#get<T>(key);
  }

  async getMany<T = unknown>(keys: readonly Key[]): Promise<(Entry<T> | null)[]> {
    return this.#getMany<T>(keys);
  }

  async list<T = unknown>(selector: Selector, options?: ListOptions): Promise<Page<T>> {
    return this.#list<T>(selector, options);
  }

  async set(key: Key, value: unknown, options?: SetOptions): Promise<Versionstamp> {
    return unconditional(await this.atomic().set(key, value, options).commit());
  }

  async delete(key: Key): Promise<Versionstamp> {
    return unconditional(await this.atomic().delete(key).commit());
  }

  atomic(): Atomic {
    return new EmbeddedAtomic(this.#core, this.#prefix);
  }

  watch(
    target: Selector | readonly Key[],
    { since, signal }: WatchOptions = {},
  ): AsyncIterable<Change[] | "resync"> {
    const wanted: Wanted = isKeys(target)
      ? among(target.map((key) => keyBytes(this.#prefix, key)))
      : inRange(rangeOf(this.#prefix, target));
    // From the moment of the call, not of the first step of the iteration.
    const position = since === undefined ? this.#core.reader.meta().version : counterOf(since);
    return { [Symbol.asyncIterator]: () => this.#changes(wanted, position, signal) };
  }

  async *#changes(
    wanted: Wanted,
    from: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Change[] | "resync"> {
    const { reader, bell } = this.#core;
    let position = from;
    while (signal?.aborted !== true && this.#core.closing === undefined) {
      const found = reader.changes(position);
      if (found === "trimmed") {
        position = reader.meta().version;
        yield "resync";
        continue;
      }
      const idle = found.upTo <= position;
      position = Math.max(position, found.upTo);
      const changes = found.rows.filter(({ key }) => wanted(key)).map((row) => this.#change(row));
      if (changes.length > 0) yield changes;
      else if (idle) await bell.wait(signal);
    }
  }

  #change({ key, version, deleted }: ChangeRow): Change {
    return {
      type: deleted === 0 ? "set" : "delete",
      key: decodeKey(key, this.#prefix.length),
      version: versionstamp(version),
    };
  }

  namespace(...parts: Key): Store {
    return new EmbeddedStore(this.#core, keyBytes(this.#prefix, parts));
  }

  close(): Promise<void> {
    if (this.#prefix.length > 0)
      throw new TypeError("A namespace cannot be closed: close the store that it is of");
    const core = this.#core;
    core.closing ??= core.commits.close().then(() => core.reader.close());
    core.bell.ring();
    return core.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #get<T>(key: Key): Entry<T> | null {
    const bytes = keyBytes(this.#prefix, key);
    const row = this.#core.reader.get(bytes, this.#core.now());
    return row === undefined ? null : this.#entry<T>([...key], bytes, row);
  }

  #getMany<T>(keys: readonly Key[]): (Entry<T> | null)[] {
    return keys.map((key) => this.#get<T>(key));
  }

  #list<T>(selector: Selector, { limit, reverse = false, cursor }: ListOptions = {}): Page<T> {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
      throw new RangeError("limit must be a positive integer");
    const whole = rangeOf(this.#prefix, selector);
    const range = cursor === undefined ? whole : resumed(whole, this.#prefix, cursor, reverse);
    // One more than asked for shows whether there is a next page.
    const rows = this.#core.reader.list(
      range,
      reverse,
      limit === undefined ? -1 : limit + 1,
      this.#core.now(),
    );
    const more = limit !== undefined && rows.length > limit;
    if (more) rows.pop();
    const entries = rows.map((row) => this.#entry<T>(decodeKey(row.key, this.#prefix.length), row.key, row));
    const last = rows.at(-1);
    if (!more || last === undefined) return { entries };
    return { entries, cursor: Buffer.from(last.key.subarray(this.#prefix.length)).toString("base64url") };
  }

  #entry<T>(
    key: Key,
    bytes: Uint8Array,
    row: { value: Uint8Array; version: number; expires: number | null },
  ): Entry<T> {
    const { codec, place } = this.#core;
    let value: T;
    try {
      value = decodeValue(bytes, row.value, codec) as T;
    } catch (error) {
      throw damaged(error, bytes, place);
    }
    const entry = { key, value, version: versionstamp(row.version) };
    return row.expires === null ? entry : { ...entry, expiresAt: row.expires };
  }
}

class EmbeddedAtomic implements Atomic {
  readonly #core: Core;
  readonly #prefix: Uint8Array;
  readonly #checks: PackedAtomic["checks"][number][] = [];
  readonly #checked: Key[] = [];
  readonly #changes: PackedChange[] = [];
  #committed = false;

  constructor(core: Core, prefix: Uint8Array) {
    this.#core = core;
    this.#prefix = prefix;
  }

  check(key: Key, version: Versionstamp | null): this {
    this.#checks.push({
      key: keyBytes(this.#prefix, key),
      version: version === null ? 0 : counterOf(version),
    });
    this.#checked.push(key);
    return this;
  }

  set(key: Key, value: unknown, { ttl }: SetOptions = {}): this {
    if (key.length === 0) throw new KvError("key", "A key must have a part");
    if (ttl !== undefined && !(Number.isFinite(ttl) && ttl > 0))
      throw new RangeError("ttl must be a positive number of milliseconds");
    const bytes = keyBytes(this.#prefix, key);
    const expires = ttl === undefined ? null : Math.ceil(this.#core.now() + ttl);
    this.#changes.push({
      op: "set",
      key: bytes,
      value: encodeValue(bytes, value, this.#core.codec),
      expires,
    });
    return this;
  }

  delete(key: Key): this {
    this.#changes.push({ op: "delete", key: keyBytes(this.#prefix, key) });
    return this;
  }

  deleteRange(selector: Selector): this {
    this.#changes.push({ op: "delete-range", ...rangeOf(this.#prefix, selector) });
    return this;
  }

  add(key: Key, n: number | bigint): this {
    if (key.length === 0) throw new KvError("key", "A key must have a part");
    if (typeof n !== "number" && typeof n !== "bigint")
      throw new KvError("value", "add takes a number or a bigint");
    this.#changes.push({ op: "add", key: keyBytes(this.#prefix, key), n });
    return this;
  }

  async commit(): Promise<CommitResult> {
    if (this.#core.closing !== undefined) throw closedError(this.#core.place);
    if (this.#committed) throw new TypeError("These changes have been committed already");
    this.#committed = true;
    const result = await this.#core.commits.commit({ checks: this.#checks, changes: this.#changes });
    switch (result.type) {
      case "ok":
        return { ok: true, version: versionstamp(result.version) };
      case "conflict":
        return { ok: false, conflict: this.#checked[result.check] ?? [] };
      case "error":
        throw new KvError(result.code, result.message);
    }
  }
}

function unconditional(result: CommitResult): Versionstamp {
  if (!result.ok) throw new TypeError("An atomic without checks has no conflict");
  return result.version;
}

const isKeys = (target: Selector | readonly Key[]): target is readonly Key[] => Array.isArray(target);

const keyBytes = (prefix: Uint8Array, key: Key): Uint8Array => concat(prefix, encodeKey(key));

function rangeOf(prefix: Uint8Array, selector: Selector): ByteRange {
  if ("prefix" in selector) return extensionsOf(keyBytes(prefix, selector.prefix));
  return { start: keyBytes(prefix, selector.start), end: keyBytes(prefix, selector.end) };
}

function resumed({ start, end }: ByteRange, prefix: Uint8Array, cursor: string, reverse: boolean): ByteRange {
  const last = concat(prefix, Uint8Array.from(Buffer.from(cursor, "base64url")));
  if (Buffer.compare(last, start) < 0 || Buffer.compare(last, end) >= 0)
    throw new RangeError("The cursor is not of this selector");
  return reverse ? { start, end: last } : { start: after(last), end };
}
