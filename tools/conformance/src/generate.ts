/**
 * Random well-formed programs. Expressions are made by the type they should have, so that most run
 * without an error; some errors are made on purpose, mostly inside a guard. What a program does is seen
 * through the values of its forms, its effects, and the vector `log`.
 */
import { bracket, dict, list, type Node, quote, Random } from "./program.ts";

export interface GeneratedProgram {
  readonly seed: number;
  readonly forms: readonly Node[];
  /** Child fibers run: only the order of effects within one of them is fixed. */
  readonly concurrent: boolean;
}

type Type = "num" | "bool" | "str" | "nums" | "dict" | "fn";

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

type Rule = (scope: Scope, depth: number) => Node;

const EMPTY: Scope = { variables: [], ops: [], prompt: false };

function bind(scope: Scope, name: string, type: Type, assignable = false): Scope {
  return { ...scope, variables: [...scope.variables, { name, type, assignable }] };
}

/** A callback may run after the reset or the handler around it is gone: it uses neither. */
function closed(scope: Scope): Scope {
  return { ...scope, ops: [], prompt: false };
}

class Generator {
  private readonly random: Random;
  private readonly concurrent: boolean;
  private names = 0;
  private readonly rules: Record<Type, readonly (readonly [number, Rule])[]>;

  constructor(random: Random, concurrent: boolean) {
    this.random = random;
    this.concurrent = concurrent;
    this.rules = {
      num: this.numRules(),
      bool: this.boolRules(),
      str: this.strRules(),
      nums: this.numsRules(),
      dict: this.dictRules(),
      fn: [[1, (s, d) => this.lambda(s, d)]],
    };
  }

  program(): Node[] {
    let scope = EMPTY;
    const forms: Node[] = [
      list("define", "log", list("vector")),
      list("define", list("note", "x"), list("vector-push!", "log", "x"), "x"),
      list("define", "p0", list("make-parameter", "7")),
      list("defmacro", "m0", list("a", "b"), MACRO_BODY),
    ];
    if (this.concurrent) forms.splice(1, 1, list("define", list("note", "x"), "x"));
    const count = 1 + this.random.below(4);
    for (let i = 0; i < count; i += 1) {
      if (this.random.chance(0.5)) {
        const name = `f${i}`;
        forms.push(list("define", list(name, "x"), this.expr("num", bind(scope, "x", "num", true), 4)));
        scope = bind(scope, name, "fn");
      } else {
        const name = `g${i}`;
        const type = this.random.pick<Type>(["num", "nums", "dict", "str"]);
        forms.push(list("define", name, this.expr(type, scope, 3)));
        scope = bind(scope, name, type, type === "num");
      }
    }
    const uses = 1 + this.random.below(3);
    for (let i = 0; i < uses; i += 1) {
      const type = this.random.pick<Type>(["num", "num", "nums", "str", "dict", "bool"]);
      forms.push(this.expr(type, scope, 6));
    }
    forms.push("log");
    return forms;
  }

  private name(prefix: string): string {
    this.names += 1;
    return `${prefix}${this.names}`;
  }

  private expr(type: Type, scope: Scope, depth: number): Node {
    if (depth <= 0) return this.leaf(type, scope);
    if (this.random.chance(0.12)) return this.leaf(type, scope);
    if (this.random.chance(0.4)) return this.control(type, scope, depth);
    const rules = this.rules[type];
    const total = rules.reduce((sum, [weight]) => sum + weight, 0);
    let at = this.random.next() * total;
    for (const [weight, rule] of rules) {
      at -= weight;
      if (at < 0) return rule(scope, depth - 1);
    }
    return this.leaf(type, scope);
  }

  private leaf(type: Type, scope: Scope): Node {
    const known = scope.variables.filter((v) => v.type === type);
    if (known.length > 0 && this.random.chance(0.6)) return this.random.pick(known).name;
    switch (type) {
      case "num":
        return this.random.chance(0.25)
          ? this.ask(scope, String(this.random.below(5)))
          : String(this.random.below(12) - 2);
      case "bool":
        return this.random.pick(["true", "false", "nil"]);
      case "str":
        return this.random.pick(['"a"', '"bc"', '""', '"x<y"', ":key"]);
      case "nums":
        return quote(list(...this.numerals(this.random.below(4))));
      case "dict":
        return this.random.pick<Node>([dict(), dict(":a", "1"), dict(":b", "2", '"c d"', "3")]);
      case "fn":
        return this.random.pick<Node>(["inc", "dec", "abs", list("fn", list("x"), list("*", "2", "x"))]);
    }
  }

  private numerals(n: number): string[] {
    return Array.from({ length: n }, () => String(this.random.below(9)));
  }

  /** An effect that gives a number. */
  private ask(scope: Scope, arg: Node): Node {
    const op = scope.ops.length > 0 && this.random.chance(0.6) ? this.random.pick(scope.ops) : undefined;
    if (op !== undefined) return list("perform", `:${op}`, arg);
    if (!this.concurrent && this.random.chance(0.2)) return list("perform", ":test/counter");
    return list("perform", this.random.chance(0.3) ? ":test/ask" : ":test/echo", arg);
  }

  private lambda(scope: Scope, depth: number): Node {
    const x = this.name("x");
    return list("fn", list(x), this.expr("num", bind(closed(scope), x, "num", true), depth));
  }

  /** A function that stays inside the form where it stands. */
  private callback(
    type: Type,
    params: readonly (readonly [string, Type])[],
    scope: Scope,
    depth: number,
  ): Node {
    let inner = scope;
    for (const [name, of] of params) inner = bind(inner, name, of, true);
    return list("fn", list(...params.map(([name]) => name)), this.expr(type, inner, depth));
  }

  /** Forms that give a value of whatever type is wanted. */
  private control(type: Type, scope: Scope, depth: number): Node {
    const d = depth - 1;
    const value = (s: Scope = scope): Node => this.expr(type, s, d);
    const num = (s: Scope = scope): Node => this.expr("num", s, d - 1);
    const bool = (): Node => this.expr("bool", scope, d - 1);
    const forms: (() => Node)[] = [
      () => list("if", bool(), value(), value()),
      () => list("cond", list(bool(), value()), list(bool(), value()), list("else", value())),
      () => list("do", this.statement(scope, d), value()),
      () => this.letForm(type, scope, d),
      () => this.letForm(type, scope, d),
      () => this.guard(type, scope, d),
      () => this.guard(type, scope, d),
      () => this.wind(type, scope, d),
      () => this.escape(type, scope, d),
      () => this.reset(type, scope, d),
      () => this.handlers(type, scope, d),
      () => this.handlers(type, scope, d),
      () => list("parameterize", list(list("p0", num())), value()),
      () => list("provide", '"ctx"', num(), value()),
      () => list("scope", '"s"', this.statement(scope, d), value()),
      () =>
        list("case", num(), list("0", value()), list(list("1", "2", "10"), value()), list("else", value())),
      () => this.match(type, scope, d),
      () => this.letrec(type, scope, d),
      () => this.loop(type, scope, d),
      () => list("m0", value(), value()),
      () => this.handlerBind(type, scope, d),
    ];
    if (scope.prompt) forms.push(() => this.shift(type, scope, d));
    if (!this.concurrent) forms.push(() => this.reenter(type, scope, d));
    if (this.concurrent) forms.push(() => list("first", list("all", value(), num(), num())));
    return this.random.pick(forms)();
  }

  private letForm(type: Type, scope: Scope, depth: number): Node {
    const kind = this.random.below(4);
    const a = this.name("a");
    const b = this.name("b");
    const of = this.random.pick<Type>(["num", "num", "nums", "fn", "str"]);
    const inner = bind(bind(scope, a, of, of === "num"), b, "num", true);
    const init = this.expr(of, scope, depth);
    const other = this.expr("num", scope, depth - 1);
    const body = this.expr(type, inner, depth);
    if (kind === 0) return list("let", bracket(a, init, b, other), body);
    if (kind === 1) return list("let*", list(list(a, init), list(b, other)), body);
    if (kind === 2) {
      const c = this.name("c");
      const numbers = bind(bind(bind(scope, a, "num"), b, "num"), c, "nums");
      return list(
        "let",
        bracket(
          bracket(a, b, "&rest", c),
          list("cons", other, list("cons", "1", this.expr("nums", scope, depth))),
        ),
        this.expr(type, numbers, depth),
      );
    }
    return list("let", list(list(a, init), list(b, other)), body);
  }

  private guard(type: Type, scope: Scope, depth: number): Node {
    const e = this.name("e");
    const body = this.random.chance(0.6) ? this.failing(type, scope, depth) : this.expr(type, scope, depth);
    const clauses: Node[] = [];
    if (this.random.chance(0.4)) {
      clauses.push(list(list("number?", e), this.expr(type, bind(scope, e, "num"), depth - 1)));
    }
    if (this.random.chance(0.3)) clauses.push(list(list("string?", e), this.expr(type, scope, depth - 1)));
    if (this.random.chance(0.85))
      clauses.push(list(this.random.pick(["else", "true"]), this.expr(type, scope, depth - 1)));
    return list("guard", list(e, ...clauses), body);
  }

  /** An expression that may raise. */
  private failing(type: Type, scope: Scope, depth: number): Node {
    const bad = this.error(scope, depth - 1);
    return this.random.pick<() => Node>([
      () => list("do", list("when", this.expr("bool", scope, depth - 1), bad), this.expr(type, scope, depth)),
      () => list("do", bad, this.expr(type, scope, depth - 1)),
      () => list("if", this.expr("bool", scope, depth - 1), this.expr(type, scope, depth), bad),
    ])();
  }

  private error(scope: Scope, depth: number): Node {
    return this.random.pick<() => Node>([
      () => list("raise", this.expr("num", scope, depth)),
      () => list("raise", this.expr("str", scope, depth)),
      () => list("error", '"made on purpose"', this.expr("num", scope, depth)),
      () => list("nth", this.expr("nums", scope, depth), "99"),
      () => list("+", this.expr("num", scope, depth), '"no number"'),
      () => list("inc"),
      () => list("/", this.expr("num", scope, depth), "0"),
      () => list("perform", ":test/fail", '"host says no"'),
      () => list("perform", ":no/such-op", this.expr("num", scope, depth)),
      () => list("raise-continuable", this.expr("num", scope, depth)),
    ])();
  }

  private handlerBind(type: Type, scope: Scope, depth: number): Node {
    const e = this.name("e");
    const handler = list("fn", list(e), this.statement(scope, depth - 1), this.expr("num", scope, depth - 1));
    const body = list(
      "do",
      list("note", list("raise-continuable", this.expr("num", scope, depth - 1))),
      this.expr(type, scope, depth),
    );
    return list("handler-bind", handler, body);
  }

  private wind(type: Type, scope: Scope, depth: number): Node {
    const thunk = (body: Node): Node => list("fn", list(), body);
    return list(
      "dynamic-wind",
      thunk(list("note", this.random.pick(['"in"', '"enter"']))),
      thunk(this.expr(type, scope, depth)),
      thunk(
        this.random.chance(0.3) ? list("note", this.ask({ ...scope, ops: [] }, "3")) : list("note", '"out"'),
      ),
    );
  }

  private escape(type: Type, scope: Scope, depth: number): Node {
    const k = this.name("k");
    const leave = list(k, this.expr(type, scope, depth - 1));
    const body = this.random.pick<() => Node>([
      () =>
        list("do", list("when", this.expr("bool", scope, depth - 1), leave), this.expr(type, scope, depth)),
      () =>
        list(
          "do",
          list("for-each", this.callback("num", [["y", "num"]], scope, 1), this.expr("nums", scope, 1)),
          leave,
        ),
      () =>
        list(
          "do",
          list(
            "map",
            list("fn", list("y"), list("if", list(">", "y", "3"), leave, "y")),
            this.expr("nums", scope, 1),
          ),
          this.expr(type, scope, depth),
        ),
    ])();
    return list("call/cc", list("fn", list(k), body));
  }

  /** A continuation entered again a few times. */
  private reenter(type: Type, scope: Scope, depth: number): Node {
    const k = this.name("k");
    const n = this.name("n");
    const v = this.name("v");
    const inner = bind(bind(scope, v, "num"), n, "num");
    return list(
      "let",
      list(list(k, "nil"), list(n, "0")),
      list(
        "let",
        list(
          list(
            v,
            list("call/cc", list("fn", list("c"), list("set!", k, "c"), this.expr("num", scope, depth - 1))),
          ),
        ),
        list("set!", n, list("+", n, "1")),
        list(
          "if",
          list("<", n, "3"),
          list(k, this.expr("num", inner, depth - 1)),
          this.expr(type, inner, depth),
        ),
      ),
    );
  }

  private reset(type: Type, scope: Scope, depth: number): Node {
    return list("reset", this.expr(type, { ...scope, prompt: true }, depth));
  }

  /** Only numbers pass through `k`, so that the reset's type does not matter: the shift's body calls k for its value. */
  private shift(type: Type, scope: Scope, depth: number): Node {
    const k = this.name("k");
    const arg = (): Node => this.expr(type, { ...scope, prompt: false }, depth - 1);
    const body = this.random.pick<() => Node>([
      () => list(k, arg()),
      () => list("do", list(k, arg()), list(k, arg())),
      () => list("do", list("note", '"shifted"'), list(k, arg())),
    ])();
    return list("shift", k, body);
  }

  private handlers(type: Type, scope: Scope, depth: number): Node {
    const op = this.random.pick(["e/one", "e/two", "test/ask"]);
    const args = this.name("args");
    const resume = this.name("resume");
    const answer = (): Node =>
      this.random.chance(0.5) ? list("first", args) : this.expr("num", scope, depth - 1);
    const handler = this.random.pick<() => Node>([
      () => list(resume, answer()),
      () => list("let", list(list("r", list(resume, answer()))), list("note", '"resumed"'), "r"),
      () => list("do", list(resume, answer()), list(resume, answer())),
      () =>
        list("if", this.expr("bool", scope, 1), list(resume, answer()), this.expr(type, scope, depth - 1)),
      () => this.expr(type, scope, depth - 1),
      () => list("do", this.statement(scope, depth - 1), list(resume, list("+", "1", answer()))),
      () => list("guard", list("e", list("true", this.expr(type, scope, depth - 1))), list(resume, answer())),
    ])();
    const inner: Scope = { ...scope, ops: [...scope.ops, op] };
    return list(
      "with-effects",
      dict(`:${op}`, list("fn", list(args, resume), handler)),
      this.expr(type, inner, depth),
    );
  }

  private match(type: Type, scope: Scope, depth: number): Node {
    const value = (s: Scope = scope): Node => this.expr(type, s, depth - 1);
    if (this.random.chance(0.5)) {
      const a = this.name("a");
      const b = this.name("b");
      return list(
        "match",
        this.expr("nums", scope, depth - 1),
        list(bracket(), value()),
        list(bracket(a), value(bind(scope, a, "num"))),
        list(
          bracket(a, "&rest", b),
          ":when",
          this.expr("bool", bind(scope, a, "num"), 1),
          value(bind(bind(scope, a, "num"), b, "nums")),
        ),
        list("_", value()),
      );
    }
    const a = this.name("a");
    return list(
      "match",
      this.expr("dict", scope, depth - 1),
      list(dict(":a", a), value(bind(scope, a, "num"))),
      list(list("or", dict(":b", "2"), dict(":b", "3")), value()),
      list("_", value()),
    );
  }

  private letrec(type: Type, scope: Scope, depth: number): Node {
    const f = this.name("f");
    const n = this.name("n");
    const loop = list(
      "fn",
      list(n),
      list(
        "if",
        list("<", n, "1"),
        this.expr("num", scope, depth - 2),
        this.random.pick<() => Node>([
          () => list(f, list("-", n, "1")),
          () => list("+", this.expr("num", bind(scope, n, "num"), depth - 2), list(f, list("-", n, "1"))),
          () => list("do", this.statement(scope, 1), list(f, list("-", n, "1"))),
        ])(),
      ),
    );
    const bounded = list("fn", list("x"), list(f, list("mod", "x", "4")));
    const g = this.name("g");
    return list(
      "letrec",
      list(list(f, loop), list(g, bounded)),
      this.expr(type, bind(scope, g, "fn"), depth),
    );
  }

  private loop(type: Type, scope: Scope, depth: number): Node {
    const i = this.name("i");
    const inner = bind(scope, i, "num");
    const times = String(1 + this.random.below(3));
    return this.random.pick<() => Node>([
      () =>
        list(
          "do",
          list("dotimes", list(i, times), this.statement(inner, depth - 1)),
          this.expr(type, scope, depth),
        ),
      () =>
        list(
          "let",
          list(list(i, "0")),
          list(
            "while",
            list("<", i, times),
            list("set!", i, list("+", i, "1")),
            this.statement(inner, depth - 1),
          ),
          this.expr(type, inner, depth),
        ),
      () => {
        const loop = this.name("loop");
        return list(
          "let",
          loop,
          list(list(i, times)),
          list(
            "if",
            list("<", i, "1"),
            this.expr(type, inner, depth),
            list("do", this.statement(inner, depth - 1), list(loop, list("-", i, "1"))),
          ),
        );
      },
    ])();
  }

  /** Something done for what it does. */
  private statement(scope: Scope, depth: number): Node {
    const assignable = scope.variables.filter((v) => v.assignable);
    const value = this.expr("num", scope, depth - 1);
    if (!this.concurrent && assignable.length > 0 && this.random.chance(0.4)) {
      return list("set!", this.random.pick(assignable).name, value);
    }
    return list("note", value);
  }

  private numRules(): (readonly [number, Rule])[] {
    const num = (s: Scope, d: number): Node => this.expr("num", s, d);
    const nums = (s: Scope, d: number): Node => this.expr("nums", s, d);
    return [
      [3, (s, d) => list(this.random.pick(["+", "-", "min", "max"]), num(s, d), num(s, d))],
      [1, (s, d) => list("+", num(s, d), num(s, d), num(s, d))],
      [1, (s, d) => list("*", num(s, d), String(this.random.below(3)))],
      [1, (s, d) => list("mod", num(s, d), "7")],
      [4, (s, d) => this.ask(s, num(s, d))],
      [1, (s, d) => list("len", nums(s, d))],
      [1, (s, d) => list("len", this.expr("str", s, d))],
      [1, (s, d) => list("nth", nums(s, d), String(this.random.below(3)), num(s, 1))],
      [1, (s, d) => list("get", this.expr("dict", s, d), this.random.pick([":a", ":b", '"c d"']), num(s, 1))],
      [
        2,
        (s, d) =>
          list(
            "reduce",
            this.random.chance(0.5)
              ? "+"
              : this.callback(
                  "num",
                  [
                    ["acc", "num"],
                    ["y", "num"],
                  ],
                  s,
                  d,
                ),
            num(s, 1),
            nums(s, d),
          ),
      ],
      [
        1,
        (s, d) =>
          list(
            "fold-right",
            this.callback(
              "num",
              [
                ["y", "num"],
                ["acc", "num"],
              ],
              s,
              d,
            ),
            num(s, 1),
            nums(s, d),
          ),
      ],
      [2, (s, d) => list(this.expr("fn", s, d), num(s, d))],
      [1, (s, d) => list("apply", "+", num(s, d), nums(s, d))],
      [1, (s, d) => list("note", num(s, d))],
      [1, () => list("p0")],
      [1, (s) => list("context", '"ctx"', this.leaf("num", s))],
      [
        1,
        (s, d) =>
          list("or", list("find", this.callback("bool", [["y", "num"]], s, d), nums(s, d)), num(s, 1)),
      ],
      [
        1,
        (s, d) =>
          list(
            "if",
            list("some", this.callback("bool", [["y", "num"]], s, d), nums(s, d)),
            num(s, 1),
            num(s, 1),
          ),
      ],
      [
        1,
        (s, d) =>
          list(
            "let",
            list(list("v", list("vector", num(s, d), num(s, d)))),
            list("vector-set!", "v", "0", num(s, d)),
            list("vector-ref", "v", "0"),
          ),
      ],
      [
        1,
        (s, d) =>
          list(list("fn", list("a", "&optional", list("b", num(s, d))), list("+", "a", "b")), num(s, d)),
      ],
      [
        1,
        (s, d) =>
          list(
            list("fn", list("a", "&key", list("size", num(s, d))), list("+", "a", "size")),
            ...(this.random.chance(0.5) ? [":size", num(s, d)] : []),
            num(s, d),
          ),
      ],
      [1, (s, d) => list("eval", list("list", quote("+"), num(s, d), "1"))],
      [1, (s, d) => list(list("comp", this.expr("fn", s, d), this.expr("fn", s, d)), num(s, d))],
    ];
  }

  private boolRules(): (readonly [number, Rule])[] {
    return [
      [
        3,
        (s, d) =>
          list(this.random.pick(["<", ">", "=", "<="]), this.expr("num", s, d), this.expr("num", s, d)),
      ],
      [1, (s, d) => list("not", this.expr("bool", s, d))],
      [1, (s, d) => list(this.random.pick(["and", "or"]), this.expr("bool", s, d), this.expr("bool", s, d))],
      [1, (s, d) => list("even?", list("mod", this.expr("num", s, d), "5"))],
      [1, (s, d) => list("every?", this.callback("bool", [["y", "num"]], s, d), this.expr("nums", s, d))],
      [1, (s, d) => list("=", this.expr("nums", s, d), this.expr("nums", s, d))],
      [1, (s, d) => list("perform", ":test/echo", this.expr("bool", s, d))],
    ];
  }

  private strRules(): (readonly [number, Rule])[] {
    const str = (s: Scope, d: number): Node => this.expr("str", s, d);
    return [
      [3, (s, d) => list("str", str(s, d), this.expr("num", s, d))],
      [1, (s, d) => list("upper", str(s, d))],
      [1, (s, d) => list("join", '"-"', this.expr("nums", s, d))],
      [1, (s, d) => list("inspect", this.expr(this.random.pick<Type>(["nums", "dict", "str"]), s, d))],
      [1, (s, d) => list("perform", ":test/echo", str(s, d))],
      [
        2,
        (s, d) =>
          list(
            "render-to-html",
            list(
              "p",
              ":class",
              str(s, d),
              ":hidden",
              this.expr("bool", s, d),
              str(s, d),
              list("b", this.expr("num", s, d)),
              this.expr("nums", s, d),
            ),
          ),
      ],
      [1, (s, d) => list("replace", str(s, d), '"a"', str(s, 1))],
    ];
  }

  private numsRules(): (readonly [number, Rule])[] {
    const nums = (s: Scope, d: number): Node => this.expr("nums", s, d);
    const num = (s: Scope, d: number): Node => this.expr("num", s, d);
    const y: readonly (readonly [string, Type])[] = [["y", "num"]];
    return [
      [2, (s, d) => list("list", num(s, d), num(s, d))],
      [1, (s, d) => bracket(num(s, d), num(s, d))],
      [1, (s, d) => list("cons", num(s, d), nums(s, d))],
      [4, (s, d) => list("map", this.callback("num", y, s, d), nums(s, d))],
      [1, (s, d) => list("map", nums(s, d), this.expr("fn", s, d))],
      [
        1,
        (s, d) =>
          list(
            "map",
            this.callback(
              "num",
              [
                ["y", "num"],
                ["z", "num"],
              ],
              s,
              d,
            ),
            nums(s, d),
            nums(s, 1),
          ),
      ],
      [
        2,
        (s, d) =>
          list(
            this.random.pick(["filter", "remove", "take-while", "drop-while"]),
            this.callback("bool", y, s, d),
            nums(s, d),
          ),
      ],
      [
        1,
        (s, d) =>
          list(
            "map-indexed",
            this.callback(
              "num",
              [
                ["i", "num"],
                ["y", "num"],
              ],
              s,
              d,
            ),
            nums(s, d),
          ),
      ],
      [
        1,
        (s, d) =>
          list("flat-map", list("fn", list("y"), this.expr("nums", bind(s, "y", "num"), d)), nums(s, d)),
      ],
      [1, (s, d) => list("sort", nums(s, d))],
      [
        2,
        (s, d) =>
          list("sort", list("fn", list("y", "z"), list("<", this.ask(s, "y"), this.ask(s, "z"))), nums(s, d)),
      ],
      [1, (s, d) => list("sort-by", this.callback("num", y, s, d), nums(s, d))],
      [1, (s, d) => list("append", nums(s, d), nums(s, d))],
      [1, (s, d) => list("take", nums(s, d), String(this.random.below(4)))],
      [1, (s, d) => list("reverse", nums(s, d))],
      [
        1,
        (s, d) =>
          list(
            "for",
            bracket(
              "y",
              nums(s, d),
              "z",
              list("range", "2"),
              ":when",
              this.expr("bool", bind(s, "y", "num"), 1),
            ),
            this.expr("num", bind(bind(s, "y", "num"), "z", "num"), d),
          ),
      ],
      [1, (s, d) => list("range", list("mod", num(s, d), "5"))],
      [1, (s, d) => list("vals", this.expr("dict", s, d))],
      [1, (s, d) => list("perform", ":test/echo", nums(s, d))],
      [this.concurrent ? 5 : 0, (s, d) => list("pmap", this.callback("num", y, s, d), nums(s, d))],
      [this.concurrent ? 5 : 0, (s, d) => list("all", num(s, d), num(s, d), num(s, d))],
    ];
  }

  private dictRules(): (readonly [number, Rule])[] {
    const num = (s: Scope, d: number): Node => this.expr("num", s, d);
    return [
      [3, (s, d) => dict(":a", num(s, d), '"c d"', num(s, d))],
      [1, (s, d) => list("assoc", this.expr("dict", s, d), ":b", num(s, d))],
      [1, (s, d) => list("update", this.expr("dict", s, d), ":a", list("fn", list("v"), num(s, d)))],
      [1, (s, d) => list("merge", this.expr("dict", s, d), this.expr("dict", s, d))],
      [1, (s, d) => list("perform", ":test/echo", this.expr("dict", s, d))],
    ];
  }
}

/** Evaluates its second form, then gives the first, through a temporary. */
const MACRO_BODY: Node = list(
  "quasiquote",
  list("let", list(list("t#", list("unquote", "b"))), list("do", "t#", list("unquote", "a"))),
);

/** The program of a seed: the same for ever, until the generator changes. */
export function generate(seed: number): GeneratedProgram {
  const random = new Random(seed);
  const concurrent = random.chance(0.15);
  return { seed, forms: new Generator(random, concurrent).program(), concurrent };
}
