/** The least of a store that durable fibers need, and where in it what is kept. The `Store` of `@sorbus/durable-kv` is one. */

export interface FiberEntry {
  readonly key: readonly unknown[];
  readonly value: unknown;
  readonly version: string;
}

export interface FiberPage {
  readonly entries: readonly FiberEntry[];
  readonly cursor?: string;
}

export interface FiberAtomic {
  check(key: never, version: never): FiberAtomic;
  set(key: never, value: unknown): FiberAtomic;
  delete(key: never): FiberAtomic;
  deleteRange(selector: never): FiberAtomic;
  /** Sets a key that is the prefix and the version of the commit: so values stay in the order of their commits. */
  setVersionstamped(prefix: never, value: unknown): FiberAtomic;
  commit(): Promise<{
    readonly ok: boolean;
    readonly version?: string;
    readonly conflict?: readonly unknown[];
  }>;
}

/** Give each program a namespace of its own: `store.namespace("durable")`. */
export interface FiberStore {
  get(key: never): Promise<FiberEntry | null>;
  getMany(keys: never): Promise<readonly (FiberEntry | null)[]>;
  list(selector: never, options?: { readonly limit?: number; readonly cursor?: string }): Promise<FiberPage>;
  /** With a name: asked for again, the commit is not made again. */
  atomic(options?: { readonly txnId?: string }): FiberAtomic;
}

/**
 * - `running`: `owner` runs it until `lease`, which it prolongs; then anybody may take it
 * - `waiting`: nobody has it in memory; `due` is when to look at it again
 * - `done`, `raised`: it has ended, with a result under its name
 */
export type Status = "running" | "waiting" | "done" | "raised";

/** The head of a fiber: every change of it checks that nobody else has changed it. */
export interface FiberRecord {
  readonly status: Status;
  /** Tells fibers apart that have had one name after the other. */
  readonly instance: string;
  /** Of this record: counts its changes. */
  readonly sequence: number;
  readonly owner: string | null;
  /** Milliseconds since 1970: until then the owner has it. */
  readonly lease: number;
  /** Its place in the index of what is due; null once it has ended. */
  readonly due: number | null;
  /** Entries in its journal since the last snapshot. */
  readonly journal: number;
  /** The code that state and journal need. */
  readonly units: readonly string[];
  /** Why it could not be run when it was due last. */
  readonly problem: string | null;
  readonly created: number;
}

/** A request that the frozen fiber waits for. */
export interface OpenRequest {
  readonly id: number;
  readonly op: string;
  /** Frozen values. */
  readonly args: Uint8Array;
  /** It may not be repeated, and has been asked for. */
  readonly asked: boolean;
  /** For a sleep: when it is over. */
  readonly wake: number | null;
}

export type StoredState =
  /** It has not run yet: the frozen function. */
  | { readonly type: "start"; readonly thunk: Uint8Array }
  | { readonly type: "frozen"; readonly fiber: Uint8Array; readonly open: readonly OpenRequest[] };

/** What has happened since the snapshot, in order. */
export type JournalEntry =
  /** These requests are about to be asked for and may not be repeated, or sleep until a time. */
  | {
      readonly type: "asked";
      readonly requests: readonly { readonly id: number; readonly wake: number | null }[];
    }
  | { readonly type: "answer"; readonly id: number; readonly raised: boolean; readonly value: Uint8Array }
  | { readonly type: "cancelled"; readonly reason: Uint8Array };

export interface StoredResult {
  readonly raised: boolean;
  readonly value: Uint8Array;
}

export const KEY = {
  fiber: (name: string) => ["fiber", name] as never,
  state: (name: string) => ["state", name] as never,
  result: (name: string) => ["result", name] as never,
  journal: (name: string, n: number) => ["journal", name, n] as never,
  journals: (name: string) => ({ prefix: ["journal", name] }) as never,
  due: (at: number, name: string) => ["due", at, name] as never,
  dueBetween: (from: number, to: number) => ({ start: ["due", from], end: ["due", to] }) as never,
  signal: (name: string, signal: string) => ["signal", name, signal] as never,
  signals: (name: string, signal: string) => ({ prefix: ["signal", name, signal] }) as never,
  allSignals: (name: string) => ({ prefix: ["signal", name] }) as never,
  cancel: (name: string) => ["cancel", name] as never,
  unit: (name: string) => ["unit", name] as never,
  units: () => ({ prefix: ["unit"] }) as never,
  fibers: () => ({ prefix: ["fiber"] }) as never,
} as const;

export interface StoredUnit {
  readonly code: Uint8Array;
  /** Nobody seemed to need it when it was last looked at. */
  readonly condemned: boolean;
}
