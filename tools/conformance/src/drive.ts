/**
 * Runs one fiber to its end under one way of answering. The ways differ in when and in which order
 * answers come, and in what happens to the fiber meanwhile; a program must not be able to tell.
 */
import { isPromise } from "@sorbus/io-resolver";
import type { EngineFiber, Request, Value } from "@sorbus/vm";
import { conditionOf, type World } from "./world.ts";

/**
 * - `inline`: every answer at once, in the order of asking (but for sleepers)
 * - `suspend`: one answer at a time, the request asked last first
 * - `async`: one answer at a time, each in a later turn of the event loop
 * - `freeze`: before each answer the fiber becomes bytes and is thawed from them
 */
export const ANSWERS = ["inline", "suspend", "async", "freeze"] as const;
export type Answers = (typeof ANSWERS)[number];

export type Result =
  | { readonly type: "done"; readonly value: Value }
  | { readonly type: "raised"; readonly condition: Value };

type Answer = { readonly value: Value } | { readonly condition: Value };

interface Pending {
  readonly id: number;
  readonly answer: Answer;
  /**
   * When it can be answered, on a clock that moves only while nothing else can happen: 0 but for
   * `async/sleep`. So a timeout expires only where its body sleeps longer or waits for ever.
   */
  readonly due: number;
}

/** Nothing can go on: all that is still asked for is never answered. */
export class Deadlock extends Error {
  constructor() {
    super("the fiber waits for answers that never come");
    this.name = "Deadlock";
  }
}

/** More turns than any case needs: a program that never ends, without a limit of its own. */
export class OutOfFuel extends Error {
  constructor(fuel: number) {
    super(`the program has not ended after ${fuel} calls or ${fuel / 100} effects`);
    this.name = "OutOfFuel";
  }
}

export interface DriveOptions {
  readonly answers: Answers;
  readonly world: World;
  /** Calls and loop iterations between two effects, or a hundredth as many effects, make a run endless. */
  readonly fuel: number;
  readonly thaw: (bytes: Uint8Array) => EngineFiber;
}

/** @throws Deadlock, OutOfFuel, and whatever an engine must not throw */
export async function drive(start: EngineFiber, options: DriveOptions): Promise<Result> {
  const { answers, world, fuel, thaw } = options;
  const pending: Pending[] = [];
  let fiber = start;
  let now = 0;
  for (;;) {
    const step = fiber.run(fuel);
    switch (step.type) {
      case "done":
        return { type: "done", value: step.value };
      case "raised":
        return { type: "raised", condition: step.condition };
      case "fuel":
        throw new OutOfFuel(fuel);
      case "performed":
        break;
      default:
        step satisfies never;
    }
    for (const id of step.cancelled) {
      const at = pending.findIndex((p) => p.id === id);
      if (at >= 0) pending.splice(at, 1);
    }
    for (const request of step.requests) {
      const asked = ask(world, request, now);
      if (asked !== undefined) pending.push(asked);
    }
    if (pending.length === 0) throw new Deadlock();
    if (world.requests > fuel / 100) throw new OutOfFuel(fuel);
    if (answers === "freeze") fiber = thaw(fiber.freeze());
    if (answers === "async") await turn();
    const chosen = take(pending, answers);
    for (const one of chosen) {
      now = Math.max(now, one.due);
      give(fiber, one);
    }
  }
}

/** Undefined: never answered. */
function ask(world: World, request: Request, now: number): Pending | undefined {
  const due = request.op === "async/sleep" ? now + Math.max(1, Number(request.args[0])) : 0;
  let answer: Answer;
  try {
    const value = world.resolve(request.op, request.args);
    if (isPromise(value)) return undefined;
    answer = { value: value as Value };
  } catch (error) {
    answer = { condition: conditionOf(error) };
  }
  return { id: request.id, answer, due };
}

/** What is answered next, taken out: at least one. */
function take(pending: Pending[], answers: Answers): Pending[] {
  if (answers === "inline" && pending.some((p) => p.due === 0)) {
    const ready = pending.filter((p) => p.due === 0);
    pending.splice(0, Number.POSITIVE_INFINITY, ...pending.filter((p) => p.due > 0));
    return ready;
  }
  const order = answers === "suspend" ? pending.toReversed() : pending;
  const next = order.reduce((best, p) => (p.due < best.due ? p : best));
  pending.splice(pending.indexOf(next), 1);
  return [next];
}

function give(fiber: EngineFiber, { id, answer }: Pending): void {
  if ("value" in answer) fiber.resume(id, answer.value);
  else fiber.resumeRaise(id, answer.condition);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
