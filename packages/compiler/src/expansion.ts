/**
 * The expansion of one top-level form to Core. This file walks expressions; what each special form
 * means stands in `special/`, destructuring in `patterns.ts`, markup in `markup.ts`, macros in
 * `macros.ts`, definitions in `definitions.ts`.
 */
import type { DictForm, Form, ListForm, SymbolForm } from "@sorbus/reader";
import { type Cell, ElementPrimitive, EMPTY, FALSE, NIL, TRUE, type Value } from "@sorbus/vm";
import { expandBody } from "./body.ts";
import { checkCall } from "./calls.ts";
import type { Core, KeyParam, Lambda, Local, OptionalParam } from "./core.ts";
import type { Expander } from "./expander.ts";
import { LiveParts } from "./live.ts";
import { expandMacro, type MacroCache } from "./macros.ts";
import { expandElement } from "./markup.ts";
import type { Binding, CoreModule, Module } from "./module.ts";
import { type ParamList, parseParamForm } from "./params.ts";
import { destructure, type Step, wrapSteps } from "./patterns.ts";
import { type AliasScope, Scope } from "./scope.ts";
import { isSymbol, syntaxError } from "./syntax.ts";
import { quoted } from "./values.ts";

/** A special form: emits Core for the whole form. */
export type SpecialForm = (x: Expansion, form: ListForm) => Core;

/** Nested deeper than this is refused; recursion on the host's stack may end earlier. */
const maxNesting = 10_000;

/** What a name refers to at some place. */
export type Resolution = { readonly kind: "local"; readonly local: Local } | Binding | undefined;

interface OpenCall {
  readonly form: ListForm;
  readonly fn: Core;
  readonly args: Core[];
  next: number;
  named: number[] | undefined;
}

/** `[a b]` is a call of `list` without an operator of its own. */
function openCall(form: ListForm, fn: Core): OpenCall {
  return { form, fn, args: [], next: form.bracket === "[" ? 0 : 1, named: undefined };
}

/** No function of the core takes named arguments, but elements do: to all others a literal keyword is a string. */
function isPositional(fn: Core): boolean {
  return fn.op === "global" && fn.cell.module === "core" && !(fn.cell.value instanceof ElementPrimitive);
}

/** The expansion of one top-level form. */
export class Expansion {
  readonly expander: Expander;
  readonly module: Module;
  readonly core: CoreModule;
  readonly scope: Scope = new Scope();
  readonly development: boolean;
  /** With `record`: what may be edited without compiling. */
  readonly live: LiveParts | undefined;
  /** Variables that the pattern being expanded needs around its clause. */
  matchLocals: Local[] = [];
  /** Record types that are defined in a body: their fields. */
  localRecords: Map<Local, readonly string[]> | undefined;
  readonly cache: MacroCache;
  /** What a `preview` form says. */
  preview: { readonly name: string; readonly traits: Value | undefined } | undefined;
  /** In the body of a `defmacro`: the variable that holds the scope of the present expansion. */
  macroScope: SymbolForm | undefined;
  private nesting = 0;

  constructor(expander: Expander, module: Module, cache: MacroCache) {
    this.expander = expander;
    this.module = module;
    this.core = expander.options.core;
    this.development = expander.options.development === true;
    this.live = expander.options.record === true ? new LiveParts() : undefined;
    this.cache = cache;
  }

  // Making Core

  constant(form: Form, value: Value): Core {
    return { op: "const", form, value };
  }

  nil(form: Form): Core {
    return { op: "const", form, value: NIL };
  }

  global(form: Form, cell: Cell): Core {
    return { op: "global", form, cell };
  }

  local(form: Form, local: Local): Core {
    return { op: "local", form, local };
  }

  seq(form: Form, body: readonly Core[]): Core {
    const only = body[0];
    if (only === undefined) return this.nil(form);
    return body.length === 1 ? only : { op: "seq", form, body };
  }

  /** `(if test a b)` */
  choose(form: Form, test: Core, a: Core, b: Core): Core {
    // biome-ignore lint/suspicious/noThenProperty: the name that Core gives this part
    return { op: "if", form, test, then: a, else: b };
  }

  let1(form: Form, local: Local, init: Core, body: Core): Core {
    return { op: "let", form, locals: [local], inits: [init], body };
  }

  /** A reference to a core function, whatever the program has named so. */
  coreRef(form: Form, name: string): Core {
    const binding = this.core.lookup(name);
    if (binding === undefined || (binding.kind !== "cell" && binding.kind !== "element")) {
      // The core is incomplete (an engine under construction): unbound when it runs, and says so.
      return this.global(form, this.core.forwardCell(name));
    }
    return this.global(form, binding.cell);
  }

  /** A call of a core function, whatever the program has named so. */
  coreCall(form: Form, name: string, args: readonly Core[]): Core {
    return { op: "call", form, fn: this.coreRef(form, name), args };
  }

  /** A function without parameters around Core that `make` builds inside it. */
  thunk(form: Form, make: () => Core, name: string = ""): Lambda {
    return this.lambdaOf(form, name, [], make);
  }

  /** A function of plain parameters around Core that `make` builds inside it; `params` are not bound here. */
  lambdaOf(form: Form, name: string, params: readonly Local[], make: () => Core): Lambda {
    this.scope.depth += 1;
    const body = make();
    this.scope.depth -= 1;
    return {
      op: "lambda",
      form,
      name,
      kind: "function",
      required: params,
      optional: [],
      rest: undefined,
      keys: [],
      body,
    };
  }

  // Names

  resolve(symbol: SymbolForm): Resolution {
    const { name, alias } = symbol;
    const local = this.scope.lookup(name, alias);
    if (local !== undefined) return { kind: "local", local };
    return this.resolveGlobal(name, alias);
  }

  resolveGlobal(name: string, alias: object | undefined): Binding | undefined {
    if (alias === undefined) return this.module.lookup(name);
    let scope = alias as AliasScope;
    for (;;) {
      const cell = scope.defined?.get(name);
      if (cell !== undefined) return { kind: "cell", cell };
      if (scope.parent === undefined) return scope.module.lookup(name);
      scope = scope.parent;
    }
  }

  /** The special form or macro that a list form calls, if it does. */
  headBinding(form: Form): Binding | undefined {
    if (form.type !== "list" || form.bracket !== "(") return undefined;
    const head = form.items[0];
    if (head === undefined || head.type !== "symbol") return undefined;
    if (this.scope.lookup(head.name, head.alias) !== undefined) return undefined;
    return this.resolveGlobal(head.name, head.alias);
  }

  /** Whether `form` is a call of the special form `name`, as names stand here. */
  isSpecial(form: Form, name: string): form is ListForm {
    if (form.type !== "list" || !isSymbol(form.items[0], name)) return false;
    const binding = this.headBinding(form);
    return binding?.kind === "special" && binding.name === name;
  }

  /** `else` (unless a variable has the name) and `:else` mark the clause that is taken when no other is. */
  isElse(form: Form | undefined): boolean {
    if (form === undefined || (form.type !== "symbol" && form.type !== "keyword") || form.name !== "else")
      return false;
    return form.type === "keyword" || this.scope.lookup("else", form.alias) === undefined;
  }

  /** The cell that a name which nothing defines refers to. */
  unknown(symbol: SymbolForm): Cell {
    let module = this.module;
    for (let alias = symbol.alias as AliasScope | undefined; alias !== undefined; alias = alias.parent) {
      module = alias.module;
    }
    const cell = module.forwardCell(symbol.name);
    module.unknown.push({ cell, form: symbol });
    return cell;
  }

  reference(symbol: SymbolForm): Core {
    const { name, alias } = symbol;
    const local = this.scope.lookup(name, alias);
    if (local !== undefined) return { op: "local", form: symbol, local };
    return this.bindingReference(symbol, this.resolveGlobal(name, alias));
  }

  bindingReference(symbol: SymbolForm, binding: Binding | undefined): Core {
    if (binding === undefined) return this.global(symbol, this.unknown(symbol));
    switch (binding.kind) {
      case "cell":
      case "element":
        return { op: "global", form: symbol, cell: binding.cell };
      case "special":
        return syntaxError(symbol, `${symbol.name} is a special form: it has no value, only calls of it do`);
      case "macro":
        return syntaxError(symbol, `${symbol.name} is a macro: it has no value, only calls of it do`);
      case "pending":
        return this.pendingMacro(symbol, binding);
      case "ambiguous":
        return this.ambiguous(symbol, binding);
    }
  }

  private ambiguous(form: Form, { name, modules }: Extract<Binding, { kind: "ambiguous" }>): never {
    const [a, b] = modules;
    syntaxError(
      form,
      `${name} is imported from ${a.id} and from ${b.id}: take it from one with :only, or use :prefix`,
    );
  }

  private pendingMacro(form: Form, binding: Extract<Binding, { kind: "pending" }>): never {
    if (binding.module === this.module) {
      syntaxError(form, `the macro ${binding.name} is used before its definition`);
    }
    const cycle = this.expander.describeCycle?.(this.module, binding.module);
    syntaxError(
      form,
      `the macro ${binding.name} of ${binding.module.id} is used while that file is still being loaded` +
        (cycle === undefined ? "" : `: ${cycle}`),
    );
  }

  // Expressions

  expand(form: Form): Core {
    switch (form.type) {
      case "symbol":
        return this.reference(form);
      case "list":
        return this.list(form);
      case "number":
      case "string":
      case "bigint":
        return this.literal(form, form.value);
      case "keyword":
        return { op: "const", form, value: form.name };
      case "boolean":
        return { op: "const", form, value: form.value ? TRUE : FALSE };
      case "nil":
        return { op: "const", form, value: NIL };
      case "dict":
        return this.dict(form);
      case "value":
        return { op: "const", form, value: form.value as Value };
      case "tagged":
        // A vector is mutable: each evaluation makes one.
        return form.tag === "vector" && form.form.type === "list"
          ? this.coreCall(
              form,
              "vector",
              form.form.items.map((item) => this.constant(item, quoted(item))),
            )
          : this.constant(form, quoted(form));
    }
  }

  private literal(form: Form, value: Value): Core {
    const node = { op: "const", form, value } as const;
    this.live?.literals.push(node);
    return node;
  }

  /** The same without becoming a live constant. */
  fixed(form: Form): Core {
    if (form.type === "string" || form.type === "number") return { op: "const", form, value: form.value };
    return this.expand(form);
  }

  /** As `expand`, and a function written there gets the name. */
  expandNamed(form: Form, name: string): Core {
    const binding = this.headBinding(form);
    if (binding?.kind === "special" && (binding.name === "fn" || binding.name === "lambda")) {
      const list = form as ListForm;
      return this.enter(list, () =>
        this.lambda(list, name, "function", parseParamForm(list, list.items[1]), list.items, 2),
      );
    }
    return this.expand(form);
  }

  /** Counts nesting around `make`. */
  enter<T>(form: Form, make: () => T): T {
    this.deeper(form);
    const result = make();
    this.nesting -= 1;
    return result;
  }

  private deeper(form: Form): void {
    this.nesting += 1;
    if (this.nesting > maxNesting) syntaxError(form, `nested too deeply: more than ${maxNesting} levels`);
  }

  private dict(form: DictForm): Core {
    if (form.items.length === 0) return this.coreCall(form, "dict", []);
    const args = form.items.map((item, i) => (i % 2 === 0 ? this.fixed(item) : this.expand(item)));
    return this.coreCall(form, "dict", args);
  }

  private list(form: ListForm): Core {
    if (form.bracket === "[") return this.call(form, this.coreRef(form, "list"));
    const head = form.items[0];
    if (head === undefined) return { op: "const", form, value: EMPTY };
    if (head.type !== "symbol")
      return this.call(
        form,
        this.enter(form, () => this.expand(head)),
      );
    const local = this.scope.lookup(head.name, head.alias);
    if (local !== undefined) return this.call(form, { op: "local", form: head, local });
    return this.dispatch(form, head, this.resolveGlobal(head.name, head.alias));
  }

  private dispatch(form: ListForm, head: SymbolForm, binding: Binding | undefined): Core {
    if (binding === undefined) return this.call(form, this.global(head, this.unknown(head)));
    switch (binding.kind) {
      case "cell":
        return this.call(form, { op: "global", form: head, cell: binding.cell });
      case "special": {
        this.deeper(form);
        const core = binding.expand(this, form);
        this.nesting -= 1;
        return core;
      }
      case "macro": {
        this.deeper(form);
        const core = this.expand(expandMacro(this, form, binding.macro));
        this.nesting -= 1;
        return core;
      }
      case "element": {
        this.deeper(form);
        const core = expandElement(this, form, binding);
        this.nesting -= 1;
        return core;
      }
      case "pending":
        return this.pendingMacro(form, binding);
      case "ambiguous":
        return this.ambiguous(head, binding);
    }
  }

  /** What an ordinary call calls; undefined for everything else. */
  private callee(form: Form): Core | undefined {
    if (form.type !== "list") return undefined;
    if (form.bracket === "[") return this.coreRef(form, "list");
    const head = form.items[0];
    if (head === undefined || head.type !== "symbol") return undefined;
    const local = this.scope.lookup(head.name, head.alias);
    if (local !== undefined) return { op: "local", form: head, local };
    const binding = this.resolveGlobal(head.name, head.alias);
    return binding?.kind === "cell" ? { op: "global", form: head, cell: binding.cell } : undefined;
  }

  /** A call. Calls among the arguments are walked with a stack of our own: data is nested deeply this way. */
  call(form: ListForm, fn: Core): Core {
    const stack: OpenCall[] = [];
    let top = openCall(form, fn);
    for (;;) {
      const { items } = top.form;
      if (top.next === items.length) {
        const done = this.finishCall(top);
        const parent = stack.pop();
        if (parent === undefined) return done;
        this.nesting -= 1;
        parent.args.push(done);
        top = parent;
        continue;
      }
      const item = items[top.next] as Form;
      top.next += 1;
      if (item.type === "keyword") {
        this.keywordArgument(top, item);
        continue;
      }
      const callee = this.callee(item);
      if (callee === undefined) {
        top.args.push(this.expand(item));
        continue;
      }
      this.deeper(item);
      stack.push(top);
      top = openCall(item as ListForm, callee);
    }
  }

  /** A literal keyword names the argument after it, which is then no keyword that names another. */
  private keywordArgument(call: OpenCall, keyword: Extract<Form, { type: "keyword" }>): void {
    call.named ??= [];
    call.named.push(call.args.length);
    call.args.push({ op: "const", form: keyword, value: keyword.name });
    const value = call.form.items[call.next];
    if (value === undefined) return;
    const identity = keyword.name === "key" || keyword.name === "id";
    if (value.type === "keyword" || (identity && value.type !== "list")) {
      call.args.push(this.fixed(value));
      call.next += 1;
    }
  }

  private finishCall(call: OpenCall): Core {
    const { form, fn, args, named } = call;
    this.live?.noteCall(fn, args[0]);
    const plain = named === undefined || isPositional(fn);
    const core: Extract<Core, { op: "call" }> = plain
      ? { op: "call", form, fn, args }
      : { op: "call", form, fn, args, named };
    if (fn.op === "global") checkCall(this, core, fn.cell);
    return core;
  }

  // Functions

  /** A function with a parameter list. `bodyForms` from index `from` on are its body. */
  lambda(
    form: Form,
    name: string,
    kind: Lambda["kind"],
    params: ParamList,
    bodyForms: readonly Form[],
    from: number,
  ): Lambda {
    return this.parameters(form, name, kind, params, () => expandBody(this, bodyForms, from, form));
  }

  /** A function with a parameter list around Core that `make` builds inside it. */
  lambdaWith(form: Form, name: string, params: ParamList, make: () => Core): Lambda {
    return this.parameters(form, name, "function", params, make);
  }

  private parameters(
    form: Form,
    name: string,
    kind: Lambda["kind"],
    params: ParamList,
    make: () => Core,
  ): Lambda {
    const { scope } = this;
    const mark = scope.mark();
    scope.depth += 1;
    const late: { pattern: Form; local: Local }[] = [];
    const checks: Core[] = [];
    const seen =
      params.required.length + params.optional.length + params.keys.length > 1
        ? new Set<string>()
        : undefined;
    const bind = (target: Form, type: Form | undefined): Local => {
      let local: Local;
      if (target.type === "symbol") {
        this.checkBinder(target, seen);
        local = scope.bind(target);
      } else {
        local = scope.fresh("");
        late.push({ pattern: target, local });
      }
      if (type !== undefined && this.development) checks.push(this.typeCheck(target, type, local));
      return local;
    };
    const required = params.required.map((p) => bind(p.target, p.type));
    const optional: OptionalParam[] = [];
    for (const p of params.optional) {
      const fallback = p.fallback === undefined ? this.nil(p.target) : this.expand(p.fallback);
      optional.push({ local: bind(p.target, p.type), fallback });
    }
    const keys: KeyParam[] = [];
    let rest: Local | undefined;
    if (params.rest !== undefined) rest = bind(params.rest, undefined);
    for (const p of params.keys) {
      const fallback = p.fallback === undefined ? undefined : this.expand(p.fallback);
      keys.push({ name: p.target.name, local: bind(p.target, p.type), fallback });
    }
    const steps: Step[] = [];
    for (const { pattern, local } of late) destructure(this, pattern, this.local(pattern, local), steps);
    let body = make();
    body = wrapSteps(form, steps, body);
    if (checks.length > 0) body = this.seq(form, [...checks, body]);
    scope.depth -= 1;
    scope.release(mark);
    return { op: "lambda", form, name, kind, required, optional, rest, keys, body };
  }

  /** Refuses what cannot be the name of a variable, and a second one of the same name. */
  checkBinder(symbol: SymbolForm, seen: Set<string> | undefined): void {
    if (symbol.name.charCodeAt(0) === 38 && symbol.name.length > 1) {
      syntaxError(symbol, `${symbol.name} is not a name`);
    }
    if (seen === undefined || symbol.name === "_") return;
    const key =
      symbol.alias === undefined ? symbol.name : `${symbol.name}\u0000${(symbol.alias as AliasScope).id}`;
    if (seen.has(key)) syntaxError(symbol, `${symbol.name} is bound twice here`);
    seen.add(key);
  }

  private typeCheck(target: Form, type: Form, local: Local): Core {
    const name = target.type === "symbol" ? target.name : "argument";
    const value = type.type === "symbol" ? type.name : quoted(type);
    return this.coreCall(target, "%check-type", [
      this.constant(target, name),
      this.constant(type, value),
      this.local(target, local),
    ]);
  }

  /** The body of a form: expressions and definitions from index `from` on. */
  body(form: ListForm, from: number): Core {
    return expandBody(this, form.items, from, form);
  }

  /** A list made by calls, for control forms that pass several things. */
  listCall(form: Form, items: readonly Core[]): Core {
    return this.coreCall(form, "list", items);
  }
}
