/** Questions about Core that decide how it is compiled. */
import { type Cell, Primitive } from "@sorbus/vm";
import type { Core, Lambda, Local } from "../core.ts";

/** The primitive that a call in operator position certainly means: core definitions do not change. */
export function primitiveOf(fn: Core): Primitive | undefined {
  return fn.op === "global" && fn.cell.module === "core" && fn.cell.value instanceof Primitive
    ? fn.cell.value
    : undefined;
}

/** The name of the core definition that `fn` refers to. */
export function coreName(fn: Core): string | undefined {
  return fn.op === "global" && fn.cell.module === "core" ? (fn.cell as Cell).name : undefined;
}

/** The parts of a node, in order of evaluation; a lambda's fallbacks and body are parts of it. */
export function children(core: Core): readonly Core[] {
  switch (core.op) {
    case "const":
    case "local":
    case "global":
      return [];
    case "set-local":
    case "set-global":
    case "define":
      return [core.value];
    case "if":
      return [core.test, core.then, core.else];
    case "seq":
      return core.body;
    case "let":
    case "letrec":
      return [...core.inits, core.body];
    case "lambda":
      return [
        ...core.optional.map((p) => p.fallback),
        ...core.keys.flatMap((p) => (p.fallback === undefined ? [] : [p.fallback])),
        core.body,
      ];
    case "call":
      return [core.fn, ...core.args];
    default:
      return core satisfies never;
  }
}

/**
 * Whether evaluating `core` may call something that captures a continuation: anything but
 * primitives. Inner lambdas do not count, they are only made.
 */
export function mayCapture(core: Core): boolean {
  switch (core.op) {
    case "const":
    case "local":
    case "global":
    case "lambda":
      return false;
    case "call":
      return primitiveOf(core.fn) === undefined || core.args.some(mayCapture);
    default:
      return children(core).some(mayCapture);
  }
}

/** Whether evaluating `core` itself assigns a global. */
export function assignsGlobal(core: Core): boolean {
  switch (core.op) {
    case "const":
    case "local":
    case "global":
    case "lambda":
      return false;
    case "set-global":
    case "define":
      return true;
    case "call":
      return core.args.some(assignsGlobal) || assignsGlobal(core.fn);
    default:
      return children(core).some(assignsGlobal);
  }
}

/** Whether `local` occurs in `core`, inner lambdas included. */
export function mentions(core: Core, local: Local): boolean {
  if (core.op === "local" || core.op === "set-local") {
    if (core.local === local) return true;
  }
  return children(core).some((part) => mentions(part, local));
}

/** Whether `local` occurs in `core` outside a lambda, where it is read at once. */
export function mentionsDirectly(core: Core, local: Local): boolean {
  if (core.op === "lambda") return false;
  if ((core.op === "local" || core.op === "set-local") && core.local === local) return true;
  return children(core).some((part) => mentionsDirectly(part, local));
}

/** Only required parameters. */
export function isSimple(lambda: Lambda): boolean {
  return (
    lambda.optional.length === 0 &&
    lambda.rest === undefined &&
    lambda.keys.length === 0 &&
    lambda.kind === "function"
  );
}

/**
 * Whether every use of `local` in `core` is a call in tail position with `arity` arguments: the
 * function can then be a loop of the frame that it stands in (A. Kennedy, "Compiling with
 * Continuations, Continued", 2007: contification).
 */
export function onlyTailCalled(core: Core, local: Local, arity: number, tail: boolean): boolean {
  const inside = (part: Core): boolean => onlyTailCalled(part, local, arity, false);
  switch (core.op) {
    case "const":
    case "global":
      return true;
    case "local":
      return core.local !== local;
    case "set-local":
      return core.local !== local && inside(core.value);
    case "set-global":
    case "define":
      return inside(core.value);
    case "if":
      return (
        inside(core.test) &&
        onlyTailCalled(core.then, local, arity, tail) &&
        onlyTailCalled(core.else, local, arity, tail)
      );
    case "seq":
      return core.body.every((part, i) =>
        onlyTailCalled(part, local, arity, tail && i === core.body.length - 1),
      );
    case "let":
      return core.inits.every(inside) && onlyTailCalled(core.body, local, arity, tail);
    case "letrec": {
      const loop = loopOf(core);
      if (loop !== undefined) {
        return (
          onlyTailCalled(loop.lambda.body, local, arity, tail) &&
          onlyTailCalled(core.body, local, arity, tail)
        );
      }
      return core.inits.every(inside) && onlyTailCalled(core.body, local, arity, tail);
    }
    case "lambda":
      return !mentions(core, local);
    case "call":
      if (core.fn.op === "local" && core.fn.local === local) {
        return tail && core.args.length === arity && core.args.every(inside);
      }
      return inside(core.fn) && core.args.every(inside);
    default:
      return core satisfies never;
  }
}

export interface Loop {
  readonly local: Local;
  readonly lambda: Lambda;
}

const loops = new WeakMap<Core, Loop | null>();

/** The loop that a letrec of one function is, if it is one. */
export function loopOf(core: Core & { op: "letrec" }): Loop | undefined {
  let loop = loops.get(core);
  if (loop === undefined) {
    loop = null;
    const [local] = core.locals;
    const [init] = core.inits;
    if (
      core.locals.length === 1 &&
      local !== undefined &&
      init?.op === "lambda" &&
      !local.assigned &&
      isSimple(init)
    ) {
      const arity = init.required.length;
      if (onlyTailCalled(init.body, local, arity, true) && onlyTailCalled(core.body, local, arity, true)) {
        loop = { local, lambda: init };
      }
    }
    loops.set(core, loop);
  }
  return loop ?? undefined;
}
