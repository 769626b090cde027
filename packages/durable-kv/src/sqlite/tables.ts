/**
 * The tables of the file, as the batches of `apply.ts` change them.
 *
 * A value's own checksum covers key and content; here its four bytes are mixed with the version and the time of expiry of the
 * row, so that a bit that flips in these is noticed too: `sealed` when it is written, the same again when it is read.
 */
import type { Tables } from "../apply.ts";
import type { Row } from "../engine.ts";
import { kvError } from "../errors.ts";
import { showStored } from "../spaces.ts";
import type { Database } from "./driver.ts";

/** Changes the bytes of a value's checksum, in place. Twice, it changes nothing. */
export function sealed(value: Uint8Array, version: number, expires: number | null): Uint8Array {
  if (value.length < 5) return value;
  // Each of the words is spread over all bits by an odd factor (Knuth's, Steele and Vigna's).
  let mix = Math.imul(version | 0, 0x9e3779b1) ^ Math.imul((version / 0x1_0000_0000) | 0, 0x85ebca77);
  if (expires !== null)
    mix ^= Math.imul(expires | 0, 0xc2b2ae3d) ^ Math.imul(((expires / 0x1_0000_0000) | 0) + 1, 0x27d4eb2f);
  for (let i = 1; i <= 4; i++) value[i] = (value[i] ?? 0) ^ ((mix >>> (8 * (i - 1))) & 0xff);
  return value;
}

/**
 * A row as it comes from SQLite, unsealed in place.
 *
 * @throws KvError "corrupt" if a flipped bit has made a column something else than bytes or a number
 */
export function unsealed(key: unknown, row: Readonly<Record<string, unknown>>): Row {
  const { value, version, expires } = row;
  if (
    key instanceof Uint8Array &&
    value instanceof Uint8Array &&
    typeof version === "number" &&
    (expires === null || typeof expires === "number")
  )
    return { key, value: sealed(value, version, expires), version, expires };
  const whose = key instanceof Uint8Array ? showStored(key) : "an entry whose key is damaged";
  throw kvError("corrupt", `The row of ${whose} is damaged. Restore the store from a backup`);
}

export interface EmptyTables extends Tables {
  /** Removes everything. */
  clear(): void;
}

export function tablesOf(db: Database): EmptyTables {
  const meta = db.prepare("SELECT version, trimmed FROM meta");
  const setMeta = db.prepare("UPDATE meta SET version = ?, trimmed = ?");
  const find = db.prepare("SELECT value, version, expires FROM kv WHERE key = ?");
  const put = db.prepare(
    "INSERT INTO kv (key, value, version, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires",
  );
  const remove = db.prepare("DELETE FROM kv WHERE key = ?");
  const removeRange = db.prepare("DELETE FROM kv WHERE key >= ? AND key < ? RETURNING key");
  const log = db.prepare("INSERT INTO change VALUES (?, ?, ?, ?)");
  const changed = db.prepare("SELECT 1 FROM change WHERE version > ? AND key >= ? AND key < ? LIMIT 1");
  const expired = db.prepare("SELECT key FROM kv WHERE expires IS NOT NULL AND expires <= ? LIMIT ?");
  const expiredIn = db.prepare(
    "SELECT key FROM kv INDEXED BY kv_expires WHERE expires IS NOT NULL AND expires <= ? AND key >= ? AND key < ? LIMIT ?",
  );
  const trim = db.prepare("DELETE FROM change WHERE version <= ?");
  const findTransaction = db.prepare("SELECT version FROM txn WHERE id = ?");
  const putTransaction = db.prepare("INSERT INTO txn VALUES (?, ?, ?)");
  const trimTransactions = db.prepare(
    "DELETE FROM txn WHERE version IN (SELECT version FROM txn WHERE version <= ? ORDER BY version LIMIT 1000) AND time <= ?",
  );
  const keysOf = (rows: readonly Record<string, unknown>[]): Uint8Array[] =>
    rows.map(({ key }) => key as Uint8Array);

  return {
    meta: () => (meta.get() ?? { version: 0, trimmed: 0 }) as { version: number; trimmed: number },
    setMeta: ({ version, trimmed }) => void setMeta.run(version, trimmed),
    find: (key) => {
      const row = find.get(key);
      return row && unsealed(key, row);
    },
    put: (key, { value, version, expires }) => {
      // The caller's bytes are needed again if the group is.
      put.run(key, sealed(new Uint8Array(value), version, expires), version, expires);
    },
    remove: (key) => remove.run(key).changes !== 0,
    removeRange: ({ start, end }) => keysOf(removeRange.all(start, end)),
    logChange: (version, sequence, key, deleted) => void log.run(version, sequence, key, deleted ? 1 : 0),
    changedSince: (version, { start, end }) => changed.get(version, start, end) !== undefined,
    expired: (now, limit, range) =>
      keysOf(
        range === undefined ? expired.all(now, limit) : expiredIn.all(now, range.start, range.end, limit),
      ),
    trimChanges: (upTo) => void trim.run(upTo),
    findTransaction: (id) => findTransaction.get(id)?.version as number | undefined,
    putTransaction: (id, version, time) => void putTransaction.run(id, version, time),
    trimTransactions: (time, version) => {
      if (version > 0) trimTransactions.run(version, time);
    },
    atomically: (f) => {
      db.exec("SAVEPOINT atomic");
      try {
        f();
      } catch (error) {
        db.exec("ROLLBACK TO atomic; RELEASE atomic");
        throw error;
      }
      db.exec("RELEASE atomic");
    },
    clear: () => db.exec("DELETE FROM kv; DELETE FROM change; DELETE FROM txn"),
  };
}
