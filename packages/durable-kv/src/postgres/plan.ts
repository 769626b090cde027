/**
 * What a group of atomics comes to, worked out here from what the server has said about the keys that matter:
 * for servers that have no function for it, and for sums. Pure: no server in it.
 */
import type { PackedAtomic, PackedChange, PackedCheck, PackedResult } from "../engine.ts";
import { KvError } from "../errors.ts";
import { type ByteRange, compareBytes, stampedKey, within } from "../key.ts";
import { sum } from "../value.ts";

/** What an atomic's checks and changes depend on: what has to be asked, with the lock held. */
export interface Questions {
  /** Keys of which the version and the expiry are needed, and of some also the value. */
  readonly keys: Uint8Array[];
  readonly valuesOf: Uint8Array[];
  /** Ranges of which all keys are needed. */
  readonly ranges: ByteRange[];
  /** Whether something has changed in these ranges after these versions, and which of their keys have expired. */
  readonly checks: (ByteRange & { readonly version: number })[];
  readonly names: string[];
}

export interface Known {
  readonly version: number;
  readonly trimmed: number;
  /** Of the keys that were asked for and exist; a value where it was. */
  readonly rows: readonly KnownRow[];
  /** In the order of `Questions.checks`. */
  readonly changed: readonly boolean[];
  /** Keys that have expired: some, and all in the ranges of checks. */
  readonly expired: readonly KnownRow[];
  readonly names: ReadonlyMap<string, number>;
}

export interface KnownRow {
  readonly key: Uint8Array;
  readonly version: number;
  readonly expires: number | null;
  readonly value?: Uint8Array | undefined;
}

export interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: number;
  readonly expires: number | null;
}

export interface Plan {
  readonly results: PackedResult[];
  /** After the group. */
  readonly version: number;
  readonly writes: Write[];
  readonly deletions: Uint8Array[];
  readonly log: { readonly version: number; readonly key: Uint8Array; readonly deleted: boolean }[];
  readonly names: { readonly id: string; readonly version: number }[];
}

export function questionsOf(atomics: readonly PackedAtomic[]): Questions {
  const questions: Questions = { keys: [], valuesOf: [], ranges: [], checks: [], names: [] };
  for (const { txnId, checks, changes } of atomics) {
    if (txnId !== undefined) questions.names.push(txnId);
    for (const check of checks) {
      if (check.type === "key") questions.keys.push(check.key);
      else questions.checks.push(check);
    }
    for (const change of changes) {
      switch (change.op) {
        case "delete":
          questions.keys.push(change.key);
          break;
        case "add":
          questions.valuesOf.push(change.key);
          break;
        case "delete-range":
          questions.ranges.push(change);
          break;
        case "set":
        case "set-versionstamped":
          break;
        default:
          change satisfies never;
      }
    }
  }
  return questions;
}

export function planOf(atomics: readonly PackedAtomic[], known: Known, now: number): Plan {
  const planner = new Planner(known, now);
  const results = atomics.map((atomic) => planner.atomic(atomic));
  planner.sweep();
  return planner.plan(results);
}

/** What is known of a key: before the group and after its atomics so far. */
interface Entry {
  readonly key: Uint8Array;
  readonly existed: boolean;
  now: { value: Uint8Array | undefined; version: number; expires: number | null } | undefined;
  touched: boolean;
}

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");

class Planner {
  readonly #known: Known;
  readonly #time: number;
  readonly #entries = new Map<string, Entry>();
  #version: number;
  #check = 0;
  readonly #log: Plan["log"] = [];
  readonly #names = new Map<string, number>();
  readonly #newNames: { id: string; version: number }[] = [];

  constructor(known: Known, time: number) {
    this.#known = known;
    this.#time = time;
    this.#version = known.version;
    for (const [id, version] of known.names) this.#names.set(id, version);
    for (const { key, value, version, expires } of [...known.rows, ...known.expired]) {
      const name = nameOf(key);
      // A key that was asked for twice, once with its value.
      if (this.#entries.get(name)?.now?.value !== undefined) continue;
      this.#entries.set(name, { key, existed: true, now: { value, version, expires }, touched: false });
    }
  }

  atomic({ txnId, checks, changes }: PackedAtomic): PackedResult {
    // Each check of a range has its answer in `changed`, whether it is looked at or not.
    const first = this.#check;
    this.#check += checks.filter(({ type }) => type === "range").length;
    const before = txnId === undefined ? undefined : this.#names.get(txnId);
    if (before !== undefined) return { type: "ok", version: before };
    let range = first;
    for (const [index, check] of checks.entries()) {
      const holds = check.type === "key" ? this.#holds(check) : this.#unchanged(check, range++);
      if (!holds) return { type: "conflict", check: index };
    }
    if (changes.length === 0 && txnId === undefined) return { type: "ok", version: this.#version };

    const logged = this.#log.length;
    const undo: (() => void)[] = [];
    this.#version++;
    try {
      for (const change of changes) this.#change(change, undo);
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      for (const step of undo.reverse()) step();
      this.#log.length = logged;
      this.#version--;
      return { type: "error", code: error.code, message: error.message };
    }
    if (txnId !== undefined) {
      this.#names.set(txnId, this.#version);
      this.#newNames.push({ id: txnId, version: this.#version });
    }
    return { type: "ok", version: this.#version };
  }

  #holds(check: PackedCheck & { readonly type: "key" }): boolean {
    return (this.#alive(check.key)?.version ?? 0) === check.version;
  }

  #unchanged(check: PackedCheck & { readonly type: "range" }, index: number): boolean {
    if (check.version < this.#known.trimmed) return false;
    const gone = this.#expired((entry) => within(entry.key, check));
    if (gone.length > 0) {
      this.#version++;
      for (const entry of gone) this.#remove(entry);
    }
    return (
      this.#known.changed[index] === false &&
      !this.#log.some(({ key, version }) => version > check.version && within(key, check))
    );
  }

  #change(change: PackedChange, undo: (() => void)[]): void {
    switch (change.op) {
      case "set":
        this.#set(change.key, change.value, change.expires, undo);
        return;
      case "set-versionstamped":
        this.#set(stampedKey(change.prefix, this.#version, change.order), change.value, null, undo);
        return;
      case "delete": {
        const entry = this.#entries.get(nameOf(change.key));
        if (entry?.now !== undefined) this.#remove(entry, undo);
        return;
      }
      case "delete-range":
        for (const entry of this.#sorted(({ key, now }) => now !== undefined && within(key, change)))
          this.#remove(entry, undo);
        return;
      case "add": {
        const found = this.#alive(change.key);
        this.#set(change.key, sum(change.key, found?.value, change.n), found?.expires ?? null, undo);
        return;
      }
      default:
        change satisfies never;
    }
  }

  #alive(key: Uint8Array): Entry["now"] {
    const entry = this.#entries.get(nameOf(key));
    return entry === undefined || this.#hasExpired(entry) ? undefined : entry.now;
  }

  #hasExpired({ now }: Entry): boolean {
    return now !== undefined && now.expires !== null && now.expires <= this.#time;
  }

  #sorted(which: (entry: Entry) => boolean): Entry[] {
    return [...this.#entries.values()].filter(which).sort((a, b) => compareBytes(a.key, b.key));
  }

  /** By time. */
  #expired(which: (entry: Entry) => boolean): Entry[] {
    const time = ({ now }: Entry): number => now?.expires ?? 0;
    return this.#sorted((entry) => this.#hasExpired(entry) && which(entry)).sort((a, b) => time(a) - time(b));
  }

  #set(key: Uint8Array, value: Uint8Array, expires: number | null, undo: (() => void)[]): void {
    const name = nameOf(key);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { key, existed: false, now: undefined, touched: false };
      this.#entries.set(name, entry);
    }
    remember(entry, undo);
    entry.now = { value, version: this.#version, expires };
    entry.touched = true;
    this.#log.push({ version: this.#version, key, deleted: false });
  }

  #remove(entry: Entry, undo?: (() => void)[]): void {
    if (undo !== undefined) remember(entry, undo);
    entry.now = undefined;
    entry.touched = true;
    this.#log.push({ version: this.#version, key: entry.key, deleted: true });
  }

  /** Removes what has expired, which readers no longer see. Only with commits: else nothing grows. */
  sweep(): void {
    const gone = this.#expired(() => true);
    if (gone.length === 0) return;
    this.#version++;
    for (const entry of gone) this.#remove(entry);
  }

  plan(results: PackedResult[]): Plan {
    const writes: Write[] = [];
    const deletions: Uint8Array[] = [];
    for (const { key, existed, now, touched } of this.#entries.values()) {
      if (!touched) continue;
      if (now?.value !== undefined) writes.push({ key, ...now, value: now.value });
      else if (existed) deletions.push(key);
    }
    return { results, version: this.#version, writes, deletions, log: this.#log, names: this.#newNames };
  }
}

function remember(entry: Entry, undo: (() => void)[]): void {
  const { now, touched } = entry;
  undo.push(() => {
    entry.now = now;
    entry.touched = touched;
  });
}
