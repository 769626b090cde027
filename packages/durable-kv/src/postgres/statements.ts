/**
 * Commits a group by plain statements: the lock and everything that the group depends on in one round trip, what it
 * comes to and the commit in a second. For servers without PL/pgSQL, and for groups with sums.
 */
import type { PackedAtomic, PackedResult } from "../engine.ts";
import { KEEP_NAMES, SWEEP, TRIM_NAMES } from "./function.ts";
import { type Known, type KnownRow, type Plan, planOf, type Questions, questionsOf } from "./plan.ts";
import type { Session, Statement, TextRows } from "./session.ts";
import {
  bytea,
  byteaArray,
  fromBool,
  fromBytea,
  fromInt8,
  fromInt8Array,
  fromInt8OrNull,
  int8Array,
} from "./wire.ts";

/** Whose group it is, and how its results are kept. */
export interface Group {
  readonly atomics: readonly PackedAtomic[];
  readonly writer: Uint8Array;
  readonly seq: number;
  readonly now: number;
  /** How many commits' changes are kept. */
  readonly keep: number;
  /** To notify on; null: nobody can be notified. */
  readonly channel: string | null;
}

/** The results, if the group has been committed by an earlier attempt; else what to do. */
type Look = { readonly done: number[] } | { readonly plan: Plan; readonly known: Known };

/** Far from any version. */
const FAILED = Number.MIN_SAFE_INTEGER;

/** What is kept of a result in the table of writers: as `commitFunction` has it, or that the atomic failed by itself. */
function kept(result: PackedResult): number {
  switch (result.type) {
    case "ok":
      return result.version;
    case "conflict":
      return -1 - result.check;
    case "error":
      return FAILED;
  }
}

export function resultOf(kept: number): PackedResult {
  if (kept === FAILED) {
    return {
      type: "error",
      code: "value",
      message: "Cannot add to a value that is no number of the same kind, or is damaged",
    };
  }
  return kept < 0 ? { type: "conflict", check: -1 - kept } : { type: "ok", version: kept };
}

/**
 * @param committing called right before what may commit is sent
 */
export async function commitByStatements(
  session: Session,
  schema: string,
  group: Group,
  committing: () => void,
): Promise<PackedResult[]> {
  let look: Look;
  try {
    look = await lookedAt(session, schema, group);
  } catch (error) {
    // The server does it by itself if it cannot be told.
    await session.run({ text: "ROLLBACK" }).catch(() => undefined);
    throw error;
  }
  if ("done" in look) {
    await session.run({ text: "ROLLBACK" });
    return look.done.map(resultOf);
  }
  try {
    committing();
  } catch (error) {
    await session.run({ text: "ROLLBACK" });
    throw error;
  }
  await all(session, writing(schema, group, look.plan, look.known));
  return look.plan.results;
}

/** Sends everything, then waits. Throws the first error: what came after it did nothing. */
async function all(session: Session, statements: readonly Statement[]): Promise<TextRows[]> {
  const settled = await Promise.allSettled(statements.map((statement) => session.run(statement)));
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}

async function lookedAt(session: Session, schema: string, group: Group): Promise<Look> {
  const { atomics, writer, seq, now } = group;
  const questions = questionsOf(atomics);
  // Each statement sees what is committed when it begins, and so, from the second on, what the lock protects.
  const [, meta = [], before = [], ...answers] = await all(session, [
    { text: "BEGIN ISOLATION LEVEL READ COMMITTED" },
    { text: `SELECT version, trimmed FROM ${schema}.meta WHERE id = 0 FOR UPDATE` },
    { text: `SELECT seq, results FROM ${schema}.writer WHERE id = $1`, values: [bytea(writer)] },
    ...asked(schema, questions, now),
  ]);
  const [seen, done] = before[0] ?? [];
  if (seen !== undefined && fromInt8(seen) > seq) throw new TypeError("A group that was given up came late");
  if (seen !== undefined && fromInt8(seen) === seq) return { done: fromInt8Array(done) };
  const [version, trimmed] = meta[0] ?? [];
  const known = answered(fromInt8(version), fromInt8(trimmed), questions, answers);
  return { plan: planOf(atomics, known, now), known };
}

/** In the order in which `answered` takes them. */
function asked(schema: string, questions: Questions, now: number): Statement[] {
  const row = "key, version, expires";
  return [
    {
      text: `SELECT key, version, expires, value FROM ${schema}.kv WHERE key = ANY($1::bytea[])`,
      values: [byteaArray(questions.valuesOf)],
    },
    {
      text: `SELECT ${row} FROM ${schema}.kv WHERE key = ANY($1::bytea[])`,
      values: [byteaArray(questions.keys)],
    },
    {
      text: `SELECT ${row} FROM ${schema}.kv WHERE expires <= $1::bigint ORDER BY expires, key LIMIT ${SWEEP}`,
      values: [now],
    },
    {
      text: `SELECT id, version FROM ${schema}.txn WHERE id = ANY($1::bytea[])`,
      values: [byteaArray(questions.names.map((name) => Buffer.from(name)))],
    },
    ...questions.ranges.map(({ start, end }) => ({
      text: `SELECT ${row} FROM ${schema}.kv WHERE key >= $1::bytea AND key < $2::bytea`,
      values: [bytea(start), bytea(end)],
    })),
    ...questions.checks.flatMap(({ start, end, version }) => [
      {
        text: `SELECT ${row} FROM ${schema}.kv WHERE key >= $1::bytea AND key < $2::bytea AND expires <= $3::bigint`,
        values: [bytea(start), bytea(end), now],
      },
      {
        text: `SELECT EXISTS (SELECT 1 FROM ${schema}.change WHERE version > $3::bigint AND key >= $1::bytea AND key < $2::bytea)`,
        values: [bytea(start), bytea(end), version],
      },
    ]),
  ];
}

function answered(version: number, trimmed: number, questions: Questions, answers: TextRows[]): Known {
  const [values = [], keys = [], swept = [], names = [], ...more] = answers;
  const ranges = more.slice(0, questions.ranges.length);
  const checks = more.slice(questions.ranges.length);
  return {
    version,
    trimmed,
    rows: [...values, ...keys, ...ranges.flat()].map(knownRow),
    changed: questions.checks.map((_, i) => fromBool(checks[2 * i + 1]?.[0]?.[0])),
    expired: [...swept, ...questions.checks.flatMap((_, i) => checks[2 * i] ?? [])].map(knownRow),
    names: new Map(names.map(([id, at]) => [Buffer.from(fromBytea(id)).toString(), fromInt8(at)])),
  };
}

function knownRow([key, version, expires, value]: readonly unknown[]): KnownRow {
  return {
    key: fromBytea(key),
    version: fromInt8(version),
    expires: fromInt8OrNull(expires),
    value: value === undefined ? undefined : fromBytea(value),
  };
}

function writing(schema: string, group: Group, plan: Plan, known: Known): Statement[] {
  const { writer, seq, now, keep, channel } = group;
  const { writes, deletions, log, names, version, results } = plan;
  const trims = version - known.trimmed > keep + Math.max(1, keep >> 3);
  const trimmed = trims ? version - keep : known.trimmed;
  const statements: Statement[] = [];
  if (writes.length > 0) {
    statements.push({
      text: `INSERT INTO ${schema}.kv (key, value, version, expires)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[])
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires`,
      values: [
        byteaArray(writes.map((write) => write.key)),
        byteaArray(writes.map((write) => write.value)),
        int8Array(writes.map((write) => write.version)),
        int8Array(writes.map((write) => write.expires)),
      ],
    });
  }
  if (deletions.length > 0) {
    statements.push({
      text: `DELETE FROM ${schema}.kv WHERE key = ANY($1::bytea[])`,
      values: [byteaArray(deletions)],
    });
  }
  if (log.length > 0) {
    statements.push({
      text: `INSERT INTO ${schema}.change (version, seq, key, deleted)
        SELECT v, s, k, d = 1 FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[]) AS l (v, s, k, d)`,
      values: [
        int8Array(log.map((change) => change.version)),
        int8Array(log.map((_, i) => i)),
        byteaArray(log.map((change) => change.key)),
        int8Array(log.map((change) => (change.deleted ? 1 : 0))),
      ],
    });
  }
  if (names.length > 0) {
    statements.push({
      text: `INSERT INTO ${schema}.txn (id, version, at) SELECT i, v, $3::bigint FROM unnest($1::bytea[], $2::bigint[]) AS n (i, v)`,
      values: [
        byteaArray(names.map(({ id }) => Buffer.from(id))),
        int8Array(names.map((name) => name.version)),
        now,
      ],
    });
  }
  statements.push({
    text: `INSERT INTO ${schema}.writer (id, seq, results, at) VALUES ($1::bytea, $2::bigint, $3::bigint[], now())
      ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, results = excluded.results, at = excluded.at`,
    values: [bytea(writer), seq, int8Array(results.map(kept))],
  });
  if (version > known.version) {
    if (trims) {
      statements.push({
        text: `DELETE FROM ${schema}.change WHERE version <= $1::bigint`,
        values: [trimmed],
      });
    }
    if (Math.floor(version / TRIM_NAMES) > Math.floor(known.version / TRIM_NAMES)) {
      statements.push({
        text: `DELETE FROM ${schema}.txn WHERE version <= $1::bigint AND at < $2::bigint`,
        values: [version - KEEP_NAMES.commits, now - KEEP_NAMES.milliseconds],
      });
    }
    statements.push({
      text: `UPDATE ${schema}.meta SET version = $1::bigint, trimmed = $2::bigint WHERE id = 0`,
      values: [version, trimmed],
    });
    if (channel !== null)
      statements.push({ text: "SELECT pg_notify($1::text, $2::text)", values: [channel, String(version)] });
  }
  return [...statements, { text: "COMMIT" }];
}
