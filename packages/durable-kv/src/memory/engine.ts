/** The engine that keeps everything in memory: for tests, caches, and programs whose data may go with them. */
import { apply, type Meta, type Stored, type Tables } from "../apply.ts";
import type {
  ChangeRow,
  Changes,
  Damage,
  Engine,
  PackedAtomic,
  PackedResult,
  RangeQuery,
  Row,
  RowReader,
  Rows,
  SyncRowReader,
} from "../engine.ts";
import { asKvError, type KvError, kvError } from "../errors.ts";
import type { Faults } from "../faults.ts";
import { Groups } from "../groups.ts";
import { type ByteRange, compareBytes, concat, MAX_KEY_BYTES, within } from "../key.ts";
import { closedError } from "../kv.ts";
import type { Caps } from "../store.ts";
import { MAX_VALUE_BYTES } from "../value.ts";
import { find, insert, nodes, remove, type Tree } from "./tree.ts";

export interface MemoryOptions {
  readonly now: () => number;
  readonly changeLog: number;
  readonly maxBytes: number | undefined;
  readonly faults: Faults;
  /** Called after each group. */
  readonly committed: (atomics: number) => void;
}

/** Everything that a commit changes, but for the log, which only grows within a batch. */
interface State {
  readonly kv: Tree<Stored>;
  /** By time and key. */
  readonly expiring: Tree<Uint8Array>;
  readonly meta: Meta;
  readonly bytes: number;
}

const EVERYTHING: ByteRange = { start: new Uint8Array(), end: Uint8Array.of(0xff, 0xff) };
const WINDOW = 1000;
/** A commit that fits into one of its own size is not refused for this. */
const OVERHEAD = 64;

const CAPS: Caps = {
  engine: "memory",
  syncReads: true,
  durable: false,
  sharedBy: "process",
  pushesChanges: true,
  maxKeyBytes: MAX_KEY_BYTES,
  maxValueBytes: MAX_VALUE_BYTES,
};

export class MemoryEngine implements Engine {
  readonly name = "memory";
  readonly caps: Caps = CAPS;
  readonly sync: SyncRowReader;
  readonly reader: RowReader;
  readonly #options: MemoryOptions;
  readonly #groups: Groups;
  readonly #wakes = new Set<() => void>();
  #state: State = { kv: undefined, expiring: undefined, meta: { version: 0, trimmed: 0 }, bytes: 0 };
  #changes: ChangeRow[] = [];
  readonly #transactions = new Map<string, { readonly version: number; readonly time: number }>();
  #closed = false;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#groups = new Groups(
      async (atomics) => this.#commit(atomics),
      (atomics) => {
        this.#wake();
        options.committed(atomics);
      },
    );
    this.sync = syncReader(() => {
      if (this.#closed) throw closedError(this.name);
      return this.#state;
    });
    this.reader = asynchronous(this.sync);
  }

  snapshot<T>(f: (reader: RowReader) => Promise<T>): Promise<T> {
    const state = this.#state;
    return f(asynchronous(syncReader(() => state)));
  }

  commit(atomic: PackedAtomic): Promise<PackedResult> {
    return this.#groups.commit(atomic);
  }

  async changes(after: number): Promise<Changes> {
    const { version, trimmed } = this.#state.meta;
    if (after < trimmed) return "trimmed";
    const upTo = Math.min(version, after + WINDOW);
    return { rows: this.#changes.slice(this.#since(after), this.#since(upTo)), upTo };
  }

  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  async replace(rows: AsyncIterable<Row>, version: number): Promise<void> {
    const tables = this.#tables();
    const before = this.#state;
    let state: State = { ...before, kv: undefined, expiring: undefined, bytes: 0 };
    for await (const { key, ...stored } of rows) {
      // Others may commit meanwhile: they see the old state until all is there.
      const current = this.#state;
      this.#state = state;
      tables.put(key, stored);
      state = this.#state;
      this.#state = current;
    }
    const last = Math.max(version, this.#state.meta.version) + 1;
    this.#state = { ...state, meta: { version: last, trimmed: last } };
    this.#changes = [];
    this.#transactions.clear();
    this.#wake();
  }

  async scrub(look: (row: Row) => void): Promise<Damage[]> {
    for (const { key, value } of nodes(this.#state.kv, EVERYTHING)) look({ key, ...value });
    return [];
  }

  async close(): Promise<void> {
    await this.#groups.idle();
    this.#closed = true;
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  /** The place of the first change after that commit. */
  #since(version: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.version ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #commit(atomics: readonly PackedAtomic[]): PackedResult[] {
    const { faults, now, changeLog } = this.#options;
    const before = this.#state;
    const logged = this.#changes.length;
    const failed = (error: KvError): PackedResult[] =>
      atomics.map(() => ({ type: "error", code: error.code, message: error.message }));
    const fatal = (point: string): PackedResult[] =>
      failed(kvError("fatal", `A planned fault (${point}): nothing was committed`));
    const unknown = (point: string): PackedResult[] =>
      failed(
        kvError("commit-unknown", `A planned fault (${point}): the commit may or may not have happened`),
      );
    if (faults.at("beforeBegin")) return fatal("beforeBegin");
    if (faults.at("committerDies")) return unknown("committerDies");
    const named = new Set<string>();
    try {
      if (faults.at("diskFull")) throw this.#full();
      const results = apply(this.#tables(named), atomics, now(), changeLog);
      for (const point of ["afterApply", "beforeCommit"] as const)
        if (faults.at(point)) throw kvError("fatal", `A planned fault (${point}): nothing was committed`);
      if (faults.at("fsyncError"))
        throw kvError(
          "commit-unknown",
          "A planned fault (fsyncError): the commit may or may not have happened",
        );
      if (faults.at("afterCommit")) return unknown("afterCommit");
      return faults.at("beforeAck") ? unknown("beforeAck") : results;
    } catch (error) {
      this.#state = before;
      this.#changes.length = Math.min(this.#changes.length, logged);
      for (const id of named) this.#transactions.delete(id);
      const kv = asKvError(error);
      // What is left of a full store may do for some of them: the large must not take the small along.
      if (kv.code === "full" && atomics.length > 1)
        return atomics.flatMap((atomic) => this.#commit([atomic]));
      return failed(kv);
    }
  }

  #full(): KvError {
    return kvError(
      "full",
      "No room is left for the store in memory: nothing was committed. Free some and try again",
    );
  }

  /** @param named gets the names of the transactions that are added */
  #tables(named: Set<string> = new Set()): Tables {
    const removed = (key: Uint8Array): boolean => {
      const { kv, expiring, bytes } = this.#state;
      const stored = find(kv, key);
      if (stored === undefined) return false;
      const { expires, value } = stored;
      this.#state = {
        ...this.#state,
        kv: remove(kv, key),
        expiring: expires === null ? expiring : remove(expiring, timed(expires, key)),
        bytes: bytes - key.length - value.length - OVERHEAD,
      };
      return true;
    };
    return {
      meta: () => this.#state.meta,
      setMeta: (meta) => {
        this.#state = { ...this.#state, meta };
      },
      find: (key) => find(this.#state.kv, key),
      put: (key, stored) => {
        removed(key);
        const { kv, expiring, bytes } = this.#state;
        const size = bytes + key.length + stored.value.length + OVERHEAD;
        if (size > (this.#options.maxBytes ?? Number.POSITIVE_INFINITY)) throw this.#full();
        this.#state = {
          ...this.#state,
          kv: insert(kv, key, stored),
          expiring: stored.expires === null ? expiring : insert(expiring, timed(stored.expires, key), key),
          bytes: size,
        };
      },
      remove: removed,
      removeRange: (range) => {
        const keys = Array.from(nodes(this.#state.kv, range), ({ key }) => key);
        for (const key of keys) removed(key);
        return keys;
      },
      logChange: (version, _, key, deleted) => {
        this.#changes.push({ version, key, deleted });
      },
      changedSince: (version, range) =>
        this.#changes.slice(this.#since(version)).some(({ key }) => within(key, range)),
      expired: (now, limit, range = EVERYTHING) => {
        const keys: Uint8Array[] = [];
        const due = { start: new Uint8Array(), end: timed(now, Uint8Array.of(0xff, 0xff)) };
        for (const { value: key } of nodes(this.#state.expiring, due)) {
          if (within(key, range)) keys.push(key);
          if (keys.length === limit) break;
        }
        return keys;
      },
      trimChanges: (upTo) => {
        this.#changes.splice(0, this.#since(upTo));
      },
      findTransaction: (id) => this.#transactions.get(id)?.version,
      putTransaction: (id, version, time) => {
        this.#transactions.set(id, { version, time });
        named.add(id);
      },
      trimTransactions: (time, version) => {
        for (const [id, known] of this.#transactions) {
          if (known.time > time || known.version > version) break;
          this.#transactions.delete(id);
        }
      },
      atomically: (f) => {
        const state = this.#state;
        const logged = this.#changes.length;
        try {
          f();
        } catch (error) {
          this.#state = state;
          this.#changes.length = logged;
          throw error;
        }
      },
    };
  }
}

/** Eight bytes of time, then the key. */
function timed(time: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, Math.floor(time))));
  return concat(bytes, key);
}

function syncReader(state: () => State): SyncRowReader {
  return {
    get: (key, now) => {
      const stored = find(state().kv, key);
      if (stored === undefined || (stored.expires !== null && stored.expires <= now)) return undefined;
      return { key, ...stored };
    },
    list: ({ start, end, reverse, limit = Number.POSITIVE_INFINITY, now }: RangeQuery): Rows => {
      const { kv, meta } = state();
      const rows: Row[] = [];
      if (compareBytes(start, end) >= 0) return { rows, version: meta.version };
      for (const { key, value } of nodes(kv, { start, end }, reverse)) {
        if (rows.length >= limit) break;
        if (value.expires === null || value.expires > now) rows.push({ key, ...value });
      }
      return { rows, version: meta.version };
    },
    version: () => state().meta.version,
  };
}

/** Reads that answer at once, as promises. */
export function asynchronous(reader: SyncRowReader): RowReader {
  return {
    get: async (keys, now) => keys.map((key) => reader.get(key, now)),
    list: async (query) => reader.list(query),
    version: async () => reader.version(),
  };
}
