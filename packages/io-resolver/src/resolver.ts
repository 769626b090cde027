/**
 * The one function that answers requests, for every path that a program may run on. It knows ops, not
 * engines: values pass through it untouched.
 */
import { denied, type Grant, type Guard, guardsOf } from "./grants.ts";
import type { Hooks, Outcome } from "./hooks.ts";
import { type Ask, isPromise } from "./layer.ts";
import {
  type Arity,
  arityOf,
  type HandlerContext,
  type OpDeclaration,
  OpError,
  type OpRequest,
} from "./op.ts";
import { noteWrite } from "./policies/cache.ts";
import { type Policy, pipelineOf } from "./policy.ts";
import { validated } from "./standard-schema.ts";
import { nearest } from "./suggest.ts";

/** Sits between checks and handlers, and may answer instead of them: see `record` and `replay`. */
export interface Recorder {
  /**
   * @param declaration the op that is asked for
   * @param ask calls the handler; at most once
   * @returns the answer, or a promise of it; throws or rejects to raise
   */
  answer(request: OpRequest, declaration: OpDeclaration, ask: () => unknown): unknown;
}

export interface ResolverOptions extends Hooks {
  readonly recorder?: Recorder;
}

interface Entry {
  readonly declaration: OpDeclaration;
  readonly arity: Arity | undefined;
  /** The handler behind its policies. */
  readonly ask: Ask;
}

/** Handed to handlers whose request cannot be cancelled. */
const NEVER: AbortSignal = new AbortController().signal;

/** An immutable table of ops, and what answers a request for one. */
export class Resolver {
  readonly #entries = new Map<string, Entry>();
  readonly #options: ResolverOptions;
  /** What was granted; absent: all. */
  readonly #guards: ReadonlyMap<string, Guard> | undefined;

  /** @throws TypeError when two declarations have one name, or one is malformed */
  constructor(
    ops: Iterable<OpDeclaration>,
    options: ResolverOptions = {},
    guards?: ReadonlyMap<string, Guard>,
  ) {
    this.#options = options;
    this.#guards = guards;
    for (const declaration of ops) {
      const { name, params } = declaration;
      if (name === "" || name.startsWith(":"))
        throw new TypeError(`"${name}" cannot name an op: write it without a colon`);
      if (this.#entries.has(name)) throw new TypeError(`The op :${name} is declared twice`);
      const arity = params === undefined ? undefined : arityOf(params);
      this.#entries.set(name, { declaration, arity, ask: pipelineOf(declaration) });
    }
  }

  /**
   * A resolver with these ops too. One with a known name replaces it: that is how a test fakes an op. What was
   * granted stays granted, and no more.
   */
  with(...more: OpDeclaration[]): Resolver {
    const names = new Set(more.map((declaration) => declaration.name));
    return new Resolver(
      [...this.ops().filter((declaration) => !names.has(declaration.name)), ...more],
      this.#options,
      this.#guards,
    );
  }

  /** A resolver with the same ops and these options over its own. */
  configured(options: ResolverOptions): Resolver {
    return new Resolver(this.ops(), { ...this.#options, ...options }, this.#guards);
  }

  /**
   * A resolver with these policies over those that the ops have by themselves, by op or family (`kv/*`).
   * @throws TypeError for a policy that names no op, or does not fit the op
   */
  withPolicies(policies: Readonly<Record<string, Policy>>): Resolver {
    let changed = this.ops();
    for (const [pattern, policy] of Object.entries(policies)) {
      let found = false;
      changed = changed.map((declaration) => {
        const { name } = declaration;
        const matches = pattern.endsWith("/*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
        if (!matches) return declaration;
        found = true;
        return { ...declaration, policy: { ...declaration.policy, ...policy } };
      });
      if (!found) throw new TypeError(`A policy names :${pattern}, which is no op here`);
    }
    return new Resolver(changed, this.#options, this.#guards);
  }

  /**
   * A resolver that answers what is granted, and refuses all else with a condition of kind "denied". Of one that
   * was restricted already it lets through what both grant.
   *
   * @param grants ops, such as `time/now`, `kv/*`; or with a limit, such as `kv/*:post/`, `{ op: "kv/get", to: ["post"] }`
   * @throws TypeError for a grant that names no op, or narrows what cannot be narrowed
   */
  granted(grants: Iterable<Grant | string>): Resolver {
    const guards = guardsOf(this.ops(), grants);
    return new Resolver(this.ops(), this.#options, both(this.#guards, guards));
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
   * @throws OpError of kind "op" for an unknown op (with a suggestion) or wrong arguments, of kind "denied" for what
   *   was not granted, both before anything happens; whatever the handler throws
   */
  resolve(request: OpRequest): unknown {
    const entry = this.#entries.get(request.op);
    if (entry === undefined) throw this.#refused(request, this.#unknown(request));
    const { declaration } = entry;
    let given: readonly unknown[];
    try {
      given = this.#accepted(request, entry);
    } catch (error) {
      throw error instanceof OpError ? this.#refused(request, error) : error;
    }
    const { signal = NEVER, op, scope, idempotencyKey } = request;
    signal.throwIfAborted();

    const seen: OpRequest = given === request.args ? request : { ...request, args: given };
    const ended = this.#options.onEffect?.(seen, declaration);
    const permits = this.#guards?.get(op);
    const context: HandlerContext = { signal, op, scope, idempotencyKey, permits };
    const handle = (): unknown => this.#handle(entry, given, context);
    const { recorder } = this.#options;
    const ask = recorder === undefined ? handle : () => recorder.answer(seen, declaration, handle);
    const answer = typeof ended === "function" ? observed(ask, ended) : ask();
    const { codec } = declaration;
    if (codec === undefined) return answer;
    return isPromise(answer) ? answer.then((value) => codec.result(value)) : codec.result(answer);
  }

  /** The arguments as the handler gets them. @throws OpError */
  #accepted(request: OpRequest, { declaration, arity }: Entry): readonly unknown[] {
    const guard = this.#guards?.get(declaration.name);
    if (this.#guards !== undefined && guard === undefined) throw denied(request, undefined);
    checkCount(request, declaration, arity);
    const { op, args } = request;
    const wrong = (why: string): OpError => new OpError("op", `:${op}: ${why}`, [op, ...args]);
    let given = declaration.codec?.args(args) ?? args;
    const why = declaration.check?.(given);
    if (why !== undefined) throw wrong(why);
    if (declaration.args !== undefined) {
      const checked = validated(declaration.args, given, op);
      if ("wrong" in checked) throw wrong(checked.wrong);
      if (!Array.isArray(checked.value))
        throw new TypeError(`The schema of :${op} gives no list of arguments`);
      given = checked.value;
    }
    const reason = guard?.(given);
    if (reason !== undefined) throw denied(request, reason);
    return given;
  }

  #handle({ declaration, ask }: Entry, args: readonly unknown[], context: HandlerContext): unknown {
    const { scope } = context;
    const { purity, result } = declaration;
    const write = purity === "write" ? scope : undefined;
    if (write !== undefined) noteWrite(write);
    const answer = ask(args, context);
    if (write === undefined && result === undefined) return answer;
    const finish = (value: unknown): unknown => {
      // What was read while the write was under way may be old too.
      if (write !== undefined) noteWrite(write);
      if (result === undefined) return value;
      const checked = validated(result, value, context.op);
      if ("wrong" in checked)
        throw new OpError("host", `:${context.op} has answered what it may not: ${checked.wrong}`);
      return checked.value;
    };
    return isPromise(answer) ? answer.then(finish) : finish(answer);
  }

  #refused(request: OpRequest, error: OpError): OpError {
    this.#options.onRefused?.(request, error);
    return error;
  }

  #unknown(request: OpRequest): OpError {
    const name = nearest(request.op, this.#entries.keys());
    const hint = name === undefined ? "" : `; did you mean :${name}?`;
    return new OpError("op", `Nothing handles the op :${request.op}${hint}`, [request.op, ...request.args]);
  }
}

/** What passes both. */
function both(
  outer: ReadonlyMap<string, Guard> | undefined,
  inner: ReadonlyMap<string, Guard>,
): ReadonlyMap<string, Guard> {
  if (outer === undefined) return inner;
  const guards = new Map<string, Guard>();
  for (const [op, guard] of inner) {
    const first = outer.get(op);
    if (first !== undefined) guards.set(op, (args) => first(args) ?? guard(args));
  }
  return guards;
}

function checkCount(request: OpRequest, declaration: OpDeclaration, arity: Arity | undefined): void {
  const { op, args } = request;
  if (arity === undefined || (args.length >= arity.min && args.length <= arity.max)) return;
  const shown = declaration.params === "" ? `(:${op})` : `(:${op} ${declaration.params})`;
  throw new OpError("op", `${shown} takes ${countOf(arity)}, not ${args.length}`, [op, ...args]);
}

function countOf({ min, max }: Arity): string {
  const plural = (n: number): string => `${n} argument${n === 1 ? "" : "s"}`;
  if (min === max) return plural(min);
  return max === Infinity ? `at least ${plural(min)}` : `${min} to ${plural(max)}`;
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
