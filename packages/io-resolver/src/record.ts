/**
 * Record and replay: what each run asked for and what it was told, in the order in which it happened, so that
 * another run of the same program can be told the same, in the same order, with no handler involved.
 *
 * A run is what a request's `scope` names. Runs beside each other, such as the requests to a server, are recorded
 * each for itself: how they were interleaved is not repeated.
 */
import { isPromise } from "./layer.ts";
import { type OpDeclaration, OpError, type OpRequest } from "./op.ts";
import { plainText } from "./plain.ts";
import type { Recorder } from "./resolver.ts";

/** One line of a log. Plain data. `id` counts requests from 0, `run` runs; absent: 0. */
export type LogEntry =
  | {
      readonly type: "request";
      readonly id: number;
      readonly run?: number;
      readonly op: string;
      readonly args: readonly unknown[];
    }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly run?: number;
      readonly inline: boolean;
      readonly value: unknown;
    }
  | {
      readonly type: "error";
      readonly id: number;
      readonly run?: number;
      readonly inline: boolean;
      readonly kind: string;
      readonly message: string;
      readonly data: readonly unknown[];
    };

/** Stands for the run of requests that name none. */
const NO_SCOPE: object = {};

/**
 * A recorder that asks the handlers and hands each entry to `write`, in the order of events. An op whose values
 * are the engine's own and that has no codec is refused while it records.
 */
export function record(write: (entry: LogEntry) => void): Recorder {
  let requests = 0;
  let runs = 0;
  const numbers = new WeakMap<object, number>();
  const runOf = (scope: object = NO_SCOPE): number => {
    const known = numbers.get(scope) ?? runs++;
    numbers.set(scope, known);
    return known;
  };
  return {
    answer(request, declaration, ask) {
      needPlain(declaration);
      const id = requests++;
      const run = runOf(request.scope);
      write({ type: "request", id, run, op: request.op, args: request.args });
      const answered = (value: unknown, inline: boolean): unknown => {
        write({ type: "answer", id, run, inline, value: value === undefined ? null : value });
        return value;
      };
      const failed = (error: unknown, inline: boolean): never => {
        write({ type: "error", id, run, inline, ...partsOf(error) });
        throw error;
      };
      let value: unknown;
      try {
        value = ask();
      } catch (error) {
        return failed(error, true);
      }
      if (!isPromise(value)) return answered(value, true);
      return value.then(
        (later) => answered(later, false),
        (error: unknown) => failed(error, false),
      );
    },
  };
}

function needPlain({ name, values, codec }: OpDeclaration): void {
  if (values !== "raw" || codec !== undefined) return;
  throw new OpError(
    "op",
    `:${name} cannot be recorded: it works on the engine's own values and has no codec`,
    [name],
  );
}

/** What of an error a program can see. Conditions of an engine have the same parts as `OpError`s. */
function partsOf(error: unknown): { kind: string; message: string; data: readonly unknown[] } {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error !== "object" || error === null) return { kind: "host", message, data: [] };
  const { kind, data } = error as { kind?: unknown; data?: unknown };
  return typeof kind === "string" && Array.isArray(data)
    ? { kind, message, data }
    : { kind: "host", message, data: [] };
}

/** A recorder that answers from a log. */
export interface Replay extends Recorder {
  /** Requests of the log that have not been made: 0 when the replay was complete. */
  unasked(): number;
}

export interface ReplayOptions {
  /**
   * Ops whose handlers are called all the same, though what they answer is not what the program is told: what a
   * person is to see again, such as `console/print`. Default: none.
   */
  readonly perform?: (op: string) => boolean;
}

/** What is left of the log of one run. */
interface RunLog {
  readonly entries: readonly LogEntry[];
  next: number;
  readonly waiting: Map<number, (entry: LogEntry) => void>;
}

/**
 * A recorder that answers from a log. What was answered inline is answered inline; promises settle in the
 * recorded order, each once the program has made every request of its run that preceded it in the log.
 *
 * A run follows the first recorded run that no other follows and that began with the same request. A request that
 * differs from the recorded one throws an `OpError` of kind "op" that shows both.
 */
export function replay(log: readonly LogEntry[], { perform = () => false }: ReplayOptions = {}): Replay {
  const logs = new Map<number, LogEntry[]>();
  for (const entry of log) {
    const { run = 0 } = entry;
    const entries = logs.get(run);
    if (entries === undefined) logs.set(run, [entry]);
    else entries.push(entry);
  }
  const unclaimed = new Set<RunLog>();
  const all: RunLog[] = [];
  for (const entries of logs.values()) {
    const one: RunLog = { entries, next: 0, waiting: new Map() };
    all.push(one);
    unclaimed.add(one);
  }
  const claimed = new WeakMap<object, RunLog>();

  const runOf = (request: OpRequest): RunLog => {
    const { scope = NO_SCOPE } = request;
    const known = claimed.get(scope);
    if (known !== undefined) return known;
    let found: RunLog | undefined;
    for (const one of unclaimed) {
      const [first] = one.entries;
      if (first?.type === "request" && isSame(request, first)) {
        found = one;
        break;
      }
    }
    // The first that is left shows what was expected.
    for (const one of unclaimed) found ??= one;
    if (found === undefined) throw diverged(request, undefined);
    unclaimed.delete(found);
    claimed.set(scope, found);
    return found;
  };

  return {
    unasked: () =>
      all.reduce(
        (sum, { entries, next }) => sum + entries.slice(next).filter(({ type }) => type === "request").length,
        0,
      ),
    answer(request, declaration, ask) {
      needPlain(declaration);
      const run = runOf(request);
      const recorded = run.entries[run.next];
      if (recorded?.type !== "request" || !isSame(request, recorded)) throw diverged(request, recorded);
      if (perform(request.op)) ask();
      run.next++;
      const answer = run.entries[run.next];
      if (answer !== undefined && answer.type !== "request" && answer.id === recorded.id && answer.inline) {
        run.next++;
        // The program goes on with this answer first; what was settled after it follows when it waits.
        queueMicrotask(() => deliver(run));
        return told(answer);
      }
      queueMicrotask(() => deliver(run));
      return new Promise((resolve, reject) => {
        run.waiting.set(recorded.id, (entry) => {
          try {
            resolve(told(entry));
          } catch (error) {
            reject(error);
          }
        });
      });
    },
  };
}

/** Settles what the log says was settled next, up to the next request of the run. */
function deliver(run: RunLog): void {
  for (;;) {
    const entry = run.entries[run.next];
    if (entry === undefined || entry.type === "request") return;
    const settle = run.waiting.get(entry.id);
    if (settle === undefined) return;
    run.waiting.delete(entry.id);
    run.next++;
    settle(entry);
  }
}

function told(entry: LogEntry): unknown {
  if (entry.type === "answer") return entry.value;
  if (entry.type === "error") throw new OpError(entry.kind, entry.message, entry.data);
  throw new TypeError("A request is no answer");
}

function isSame(request: OpRequest, recorded: LogEntry & { type: "request" }): boolean {
  return request.op === recorded.op && plainText(request.args) === plainText(recorded.args);
}

function diverged(request: OpRequest, recorded: LogEntry | undefined): OpError {
  const message =
    recorded?.type === "request"
      ? `the log has ${show(recorded.op, recorded.args)}, the program asks ${show(request.op, request.args)}`
      : `the log has no request where :${request.op} is asked`;
  return new OpError("op", `The replay has diverged: ${message}`, [request.op, ...request.args]);
}

const show = (op: string, args: readonly unknown[]): string =>
  `(:${[op, ...args.map((arg) => plainText(arg) ?? "?")].join(" ")})`;
