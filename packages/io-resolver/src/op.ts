/**
 * What an op is: a name, how it is called, what it may do, and the handler that answers it. Declared
 * once; `Resolver` checks requests against it and tools list it.
 */

/** One effect that a program asks for. */
export interface OpRequest {
  /** Such as `kv/get`, without the colon of the keyword that names it in SX. */
  readonly op: string;
  readonly args: readonly unknown[];
  /** Aborted when the fiber that asks is cancelled. */
  readonly signal?: AbortSignal;
}

export interface HandlerContext {
  /** Aborted when nobody waits for the answer any more. Never aborted if the request had no signal. */
  readonly signal: AbortSignal;
  readonly op: string;
}

/**
 * Answers one request. A value that is not a promise is used inline: the program goes on in the same
 * turn of the event loop. What it throws or rejects with is raised in the program.
 */
export type Handler = (args: readonly unknown[], context: HandlerContext) => unknown;

export interface OpDeclaration {
  readonly name: string;
  /**
   * The parameters in the notation of the language: `"key value"`, `"url &optional opts"`, `"&rest xs"`.
   * Absent: any arguments.
   */
  readonly params?: string;
  /** `read`: asking twice does no harm and changes nothing. `write`: anything else. */
  readonly purity: "read" | "write";
  /** A write that may be repeated with the same effect as once. Reads always are. */
  readonly idempotent?: boolean;
  /**
   * What arguments and answers look like to the handler. `plain` (the default): JavaScript strings, numbers,
   * booleans, bigints, null, arrays, objects, `Uint8Array`; the runtime converts at its border. `raw`: the
   * engine's own values, untouched.
   */
  readonly values?: "plain" | "raw";
  readonly doc?: string;
  readonly handler: Handler;
  /** Looks at the arguments before anything happens; a string says what is wrong with them. */
  readonly check?: (args: readonly unknown[]) => string | undefined;
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
