/**
 * A small evaluator of Core for these tests: direct style on the host's stack, no control operators.
 * (The reference evaluator depends on this package, so it cannot be used here.)
 */
import {
  type Callee,
  type Cell,
  ControlBuiltin,
  closure,
  closureCode,
  dictGet,
  dictKeys,
  ElementPrimitive,
  fromArray,
  NIL,
  Primitive,
  Raise,
  raise,
  toArray,
  truthy,
  type Value,
} from "@sorbus/vm";
import type { Core, Lambda, Local, Unit } from "../src/index.ts";

type Frame = Map<Local, Value>;
type Named = readonly [string, Value][];

class Code implements Callee {
  readonly name: string;
  readonly kind: "function" | "component";
  readonly lambda: Lambda;
  readonly frame: Scope;
  constructor(lambda: Lambda, frame: Scope) {
    this.name = lambda.name;
    this.kind = lambda.kind;
    this.lambda = lambda;
    this.frame = frame;
  }
}

class Scope {
  readonly values: Frame = new Map();
  readonly outer: Scope | undefined;
  constructor(outer: Scope | undefined) {
    this.outer = outer;
  }
  holder(local: Local): Scope {
    let scope: Scope | undefined = this;
    while (scope !== undefined && !scope.values.has(local)) scope = scope.outer;
    return scope ?? raise("unbound", `${local.name} has no value yet`);
  }
}

/** Called for `%request`: what `perform` comes to. */
export type Perform = (op: Value, args: readonly Value[]) => Value;

export class Evaluator {
  private readonly link: (cell: Cell) => Value | undefined;
  private readonly perform: Perform;
  constructor(link: (cell: Cell) => Value | undefined, perform: Perform) {
    this.link = link;
    this.perform = perform;
  }

  unit(unit: Unit): Value {
    return this.run(unit.core, new Scope(undefined));
  }

  call(fn: Value, args: readonly Value[], named: Named = []): Value {
    const code = closureCode(fn);
    if (code instanceof Code) return this.apply(code, args, named);
    if (fn instanceof ElementPrimitive) return fn.call(named, args);
    if (fn instanceof Primitive) return fn.fn(...args);
    if (fn instanceof ControlBuiltin) return this.control(fn, args);
    return raise("type", "not a function", fn);
  }

  private control(fn: ControlBuiltin, args: readonly Value[]): Value {
    const [first = NIL, ...rest] = args;
    switch (fn.name) {
      case "apply":
        return this.call(first, [...rest.slice(0, -1), ...toArray(rest.at(-1) ?? NIL)]);
      case "call-with-keys": {
        const [dict = NIL, ...positional] = rest;
        return this.call(
          first,
          positional,
          dictKeys(dict).map((key) => [key, dictGet(dict, key) ?? NIL]),
        );
      }
      case "%mark":
        return rest[0] ?? NIL;
      case "%marks":
        return fromArray([]);
      case "%request":
        return this.perform(first, toArray(rest[0] ?? NIL));
      case "%locate":
        // There are no handlers here: what is raised leaves at once.
        throw new Raise(first);
      case "%uncaught":
        return raise("user", "uncaught", first);
      default:
        return raise("host", `${fn.name} is not in the test evaluator`);
    }
  }

  private apply({ lambda, frame }: Code, args: readonly Value[], named: Named): Value {
    const scope = new Scope(frame);
    const max = lambda.required.length + lambda.optional.length;
    if (args.length < lambda.required.length || (args.length > max && lambda.rest === undefined)) {
      raise("arity", `${lambda.name}: ${args.length} arguments`);
    }
    lambda.required.forEach((local, i) => {
      scope.values.set(local, args[i] as Value);
    });
    lambda.optional.forEach(({ local, fallback }, i) => {
      scope.values.set(local, args[lambda.required.length + i] ?? this.run(fallback, scope));
    });
    if (lambda.rest !== undefined) scope.values.set(lambda.rest, fromArray(args.slice(max)));
    const given = new Map(named);
    for (const { name, local, fallback } of lambda.keys) {
      const value = given.get(name);
      if (value === undefined && fallback === undefined) raise("arity", `${lambda.name} needs :${name}`);
      scope.values.set(local, value ?? this.run(fallback as Core, scope));
    }
    return this.run(lambda.body, scope);
  }

  private run(core: Core, scope: Scope): Value {
    switch (core.op) {
      case "const":
        return core.value;
      case "local":
        return scope.holder(core.local).values.get(core.local) as Value;
      case "global":
        return (
          core.cell.value ?? this.link(core.cell) ?? raise("unbound", `${core.cell.name} is not defined`)
        );
      case "set-local":
        scope.holder(core.local).values.set(core.local, this.run(core.value, scope));
        return NIL;
      case "set-global":
        if (core.cell.value === undefined) raise("unbound", `${core.cell.name} is not defined`);
        core.cell.value = this.run(core.value, scope);
        return NIL;
      case "define":
        core.cell.value = this.run(core.value, scope);
        return NIL;
      case "if":
        return this.run(truthy(this.run(core.test, scope)) ? core.then : core.else, scope);
      case "seq":
        return core.body.map((one) => this.run(one, scope)).at(-1) ?? NIL;
      case "let": {
        const inner = new Scope(scope);
        core.locals.forEach((local, i) => {
          inner.values.set(local, this.run(core.inits[i] as Core, scope));
        });
        return this.run(core.body, inner);
      }
      case "letrec": {
        const inner = new Scope(scope);
        core.locals.forEach((local, i) => {
          inner.values.set(local, this.run(core.inits[i] as Core, inner));
        });
        return this.run(core.body, inner);
      }
      case "lambda":
        return closure(new Code(core, scope), []);
      case "call": {
        const fn = this.run(core.fn, scope);
        const args = core.args.map((arg) => this.run(arg, scope));
        const code = closureCode(fn);
        const takes =
          (code instanceof Code && (code.lambda.keys.length > 0 || code.kind === "component")) ||
          fn instanceof ElementPrimitive;
        if (core.named === undefined || !takes) return this.call(fn, args);
        const named: [string, Value][] = core.named.map((i) => [String(args[i]), args[i + 1] as Value]);
        const taken = new Set(core.named.flatMap((i) => [i, i + 1]));
        return this.call(
          fn,
          args.filter((_, i) => !taken.has(i)),
          named,
        );
      }
    }
  }
}
