/** The reference evaluator as a tier: what a runtime needs to run programs on it. */
import type { Unit } from "@sorbus/compiler";
import type { Limits, MachineHost, Value } from "@sorbus/vm";
import { Cek } from "./engine.ts";

export interface CekTier {
  readonly engine: Cek;
  /** The function that a core unit defines. @throws Error for a unit that defines none */
  instantiate(unit: Unit): Value;
  /** A function of no arguments that evaluates the unit. */
  thunk(unit: Unit): Value;
}

/** For `createRuntime({ tier: cekTier })`. */
export function cekTier(host: MachineHost, limits: Limits): CekTier {
  const engine = new Cek(host, limits);
  return {
    engine,
    instantiate: (unit) => engine.instantiate(unit),
    thunk: (unit) => engine.thunk(unit),
  };
}
