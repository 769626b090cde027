/**
 * Record and replay: what a run asked for and what it was told, in the order in which it happened, so that
 * another run of the same program can be told the same, in the same order, with no handler involved.
 */
import { type OpDeclaration, OpError, type OpRequest } from "./op.ts";
import { isPromise, type Recorder } from "./resolver.ts";

/** One line of a log. Plain data, if the op's values are `plain`. `id` counts requests from 0. */
export type LogEntry =
  | { readonly type: "request"; readonly id: number; readonly op: string; readonly args: readonly unknown[] }
  | { readonly type: "answer"; readonly id: number; readonly inline: boolean; readonly value: unknown }
  | {
      readonly type: "error";
      readonly id: number;
      readonly inline: boolean;
      readonly kind: string;
      readonly message: string;
      readonly data: readonly unknown[];
    };

/** A recorder that asks the handlers and hands each entry to `write`, in the order of events. */
export function record(write: (entry: LogEntry) => void): Recorder {
  let requests = 0;
  return {
    answer(request, _declaration, ask) {
      const id = requests++;
      write({ type: "request", id, op: request.op, args: request.args });
      const answered = (value: unknown, inline: boolean): unknown => {
        write({ type: "answer", id, inline, value });
        return value;
      };
      const failed = (error: unknown, inline: boolean): never => {
        const { kind, data } = error instanceof OpError ? error : { kind: "host", data: [] };
        const message = error instanceof Error ? error.message : String(error);
        write({ type: "error", id, inline, kind, message, data });
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

/**
 * A recorder that answers from a log. What was answered inline is answered inline; promises settle in the
 * recorded order, each once the program has made every request that preceded it in the log.
 *
 * A request that differs from the recorded one throws an `OpError` of kind "op" that shows both. Arguments
 * are compared as JSON, and only of ops with plain values.
 */
export function replay(log: readonly LogEntry[]): Recorder {
  const waiting = new Map<number, (entry: LogEntry) => void>();
  let next = 0;

  /** Settles what the log says was settled next, up to the next request of the program. */
  const deliver = (): void => {
    for (let entry = log[next]; entry !== undefined && entry.type !== "request"; entry = log[next]) {
      const settle = waiting.get(entry.id);
      if (settle === undefined) return;
      waiting.delete(entry.id);
      next++;
      settle(entry);
    }
  };

  return {
    answer(request, declaration) {
      const recorded = log[next];
      if (recorded?.type !== "request") {
        throw new OpError(
          "op",
          `The replay has diverged: the log has no request where :${request.op} is asked`,
          [request.op],
        );
      }
      compare(request, declaration, recorded);
      next++;
      const answer = log[next];
      if (answer !== undefined && answer.type !== "request" && answer.id === recorded.id && answer.inline) {
        next++;
        // The program goes on with this answer first; what was settled after it follows when it waits.
        queueMicrotask(deliver);
        return told(answer);
      }
      queueMicrotask(deliver);
      return new Promise((resolve, reject) => {
        waiting.set(recorded.id, (entry) => {
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

function told(entry: LogEntry): unknown {
  if (entry.type === "answer") return entry.value;
  if (entry.type === "error") throw new OpError(entry.kind, entry.message, entry.data);
  throw new TypeError("A request is no answer");
}

function compare(
  request: OpRequest,
  declaration: OpDeclaration,
  recorded: LogEntry & { type: "request" },
): void {
  const same =
    request.op === recorded.op &&
    (declaration.values === "raw" || json(request.args) === json(recorded.args));
  if (same) return;
  const show = (op: string, args: readonly unknown[]): string => `(:${[op, ...args.map(json)].join(" ")})`;
  throw new OpError(
    "op",
    `The replay has diverged: the log has ${show(recorded.op, recorded.args)}, the program asks ${show(request.op, request.args)}`,
    [request.op, ...request.args],
  );
}

function json(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === "bigint" ? `${v}n` : v)) ?? "nil";
}
