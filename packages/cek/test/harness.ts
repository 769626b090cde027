/** Runs programs on the reference evaluator, with a table of ops that answers at once. */
import { Program } from "@sorbus/cek";
import {
  Condition,
  condition,
  type EngineFiber,
  inspect,
  type Limits,
  NIL,
  Raise,
  type Request,
  type Value,
} from "@sorbus/vm";

export type Ops = Readonly<Record<string, (...args: readonly Value[]) => Value>>;

/** What came of a program. */
export interface Outcome {
  /** `inspect` of the value of the last form, or the condition as `kind: message`. */
  readonly value: string;
  /** The ops asked for, in order, as `(op arg…)`. */
  readonly trace: readonly string[];
  readonly condition?: Value;
}

export class World extends Program {
  readonly trace: string[] = [];
  private readonly ops: Ops;
  /** Freezes and thaws a fiber whenever it waits. */
  private readonly freezes: boolean;

  constructor(ops: Ops = {}, freezes = false, limits: Limits = {}) {
    super(limits);
    this.ops = ops;
    this.freezes = freezes;
  }

  /** Answers requests until the fiber has ended. */
  drive(started: EngineFiber): Outcome {
    let fiber = started;
    for (;;) {
      const step = fiber.run();
      switch (step.type) {
        case "done":
          return { value: inspect(step.value), trace: this.trace };
        case "raised":
          return { value: shown(step.condition), trace: this.trace, condition: step.condition };
        case "performed":
          if (step.requests.length === 0) return { value: "waiting", trace: this.trace };
          if (this.freezes) fiber = this.cek.thaw(fiber.freeze());
          for (const request of step.requests) this.answer(request, fiber);
          break;
        case "fuel":
          throw new Error("out of fuel");
        default:
          step satisfies never;
      }
    }
  }

  /** Answers from the table; :test/hang never. */
  answer(request: Request, fiber: EngineFiber): void {
    this.trace.push(`(${[request.op, ...request.args.map((arg) => inspect(arg))].join(" ")})`);
    if (request.op === "test/hang") return;
    const op = this.ops[request.op];
    try {
      if (op === undefined) throw new Raise(condition("op", `nobody handles ${request.op}`));
      fiber.resume(request.id, op(...request.args));
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      fiber.resumeRaise(request.id, error.payload);
    }
  }

  /** Runs the forms of a text one after the other. */
  run(text: string): Outcome {
    let outcome: Outcome = { value: inspect(NIL), trace: this.trace };
    try {
      for (const fiber of this.fibers(text, "test.sx")) {
        outcome = this.drive(fiber);
        if (outcome.condition !== undefined) break;
      }
      return outcome;
    } catch (error) {
      if (!(error instanceof Raise)) throw error;
      return { value: shown(error.payload), trace: this.trace, condition: error.payload };
    }
  }
}

function shown(raised: Value): string {
  return raised instanceof Condition ? `${raised.kind}: ${raised.message}` : `raised ${inspect(raised)}`;
}

/** Runs a program in a world of its own. */
export function run(text: string, ops: Ops = standardOps()): Outcome {
  return new World(ops).run(text);
}

/** The same with a stack that is full after some hundred calls. */
export function runSmall(text: string): Outcome {
  return new World(standardOps(), false, { memory: 60_000 }).run(text);
}

/** The same, with every fiber frozen and thawed whenever it waits for an answer. */
export function runFrozen(text: string, ops: Ops = standardOps()): Outcome {
  return new World(ops, true).run(text);
}

/** Ops of the tests. */
export function standardOps(): Ops {
  return {
    "async/sleep": () => NIL,
    "test/double": (n) => (n as number) * 2,
  };
}
