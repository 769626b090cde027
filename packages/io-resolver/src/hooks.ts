/** What may look on while effects happen: counters and traces. */
import type { OpDeclaration, OpError, OpRequest } from "./op.ts";

/** How a request ended. */
export type Outcome =
  | { readonly type: "answer"; readonly value: unknown; readonly inline: boolean }
  | { readonly type: "error"; readonly error: unknown; readonly inline: boolean };

export interface Hooks {
  /**
   * Called for every request that passed its checks, before its handler. What it returns is called once
   * when the request has ended. It must not throw.
   */
  readonly onEffect?: (
    request: OpRequest,
    declaration: OpDeclaration,
  ) => ((outcome: Outcome) => void) | undefined;
  /** Called for a request that is refused: an unknown op, wrong arguments, something that was not granted. */
  readonly onRefused?: (request: OpRequest, error: OpError) => void;
}

/** Several hooks as one. */
export function hooks(...all: readonly Hooks[]): Hooks {
  return {
    onEffect: (request, declaration) => {
      const ends = all.map((each) => each.onEffect?.(request, declaration));
      return (outcome) => {
        for (const end of ends) end?.(outcome);
      };
    },
    onRefused: (request, error) => {
      for (const each of all) each.onRefused?.(request, error);
    },
  };
}

/** What has been counted of one op. */
export interface OpCounts {
  requests: number;
  answers: number;
  errors: number;
  refused: number;
  /** Requests that were answered in the turn in which they were made. */
  inline: number;
  /** Requests that have not ended. */
  open: number;
  /** Of the requests that have ended, in all. */
  milliseconds: number;
}

export interface Counters extends Hooks {
  /** By op. Refusals of unknown ops count under the name "". */
  readonly counts: ReadonlyMap<string, Readonly<OpCounts>>;
}

/** Counts by op. @param now milliseconds since some start */
export function counters(now: () => number = () => performance.now()): Counters {
  const counts = new Map<string, OpCounts>();
  const of = (op: string): OpCounts => {
    let known = counts.get(op);
    if (known === undefined) {
      known = { requests: 0, answers: 0, errors: 0, refused: 0, inline: 0, open: 0, milliseconds: 0 };
      counts.set(op, known);
    }
    return known;
  };
  return {
    counts,
    onEffect: ({ op }) => {
      const count = of(op);
      const start = now();
      count.requests++;
      count.open++;
      return ({ type, inline }) => {
        count.open--;
        count.milliseconds += now() - start;
        if (type === "answer") count.answers++;
        else count.errors++;
        if (inline) count.inline++;
      };
    },
    // A program may invent names without end.
    onRefused: ({ op }, { message }) => {
      of(message.startsWith("Nothing handles") ? "" : op).refused++;
    },
  };
}
