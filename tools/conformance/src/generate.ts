/**
 * Random well-formed programs, out of the templates of `templates.ts`. Expressions are made by the type
 * they should have, so that most run without an error. What a program does is seen through the values of
 * its forms, its effects, and what it has changed, which its last form shows.
 */
import { mutate } from "./mutate.ts";
import { type Branch, type Node, parse, Random } from "./program.ts";
import {
  ASKS,
  CONCURRENT,
  CONCURRENT_PROLOGUE,
  CONTROL,
  EPILOGUE,
  ERRORS,
  EXPRESSIONS,
  LEAVES,
  PROLOGUE,
  SEQUENTIAL,
  SHIFTS,
  type Template,
  TYPES,
  type Type,
} from "./templates.ts";

export interface GeneratedProgram {
  readonly seed: number;
  readonly forms: readonly Node[];
  /** Child fibers run: only the order of effects within one of them is fixed. */
  readonly concurrent: boolean;
}

interface Variable {
  readonly name: string;
  readonly type: Type;
  /** `set!` is allowed. */
  readonly assignable: boolean;
}

/** What may be used where an expression stands. */
interface Scope {
  readonly variables: readonly Variable[];
  /** Ops that a `with-effects` around here handles. */
  readonly ops: readonly string[];
  /** Inside a `reset`. */
  readonly prompt: boolean;
}

const GLOBAL: Scope = { variables: [], ops: [], prompt: false };

const PLACEHOLDER = /^\?(num|bool|str|nums|dict|fn|T|ask|stmt|err|int)(?:\/(\d))?((?:[+!][^+!]+)*)$/;

interface Choice {
  readonly weight: number;
  readonly node: Node;
}

const parsed = new Map<Template, Choice>();

function choiceOf(template: Template): Choice {
  let choice = parsed.get(template);
  if (choice === undefined) {
    const [weight, text] = typeof template === "string" ? [1, template] : template;
    const [node] = parse(text);
    if (node === undefined) throw new RangeError("an empty template");
    choice = { weight, node };
    parsed.set(template, choice);
  }
  return choice;
}

class Generator {
  private readonly random: Random;
  private readonly concurrent: boolean;
  private readonly expressions: Readonly<Record<Type, readonly Template[]>>;
  private readonly control: readonly Template[];
  private names = 0;

  constructor(random: Random, concurrent: boolean) {
    this.random = random;
    this.concurrent = concurrent;
    const { num, nums } = EXPRESSIONS;
    this.expressions = concurrent
      ? { ...EXPRESSIONS, nums: [...nums, ...CONCURRENT.nums] }
      : { ...EXPRESSIONS, num: [...num, ...SEQUENTIAL.num] };
    this.control = [...CONTROL, ...(concurrent ? CONCURRENT : SEQUENTIAL).control];
  }

  program(): Node[] {
    const forms = parse(this.concurrent ? CONCURRENT_PROLOGUE : PROLOGUE);
    let scope = GLOBAL;
    const define = (name: string, type: Type, node: Node): void => {
      forms.push(node);
      scope = withVariable(scope, { name, type, assignable: type === "num" && !this.concurrent });
    };
    const definitions = 1 + this.random.below(4);
    for (let i = 0; i < definitions; i += 1) {
      if (this.random.chance(0.5)) {
        const inner = withVariable(scope, { name: "x", type: "num", assignable: true });
        define(`f${i}`, "fn", list("define", list(`f${i}`, "x"), this.expression("num", inner, 4)));
      } else {
        const type = this.random.pick<Type>(["num", "nums", "dict", "str"]);
        define(`g${i}`, type, list("define", `g${i}`, this.expression(type, scope, 3)));
      }
    }
    const uses = 1 + this.random.below(3);
    for (let i = 0; i < uses; i += 1) {
      forms.push(
        this.expression(this.random.pick<Type>(["num", "num", "nums", "str", "dict", "bool"]), scope, 6),
      );
    }
    return [...forms, ...parse(EPILOGUE)];
  }

  private expression(type: Type, scope: Scope, depth: number): Node {
    if (depth <= 0 || this.random.chance(0.12)) return this.leaf(type, scope);
    if (scope.prompt && this.random.chance(0.15)) return this.fill(SHIFTS, type, scope, depth);
    if (type !== "fn" && this.random.chance(0.4)) return this.fill(this.control, type, scope, depth);
    return this.fill(this.expressions[type], type, scope, depth);
  }

  private leaf(type: Type, scope: Scope): Node {
    const known = scope.variables.filter((v) => v.type === type);
    if (known.length > 0 && this.random.chance(0.6)) return this.random.pick(known).name;
    return this.fill(LEAVES[type], type, scope, 0);
  }

  /** An effect that gives a number. */
  private ask(scope: Scope, depth: number): Node {
    if (scope.ops.length > 0 && this.random.chance(0.6)) {
      return list("perform", `:${this.random.pick(scope.ops)}`, this.expression("num", scope, depth - 1));
    }
    return this.fill(ASKS, "num", scope, depth);
  }

  private statement(scope: Scope, depth: number): Node {
    const assignable = scope.variables.filter((v) => v.assignable);
    const value = this.expression("num", scope, depth);
    if (assignable.length === 0 || this.concurrent || this.random.chance(0.5)) return list("note", value);
    return list("set!", this.random.pick(assignable).name, value);
  }

  /** One of the templates with its places filled. */
  private fill(templates: readonly Template[], type: Type, scope: Scope, depth: number): Node {
    const choices = templates.map(choiceOf);
    const total = choices.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.random.next() * total;
    const chosen = choices.find(({ weight }) => (at -= weight) < 0) ?? choices.at(-1);
    if (chosen === undefined) throw new RangeError("no template to choose");
    return this.place(chosen.node, type, scope, depth, new Map());
  }

  private place(node: Node, type: Type, scope: Scope, depth: number, names: Map<string, string>): Node {
    if (typeof node !== "string") {
      const items = node.items.map((item) => this.place(item, type, scope, depth, names));
      return { ...node, items: this.concurrent && isHandler(node) ? this.contained(items, type) : items };
    }
    if (node.startsWith("$")) return this.nameFor(node.slice(1), names);
    if (!node.startsWith("?")) return node;
    const match = PLACEHOLDER.exec(node);
    if (match === null) throw new SyntaxError(`no placeholder: ${node}`);
    const [, what = "", less = "1", modifiers = ""] = match;
    const inner = this.modified(scope, modifiers, names);
    const left = depth - Number(less);
    switch (what) {
      case "int":
        return String(this.random.below(12) - 2);
      case "ask":
        return this.ask(inner, left);
      case "stmt":
        return this.statement(inner, left);
      case "err":
        return this.fill(ERRORS, type, inner, left);
      default:
        return this.expression(TYPES.find((t) => t === what) ?? type, inner, left);
    }
  }

  /**
   * A handler's function that does not raise. What it raises would go past the `guard` of the child that asks,
   * to whoever waits for the child, and cancel the child's siblings.
   */
  private contained([fn = "", params = "", ...body]: readonly Node[], type: Type): Node[] {
    const name = this.nameFor("e", new Map());
    const clause = list("true", this.leaf(type, GLOBAL));
    return [fn, params, list("guard", list(name, clause), ...body)];
  }

  private nameFor(key: string, names: Map<string, string>): string {
    let name = names.get(key);
    if (name === undefined) {
      this.names += 1;
      name = `${key}${this.names}`;
      names.set(key, name);
    }
    return name;
  }

  /** The scope of a placeholder: see `templates.ts`. */
  private modified(scope: Scope, modifiers: string, names: Map<string, string>): Scope {
    let result = scope;
    for (const [, kind, text = ""] of modifiers.matchAll(/([+!])([^+!]+)/g)) {
      if (kind === "+") {
        const [, key = "", star, type] = /^(\w+)(\*)?(?::(\w+))?$/.exec(text) ?? [];
        result = withVariable(result, {
          name: this.nameFor(key, names),
          type: TYPES.find((t) => t === type) ?? "num",
          assignable: star !== undefined,
        });
      } else if (text === "prompt") result = { ...result, prompt: true };
      else if (text === "closed") result = { ...result, ops: [], prompt: false };
      else if (text === "global") result = GLOBAL;
      else if (text.startsWith("op=")) result = { ...result, ops: [...result.ops, text.slice(3)] };
      else throw new SyntaxError(`no modifier: !${text}`);
    }
    return result;
  }
}

function withVariable(scope: Scope, variable: Variable): Scope {
  return { ...scope, variables: [...scope.variables, variable] };
}

/** The function in a `with-effects` of a template. */
function isHandler({ items: [head, params] }: Branch): boolean {
  return head === "fn" && typeof params === "object" && params.items[0] === "$args";
}

function list(...items: readonly Node[]): Node {
  return { open: "(", items };
}

/** The program of a seed: the same for ever, until templates or generator change. */
export function generate(seed: number): GeneratedProgram {
  const random = new Random(seed);
  const concurrent = random.chance(0.15);
  const forms = new Generator(random, concurrent).program();
  // A mistake in one child fiber would show how far the others have come.
  const wrong = !concurrent && random.chance(0.2);
  return { seed, forms: wrong ? mutate(forms, random) : forms, concurrent };
}
