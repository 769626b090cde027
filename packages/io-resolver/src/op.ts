/**
 * What an op is: a name, how it is called, what it may do, and the handler that answers it. Declared
 * once; `Resolver` checks requests against it and tools list it.
 */
import type { Policy } from "./policy.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** One effect that a program asks for. */
export interface OpRequest {
  /** Such as `kv/get`, without the colon of the keyword that names it in SX. */
  readonly op: string;
  readonly args: readonly unknown[];
  /** Aborted when the fiber that asks is cancelled. */
  readonly signal?: AbortSignal;
  /** The run that asks, whatever stands for it: what is cached or recorded for a run is kept by it. */
  readonly scope?: object | undefined;
  /**
   * The same for each time that one effect of a program is asked for, also after a restart: who is asked can tell
   * that it has answered already.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface HandlerContext {
  /** Aborted when nobody waits for the answer any more. Never aborted if the request had no signal. */
  readonly signal: AbortSignal;
  readonly op: string;
  readonly scope?: object | undefined;
  readonly idempotencyKey?: string | undefined;
  /** What the program's grant says of other arguments, for what leads from one to the next; absent: all are granted. */
  readonly permits?: ((args: readonly unknown[]) => string | undefined) | undefined;
}

/**
 * Answers one request. A value that is not a promise is used inline: the program goes on in the same
 * turn of the event loop. What it throws or rejects with is raised in the program.
 */
export type Handler = (args: readonly unknown[], context: HandlerContext) => unknown;

/** How requests that are made in one turn are answered together. */
export interface Batch {
  /** The most requests of one call. Default 1,000. */
  readonly max?: number;
  /**
   * @param requests the arguments of each
   * @returns the answers in the same order, or a promise of them. If it fails, each of the requests does.
   */
  readonly handler: (requests: readonly (readonly unknown[])[], context: HandlerContext) => unknown;
}

/** Between the engine's values and plain ones, for ops that keep more of the former than plain data can say. */
export interface OpCodec {
  /** Called once for a request, before anything looks at the arguments. */
  args(args: readonly unknown[]): readonly unknown[];
  result(answer: unknown): unknown;
}

/** How a grant is narrowed to some arguments. */
export interface Narrowing {
  /** What limits the grant, for messages: "a key prefix", "a host". */
  readonly what: string;
  /**
   * @param limit what the grant says; a string where it comes from a command line
   * @returns a function of arguments that have been checked: a string says why they are outside
   * @throws TypeError for a limit that means nothing
   */
  within(limit: unknown): (args: readonly unknown[]) => string | undefined;
}

export interface OpDeclaration {
  readonly name: string;
  /**
   * The parameters in the notation of the language: `"key value"`, `"url &optional opts"`, `"&rest xs"`.
   * Absent: any arguments.
   */
  readonly params?: string;
  /** `read`: asking twice does no harm and changes nothing. `write`: anything else. */
  readonly purity: "read" | "write";
  /**
   * A write that may be repeated with the same effect as once; reads always are. "keyed": if the request has an
   * idempotency key, which the handler then heeds.
   */
  readonly idempotent?: boolean | "keyed";
  /**
   * What arguments and answers look like to the handler. `plain` (the default): JavaScript strings, numbers,
   * booleans, bigints, null, arrays, objects, `Uint8Array`; the runtime converts at its border. `raw`: the
   * engine's own values, untouched but for `codec`.
   */
  readonly values?: "plain" | "raw";
  /** For raw ops: checks, handler and recordings see what it gives. */
  readonly codec?: OpCodec;
  readonly doc?: string;
  readonly handler: Handler;
  /** Looks at the arguments before anything happens; a string says what is wrong with them. */
  readonly check?: (args: readonly unknown[]) => string | undefined;
  /** A schema of the list of arguments; the handler gets what it makes of them. Must answer at once. */
  readonly args?: StandardSchema;
  /** A schema of the answer. */
  readonly result?: StandardSchema;
  /** Reads only. */
  readonly batch?: Batch;
  readonly policy?: Policy;
  readonly narrowing?: Narrowing;
}

/** A failure that a program sees as a condition: `kind` and `data` become `error-kind` and `error-data`. */
export class OpError extends Error {
  readonly kind: string;
  readonly data: readonly unknown[];
  constructor(kind: string, message: string, data: readonly unknown[] = [], options?: ErrorOptions) {
    super(message, options);
    this.name = "OpError";
    this.kind = kind;
    this.data = data;
  }
}

/** Whether asking again is safe. */
export function isRepeatable(declaration: OpDeclaration, idempotencyKey: string | undefined): boolean {
  const { purity, idempotent } = declaration;
  return purity === "read" || idempotent === true || (idempotent === "keyed" && idempotencyKey !== undefined);
}

/** How many arguments a parameter list takes. */
export interface Arity {
  readonly min: number;
  /** `Infinity` with `&rest`. */
  readonly max: number;
}

/** @throws TypeError when `params` is not in the notation that `OpDeclaration.params` describes */
export function arityOf(params: string): Arity {
  let min = 0;
  let max = 0;
  let section: "required" | "optional" | "rest" = "required";
  for (const word of params.split(/\s+/).filter((w) => w !== "")) {
    if (word === "&optional" && section === "required") section = "optional";
    else if (word === "&rest" && section !== "rest") section = "rest";
    else if (word.startsWith("&")) throw new TypeError(`Unexpected ${word} in the parameters "${params}"`);
    else if (section === "rest") {
      if (max === Infinity) throw new TypeError(`One name follows &rest, in the parameters "${params}"`);
      max = Infinity;
    } else {
      max++;
      if (section === "required") min++;
    }
  }
  if (section === "rest" && max !== Infinity) throw new TypeError(`A name must follow &rest, in "${params}"`);
  return { min, max };
}
