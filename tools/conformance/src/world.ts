/** The world that cases run in: a few ops with known answers, the standard ops in memory, and a log of all of it. */
import { type OpDeclaration, OpError, Resolver } from "@sorbus/io-resolver";
import { Condition, inspect, list, NIL, Raise, str, type Value } from "@sorbus/vm";
import { MemoryStore } from "./store.ts";

/** One effect as it went out and came back. */
export interface TraceEntry {
  /** `(test/ask 1)` */
  readonly request: string;
  /** `10`, `raise host "message"` or `never`. */
  readonly answer: string;
}

export function showEntry(entry: TraceEntry): string {
  return `${entry.request} -> ${entry.answer}`;
}

/** What a handler that never answers gives. */
const never: Promise<Value> = new Promise(() => {});

type Handler = (args: readonly Value[]) => Value | Promise<Value>;

/** Fresh for every run, so that runs are equal. */
export class World {
  /** All effects in order but for `console/print`. */
  readonly trace: TraceEntry[] = [];
  /** The lines that `console/print` wrote. */
  readonly output: string[] = [];
  /** Requests, also those for ops that nobody handles. */
  requests = 0;
  private readonly resolver: Resolver;
  private readonly store: MemoryStore = new MemoryStore();
  private counter = 0;
  private now = 1_700_000_000_000;
  private seed = 1;

  constructor() {
    this.resolver = new Resolver(
      Object.entries(this.handlers()).map(
        ([name, handler]): OpDeclaration => ({
          name,
          purity: "write",
          values: "raw",
          handler: (args) => this.traced(name, handler, args as readonly Value[]),
        }),
      ),
    );
  }

  /** The answer, or a promise of it. Throws what the program is to see raised: see `conditionOf`. */
  resolve(op: string, args: readonly Value[]): unknown {
    this.requests += 1;
    return this.resolver.resolve({ op, args });
  }

  /** The ops that are answered. */
  ops(): string[] {
    return this.resolver.ops().map(({ name }) => name);
  }

  private handlers(): Record<string, Handler> {
    return {
      "test/ask": ([n]) => (typeof n === "number" ? n * 10 : Number.NaN),
      "test/echo": ([x]) => x ?? NIL,
      "test/fail": ([message]) => {
        throw new Raise(new Condition("host", str(message ?? NIL), list()));
      },
      "test/counter": () => this.counter++,
      "test/never": () => never,
      "console/print": (args) => {
        this.output.push(...args.map(str).join(" ").split("\n"));
        return NIL;
      },
      ...this.store.handlers(never),
      "time/now": () => (this.now += 1000),
      // A small linear congruential generator: any known sequence does.
      "random/int": ([n]) => {
        this.seed = (Math.imul(this.seed, 1_103_515_245) + 12_345) & 0x7fffffff;
        return this.seed % Number(n);
      },
      "async/sleep": () => NIL,
    };
  }

  private traced(op: string, handler: Handler, args: readonly Value[]): Value | Promise<Value> {
    const request = `(${[op, ...args.map(inspect)].join(" ")})`;
    const note = (answer: string): void => {
      if (op !== "console/print") this.trace.push({ request, answer });
    };
    try {
      const answer = handler(args);
      note(answer === never ? "never" : inspect(answer as Value));
      return answer;
    } catch (error) {
      const condition = conditionOf(error);
      note(
        condition instanceof Condition
          ? `raise ${condition.kind} ${inspect(condition.message)}`
          : `raise ${inspect(condition)}`,
      );
      throw error;
    }
  }
}

/** What the program sees raised for an error that a resolver threw. */
export function conditionOf(error: unknown): Value {
  if (error instanceof Raise) return error.payload;
  if (error instanceof OpError)
    return new Condition(error.kind, error.message, list(...(error.data as Value[])));
  throw error;
}
