/**
 * The function that commits a group of atomics in one round trip, and how a group is written down for it. It locks
 * the row of `meta`, which makes versions ordered as commits are and checks serializable; at its end it
 * notifies once.
 *
 * A group is a list of steps, in four arrays of one length. Sums are not among them: only JavaScript knows what
 * values are (`statements.ts` does those).
 */
import type { PackedAtomic } from "../engine.ts";
import type { Parameter } from "./session.ts";
import { bytea, byteaArray, int8Array } from "./wire.ts";

/** One byte a step. */
const STEP = {
  /** An atomic begins. key: its txnId or null. */
  atomic: "A",
  /** number: the version, 0 for absent. */
  checkKey: "K",
  /** From key to value; number: the version. */
  checkRange: "R",
  /** number: when it expires, or null. */
  set: "S",
  /** key: the prefix; number: the order. */
  stamped: "V",
  delete: "D",
  /** From key to value. */
  deleteRange: "X",
  /** What a named atomic without changes has, so that its name is kept. */
  nothing: "N",
} as const;

/** The end of the name: what a newer version of this package changes gets another. */
const NAME = "commit_group_1";
const SIGNATURE = "bytea, bigint, bigint, bigint, text, bytea, bytea[], bytea[], bigint[]";

/** With its parameters, as `to_regprocedure` wants it. */
export const COMMIT_FUNCTION = (schema: string): string => `${schema}.${NAME}(${SIGNATURE})`;

export const commitCall = (schema: string): string =>
  `SELECT ${schema}.${NAME}($1::bytea, $2::bigint, $3::bigint, $4::bigint, $5::text, $6::bytea, $7::bytea[], $8::bytea[], $9::bigint[])`;

/** At most that many expired entries are removed with a group. */
export const SWEEP = 100;
/** Every so many commits it is looked which names are too old. */
export const TRIM_NAMES = 1000;
/** Names of commits are kept for so many commits and for so many milliseconds at least. */
export const KEEP_NAMES = { commits: 10_000, milliseconds: 86_400_000 } as const;

/** What is set waits, to be written together, until somebody looks: of each key the last. */
const WRITE_SETS = (schema: string): string => `
      INSERT INTO ${schema}.kv (key, value, version, expires)
        SELECT DISTINCT ON (k) k, v, n, e
        FROM unnest(v_set_key, v_set_value, v_set_version, v_set_expires) WITH ORDINALITY AS s (k, v, n, e, o)
        ORDER BY k, o DESC
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires;
      v_set_key := '{}'; v_set_value := '{}'; v_set_version := '{}'; v_set_expires := '{}'; v_set := 0;`;

/**
 * Results: the version, or -1 - i where the check i failed. They are kept in `writer`: a group that is sent again
 * is answered from there, and one that was overtaken (its connection was given up and the server carried on
 * with it) is refused.
 */
export function commitFunction(schema: string): string {
  const step = (name: keyof typeof STEP): number => STEP[name].charCodeAt(0);
  return `
CREATE OR REPLACE FUNCTION ${schema}.${NAME}(
  p_writer bytea, p_seq bigint, p_now bigint, p_keep bigint, p_channel text,
  p_steps bytea, p_keys bytea[], p_values bytea[], p_numbers bigint[]
) RETURNS bigint[] LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
  v_base bigint; v_version bigint; v_trimmed bigint; v_seen bigint; v_found bigint; v_expires bigint;
  v_results bigint[] := '{}';
  v_atomic int := 0; v_check int := 0; v_skip boolean := false; v_fresh boolean := false;
  v_key bytea; v_number bigint; v_name bytea; v_step int;
  v_log_version bigint[] := '{}'; v_log_seq bigint[] := '{}'; v_log_key bytea[] := '{}'; v_log_deleted boolean[] := '{}';
  v_logged int := 0; v_gone bytea[];
  v_set_key bytea[] := '{}'; v_set_value bytea[] := '{}'; v_set_version bigint[] := '{}'; v_set_expires bigint[] := '{}';
  v_set int := 0;
BEGIN
  SELECT version, trimmed INTO STRICT v_version, v_trimmed FROM ${schema}.meta WHERE id = 0 FOR UPDATE;
  SELECT seq, results INTO v_seen, v_results FROM ${schema}.writer WHERE id = p_writer;
  IF v_seen = p_seq THEN
    RETURN v_results;
  ELSIF v_seen > p_seq THEN
    RAISE EXCEPTION 'a group that was given up came late' USING ERRCODE = '40003';
  END IF;
  v_results := '{}';
  v_base := v_version;
  FOR i IN 1 .. length(p_steps) LOOP
    v_step := get_byte(p_steps, i - 1);
    IF v_step = ${step("atomic")} THEN
      v_atomic := v_atomic + 1;
      v_check := 0;
      v_fresh := true;
      v_skip := false;
      v_name := p_keys[i];
      v_results[v_atomic] := v_version;
      IF v_name IS NOT NULL THEN
        SELECT version INTO v_found FROM ${schema}.txn WHERE id = v_name;
        IF FOUND THEN
          v_results[v_atomic] := v_found;
          v_skip := true;
        END IF;
      END IF;
      CONTINUE;
    END IF;
    CONTINUE WHEN v_skip;
    v_key := p_keys[i];
    v_number := p_numbers[i];
    IF v_set > 0 AND (
      v_step IN (${step("checkRange")}, ${step("deleteRange")})
      OR v_step IN (${step("checkKey")}, ${step("delete")}) AND v_key = ANY (v_set_key)
    ) THEN
      ${WRITE_SETS(schema)}
    END IF;

    IF v_step = ${step("checkKey")} THEN
      SELECT version INTO v_found FROM ${schema}.kv WHERE key = v_key AND (expires IS NULL OR expires > p_now);
      IF coalesce(v_found, 0) <> v_number THEN
        v_results[v_atomic] := -1 - v_check;
        v_skip := true;
      END IF;
      v_check := v_check + 1;
      CONTINUE;
    ELSIF v_step = ${step("checkRange")} AND v_number < v_trimmed THEN
      v_results[v_atomic] := -1 - v_check;
      v_skip := true;
      CONTINUE;
    ELSIF v_step = ${step("checkRange")} THEN
      WITH gone AS (
        DELETE FROM ${schema}.kv WHERE key >= v_key AND key < p_values[i] AND expires <= p_now RETURNING key, expires
      ) SELECT array_agg(key ORDER BY expires, key) INTO v_gone FROM gone;
      IF v_gone IS NOT NULL THEN
        v_version := v_version + 1;
        INSERT INTO ${schema}.change SELECT v_version, n, k, true FROM unnest(v_gone) WITH ORDINALITY AS g (k, n);
      END IF;
      IF v_logged > 0 THEN
        INSERT INTO ${schema}.change SELECT * FROM unnest(v_log_version, v_log_seq, v_log_key, v_log_deleted);
        v_log_version := '{}'; v_log_seq := '{}'; v_log_key := '{}'; v_log_deleted := '{}'; v_logged := 0;
      END IF;
      IF EXISTS (
        SELECT 1 FROM ${schema}.change WHERE version > v_number AND key >= v_key AND key < p_values[i]
      ) THEN
        v_results[v_atomic] := -1 - v_check;
        v_skip := true;
      ELSE
        v_results[v_atomic] := v_version;
      END IF;
      v_check := v_check + 1;
      CONTINUE;
    END IF;

    IF v_fresh THEN
      v_fresh := false;
      v_version := v_version + 1;
      v_results[v_atomic] := v_version;
      IF v_name IS NOT NULL THEN
        INSERT INTO ${schema}.txn VALUES (v_name, v_version, p_now);
      END IF;
    END IF;
    CONTINUE WHEN v_step = ${step("nothing")};
    IF v_step = ${step("deleteRange")} THEN
      WITH gone AS (DELETE FROM ${schema}.kv WHERE key >= v_key AND key < p_values[i] RETURNING key)
      SELECT array_agg(key ORDER BY key) INTO v_gone FROM gone;
      IF v_gone IS NOT NULL THEN
        INSERT INTO ${schema}.change SELECT v_version, i::bigint << 32 | n, k, true FROM unnest(v_gone) WITH ORDINALITY AS g (k, n);
      END IF;
      CONTINUE;
    END IF;
    IF v_step = ${step("delete")} THEN
      DELETE FROM ${schema}.kv WHERE key = v_key;
      CONTINUE WHEN NOT FOUND;
    ELSE
      v_expires := v_number;
      IF v_step = ${step("stamped")} THEN
        v_key := v_key || '\\x20'::bytea
          || convert_to(lpad(to_hex(v_version), 16, '0') || lpad(to_hex(v_number), 4, '0'), 'UTF8') || '\\x00'::bytea;
        v_expires := NULL;
      END IF;
      v_set := v_set + 1;
      v_set_key[v_set] := v_key;
      v_set_value[v_set] := p_values[i];
      v_set_version[v_set] := v_version;
      v_set_expires[v_set] := v_expires;
    END IF;
    v_logged := v_logged + 1;
    v_log_version[v_logged] := v_version;
    v_log_seq[v_logged] := i::bigint << 32;
    v_log_key[v_logged] := v_key;
    v_log_deleted[v_logged] := v_step = ${step("delete")};
  END LOOP;
  IF v_set > 0 THEN
    ${WRITE_SETS(schema)}
  END IF;
  IF v_logged > 0 THEN
    INSERT INTO ${schema}.change SELECT * FROM unnest(v_log_version, v_log_seq, v_log_key, v_log_deleted);
  END IF;

  WITH old AS (SELECT key FROM ${schema}.kv WHERE expires <= p_now ORDER BY expires, key LIMIT ${SWEEP}),
  gone AS (DELETE FROM ${schema}.kv USING old WHERE kv.key = old.key RETURNING kv.key, kv.expires)
  SELECT array_agg(key ORDER BY expires, key) INTO v_gone FROM gone;
  IF v_gone IS NOT NULL THEN
    v_version := v_version + 1;
    INSERT INTO ${schema}.change SELECT v_version, n, k, true FROM unnest(v_gone) WITH ORDINALITY AS g (k, n);
  END IF;
  IF v_version - v_trimmed > p_keep + greatest(1, p_keep / 8) THEN
    v_trimmed := v_version - p_keep;
    DELETE FROM ${schema}.change WHERE version <= v_trimmed;
  END IF;
  IF v_version / ${TRIM_NAMES} > v_base / ${TRIM_NAMES} THEN
    DELETE FROM ${schema}.txn WHERE version <= v_version - ${KEEP_NAMES.commits} AND at < p_now - ${KEEP_NAMES.milliseconds};
  END IF;
  INSERT INTO ${schema}.writer VALUES (p_writer, p_seq, v_results, now())
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, results = excluded.results, at = excluded.at;
  IF v_version > v_base THEN
    UPDATE ${schema}.meta SET version = v_version, trimmed = v_trimmed WHERE id = 0;
    IF p_channel IS NOT NULL THEN PERFORM pg_notify(p_channel, v_version::text); END IF;
  END IF;
  RETURN v_results;
END $body$`;
}

/** Steps, keys, values, numbers. @throws TypeError for a sum */
export function writtenDown(atomics: readonly PackedAtomic[]): Parameter[] {
  let steps = "";
  const keys: (Uint8Array | undefined)[] = [];
  const values: (Uint8Array | undefined)[] = [];
  const numbers: (number | null)[] = [];
  const step = (
    kind: keyof typeof STEP,
    key: Uint8Array | undefined,
    value: Uint8Array | undefined,
    number: number | null,
  ): void => {
    steps += STEP[kind];
    keys.push(key);
    values.push(value);
    numbers.push(number);
  };
  for (const { txnId, checks, changes } of atomics) {
    step("atomic", txnId === undefined ? undefined : Buffer.from(txnId), undefined, null);
    for (const check of checks) {
      if (check.type === "key") step("checkKey", check.key, undefined, check.version);
      else step("checkRange", check.start, check.end, check.version);
    }
    if (txnId !== undefined && changes.length === 0) step("nothing", undefined, undefined, null);
    for (const change of changes) {
      switch (change.op) {
        case "set":
          step("set", change.key, change.value, change.expires);
          break;
        case "set-versionstamped":
          step("stamped", change.prefix, change.value, change.order);
          break;
        case "delete":
          step("delete", change.key, undefined, null);
          break;
        case "delete-range":
          step("deleteRange", change.start, change.end, null);
          break;
        case "add":
          throw new TypeError("A sum is no step of the server's function");
        default:
          change satisfies never;
      }
    }
  }
  return [bytea(Buffer.from(steps, "latin1")), byteaArray(keys), byteaArray(values), int8Array(numbers)];
}
