/** A plan of faults, spent as their points are reached. Plain data, so that it crosses to the committer's thread. */
import type { Fault, FaultPoint } from "./engine.ts";

export class Faults {
  readonly #plan: readonly Fault[];
  readonly #reached = new Map<FaultPoint, number>();

  constructor(plan: readonly Fault[] = []) {
    this.#plan = plan;
  }

  /** Whether the plan has a fault for this time. */
  at(point: FaultPoint): Fault | undefined {
    if (this.#plan.length === 0) return undefined;
    const times = (this.#reached.get(point) ?? 0) + 1;
    this.#reached.set(point, times);
    return this.#plan.find((fault) => fault.at === point && (fault.nth ?? 1) === times);
  }
}
