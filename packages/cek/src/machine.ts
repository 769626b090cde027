/**
 * The machine: what is being done (control), in which environment, with what still to do (the
 * continuation). Each step looks at one of them and gives the next. After M. Felleisen, D. P.
 * Friedman, "Control Operators, the SECD-Machine, and the λ-Calculus", 1986.
 *
 * No step calls another: the host's stack is flat however deep the program is.
 */
import type { Core } from "@sorbus/compiler";
import {
  Applicable,
  arityCondition,
  ControlBuiltin,
  condition,
  ElementPrimitive,
  inspect,
  keepsFrame,
  NIL,
  notAFunction,
  Primitive,
  payloadOf,
  Raise,
  type ThreadStep,
  truthy,
  unknownKey,
  type Value,
} from "@sorbus/vm";
import { type Arguments, bind, partArguments, takesNames } from "./bind.ts";
import { activate, CekClosure } from "./closure.ts";
import type { UnitCode } from "./code.ts";
import { type Activation, type Binding, depthOf, type Frame, type Under } from "./continuation.ts";
import { control } from "./control.ts";
import type { Surroundings } from "./engine.ts";
import { assign, type Environment, extend, lookup } from "./environment.ts";
import { isLoop, noteLoop } from "./loops.ts";
import { locateCondition } from "./trace.ts";

export type Control =
  /** Evaluate `node` in `env`. */
  | { readonly type: "eval"; readonly node: Core; readonly env: Environment }
  /** Give `value` to the continuation. */
  | { readonly type: "return"; readonly value: Value }
  /** Call `fn`. `stays`: the caller is kept for traces although it has nothing left to do (`keepsFrame`). */
  | { readonly type: "apply"; readonly fn: Value; readonly args: Arguments; readonly stays: boolean }
  /** Nothing: the thread waits for an answer, or has ended. */
  | { readonly type: "stopped"; readonly step: ThreadStep };

export interface MachineLimits {
  /** How many calls may wait for a result, marks included. */
  readonly depth: number;
}

/** Everything that a thread of control is. */
export interface Machine {
  readonly surroundings: Surroundings;
  control: Control;
  frames: Frame | null;
  under: Under | null;
  /** Whose body is being evaluated. */
  activation: Activation;
  /** The expression that is being evaluated, for the place of a condition. */
  at: Core | undefined;
  /** Calls of functions so far. */
  calls: number;
  readonly limits: MachineLimits;
  /** How many calls may wait now: `limits.depth`, or more while an overflow is being handled. */
  room: number;
}

/** One step. Whatever raises, raises here. */
export function step(m: Machine): void {
  try {
    advance(m);
  } catch (error) {
    raise(m, payloadOf(error));
  }
}

function advance(m: Machine): void {
  const { control: now } = m;
  switch (now.type) {
    case "eval":
      return evaluate(m, now.node, now.env);
    case "return":
      return m.frames === null ? returnThroughMark(m, now.value) : goOn(m, m.frames, now.value);
    case "apply":
      return apply(m, now);
    case "stopped":
      throw new Error("a stopped machine was stepped");
    default:
      return now satisfies never;
  }
}

// Control: evaluating an expression

function evaluate(m: Machine, node: Core, env: Environment): void {
  at(m, node);
  switch (node.op) {
    case "const":
      return give(m, node.value);
    case "local": {
      const value = lookup(env, node.local);
      if (value === undefined) {
        throw new Raise(condition("unbound", `${node.local.name} is used before it is defined`));
      }
      return give(m, value);
    }
    case "global":
      return give(m, node.cell.value ?? m.surroundings.link(node.cell));
    case "lambda":
      return give(m, new CekClosure(node, env, m.activation.code as UnitCode));
    case "if":
      push(m, { type: "if", node, env, next: m.frames });
      return evaluateNext(m, node.test, env);
    case "seq":
      return sequence(m, node, 0, env);
    case "let":
      return letInits(m, node, [], env);
    case "letrec":
      noteLoop(node);
      return letrecInits(
        m,
        node,
        0,
        extend(
          env,
          node.locals,
          node.locals.map(() => undefined),
        ),
      );
    case "set-local":
    case "set-global":
    case "define":
      push(m, { type: "assign", node, env, next: m.frames });
      return evaluateNext(m, node.value, env);
    case "call":
      push(m, { type: "call", node, done: [], env, next: m.frames });
      return evaluateNext(m, node.fn, env);
    default:
      return node satisfies never;
  }
}

type Node<Op extends Core["op"]> = Extract<Core, { op: Op }>;

function sequence(m: Machine, node: Node<"seq">, index: number, env: Environment): void {
  if (index < node.body.length - 1) push(m, { type: "seq", node, index, env, next: m.frames });
  evaluateNext(m, node.body[index] as Core, env);
}

function letInits(m: Machine, node: Node<"let">, done: readonly Value[], env: Environment): void {
  if (done.length === node.inits.length) {
    return evaluateNext(m, node.body, extend(env, node.locals, [...done]));
  }
  push(m, { type: "let", node, done, env, next: m.frames });
  evaluateNext(m, node.inits[done.length] as Core, env);
}

function letrecInits(m: Machine, node: Node<"letrec">, index: number, env: Environment): void {
  if (index === node.inits.length) return evaluateNext(m, node.body, env);
  push(m, { type: "letrec", node, index, env, next: m.frames });
  evaluateNext(m, node.inits[index] as Core, env);
}

// Continuation: giving a value to the innermost frame

function goOn(m: Machine, frame: Frame, value: Value): void {
  m.frames = frame.next;
  switch (frame.type) {
    case "if":
      return evaluateNext(m, truthy(value) ? frame.node.then : frame.node.else, frame.env);
    case "seq":
      return sequence(m, frame.node, frame.index + 1, frame.env);
    case "let":
      return letInits(m, frame.node, [...frame.done, value], frame.env);
    case "letrec":
      assign(frame.env, frame.node.locals[frame.index] as Node<"letrec">["locals"][number], value);
      return letrecInits(m, frame.node, frame.index + 1, frame.env);
    case "assign":
      at(m, frame.node);
      return store(m, frame.node, value, frame.env);
    case "call": {
      const { node } = frame;
      const done = [...frame.done, value];
      if (done.length <= node.args.length) {
        push(m, { ...frame, done });
        return evaluateNext(m, node.args[done.length - 1] as Core, frame.env);
      }
      at(m, node);
      const [fn, ...args] = done as [Value, ...Value[]];
      m.control = { type: "apply", fn, args: argumentsFor(fn, args, node.named), stays: stays(m, node) };
      return;
    }
    case "bind": {
      const { binding, index } = frame;
      const fallback = binding.fallbacks[index] as Binding["fallbacks"][number];
      return fallbacks(m, binding, index + 1, extend(frame.env, [fallback.local], [value]));
    }
    case "return":
      m.activation = frame.activation;
      return give(m, value);
    default:
      return frame satisfies never;
  }
}

function returnThroughMark(m: Machine, value: Value): void {
  const { under } = m;
  if (under === null) {
    m.control = { type: "stopped", step: { type: "done", value } };
    return;
  }
  m.frames = under.frames;
  m.under = under.under;
  const exit = under.mark?.exit;
  if (exit === undefined) give(m, value);
  else callNext(m, exit, [value]);
}

function store(
  m: Machine,
  node: Node<"set-local" | "set-global" | "define">,
  value: Value,
  env: Environment,
): void {
  switch (node.op) {
    case "set-local":
      assign(env, node.local, value);
      break;
    case "set-global":
      if (node.cell.value === undefined) m.surroundings.link(node.cell);
      node.cell.value = value;
      break;
    case "define":
      node.cell.value = value;
      break;
    default:
      node satisfies never;
  }
  give(m, NIL);
}

// Calls

/** Literal keywords are names to a function that takes names, else strings like any other. */
function argumentsFor(fn: Value, args: readonly Value[], keywords: readonly number[] | undefined): Arguments {
  const callee = procedureOf(fn);
  const names =
    callee instanceof ElementPrimitive || (callee instanceof CekClosure && takesNames(callee.lambda));
  return keywords !== undefined && names
    ? partArguments(callee instanceof CekClosure ? callee.lambda.name : callee.name, args, keywords)
    : { positional: args, named: [] };
}

/** Continuations and parameters are called through another function. */
function procedureOf(fn: Value): Value {
  let callee = fn;
  while (callee instanceof Applicable) callee = callee.procedure;
  return callee;
}

function apply(m: Machine, { fn, args, stays }: Extract<Control, { type: "apply" }>): void {
  const callee = procedureOf(fn);
  if (callee instanceof CekClosure) {
    const bound = bind(callee.lambda, args);
    m.calls += 1;
    // A loop is not a function of its own to those who read a trace.
    if (!isLoop(callee.lambda)) {
      if (stays) pushReturn(m);
      else enterCall(m);
      m.activation = activate(callee);
    }
    const env = extend(callee.env, bound.locals, bound.values);
    return fallbacks(m, { lambda: callee.lambda, fallbacks: bound.fallbacks }, 0, env);
  }
  if (callee instanceof ElementPrimitive) return give(m, callee.call(args.named, args.positional));
  if (!(callee instanceof Primitive || callee instanceof ControlBuiltin)) {
    throw new Raise(notAFunction(inspect(callee)));
  }
  const [name] = args.named;
  if (name !== undefined) throw new Raise(unknownKey(callee.name, name[0], []));
  const given = args.positional.length;
  if (given < callee.min || given > callee.max) throw new Raise(arityCondition(callee, given));
  if (callee instanceof Primitive) give(m, callee.fn(...args.positional));
  else control(m, callee.name, args.positional, stays);
}

function fallbacks(m: Machine, binding: Binding, index: number, env: Environment): void {
  const fallback = binding.fallbacks[index];
  if (fallback === undefined) return evaluateNext(m, binding.lambda.body, env);
  push(m, { type: "bind", binding, index, env, next: m.frames });
  evaluateNext(m, fallback.fallback, env);
}

/**
 * Before another function takes over: when the running one has something left to do, notes where the
 * value is to return to. A call in tail position leaves nothing, so the continuation does not grow.
 */
export function enterCall(m: Machine): void {
  if (m.frames !== null && m.frames.type !== "return") {
    pushReturn(m);
  }
}

function pushReturn(m: Machine): void {
  const depth = depthOf({ frames: m.frames, under: null }) + 1;
  checkDepth(m, depth + (m.under?.depth ?? 0));
  push(m, { type: "return", activation: m.activation, at: m.at, depth, next: m.frames });
}

function stays(m: Machine, { fn }: Node<"call">): boolean {
  const { code, outermost } = m.activation;
  if (outermost && code?.keepsTop === true) return true;
  return fn.op === "global" && keepsFrame(fn.cell) && code?.hidden === false;
}

/** Calls that may wait above the limit while the overflow is being handled. */
const GRACE = 10_000;

function checkDepth(m: Machine, depth: number): void {
  const { depth: limit } = m.limits;
  if (depth <= limit) m.room = limit;
  else if (depth > m.room) {
    m.room = depth + GRACE;
    throw new Raise(
      condition("limit", "stack overflow: the calls are nested deeper than the memory limit allows"),
    );
  }
}

// What a step ends with

export function give(m: Machine, value: Value): void {
  m.control = { type: "return", value };
}

/** A call without named arguments. */
export function calling(fn: Value, positional: readonly Value[]): Control {
  return { type: "apply", fn, args: { positional, named: [] }, stays: false };
}

export function callNext(m: Machine, fn: Value, positional: readonly Value[]): void {
  m.control = calling(fn, positional);
}

export function stop(m: Machine, reason: ThreadStep): void {
  m.control = { type: "stopped", step: reason };
}

/** Where the machine is. Forms from another text, out of a macro's template, say nothing to the reader. */
function at(m: Machine, node: Core): void {
  if (node.form.origin === m.activation.code?.unit.form.origin) m.at = node;
}

function evaluateNext(m: Machine, node: Core, env: Environment): void {
  m.control = { type: "eval", node, env };
}

function push(m: Machine, frame: Frame): void {
  m.frames = frame;
}

/** Raises `payload` where the machine is: calls the prelude's `%signal`, which never returns. */
export function raise(m: Machine, payload: Value): void {
  locateCondition(m, payload);
  interrupt(m, "%signal", payload);
}

/** Calls a function of the prelude on top of everything, even where the running function had nothing left to do. */
export function interrupt(m: Machine, name: string, payload: Value): void {
  pushReturn(m);
  callNext(m, m.surroundings.entry(name), [payload]);
}
