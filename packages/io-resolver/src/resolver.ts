/**
 * The one function that answers requests, for every path that a program may run on. It knows ops, not
 * engines: values pass through it untouched.
 */
import {
  type Arity,
  arityOf,
  type HandlerContext,
  type OpDeclaration,
  OpError,
  type OpRequest,
} from "./op.ts";
import { nearest } from "./suggest.ts";

/** How a request ended. */
export type Outcome =
  | { readonly type: "answer"; readonly value: unknown; readonly inline: boolean }
  | { readonly type: "error"; readonly error: unknown; readonly inline: boolean };

/** Sits between checks and handlers, and may answer instead of them: see `record` and `replay`. */
export interface Recorder {
  /**
   * @param declaration the op that is asked for
   * @param ask calls the handler; at most once
   * @returns the answer, or a promise of it; throws or rejects to raise
   */
  answer(request: OpRequest, declaration: OpDeclaration, ask: () => unknown): unknown;
}

export interface ResolverOptions {
  /**
   * Called for every request that passed its checks, before its handler. What it returns is called once
   * when the request has ended. For counters and traces; it must not throw.
   */
  readonly onEffect?: (request: OpRequest) => ((outcome: Outcome) => void) | undefined;
  readonly recorder?: Recorder;
}

interface Entry {
  readonly declaration: OpDeclaration;
  readonly arity: Arity | undefined;
}

/** Handed to handlers whose request cannot be cancelled. */
const NEVER: AbortSignal = new AbortController().signal;

/** An immutable table of ops, and what answers a request for one. */
export class Resolver {
  readonly #entries = new Map<string, Entry>();
  readonly #options: ResolverOptions;

  /** @throws TypeError when two declarations have one name, or one has malformed parameters */
  constructor(ops: Iterable<OpDeclaration>, options: ResolverOptions = {}) {
    this.#options = options;
    for (const declaration of ops) {
      const { name, params } = declaration;
      if (name === "" || name.startsWith(":"))
        throw new TypeError(`"${name}" cannot name an op: write it without a colon`);
      if (this.#entries.has(name)) throw new TypeError(`The op :${name} is declared twice`);
      this.#entries.set(name, { declaration, arity: params === undefined ? undefined : arityOf(params) });
    }
  }

  /** A resolver with these ops too. One with a known name replaces it: that is how a test fakes an op. */
  with(...more: OpDeclaration[]): Resolver {
    const names = new Set(more.map((declaration) => declaration.name));
    return new Resolver(
      [...this.ops().filter((declaration) => !names.has(declaration.name)), ...more],
      this.#options,
    );
  }

  /** A resolver with the same ops and these options over its own. */
  configured(options: ResolverOptions): Resolver {
    return new Resolver(this.ops(), { ...this.#options, ...options });
  }

  has(op: string): boolean {
    return this.#entries.has(op);
  }

  get(op: string): OpDeclaration | undefined {
    return this.#entries.get(op)?.declaration;
  }

  /** In the order of declaration. */
  ops(): OpDeclaration[] {
    return Array.from(this.#entries.values(), (entry) => entry.declaration);
  }

  /**
   * The answer, or a promise of it. Every failure is thrown when it is known at once and rejects otherwise.
   *
   * @throws OpError of kind "op" for an unknown op (with a suggestion) or wrong arguments, before anything
   *   happens; whatever the handler throws
   */
  resolve(request: OpRequest): unknown {
    const entry = this.#entries.get(request.op);
    if (entry === undefined) throw this.#unknown(request);
    const { declaration } = entry;
    checkArguments(request, declaration, entry.arity);
    request.signal?.throwIfAborted();

    const ended = this.#options.onEffect?.(request);
    const context: HandlerContext = { signal: request.signal ?? NEVER, op: request.op };
    const ask = (): unknown => declaration.handler(request.args, context);
    const { recorder } = this.#options;
    if (typeof ended !== "function")
      return recorder === undefined ? ask() : recorder.answer(request, declaration, ask);
    return observed(recorder === undefined ? ask : () => recorder.answer(request, declaration, ask), ended);
  }

  #unknown(request: OpRequest): OpError {
    const name = nearest(request.op, this.#entries.keys());
    const hint = name === undefined ? "" : `; did you mean :${name}?`;
    return new OpError("op", `Nothing handles the op :${request.op}${hint}`, [request.op, ...request.args]);
  }
}

function checkArguments(request: OpRequest, declaration: OpDeclaration, arity: Arity | undefined): void {
  const { op, args } = request;
  if (arity !== undefined && (args.length < arity.min || args.length > arity.max)) {
    const shown = declaration.params === "" ? `(:${op})` : `(:${op} ${declaration.params})`;
    throw new OpError("op", `${shown} takes ${countOf(arity)}, not ${args.length}`, [op, ...args]);
  }
  const wrong = declaration.check?.(args);
  if (wrong !== undefined) throw new OpError("op", `:${op}: ${wrong}`, [op, ...args]);
}

function countOf({ min, max }: Arity): string {
  const plural = (n: number): string => `${n} argument${n === 1 ? "" : "s"}`;
  if (min === max) return plural(min);
  return max === Infinity ? `at least ${plural(min)}` : `${min} to ${plural(max)}`;
}

/** Whether an answer is still to come. Thenables of other realms count; engine values have no `then`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

function observed(ask: () => unknown, ended: (outcome: Outcome) => void): unknown {
  let answer: unknown;
  try {
    answer = ask();
  } catch (error) {
    ended({ type: "error", error, inline: true });
    throw error;
  }
  if (!isPromise(answer)) {
    ended({ type: "answer", value: answer, inline: true });
    return answer;
  }
  return answer.then(
    (value) => {
      ended({ type: "answer", value, inline: false });
      return value;
    },
    (error: unknown) => {
      ended({ type: "error", error, inline: false });
      throw error;
    },
  );
}
