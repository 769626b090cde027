/**
 * Core to bytecode, one function at a time. Registers are a stack: parameters, then locals and
 * temporaries as they come into scope, so that at every call all live registers lie under the
 * outgoing frame and arguments are evaluated where the callee will find them.
 *
 * An expression is compiled for one of three uses: into a register (`into`), as the function's
 * result (`tail`), or for a decision (`branch`).
 */
import {
  type ClosureSpec,
  Code,
  ElementPrimitive,
  FALSE,
  HEADER,
  keepsFrame,
  type Label,
  NIL,
  type Primitive,
  UNSET,
  type Value,
} from "@sorbus/vm";
import type { Core, Lambda, Local } from "../core.ts";
import {
  assignsGlobal,
  coreName,
  type Loop,
  loopOf,
  mayCapture,
  mentions,
  mentionsDirectly,
  primitiveOf,
} from "./analysis.ts";
import { Frame, type UnitContext } from "./frame.ts";
import {
  binary,
  folding,
  immediate,
  isSmall,
  testBinary,
  testImmediate,
  testUnary,
  unary,
} from "./inline.ts";

/** A letrec function that became a loop of this frame. */
interface LoopPlace {
  readonly label: Label;
  readonly first: number;
  readonly loop: Loop;
}

type Call = Core & { op: "call" };

export class FunctionCompiler extends Frame {
  private readonly loops: Map<Local, LoopPlace> = new Map();
  private readonly index: number;
  /** What evaluates the unit itself, not a function in it. */
  private readonly outermost: boolean;

  private constructor(unit: UnitContext, parent: FunctionCompiler | undefined) {
    super(unit, parent);
    this.outermost = parent === undefined;
    this.index = unit.functions.length;
  }

  /** The function that evaluates a top-level form. */
  static topLevel(unit: UnitContext, core: Core): void {
    const compiler = new FunctionCompiler(unit, undefined);
    unit.functions.push(undefined as never);
    compiler.tail(core);
    unit.functions[compiler.index] = compiler.finish("top level", "function", 0, 0, false, []);
  }

  private static lambda(parent: FunctionCompiler, lambda: Lambda): { code: Code; inner: FunctionCompiler } {
    const { unit } = parent;
    const inner = new FunctionCompiler(unit, parent);
    unit.functions.push(undefined as never);
    inner.parameters(lambda);
    inner.tail(lambda.body);
    const code = inner.finish(
      lambda.name,
      lambda.kind,
      lambda.required.length,
      lambda.optional.length,
      lambda.rest !== undefined,
      lambda.keys.map((key) => ({ name: key.name, required: key.fallback === undefined })),
    );
    unit.functions[inner.index] = code;
    return { code, inner };
  }

  private finish(
    name: string,
    kind: "function" | "component",
    required: number,
    optional: number,
    rest: boolean,
    keys: readonly { name: string; required: boolean }[],
  ): Code {
    return new Code({
      name,
      kind,
      required,
      optional,
      rest,
      keys,
      registers: this.registers,
      ...this.asm.finish(),
      constants: this.constants,
      hidden: this.unit.hidden,
      locate: this.unit.locate,
    });
  }

  // ---- variables -----------------------------------------------------------------------------

  private parameters(lambda: Lambda): void {
    const scope = [
      ...lambda.required,
      ...lambda.optional.map((p) => p.local),
      ...(lambda.rest === undefined ? [] : [lambda.rest]),
      ...lambda.keys.map((k) => k.local),
    ];
    this.allocate(scope.length);
    const fallbacks = new Map<Local, Core>();
    for (const { local, fallback } of lambda.optional) fallbacks.set(local, fallback);
    for (const { local, fallback } of lambda.keys) if (fallback !== undefined) fallbacks.set(local, fallback);
    const whole: Core[] = [...fallbacks.values(), lambda.body];
    scope.forEach((local, register) => {
      const fallback = fallbacks.get(local);
      if (fallback !== undefined) {
        const given = this.asm.label();
        this.asm.emit("JSET", register, given);
        this.into(fallback, register);
        this.asm.mark(given);
      }
      this.bind(local, register, whole);
    });
  }

  /** A register that holds the value: the variable's own where that is safe, else a new one. */
  private operand(core: Core): number {
    if (core.op === "local" && !core.local.assigned) {
      const place = this.place(core.local);
      if (place.kind === "register" && !place.boxed && !place.checked) return place.index;
    }
    const to = this.allocate();
    this.into(core, to);
    return to;
  }

  // ---- expressions ---------------------------------------------------------------------------

  /** Leaves the value in register `to`, which nothing in `core` reads before it is written. */
  private into(core: Core, to: number): void {
    switch (core.op) {
      case "const":
        this.constantInto(core, to);
        return;
      case "local":
        this.at(core);
        this.read(core.local, to);
        return;
      case "global":
        this.at(core);
        this.asm.emit("GLOBAL", to, this.constant(core.cell));
        return;
      case "set-local":
      case "set-global":
      case "define":
        this.assign(core);
        this.asm.emit("CONST", to, this.constant(NIL));
        return;
      case "if": {
        const otherwise = this.asm.label();
        const end = this.asm.label();
        this.branch(core.test, otherwise);
        this.into(core.then, to);
        this.asm.emit("JUMP", end);
        this.asm.mark(otherwise);
        this.into(core.else, to);
        this.asm.mark(end);
        return;
      }
      case "seq":
        this.sequence(core.body, (last) => this.into(last, to));
        return;
      case "let":
        this.scoped(() => {
          this.letBindings(core);
          this.into(core.body, to);
        });
        return;
      case "letrec":
        this.scoped(() => this.letrec(core, (body) => this.into(body, to)));
        return;
      case "lambda":
        this.closure(core, to);
        return;
      case "call":
        this.call(core, to);
        return;
      default:
        core satisfies never;
    }
  }

  /** Evaluates for the function's result. */
  private tail(core: Core): void {
    switch (core.op) {
      case "if": {
        const otherwise = this.asm.label();
        this.branch(core.test, otherwise);
        this.tail(core.then);
        this.asm.mark(otherwise);
        this.tail(core.else);
        return;
      }
      case "seq":
        this.sequence(core.body, (last) => this.tail(last));
        return;
      case "let":
        this.scoped(() => {
          this.letBindings(core);
          this.tail(core.body);
        });
        return;
      case "letrec":
        this.scoped(() => this.letrec(core, (body) => this.tail(body)));
        return;
      case "call":
        if (this.isLoopCall(core)) this.loopCall(core);
        else if (this.isInlined(core) || this.staysFor(core)) this.returnOperand(core);
        else this.scoped(() => this.outgoing(core, undefined));
        return;
      default:
        this.returnOperand(core);
    }
  }

  /** Whether this frame is kept for traces although the call is in tail position. */
  private staysFor({ fn }: Call): boolean {
    if (this.outermost && this.unit.keepsTop) return true;
    return fn.op === "global" && keepsFrame(fn.cell) && !this.unit.hidden;
  }

  private returnOperand(core: Core): void {
    this.scoped(() => {
      const from = this.operand(core);
      this.asm.emit("RETURN", from);
    });
  }

  private sequence(body: readonly Core[], last: (core: Core) => void): void {
    body.forEach((core, i) => {
      if (i === body.length - 1) last(core);
      else if (core.op !== "const" && core.op !== "lambda")
        this.scoped(() => this.into(core, this.allocate()));
    });
  }

  private constantInto(core: Core & { op: "const" }, to: number): void {
    if (core.slot === undefined) {
      this.asm.emit("CONST", to, this.constant(core.value));
      return;
    }
    this.asm.emit("CONST", to, this.liveConstant(core.slot, core.value));
  }

  /** The index of a live constant. Core that stands twice in the code has one, or is live no more. */
  private liveConstant(slot: string, value: Value): number {
    const { slots, spread } = this.unit;
    const known = slots.get(slot);
    if (known !== undefined && known.fn === this.index) return known.constant;
    const constant = this.constants.push(value) - 1;
    if (known !== undefined || spread.has(slot)) {
      spread.add(slot);
      slots.delete(slot);
    } else slots.set(slot, { fn: this.index, constant });
    return constant;
  }

  private assign(core: Core & { op: "set-local" | "set-global" | "define" }): void {
    this.scoped(() => {
      const from = this.operand(core.value);
      this.at(core);
      if (core.op === "set-local") this.write(core.local, from);
      else this.asm.emit(core.op === "define" ? "DEFINE" : "SETGLOBAL", this.constant(core.cell), from);
    });
  }

  // ---- decisions -----------------------------------------------------------------------------

  /** Goes on when the value is true, jumps to `otherwise` when it is nil or false. */
  private branch(test: Core, otherwise: Label): void {
    if (test.op === "const") {
      if (test.value === NIL || test.value === FALSE) this.asm.emit("JUMP", otherwise);
      return;
    }
    if (test.op === "if") {
      // `(and a b)` is (if a b false): both parts decide. Others decide by the branch taken.
      const inner = this.asm.label();
      const end = this.asm.label();
      this.branch(test.test, inner);
      this.branch(test.then, otherwise);
      this.asm.emit("JUMP", end);
      this.asm.mark(inner);
      this.branch(test.else, otherwise);
      this.asm.mark(end);
      return;
    }
    if (test.op === "call" && this.branchOnPrimitive(test, otherwise)) return;
    this.scoped(() => {
      const value = this.operand(test);
      this.asm.emit("JFALSE", value, otherwise);
    });
  }

  private branchOnPrimitive(test: Call, otherwise: Label): boolean {
    const name = primitiveOf(test.fn)?.name;
    if (name === undefined) return false;
    const [a, b] = test.args;
    if (name === "not" && test.args.length === 1 && a !== undefined) {
      this.scoped(() => {
        const value = this.operand(a);
        this.asm.emit("JTRUE", value, otherwise);
      });
      return true;
    }
    const one = testUnary.get(name);
    if (one !== undefined && test.args.length === 1 && a !== undefined) {
      this.scoped(() => {
        const value = this.operand(a);
        this.at(test);
        this.asm.emit(one, value, otherwise);
      });
      return true;
    }
    const two = testBinary.get(name);
    if (two === undefined || test.args.length !== 2 || a === undefined || b === undefined) return false;
    this.scoped(() => {
      const left = this.operand(a);
      const small = testImmediate.get(name);
      if (small !== undefined && b.op === "const" && isSmall(b.value)) {
        this.at(test);
        this.asm.emit(small, left, b.value, otherwise);
        return;
      }
      const right = this.operand(b);
      this.at(test);
      this.asm.emit(two, left, right, otherwise);
    });
    return true;
  }

  // ---- bindings ------------------------------------------------------------------------------

  private letBindings(core: Core & { op: "let" }): void {
    const bound: (() => void)[] = [];
    core.locals.forEach((local, i) => {
      const init = core.inits[i] as Core;
      if (init.op === "local" && !init.local.assigned && !local.assigned) {
        const place = this.place(init.local);
        if (place.kind === "register" && !place.boxed && !place.checked) {
          bound.push(() => this.places.set(local, place));
          return;
        }
      }
      const register = this.allocate();
      this.into(init, register);
      bound.push(() => this.bind(local, register, [core.body]));
    });
    for (const bind of bound) bind();
  }

  private letrec(core: Core & { op: "letrec" }, use: (body: Core) => void): void {
    const loop = loopOf(core);
    if (loop !== undefined) {
      this.loop(loop, core.body, use);
      return;
    }
    const { locals, inits } = core;
    const first = this.allocate(locals.length);
    const early = locals.map((local, i) => this.readEarly(local, i, core));
    const scope = [...inits, core.body];
    locals.forEach((local, i) => {
      const register = first + i;
      const boxed =
        (local.assigned && (local.captured || scope.some(mayCapture))) ||
        (early[i] === true && local.captured);
      if (early[i]) this.asm.emit("CONST", register, this.constant(UNSET));
      else if (boxed || local.captured) this.asm.emit("CONST", register, this.constant(NIL));
      if (boxed) this.asm.emit("BOX", register);
      this.places.set(local, { kind: "register", index: register, boxed, checked: early[i] === true });
    });
    const made: { register: number; inner: FunctionCompiler; at: number }[] = [];
    inits.forEach((init, i) => {
      const local = locals[i] as Local;
      const register = first + i;
      const { boxed } = this.place(local);
      if (init.op === "lambda" && !boxed) {
        made.push({ register, inner: this.closure(init, register), at: i });
        // Patch what was captured before it was there.
        for (const { register: holder, inner, at } of made) {
          inner.capturedLocals.forEach((captured, up) => {
            if (captured !== local || at > i || this.place(local).boxed) return;
            this.asm.emit("FIXUP", holder, up, register);
          });
        }
        return;
      }
      if (!boxed) {
        this.into(init, register);
        return;
      }
      this.scoped(() => {
        const value = this.operand(init);
        this.asm.emit("BOXSET", register, value);
      });
    });
    use(core.body);
  }

  /**
   * Whether `locals[i]` may be read before its init has run: by an init up to its own, unless
   * that is one of an unbroken run of lambdas ending in its own (those are made, not called).
   */
  private readEarly(local: Local, i: number, core: Core & { op: "letrec" }): boolean {
    let run = i;
    while (run >= 0 && core.inits[run]?.op === "lambda") run--;
    return (
      core.inits.slice(0, run + 1).some((init) => mentions(init, local)) ||
      mentionsDirectly(core.inits[i] as Core, local)
    );
  }

  // ---- loops ---------------------------------------------------------------------------------

  private loop(loop: Loop, body: Core, use: (body: Core) => void): void {
    const params = loop.lambda.required;
    const first = this.allocate(params.length);
    const place: LoopPlace = { label: this.asm.label(), first, loop };
    this.loops.set(loop.local, place);
    // The body of the letrec enters the loop by calling it, wherever it does so.
    if (body.op === "call" && body.fn.op === "local" && body.fn.local === loop.local) {
      body.args.forEach((arg, i) => {
        this.scoped(() => this.into(arg, first + i));
      });
      this.loopBody(place, use);
      return;
    }
    const end = this.asm.label();
    use(body);
    this.asm.emit("JUMP", end);
    this.loopBody(place, use);
    this.asm.mark(end);
  }

  private loopBody({ label, first, loop }: LoopPlace, use: (body: Core) => void): void {
    this.asm.mark(label);
    loop.lambda.required.forEach((param, i) => {
      this.bind(param, first + i, [loop.lambda.body]);
    });
    use(loop.lambda.body);
  }

  private isLoopCall(core: Call): boolean {
    return core.fn.op === "local" && this.loops.has(core.fn.local);
  }

  /** Rebinds the loop's variables and goes round. */
  private loopCall(core: Call): void {
    const place = core.fn.op === "local" ? this.loops.get(core.fn.local) : undefined;
    if (place === undefined) throw new RangeError("not a call of a loop");
    this.scoped(() => {
      const params = place.loop.lambda.required;
      const moves: [to: number, from: number][] = [];
      core.args.forEach((arg, i) => {
        const to = place.first + i;
        const unchanged = arg.op === "local" && arg.local === params[i] && !arg.local.assigned;
        if (unchanged) return;
        const lastOne = core.args
          .slice(i + 1)
          .every((later, j) => later.op === "local" && later.local === params[i + 1 + j]);
        if (lastOne && moves.length === 0 && !params.some((p) => p.assigned)) {
          this.into(arg, to);
          return;
        }
        const from = this.operand(arg);
        moves.push([to, from]);
      });
      // Operands that are loop variables themselves must be read before they are overwritten.
      const targets = new Set(moves.map(([to]) => to));
      const safe = moves.map(([to, from], i): [number, number] => {
        if (!targets.has(from) || moves.findIndex(([t]) => t === from) >= i) return [to, from];
        const copy = this.allocate();
        this.asm.emit("MOVE", copy, from);
        return [to, copy];
      });
      for (const [to, from] of safe) if (to !== from) this.asm.emit("MOVE", to, from);
      this.at(core);
      this.asm.emit("LOOP", place.label);
    });
  }

  // ---- functions and calls -------------------------------------------------------------------

  private closure(lambda: Lambda, to: number): FunctionCompiler {
    const { code, inner } = FunctionCompiler.lambda(this, lambda);
    const spec: ClosureSpec = { code, captures: inner.captures };
    this.asm.emit("CLOSURE", to, this.constants.push(spec) - 1);
    return inner;
  }

  /** Calls that need no frame. */
  private isInlined(core: Call): boolean {
    const primitive = primitiveOf(core.fn);
    if (primitive !== undefined && primitive.name !== "%template") {
      if (core.named !== undefined && primitive instanceof ElementPrimitive) return false;
      return core.args.length >= primitive.min && core.args.length <= primitive.max;
    }
    return coreName(core.fn) === "%template";
  }

  private call(core: Call, to: number): void {
    if (this.isLoopCall(core)) this.loopCall(core);
    else if (this.isInlined(core)) this.scoped(() => this.inlined(core, to));
    else this.scoped(() => this.outgoing(core, to));
  }

  private inlined(core: Call, to: number): void {
    const primitive = primitiveOf(core.fn);
    if (primitive === undefined || primitive.name === "%template") {
      const [template, ...values] = core.args;
      if (template?.op !== "const") throw new RangeError("%template without a template");
      const first = this.contiguous(values);
      this.at(core);
      const constant =
        template.slot === undefined
          ? this.constants.push(template.value) - 1
          : this.liveConstant(template.slot, template.value);
      this.asm.emit("TEMPLATE", to, constant, first, values.length);
      return;
    }
    if (!this.shortForm(primitive.name, core, to)) this.primitiveCall(primitive, core, to);
  }

  private shortForm(name: string, core: Call, to: number): boolean {
    const [a, b] = core.args;
    if (core.args.length === 1 && a !== undefined) {
      const opcode = unary.get(name);
      if (opcode === undefined) return false;
      const value = this.operand(a);
      this.at(core);
      this.asm.emit(opcode, to, value);
      return true;
    }
    if (core.args.length > 2 && folding.has(name)) {
      this.fold(binary.get(name) as string, core, to);
      return true;
    }
    if (core.args.length !== 2 || a === undefined || b === undefined) return false;
    const small = immediate.get(name);
    if (small !== undefined) {
      const [value, n] =
        b.op === "const" ? [a, b.value] : small.commutes && a.op === "const" ? [b, a.value] : [a, undefined];
      if (isSmall(n)) {
        const register = this.operand(value);
        this.at(core);
        this.asm.emit(small.opcode, to, register, n);
        return true;
      }
    }
    const opcode = binary.get(name);
    if (opcode === undefined) return false;
    const left = this.operand(a);
    const right = this.operand(b);
    this.at(core);
    this.asm.emit(opcode, to, left, right);
    return true;
  }

  /** An operation on more than two: from the left, once all operands are there. */
  private fold(opcode: string, core: Call, to: number): void {
    const [first = 0, ...others] = core.args.map((arg) => this.operand(arg));
    this.at(core);
    // Apart from `to`, which an operand may still be read from.
    const sum = this.allocate();
    others.forEach((other, i) => {
      this.asm.emit(opcode, i === others.length - 1 ? to : sum, i === 0 ? first : sum, other);
    });
  }

  private primitiveCall(primitive: Primitive, core: Call, to: number): void {
    const k = this.constant(primitive);
    const n = core.args.length;
    if (n <= 3) {
      const registers = core.args.map((arg) => this.operand(arg));
      this.at(core);
      this.asm.emit(`PRIM${n}`, to, k, ...registers);
      return;
    }
    const first = this.contiguous(core.args);
    this.at(core);
    this.asm.emit("PRIMN", to, k, first, n);
  }

  /** Evaluates into consecutive new registers. */
  private contiguous(args: readonly Core[]): number {
    const first = this.height;
    for (const arg of args) {
      const register = this.allocate();
      this.into(arg, register);
    }
    return first;
  }

  /**
   * The global that can be looked up by the call itself, after its arguments: when no argument can run
   * anything, and it is defined already (or is an argument the only thing that could fail first).
   */
  private calledByCell(core: Call): (Core & { op: "global" }) | undefined {
    const { fn, args } = core;
    if (fn.op !== "global" || core.named !== undefined) return undefined;
    const { cell } = fn;
    const defined = cell.value !== undefined || cell.module === "core" || cell === this.unit.defining;
    return defined && !args.some((arg) => mayCapture(arg) || assignsGlobal(arg)) ? fn : undefined;
  }

  /** A call with a frame of its own; `to` undefined: in place of this one. */
  private outgoing(core: Call, to: number | undefined): void {
    const base = this.allocate(HEADER);
    const n = core.args.length;
    const global = this.calledByCell(core);
    if (global === undefined) this.into(core.fn, base + 1);
    for (const arg of core.args) {
      const register = this.allocate();
      this.into(arg, register);
    }
    this.at(core);
    const tail = to === undefined ? "TAIL" : "";
    const target = to === undefined ? [] : [to];
    if (core.named !== undefined) {
      this.asm.emit(`${tail}CALLNAMED`, base, n, this.constants.push(core.named) - 1, ...target);
    } else if (global !== undefined) {
      this.asm.emit(`${tail}CALLGLOBAL`, this.constant(global.cell), base, n, ...target);
    } else this.asm.emit(`${tail}CALL`, base, n, ...target);
  }
}
