/** What touches everything: replacing the whole store, and looking at every row of it. */
import type { Damage, Row } from "../engine.ts";
import { kvError } from "../errors.ts";
import { after } from "../key.ts";
import { failureOf } from "./failures.ts";
import { channelOf } from "./listener.ts";
import { rowOf } from "./reader.ts";
import { quoted } from "./schema.ts";
import type { Connections, Session } from "./session.ts";
import { bytea, byteaArray, fromBytea, fromInt8, int8Array } from "./wire.ts";

const BATCH = 1000;
const BATCH_BYTES = 4 * 2 ** 20;
/** How long a statement over the whole store may take, in milliseconds. */
const LONG = 3_600_000;
/** How long the rows may take to come, in milliseconds. */
const PAUSE = 60_000;

/** See `Engine.replace`. Everything in one transaction, which holds up others that commit. */
export async function replace(
  connections: Connections,
  rows: AsyncIterable<Row>,
  version: number,
  notifies: boolean,
): Promise<void> {
  const { settings } = connections;
  const schema = quoted(settings.schema);
  const session = await connections.patiently(() => connections.single(() => undefined));
  let committing = false;
  const translated = (error: unknown): unknown => {
    const failure = failureOf(error, settings);
    if (failure.kind !== "gone" || !committing) return failure.error;
    return kvError("commit-unknown", `${settings.name} was replaced, or was not: ${failure.error.message}`, {
      cause: error,
    });
  };
  const run: Session["run"] = async (statement) => {
    try {
      return await session.run({ limit: LONG, ...statement });
    } catch (error) {
      throw translated(error);
    }
  };
  try {
    await run({
      text: `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${LONG};
        SET LOCAL idle_in_transaction_session_timeout = ${PAUSE}`,
    });
    const meta = await run({ text: `SELECT version FROM ${schema}.meta WHERE id = 0 FOR UPDATE` });
    const last = Math.max(fromInt8(meta[0]?.[0]), version) + 1;
    for (const table of ["kv", "change", "txn"]) await run({ text: `DELETE FROM ${schema}.${table}` });
    let batch: Row[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      await run({
        text: `INSERT INTO ${schema}.kv (key, value, version, expires)
          SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])`,
        values: [
          byteaArray(batch.map((row) => row.key)),
          byteaArray(batch.map((row) => row.value)),
          int8Array(batch.map((row) => row.version)),
          int8Array(batch.map((row) => row.expires)),
        ],
      });
      batch = [];
      bytes = 0;
    };
    for await (const row of rows) {
      batch.push(row);
      bytes += row.value.length;
      if (batch.length === BATCH || bytes > BATCH_BYTES) await flush();
    }
    await flush();
    await run({
      text: `UPDATE ${schema}.meta SET version = $1::bigint, trimmed = $1::bigint WHERE id = 0`,
      values: [last],
    });
    if (notifies)
      await run({
        text: "SELECT pg_notify($1::text, $2::text)",
        values: [channelOf(settings.schema), String(last)],
      });
    committing = true;
    await run({ text: "COMMIT" });
  } finally {
    // A transaction that was not committed ends with its connection.
    session.abandon();
  }
}

/** See `Engine.scrub`. */
export async function scrub(connections: Connections, look: (row: Row) => void): Promise<Damage[]> {
  const schema = quoted(connections.settings.schema);
  const damage: Damage[] = [];
  /** Where a page cannot be read, smaller ones tell which row it is. */
  const page = async (from: Uint8Array, limit: number): Promise<Uint8Array | undefined> => {
    try {
      const keys = await connections.read({
        text: `SELECT key, octet_length(value) FROM ${schema}.kv WHERE key >= $1::bytea ORDER BY key LIMIT ${limit}`,
        values: [bytea(from)],
      });
      const sized = keys.map(([key, size]) => ({ key: fromBytea(key), size: fromInt8(size) }));
      for (const some of portions(sized)) await values(some);
      const last = sized.at(-1);
      return last === undefined || sized.length < limit ? undefined : after(last.key);
    } catch (error) {
      const { error: said } = failureOf(error, connections.settings);
      if (said.code !== "corrupt") throw said;
      if (limit > 1) return page(from, limit >> 1);
      // Not even the key of this one can be read, and so not what comes after it either.
      damage.push({ what: `an entry behind ${Buffer.from(from).toString("hex")}: ${said.message}` });
      return undefined;
    }
  };
  const values = async (keys: readonly Uint8Array[]): Promise<void> => {
    try {
      const rows = await connections.read({
        text: `SELECT key, value, version, expires FROM ${schema}.kv WHERE key = ANY($1::bytea[])`,
        values: [byteaArray(keys)],
      });
      for (const row of rows) look(rowOf(row));
    } catch (error) {
      const { error: said } = failureOf(error, connections.settings);
      if (said.code !== "corrupt") throw said;
      if (keys.length === 1) damage.push({ key: keys[0], what: said.message });
      else for (const key of keys) await values([key]);
    }
  };
  for (let from: Uint8Array | undefined = new Uint8Array(); from !== undefined; )
    from = await page(from, 500);
  return damage;
}

/** Keys whose values are not too much at once. */
function* portions(sized: readonly { key: Uint8Array; size: number }[]): Generator<Uint8Array[]> {
  let keys: Uint8Array[] = [];
  let bytes = 0;
  for (const { key, size } of sized) {
    if (keys.length > 0 && bytes + size > BATCH_BYTES) {
      yield keys;
      keys = [];
      bytes = 0;
    }
    keys.push(key);
    bytes += size;
  }
  if (keys.length > 0) yield keys;
}
