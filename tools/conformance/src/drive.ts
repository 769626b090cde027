/**
 * Runs one fiber to its end under one way of answering. The ways differ in when and in which order
 * answers come, and in what happens to the fiber meanwhile; a program must not be able to tell.
 */
import { isPromise } from "@sorbus/io-resolver";
import type { EngineFiber, Request, Value } from "@sorbus/vm";
import { conditionOf, type World } from "./world.ts";

/**
 * - `inline`: every answer at once, in the order of asking
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
  /** Milliseconds asked for with `async/sleep`; 0 for all else. Those that sleep are answered last. */
  readonly sleep: number;
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
    super(`the program has not ended after ${fuel} calls`);
    this.name = "OutOfFuel";
  }
}

export interface DriveOptions {
  readonly answers: Answers;
  readonly world: World;
  /** Calls and loop iterations after which a run counts as endless. */
  readonly fuel: number;
  readonly thaw: (bytes: Uint8Array) => EngineFiber;
}

/** @throws Deadlock, OutOfFuel, and whatever an engine must not throw */
export async function drive(start: EngineFiber, options: DriveOptions): Promise<Result> {
  const { answers, world, fuel, thaw } = options;
  const pending: Pending[] = [];
  let fiber = start;
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
      const asked = ask(world, request);
      if (asked !== undefined) pending.push(asked);
    }
    if (pending.length === 0) throw new Deadlock();
    if (answers === "freeze") fiber = thaw(fiber.freeze());
    if (answers === "async") await turn();
    const chosen = answers === "inline" ? pending.splice(0) : [take(pending, answers === "suspend")];
    for (const one of chosen) give(fiber, one);
  }
}

/** Undefined: never answered. */
function ask(world: World, request: Request): Pending | undefined {
  const sleep = request.op === "async/sleep" ? Math.max(1, Number(request.args[0])) : 0;
  let answer: Answer;
  try {
    const value = world.resolve(request.op, request.args);
    if (isPromise(value)) return undefined;
    answer = { value: value as Value };
  } catch (error) {
    answer = { condition: conditionOf(error) };
  }
  return { id: request.id, answer, sleep };
}

/** The next to be answered: who sleeps last, and then the shortest sleep first. */
function take(pending: Pending[], lastFirst: boolean): Pending {
  const order = lastFirst ? pending.toReversed() : pending;
  const next = order.reduce((best, p) => (p.sleep < best.sleep ? p : best));
  pending.splice(pending.indexOf(next), 1);
  return next;
}

function give(fiber: EngineFiber, { id, answer }: Pending): void {
  if ("value" in answer) fiber.resume(id, answer.value);
  else fiber.resumeRaise(id, answer.condition);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
