/**
 * What every tier offers to its host: the reference evaluator, the VM and the JIT are each an
 * `Engine`, and a run of any of them is driven through the same `EngineFiber`.
 */
import type { UnitCode } from "../bytecode/code.ts";
import type { ConditionSpan, Value } from "../heap/value.ts";

/** What a program asks of the world with `perform`. */
export interface Request {
  /** Unique within its fiber tree: the answer names it. */
  readonly id: number;
  readonly op: string;
  readonly args: readonly Value[];
  /** The place of the `perform`. */
  readonly span: ConditionSpan | undefined;
}

export type Step =
  | { readonly type: "done"; readonly value: Value }
  /** An uncaught condition (any value may be raised). */
  | { readonly type: "raised"; readonly condition: Value }
  /**
   * Nothing more can happen until one of the outstanding requests is answered. `requests` are those
   * asked since the last step (several when child fibers asked in the same turn, none when an
   * earlier one is still open); `cancelled` the ids whose answers are no longer wanted.
   */
  | {
      readonly type: "performed";
      readonly requests: readonly Request[];
      readonly cancelled: readonly number[];
    }
  /** The fuel given to `run` is used up; `run` again goes on. */
  | { readonly type: "fuel" };

/** Bounds of one run, each with its own condition of kind "limit". Absent: unlimited. */
export interface Limits {
  /** Calls and loop iterations. */
  readonly steps?: number;
  /** Bytes reachable from the fiber, and its stack; approximate. */
  readonly memory?: number;
  /** Wall-clock milliseconds, by the `now` that the engine was given. */
  readonly time?: number;
}

export interface RunStats {
  /** Instructions (VM) or machine steps (reference evaluator). */
  instructions: number;
  /** Times the run left the engine with a request. */
  suspensions: number;
  /** Calls and loop iterations, those of child fibers included: what the step limit counts. */
  calls: number;
}

export interface FreezeOptions {
  /**
   * "values": the globals of the program go along, and a thaw sets them again: the fiber is the whole program.
   * "reference": they are named, and what is thawed sees those of the program that it wakes up in: one fiber of many.
   * Default "values".
   */
  readonly globals?: "values" | "reference";
  /** Told of each unit, once, whose code is needed to thaw: see `packUnit`. Called by the VM only. */
  readonly onUnit?: (unit: UnitCode) => void;
}

export interface ThawOptions {
  readonly limits?: Limits | undefined;
  /** Code that the program itself no longer has. */
  readonly unit?: (id: string, hash: string) => UnitCode | undefined;
}

/** One program in progress, with its child fibers. Plain data between two `run`s. */
export interface EngineFiber {
  /**
   * Runs until the program is done, has raised, waits for answers, or has used up `fuel` (calls and
   * loop iterations; default: no bound). After done or raised it returns the same step again.
   */
  run(fuel?: number): Step;
  /** Answers a request. @throws RangeError for an id that is not outstanding. */
  resume(id: number, value: Value): void;
  /** Answers a request by raising `condition` at the `perform`. */
  resumeRaise(id: number, condition: Value): void;
  /** Raises `reason` at whatever the fiber is doing; `dynamic-wind` exits run, `guard`s do not catch it. */
  cancel(reason: Value): void;
  /** The whole fiber tree as bytes. @throws Raise kind "host" naming what cannot be frozen. */
  freeze(options?: FreezeOptions): Uint8Array;
  readonly stats: RunStats;
}

/** A tier: runs what the compiler's front end made. `U` is what it takes for a unit. */
export interface Engine<U = unknown> {
  readonly name: string;
  /** A fiber that evaluates a top-level unit; its value is the unit's value. */
  evaluate(unit: U, limits?: Limits): EngineFiber;
  /** A fiber that calls an SX function. */
  call(fn: Value, args: readonly Value[], limits?: Limits): EngineFiber;
  /**
   * A frozen fiber again, in this or another process that has the same code, or is given what it lacks.
   * @throws CorruptBytes; RangeError when code or globals of it are missing here
   */
  thaw(bytes: Uint8Array, options?: ThawOptions): EngineFiber;
  /** Any values as bytes, functions and continuations too. @throws Raise kind "host" naming what cannot be frozen */
  freezeValues(values: readonly Value[], options?: FreezeOptions): Uint8Array;
  /** What `freezeValues` made. @throws as `thaw` */
  thawValues(bytes: Uint8Array, options?: ThawOptions): Value[];
}
