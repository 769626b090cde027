/** Collects the checks and changes of one commit, encoded as they come. */
import type { PackedChange, PackedCheck } from "./engine.ts";
import { CommitUnknown, kvError } from "./errors.ts";
import { encodeKey, type Key, STAMP_BYTES } from "./key.ts";
import { type Core, closedError, rangeOf, unpacked } from "./kv.ts";
import type { Atomic, AtomicOptions, CommitResult, Selector, SetOptions } from "./store.ts";
import { encodeStamped, encodeValue } from "./value.ts";
import { counterOf, MAX_STAMPED, type Versionstamp } from "./version.ts";

/** As long as it may be and short enough for any index. */
const MAX_TXN_ID = 200;

export class EngineAtomic implements Atomic {
  readonly #core: Core;
  readonly #prefix: Uint8Array;
  readonly #txnId: string | undefined;
  readonly #checks: PackedCheck[] = [];
  /** What to report if the check of that index fails. */
  readonly #checked: Key[] = [];
  readonly #changes: PackedChange[] = [];
  #stamped = 0;
  #committed = false;

  constructor(core: Core, prefix: Uint8Array, { txnId }: AtomicOptions = {}) {
    if (txnId !== undefined && (txnId === "" || txnId.length > MAX_TXN_ID || !txnId.isWellFormed()))
      throw new RangeError(`txnId must be a well-formed string of 1 to ${MAX_TXN_ID} characters`);
    this.#core = core;
    this.#prefix = prefix;
    this.#txnId = txnId;
  }

  check(key: Key, version: Versionstamp | null): this {
    return this.checkBytes(encodeKey(key, this.#prefix), version === null ? 0 : counterOf(version), key);
  }

  checkRange(selector: Selector, version: Versionstamp): this {
    this.#checks.push({ type: "range", ...rangeOf(this.#prefix, selector), version: counterOf(version) });
    this.#checked.push("prefix" in selector ? selector.prefix : selector.start);
    return this;
  }

  set(key: Key, value: unknown, { ttl }: SetOptions = {}): this {
    if (key.length === 0) throw kvError("key", "A key must have a part");
    if (ttl !== undefined && !(Number.isFinite(ttl) && ttl > 0))
      throw new RangeError("ttl must be a positive number of milliseconds");
    const bytes = encodeKey(key, this.#prefix);
    const expires = ttl === undefined ? null : Math.ceil(this.#core.now() + ttl);
    return this.change({
      op: "set",
      key: bytes,
      value: encodeValue(bytes, value, this.#core.codec),
      expires,
    });
  }

  delete(key: Key): this {
    return this.change({ op: "delete", key: encodeKey(key, this.#prefix) });
  }

  deleteRange(selector: Selector): this {
    return this.change({ op: "delete-range", ...rangeOf(this.#prefix, selector) });
  }

  add(key: Key, n: number | bigint): this {
    if (key.length === 0) throw kvError("key", "A key must have a part");
    if (typeof n !== "number" && typeof n !== "bigint")
      throw kvError("value", "add takes a number or a bigint");
    return this.change({ op: "add", key: encodeKey(key, this.#prefix), n });
  }

  setVersionstamped(prefix: Key, value: unknown): this {
    const bytes = encodeKey(prefix, this.#prefix);
    if (bytes.length + STAMP_BYTES > this.#core.engine.caps.maxKeyBytes)
      throw kvError("key", `A key is longer than ${this.#core.engine.caps.maxKeyBytes} bytes`);
    return this.stamped(bytes, value);
  }

  /** The same with an encoded key. */
  checkBytes(key: Uint8Array, version: number, shown: Key): this {
    this.#checks.push({ type: "key", key, version });
    this.#checked.push(shown);
    return this;
  }

  stamped(prefix: Uint8Array, value: unknown): this {
    if (this.#stamped === MAX_STAMPED)
      throw new RangeError(`One commit takes ${MAX_STAMPED} values with versionstamps`);
    return this.change({
      op: "set-versionstamped",
      prefix,
      order: this.#stamped++,
      value: encodeStamped(prefix, value, this.#core.codec),
    });
  }

  change(change: PackedChange): this {
    this.#changes.push(change);
    return this;
  }

  async commit(): Promise<CommitResult> {
    const { engine } = this.#core;
    if (this.#core.closing !== undefined) throw closedError(engine.name);
    if (this.#committed) throw new TypeError("These changes have been committed already");
    this.#committed = true;
    this.#core.tick();
    const atomic = { txnId: this.#txnId, checks: this.#checks, changes: this.#changes };
    let result = await engine.commit(atomic);
    // The name makes it safe to ask again, once. If that fails, for whatever reason, the doubt about the first remains.
    if (result.type === "error" && result.code === "commit-unknown" && this.#txnId !== undefined) {
      const again = await engine.commit(atomic);
      if (again.type !== "error") result = again;
    }
    switch (result.type) {
      case "ok":
        return { ok: true, version: unpacked(result.version) };
      case "conflict":
        return { ok: false, conflict: this.#checked[result.check] ?? [] };
      case "error":
        throw result.code === "commit-unknown"
          ? new CommitUnknown(result.message)
          : kvError(result.code, result.message);
    }
  }
}
