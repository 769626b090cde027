/**
 * The stores that are compared, each with a group of settings under which what it acknowledges is durable: that is what is measured, and
 * not what each does by default.
 */
import { closeSync, fdatasync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Engine {
  /** Sets a key. Resolves when it is durable. */
  set(key: readonly (string | number)[], value: object): Promise<void>;
  /** Reads a key at once, where that is possible. */
  get?(key: readonly (string | number)[]): unknown;
  close(): Promise<void>;
}

const text = (key: readonly (string | number)[]): string => key.join("/");

export const engines: Readonly<Record<string, (folder: string) => Promise<Engine>>> = {
  "durable-kv": async (folder) => {
    const { open } = await import("@sorbus/durable-kv");
    const store = await open({ url: `sqlite:${folder}` });
    return {
      set: async (key, value) => {
        await store.set(key, value);
      },
      get: (key) => store.sync?.get(key)?.value,
      close: () => store.close(),
    };
  },
  lmdb: async (folder) => {
    const { open } = await import("lmdb");
    // Overlapping syncs acknowledge when the next sync is over: `flushed` waits for it.
    const db = open({ path: join(folder, "lmdb"), overlappingSync: true });
    return {
      set: async (key, value) => {
        await db.put([...key], value);
        await db.flushed;
      },
      get: (key) => db.get([...key]),
      close: () => db.close(),
    };
  },
  "better-sqlite3": async (folder) => {
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(join(folder, "better.sqlite"));
    db.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT)",
    );
    const set = db.prepare("INSERT INTO kv VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
    const get = db.prepare("SELECT value FROM kv WHERE key = ?");
    return {
      set: async (key, value) => {
        set.run(text(key), JSON.stringify(value));
      },
      get: (key) => {
        const row = get.get(text(key)) as { value: string } | undefined;
        return row && (JSON.parse(row.value) as unknown);
      },
      close: async () => {
        db.close();
      },
    };
  },
  "classic-level": async (folder) => {
    const { ClassicLevel } = await import("classic-level");
    const db = new ClassicLevel<string, object>(join(folder, "level"), { valueEncoding: "json" });
    await db.open();
    return {
      set: (key, value) => db.put(text(key), value, { sync: true } as object),
      get: (key) => db.getSync(text(key)),
      close: () => db.close(),
    };
  },
  "@deno/kv": async (folder) => {
    const { openKv } = await import("@deno/kv");
    const kv = await openKv(join(folder, "deno.sqlite"));
    return {
      set: async (key, value) => {
        await kv.set([...key], value);
      },
      close: async () => kv.close(),
    };
  },
  "append and fdatasync": async (folder) => {
    const file = openSync(join(folder, "raw"), "a");
    const sync = promisify(fdatasync);
    let waiting: Promise<void> | undefined;
    return {
      set: async (key, value) => {
        writeSync(file, `${text(key)} ${JSON.stringify(value)}\n`);
        if (alone) fdatasyncSync(file);
        // Several share a sync that begins after all of them have written.
        else {
          waiting ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
            waiting = undefined;
            return sync(file);
          });
          await waiting;
        }
      },
      close: async () => closeSync(file),
    };
  },
};

/** Whether one writer writes: then nobody else waits while it blocks. */
let alone = true;
export function writersAre(several: boolean): void {
  alone = !several;
}
