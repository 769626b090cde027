/**
 * An append log: values in the order of their commits. Built from what atomics offer: a record is a versionstamped key, so
 * appending conflicts with nothing; an entry at the head counts records, and its version is what an append that
 * expects something checks.
 */
import { EngineAtomic } from "./atomic.ts";
import type { Row } from "./engine.ts";
import { kvError } from "./errors.ts";
import { after, type ByteRange, concat, decodeKey, encodeKey, type Key } from "./key.ts";
import { type Core, damaged, watching } from "./kv.ts";
import { logRoot } from "./spaces.ts";
import { decodeValue, encodeValue } from "./value.ts";
import { counterOf, type Versionstamp, versionstamp } from "./version.ts";
import { inRange } from "./watch.ts";

export interface LogEntry<T = unknown> {
  /** Greater than those of all records before it. */
  readonly position: Versionstamp;
  readonly value: T;
}

export interface AppendOptions {
  /** The position that the last record must have, null: the log must be empty. Default: whatever it is. */
  readonly expect?: Versionstamp | null | undefined;
  /** As for `atomic`. */
  readonly txnId?: string | undefined;
}

export type AppendResult =
  | {
      readonly ok: true;
      /** Of each value. */
      readonly positions: readonly Versionstamp[];
    }
  /** Nothing was appended: this is the position of the last record, null if there is none. */
  | { readonly ok: false; readonly last: Versionstamp | null };

export interface ReadOptions {
  /** Only records behind this position (with `reverse`: before it). */
  readonly after?: Versionstamp | undefined;
  /** Default: all. */
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
}

export interface Log<T = unknown> {
  /** The values become one commit, in order. Resolves once they are durable. */
  append(values: readonly T[], options?: AppendOptions): Promise<AppendResult>;
  read(options?: ReadOptions): Promise<LogEntry<T>[]>;
  /** What is there and then what is appended, until the signal ends it. A record that is compacted away unread is an error. */
  follow(options?: {
    readonly after?: Versionstamp | undefined;
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<LogEntry<T>>;
  /** How many records were ever appended, those that are compacted away too. */
  count(): Promise<number>;
  /** The position of the last record; null if there never was one. */
  last(): Promise<Versionstamp | null>;
  /** Records what the records up to a position amount to. It replaces an earlier one, and is refused if that goes further. */
  saveSnapshot(position: Versionstamp, value: unknown): Promise<boolean>;
  snapshot<S = unknown>(): Promise<{ readonly position: Versionstamp; readonly value: S } | null>;
  /** Forgets the records up to and including a position, but for the last of the log. */
  compact(upTo: Versionstamp): Promise<void>;
}

const PAGE = 500;

export class EngineLog<T> implements Log<T> {
  readonly #core: Core;
  readonly #name: Key;
  readonly #root: Uint8Array;
  readonly #head: Uint8Array;
  readonly #saved: Uint8Array;
  readonly #records: ByteRange;

  /** @param name encoded, with its namespace */
  constructor(core: Core, name: Uint8Array, shown: Key) {
    this.#core = core;
    this.#name = shown;
    this.#root = logRoot(name);
    this.#head = concat(this.#root, encodeKey([null]));
    this.#saved = concat(this.#root, encodeKey([true]));
    const [tag = 0] = encodeKey([""]);
    this.#records = {
      start: concat(this.#root, Uint8Array.of(tag)),
      end: concat(this.#root, Uint8Array.of(tag + 1)),
    };
  }

  async append(values: readonly T[], { expect, txnId }: AppendOptions = {}): Promise<AppendResult> {
    if (values.length === 0) throw new RangeError("There is nothing to append");
    const atomic = new EngineAtomic(this.#core, new Uint8Array(), { txnId });
    if (expect !== undefined) {
      if (expect !== null) counterOf(expect);
      // The head first: whatever is appended after this look at it fails the check.
      const head = await this.#get(this.#head);
      const last = await this.last();
      // What a named append finds changed may be its own first attempt: the commit knows.
      if (last !== expect && txnId === undefined) return { ok: false, last };
      atomic.checkBytes(
        this.#head,
        last === expect ? (head?.version ?? 0) : Number.MAX_SAFE_INTEGER,
        this.#name,
      );
    }
    for (const value of values) atomic.stamped(this.#root, value);
    const result = await atomic.change({ op: "add", key: this.#head, n: values.length }).commit();
    if (!result.ok) return { ok: false, last: await this.last() };
    const counter = counterOf(result.version);
    return { ok: true, positions: values.map((_, order) => versionstamp(counter, order)) };
  }

  async read({ after: from, limit, reverse = false }: ReadOptions = {}): Promise<LogEntry<T>[]> {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
      throw new RangeError("limit must be a positive integer");
    const { start, end } = this.#records;
    const range =
      from === undefined
        ? this.#records
        : reverse
          ? { start, end: this.#at(from) }
          : { start: after(this.#at(from)), end };
    return (await this.#list(range, reverse, limit)).map((row) => this.#entry(row));
  }

  async *follow({
    after: from,
    signal,
  }: {
    readonly after?: Versionstamp | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {}): AsyncGenerator<LogEntry<T>> {
    const now = versionstamp(await this.#version());
    let position = from;
    const next = async function* (log: EngineLog<T>): AsyncGenerator<LogEntry<T>> {
      for (;;) {
        const page = await log.read({ after: position, limit: PAGE });
        for (const entry of page) {
          if (signal?.aborted === true) return;
          position = entry.position;
          yield entry;
        }
        if (page.length < PAGE) return;
      }
    };
    yield* next(this);
    const wanted = inRange(this.#records);
    for await (const changes of watching(this.#core, this.#root, wanted, now, signal)) {
      if (changes !== "resync" && changes.every(({ type }) => type === "delete")) continue;
      yield* next(this);
    }
  }

  async count(): Promise<number> {
    const head = await this.#get(this.#head);
    return head === undefined ? 0 : (this.#decode(head) as number);
  }

  async last(): Promise<Versionstamp | null> {
    const [row] = await this.#list(this.#records, true, 1);
    return row === undefined ? null : this.#positionOf(row);
  }

  async saveSnapshot(position: Versionstamp, value: unknown): Promise<boolean> {
    counterOf(position);
    for (;;) {
      const row = await this.#get(this.#saved);
      const earlier = row === undefined ? undefined : (this.#decode(row) as [Versionstamp, unknown]);
      if (earlier !== undefined && earlier[0] > position) return false;
      const result = await new EngineAtomic(this.#core, new Uint8Array())
        .checkBytes(this.#saved, row?.version ?? 0, this.#name)
        .change({
          op: "set",
          key: this.#saved,
          value: encodeValue(this.#saved, [position, value], this.#core.codec),
          expires: null,
        })
        .commit();
      if (result.ok) return true;
    }
  }

  async snapshot<S = unknown>(): Promise<{ readonly position: Versionstamp; readonly value: S } | null> {
    const row = await this.#get(this.#saved);
    if (row === undefined) return null;
    const [position, value] = this.#decode(row) as [Versionstamp, S];
    return { position, value };
  }

  async compact(upTo: Versionstamp): Promise<void> {
    const last = await this.last();
    if (last === null) return;
    const end = upTo < last ? after(this.#at(upTo)) : this.#at(last);
    await new EngineAtomic(this.#core, new Uint8Array())
      .change({ op: "delete-range", start: this.#records.start, end })
      .commit();
  }

  #at(position: Versionstamp): Uint8Array {
    counterOf(position);
    return concat(this.#root, encodeKey([position]));
  }

  #positionOf(row: Row): Versionstamp {
    const [position] = decodeKey(row.key, this.#root.length);
    if (typeof position !== "string") throw kvError("corrupt", "A record of a log has no position");
    return position as Versionstamp;
  }

  #entry(row: Row): LogEntry<T> {
    return { position: this.#positionOf(row), value: this.#decode(row) as T };
  }

  #decode(row: Row): unknown {
    try {
      return decodeValue(row.key, row.value, this.#core.codec);
    } catch (error) {
      throw damaged(error, row.key, this.#core.engine.name);
    }
  }

  async #version(): Promise<number> {
    const { sync, reader } = this.#core.engine;
    return sync?.version() ?? reader.version();
  }

  async #get(key: Uint8Array): Promise<Row | undefined> {
    const { sync, reader } = this.#core.engine;
    const now = this.#core.now();
    return sync === undefined ? (await reader.get([key], now))[0] : sync.get(key, now);
  }

  async #list(range: ByteRange, reverse: boolean, limit: number | undefined): Promise<readonly Row[]> {
    const { sync, reader } = this.#core.engine;
    const query = { ...range, reverse, limit, now: this.#core.now() };
    return (sync?.list(query) ?? (await reader.list(query))).rows;
  }
}
