/**
 * Looks at everything in the file. A key lies there twice, in the table and in its index, so that an entry whose row cannot
 * be read is still known by name: the index tells what must be there, the table what is.
 */
import type { Damage, Row } from "../engine.ts";
import type { Database } from "./driver.ts";
import { unsealed } from "./tables.ts";

/** After so many rows, others get their turn. */
const TURN = 500;

export async function scrubFile(db: Database, look: (row: Row) => void): Promise<Damage[]> {
  const damages: Damage[] = [];
  const failed = (what: string, error: unknown, key?: Uint8Array): void => {
    damages.push({ key, what: `${what}: ${error instanceof Error ? error.message : String(error)}` });
  };
  // One moment for all of it.
  db.exec("BEGIN");
  try {
    // What lies in the table, by row: an entry that the index does not know, or knows by another key, is lost to readers.
    const byKey = db.prepare("SELECT rowid AS id FROM kv WHERE key = ?");
    const table = db.prepare(
      "SELECT rowid AS id, key, value, version, expires FROM kv NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ?",
    );
    const seen = new Set<number>();
    for (let from = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = attempt(
        () => table.all(from, TURN),
        (error) => failed("the table of entries", error),
      );
      if (rows === undefined) break;
      for (const row of rows) {
        const id = Number(row.id);
        from = id;
        seen.add(id);
        const read = attempt(
          () => unsealed(row.key, row),
          (error) => failed("it cannot be read", error, row.key instanceof Uint8Array ? row.key : undefined),
        );
        if (read === undefined) continue;
        const { key } = read;
        look(read);
        const found = attempt(
          () => byKey.get(key)?.id,
          (error) => failed("it cannot be found by its key", error, key),
        );
        if (found !== undefined && found !== id)
          damages.push({ key, what: "another entry is found in its place" });
        if (found === undefined) damages.push({ key, what: "it cannot be found by its key" });
      }
      if (rows.length < TURN) break;
      await new Promise(setImmediate);
    }
    // What the index knows: an entry that the table has lost.
    const index = db.prepare(
      "SELECT rowid AS id, key FROM kv INDEXED BY sqlite_autoindex_kv_1 WHERE key > ? ORDER BY key LIMIT ?",
    );
    const byRow = db.prepare("SELECT key, value FROM kv NOT INDEXED WHERE rowid = ?");
    for (let from: Uint8Array = new Uint8Array(); ; ) {
      const rows = attempt(
        () => index.all(from, TURN),
        (error) => failed("the index of keys", error),
      );
      if (rows === undefined) break;
      for (const row of rows) {
        const id = Number(row.id);
        const { key } = row;
        if (!(key instanceof Uint8Array)) {
          // Texts sort before bytes: without a place to go on from, this is as far as it goes.
          damages.push({ what: "the index of keys has one that is no bytes" });
          continue;
        }
        from = key;
        const found = attempt(
          () => byRow.get(id),
          (error) => failed("it cannot be read", error, key),
        );
        if (!(found?.key instanceof Uint8Array) || Buffer.compare(found.key, key) !== 0)
          damages.push({ key, what: seen.has(id) ? "its key is damaged" : "its row is lost" });
      }
      if (rows.length < TURN) break;
      await new Promise(setImmediate);
    }
    const meta = attempt(
      () =>
        db
          .prepare(
            "SELECT (SELECT version FROM meta) AS version, (SELECT max(version) FROM kv) AS newest, (SELECT max(version) FROM change) AS logged",
          )
          .get(),
      (error) => failed("the number of the last commit", error),
    ) as { version: number; newest: number | null; logged: number | null } | undefined;
    if (meta !== undefined && Math.max(meta.newest ?? 0, meta.logged ?? 0) > meta.version)
      damages.push({ what: "the number of the last commit is less than that of an entry" });
    const checks = attempt(
      () => db.prepare("PRAGMA integrity_check(100)").all(),
      (error) => failed("SQLite's own check", error),
    );
    for (const { integrity_check: said } of checks ?? [])
      if (said !== "ok") damages.push({ what: `SQLite's own check: ${String(said)}` });
    return damages;
  } finally {
    attempt(
      () => db.exec("COMMIT"),
      (error) => failed("the end of the check", error),
    );
  }
}

/** SQLite throws at what it finds damaged; the scrub goes on with the rest. */
function attempt<T>(f: () => T, failed: (error: unknown) => void): T | undefined {
  try {
    return f();
  } catch (error) {
    failed(error);
    return undefined;
  }
}
