/**
 * The environment: which location each lexical variable stands for. A linked list of scopes; each
 * binding form adds one. A scope's values are locations: `set!` writes them, and whoever shares the
 * scope (closures, captured continuations) sees it.
 */
import type { Local } from "@sorbus/compiler";
import type { Value } from "@sorbus/vm";

export class Scope {
  readonly locals: readonly Local[];
  /** One location for each local; `undefined` while a `letrec` has not run its init. */
  readonly values: (Value | undefined)[];
  readonly outer: Environment;
  constructor(locals: readonly Local[], values: (Value | undefined)[], outer: Environment) {
    this.locals = locals;
    this.values = values;
    this.outer = outer;
  }
}

/** null: no variable is bound, as at the top level. */
export type Environment = Scope | null;

/** `environment` with one more scope. */
export function extend(
  environment: Environment,
  locals: readonly Local[],
  values: (Value | undefined)[],
): Environment {
  return locals.length === 0 ? environment : new Scope(locals, values, environment);
}

/** The value of `local`; `undefined`: its `letrec` has not come to it yet. */
export function lookup(environment: Environment, local: Local): Value | undefined {
  const [scope, index] = locate(environment, local);
  return scope.values[index];
}

export function assign(environment: Environment, local: Local, value: Value): void {
  const [scope, index] = locate(environment, local);
  scope.values[index] = value;
}

function locate(environment: Environment, local: Local): [Scope, number] {
  for (let scope = environment; scope !== null; scope = scope.outer) {
    const index = scope.locals.indexOf(local);
    if (index >= 0) return [scope, index];
  }
  throw new Error(`the expansion refers to ${local.name} outside its scope`);
}
