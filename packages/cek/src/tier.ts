/** The reference evaluator as a tier: what a runtime needs to run programs on it. */
import type { Core, Unit } from "@sorbus/compiler";
import type { Limits, MachineHost, Value } from "@sorbus/vm";
import { CekClosure } from "./closure.ts";
import { Cek } from "./engine.ts";

export interface CekTier {
  readonly engine: Cek;
  /** The function that a core unit defines. @throws RangeError for a unit that defines none */
  instantiate(unit: Unit): Value;
  /** A function of no arguments that evaluates the unit. */
  thunk(unit: Unit): Value;
}

/** For `createRuntime({ tier: cekTier })`. */
export function cekTier(host: MachineHost, limits: Limits): CekTier {
  return {
    engine: new Cek(host, limits),
    instantiate(unit) {
      const { core } = unit;
      if (core.op !== "define" || core.value.op !== "lambda") {
        throw new RangeError(`${unit.id} does not define a function`);
      }
      return new CekClosure(core.value, null, unit);
    },
    thunk: (unit) => new CekClosure(nullary(unit.core), null, unit),
  };
}

function nullary(body: Core): Core & { op: "lambda" } {
  return {
    op: "lambda",
    form: body.form,
    name: "",
    kind: "function",
    required: [],
    optional: [],
    rest: undefined,
    keys: [],
    body,
  };
}
