/** Reads: keys that are asked for in one turn are one statement; a page, and the log, are one each. */
import type { ChangeRow, Changes, RangeQuery, Row, RowReader, Rows } from "../engine.ts";
import { compareBytes } from "../key.ts";
import type { Statement, TextRows } from "./session.ts";
import { bytea, byteaArray, fromBool, fromBytea, fromInt8, fromInt8OrNull } from "./wire.ts";

type Run = (statement: Statement) => Promise<TextRows>;

/** How many commits' changes are read in one go. */
const WINDOW = 1000;
/** More keys are more than one statement. */
const MAX_KEYS = 20_000;

const ROW = "key, value, version, expires";

interface Waiting {
  readonly keys: readonly Uint8Array[];
  readonly now: number;
  readonly resolve: (rows: (Row | undefined)[]) => void;
  readonly reject: (error: unknown) => void;
}

const nameOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");

export class Reads implements RowReader {
  readonly #run: Run;
  readonly #schema: string;
  #waiting: Waiting[] = [];

  /** @param schema quoted */
  constructor(run: Run, schema: string) {
    this.#run = run;
    this.#schema = schema;
  }

  get(keys: readonly Uint8Array[], now: number): Promise<(Row | undefined)[]> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ keys, now, resolve, reject });
    });
  }

  #flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; ) {
      const first = at;
      let keys = 0;
      do keys += all[at++]?.keys.length ?? 0;
      while (at < all.length && keys + (all[at]?.keys.length ?? 0) <= MAX_KEYS);
      void this.#together(all.slice(first, at));
    }
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    try {
      const wanted = new Map(group.flatMap(({ keys }) => keys.map((key) => [nameOf(key), key] as const)));
      const rows = await this.#run({
        name: "get",
        text: `SELECT ${ROW} FROM ${this.#schema}.kv WHERE key = ANY($1::bytea[])`,
        values: [byteaArray([...wanted.values()])],
      });
      const found = new Map(rows.map(rowOf).map((row) => [nameOf(row.key), row]));
      for (const { keys, now, resolve } of group) {
        resolve(
          keys.map((key) => {
            const row = found.get(nameOf(key));
            return row === undefined || (row.expires !== null && row.expires <= now) ? undefined : row;
          }),
        );
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async list({ start, end, reverse, limit, now }: RangeQuery): Promise<Rows> {
    if (compareBytes(start, end) >= 0) return { rows: [], version: await this.version() };
    const order = `key ${reverse ? "DESC" : "ASC"}`;
    // One statement sees one moment: the version belongs to the rows. It is there without rows, too.
    const rows = await this.#run({
      name: reverse ? "list-reverse" : "list",
      text: `SELECT k.key, k.value, k.version, k.expires, m.version FROM ${this.#schema}.meta m LEFT JOIN (
          SELECT ${ROW} FROM ${this.#schema}.kv
          WHERE key >= $1::bytea AND key < $2::bytea AND (expires IS NULL OR expires > $3::bigint)
          ORDER BY ${order} LIMIT $4::bigint
        ) k ON true ORDER BY k.${order}`,
      values: [bytea(start), bytea(end), now, limit ?? null],
    });
    return {
      rows: rows.filter(([key]) => key !== null).map(rowOf),
      version: fromInt8(rows[0]?.[4]),
    };
  }

  async version(): Promise<number> {
    const rows = await this.#run({ text: `SELECT version FROM ${this.#schema}.meta` });
    return fromInt8(rows[0]?.[0]);
  }

  async changes(after: number): Promise<Changes> {
    const rows = await this.#run({
      name: "changes",
      text: `SELECT m.version, m.trimmed, c.key, c.version, c.deleted FROM ${this.#schema}.meta m
        LEFT JOIN ${this.#schema}.change c ON c.version > $1::bigint AND c.version <= $2::bigint
        ORDER BY c.version, c.seq`,
      values: [after, after + WINDOW],
    });
    const [version, trimmed] = rows[0] ?? [];
    if (after < fromInt8(trimmed)) return "trimmed";
    const upTo = Math.min(fromInt8(version), after + WINDOW);
    const changes = rows.filter(([, , key]) => key !== null).map(changeOf);
    return { rows: changes, upTo };
  }
}

export function rowOf([key, value, version, expires]: readonly unknown[]): Row {
  return {
    key: fromBytea(key),
    value: fromBytea(value),
    version: fromInt8(version),
    expires: fromInt8OrNull(expires),
  };
}

function changeOf([, , key, version, deleted]: readonly unknown[]): ChangeRow {
  return { key: fromBytea(key), version: fromInt8(version), deleted: fromBool(deleted) };
}
