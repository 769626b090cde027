/** `open`: from a URL to a store. */
import { type Codec, defaultCodec } from "./codec.ts";
import type { Durability, Engine, Fault } from "./engine.ts";
import { kvError } from "./errors.ts";
import { Faults } from "./faults.ts";
import { type Core, EngineStore } from "./kv.ts";
import { MemoryEngine } from "./memory/engine.ts";
import { openPostgres } from "./postgres/engine.ts";
import { POSTGRES_FORM, type PostgresOptions, settingsOf } from "./postgres/settings.ts";
import type { DriverName } from "./sqlite/driver.ts";
import { openSqlite } from "./sqlite/engine.ts";
import type { Store } from "./store.ts";
import { Bell } from "./watch.ts";

export interface StoreOptions {
  /**
   * `sqlite:folder`, where the folder is created if need be; `memory:`; or `postgres://user:password@host:port/database`, where
   * `?schema=name` tells stores of one database apart (default: durable_kv).
   */
  readonly url: string;
  /** Default: "strict". */
  readonly durability?: Durability | undefined;
  /** Between values and bytes. Default: JavaScript's plain data, exactly. */
  readonly codec?: Codec | undefined;
  /** Milliseconds since 1970, for `ttl`. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** The largest size of the store in bytes; beyond it commits fail with "full". Default: what the disk has. */
  readonly maxBytes?: number | undefined;
  /** How long to wait for another process that writes, in milliseconds. Default: 30,000. */
  readonly lockTimeout?: number | undefined;
  /** How often to look for other processes' commits where they are not pushed, in milliseconds. Default: 10. */
  readonly pollInterval?: number | undefined;
  /** How many commits' changes are kept for watchers. Default: 10,000. */
  readonly changeLog?: number | undefined;
  /** Which SQLite. Default: "auto", Node's own if it is new enough, else better-sqlite3 if it is installed. */
  readonly driver?: DriverName | "auto" | undefined;
  /** How to use a PostgreSQL server. */
  readonly postgres?: PostgresOptions | undefined;
  readonly hooks?:
    | {
        /** A group of that many atomics of this program has become durable together. */
        readonly committed?: ((group: { readonly atomics: number }) => void) | undefined;
      }
    | undefined;
  /** For tests: what is to go wrong, and when. */
  readonly fault?: readonly Fault[] | undefined;
}

/** What engines are given: every option has its value. */
export interface EngineOptions {
  readonly now: () => number;
  readonly durability: Durability;
  readonly maxBytes: number | undefined;
  readonly lockTimeout: number;
  readonly pollInterval: number;
  readonly changeLog: number;
  readonly fault: readonly Fault[];
  /** Called after each group of this program, before anybody is told; does not throw. */
  readonly committed: (atomics: number) => void;
}

/** @throws KvError "url" "unwritable" "unreachable" "corrupt" "newer-format" "older-format" "busy" "fatal" */
export async function open(options: StoreOptions): Promise<Store> {
  const { codec = defaultCodec, hooks, fault = [] } = options;
  const faults = new Faults(fault);
  const clock = options.now ?? Date.now;
  let jumped = 0;
  const now = (): number => clock() + jumped;
  const engine = await engineOf(options, {
    now,
    durability: options.durability ?? "strict",
    maxBytes: options.maxBytes,
    lockTimeout: options.lockTimeout ?? 30_000,
    pollInterval: options.pollInterval ?? 10,
    changeLog: options.changeLog ?? 10_000,
    fault,
    committed: (atomics) => {
      // In a turn of its own, so that what a hook throws is nobody's failed commit.
      const committed = hooks?.committed;
      if (committed !== undefined) queueMicrotask(() => committed({ atomics }));
    },
  });
  const core: Core = {
    engine,
    codec,
    bell: new Bell((wake) => engine.subscribe(wake)),
    now,
    tick: () => {
      jumped += faults.at("clockJump")?.by ?? 0;
    },
    gap: () => faults.at("watchGap") !== undefined,
    closing: undefined,
  };
  return new EngineStore(core, new Uint8Array());
}

async function engineOf(
  { url, driver = "auto", postgres = {}, pollInterval }: StoreOptions,
  options: EngineOptions,
): Promise<Engine> {
  if (url === "memory:") return new MemoryEngine({ ...options, faults: new Faults(options.fault) });
  const folder = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (folder !== undefined) return openSqlite(folder, { ...options, driver });
  if (/^postgres(?:ql)?:/.test(url)) {
    if (options.maxBytes !== undefined)
      throw new RangeError("maxBytes is for embedded stores: a server has its own limits");
    // Each look is a round trip there.
    const polling = pollInterval ?? 50;
    return openPostgres({
      ...options,
      settings: settingsOf(url, postgres, { ...options, pollInterval: polling }),
    });
  }
  // Without what may be a password.
  const shown = JSON.stringify(url.replace(/^([^/]*\/\/)[^@/]*@/, "$1…@"));
  throw kvError("url", `Cannot open a store at ${shown}: write sqlite:FOLDER, memory: or ${POSTGRES_FORM}`);
}
