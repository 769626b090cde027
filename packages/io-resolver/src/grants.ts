/**
 * Capabilities: what a program was granted, and nothing else. A grant names ops and may be narrowed to some
 * arguments; how, is said by the declaration of each op.
 */
import { type OpDeclaration, OpError, type OpRequest } from "./op.ts";
import { nearest } from "./suggest.ts";

export interface Grant {
  /** An op (`kv/get`), all of a family (`kv/*`), or all (`*`). */
  readonly op: string;
  /** To which arguments: for `:kv/*` a key prefix, for `:http/fetch` a host, and so on. Absent: any. */
  readonly to?: unknown;
}

/** What is wrong with checked arguments, for an op that was granted in some way; undefined: nothing. */
export type Guard = (args: readonly unknown[]) => string | undefined;

/**
 * A grant as people write it: `time/now`, `kv/*`, `kv/*:post/`, `:http/fetch:example.org`. What follows the second
 * colon narrows the grant.
 *
 * @throws TypeError
 */
export function parseGrant(text: string): Grant {
  const spelled = text.startsWith(":") ? text.slice(1) : text;
  const colon = spelled.indexOf(":");
  const op = colon < 0 ? spelled : spelled.slice(0, colon);
  if (!/^(\*|[^\s*:]+(\/\*)?)$/.test(op))
    throw new TypeError(
      `${JSON.stringify(text)} is no grant: write an op, family/* or *, and what it is narrowed to after a colon`,
    );
  return colon < 0 ? { op } : { op, to: spelled.slice(colon + 1) };
}

/**
 * The guards of the ops that the grants let through. An op without a guard is refused.
 * @throws TypeError for a grant that names nothing, or narrows what cannot be narrowed
 */
export function guardsOf(
  ops: readonly OpDeclaration[],
  grants: Iterable<Grant | string>,
): ReadonlyMap<string, Guard> {
  const granted = new Map<string, (Guard | undefined)[]>();
  for (const each of grants) {
    const grant = typeof each === "string" ? parseGrant(each) : each;
    const matching = ops.filter(({ name }) => matches(grant.op, name));
    if (matching.length === 0) {
      const name = nearest(
        grant.op,
        ops.map((op) => op.name),
      );
      throw new TypeError(
        `A grant names :${grant.op}, which is no op here${name === undefined ? "" : `; did you mean :${name}?`}`,
      );
    }
    for (const declaration of matching) {
      const guards = granted.get(declaration.name) ?? [];
      guards.push(grant.to === undefined ? undefined : narrowed(declaration, grant));
      granted.set(declaration.name, guards);
    }
  }
  return new Map([...granted].map(([name, guards]) => [name, anyOf(guards)]));
}

function matches(pattern: string, name: string): boolean {
  if (pattern === "*") return true;
  return pattern.endsWith("/*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

function narrowed({ name, narrowing }: OpDeclaration, grant: Grant): Guard {
  if (narrowing === undefined)
    throw new TypeError(`The op :${name} cannot be narrowed: grant it whole, or not at all`);
  return narrowing.within(grant.to);
}

/** Within one of several grants is enough. An unnarrowed grant lets all through. */
function anyOf(guards: readonly (Guard | undefined)[]): Guard {
  if (guards.includes(undefined)) return () => undefined;
  return (args) => {
    const reasons: string[] = [];
    for (const guard of guards) {
      const reason = guard?.(args);
      if (reason === undefined) return undefined;
      if (!reasons.includes(reason)) reasons.push(reason);
    }
    return reasons.join(", and ");
  };
}

/** The refusal of a request. */
export function denied({ op, args }: OpRequest, reason: string | undefined): OpError {
  const why =
    reason === undefined ? `:${op} is not granted to this program` : `:${op} is not granted: ${reason}`;
  return new OpError("denied", why, [op, ...args]);
}
