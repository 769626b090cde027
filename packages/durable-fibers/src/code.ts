/**
 * Values and code on their way to the store and back. What is frozen names code by unit and hash; the units are
 * stored once each, beside the fibers, and kept while a fiber needs them.
 */
import { type EngineFiber, packUnit, type UnitCode, unpackUnit, type Value } from "@sorbus/vm";
import type { Runtime } from "sorbus";
import { type FiberAtomic, type FiberStore, KEY, type StoredUnit } from "./store.ts";

/** Bytes, and the names of the units that they need. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly units: readonly string[];
}

const nameOf = (id: string, hash: string): string => `${hash} ${id}`;
/** Units that are kept unpacked. */
const MOST_CACHED = 5_000;

export class Code {
  readonly #store: FiberStore;
  readonly #runtime: Runtime;
  /** Units that were packed here or read from the store. */
  readonly #packed = new Map<string, Uint8Array>();
  /** Versions of those that are in the store. */
  readonly #stored = new Map<string, string>();
  readonly #unpacked = new Map<string, UnitCode>();

  constructor(store: FiberStore, runtime: Runtime) {
    this.#store = store;
    this.#runtime = runtime;
  }

  /** @throws Raise kind "host" for what cannot be frozen */
  freeze(fiber: EngineFiber): Packed {
    return this.#pack((onUnit) => fiber.freeze({ globals: "reference", onUnit }));
  }

  /** @throws Raise kind "host" for what cannot be frozen */
  pack(values: readonly Value[]): Packed {
    return this.#pack((onUnit) =>
      this.#runtime.engine.freezeValues(values, { globals: "reference", onUnit }),
    );
  }

  #pack(freeze: (onUnit: (unit: UnitCode) => void) => Uint8Array): Packed {
    const units: string[] = [];
    const bytes = freeze((unit) => {
      const name = nameOf(unit.id, unit.hash);
      units.push(name);
      if (!this.#packed.has(name)) this.#packed.set(name, packUnit(unit, this.#runtime.freezing));
    });
    return { bytes, units };
  }

  /** Makes units ready that `thaw` may need. @throws RangeError when one is not in the store */
  async fetch(units: readonly string[]): Promise<void> {
    const missing = units.filter((name) => !this.#packed.has(name));
    if (missing.length === 0) return;
    const entries = await this.#store.getMany(missing.map((name) => KEY.unit(name)) as never);
    entries.forEach((entry, i) => {
      const name = missing[i] as string;
      if (entry === null) throw new RangeError(`the stored code of ${name} is gone`);
      this.#packed.set(name, (entry.value as StoredUnit).code);
    });
  }

  thaw(bytes: Uint8Array): EngineFiber {
    return this.#runtime.engine.thaw(bytes, { unit: (id, hash) => this.#unit(id, hash) });
  }

  unpack(bytes: Uint8Array): Value[] {
    return this.#runtime.engine.thawValues(bytes, { unit: (id, hash) => this.#unit(id, hash) });
  }

  #unit(id: string, hash: string): UnitCode | undefined {
    const name = nameOf(id, hash);
    let unit = this.#unpacked.get(name);
    if (unit !== undefined) return unit;
    const packed = this.#packed.get(name);
    if (packed === undefined) return undefined;
    unit = unpackUnit(packed, this.#runtime.freezing);
    if (this.#unpacked.size >= MOST_CACHED) this.#unpacked.clear();
    this.#unpacked.set(name, unit);
    return unit;
  }

  /**
   * Adds to a commit what makes these units stay: those that are stored are checked to be there still, the others are
   * written. Call it again, after `forget`, when a check has failed.
   * @returns those that are written
   */
  async keep(atomic: FiberAtomic, units: Iterable<string>): Promise<string[]> {
    const all = [...new Set(units)];
    const unknown = all.filter((name) => !this.#stored.has(name));
    if (unknown.length > 0) {
      const entries = await this.#store.getMany(unknown.map((name) => KEY.unit(name)) as never);
      entries.forEach((entry, i) => {
        const name = unknown[i] as string;
        if (entry !== null && !(entry.value as StoredUnit).condemned) this.#stored.set(name, entry.version);
      });
    }
    const written: string[] = [];
    for (const name of all) {
      const version = this.#stored.get(name);
      if (version !== undefined) {
        atomic.check(KEY.unit(name), version as never);
        continue;
      }
      const code = this.#packed.get(name);
      if (code === undefined) throw new RangeError(`the code of ${name} is not here`);
      atomic.set(KEY.unit(name), { code, condemned: false } satisfies StoredUnit);
      written.push(name);
    }
    return written;
  }

  /** A commit of that version has written these units. */
  kept(units: readonly string[], version: string): void {
    for (const name of units) this.#stored.set(name, version);
  }

  /** What is known of the store may not be so any more. */
  forget(): void {
    this.#stored.clear();
  }
}
